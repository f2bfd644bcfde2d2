"""Every view within Slack's limits at any size, and everything from outside shown as typed."""

import json

import pytest
from hypothesis import strategies as st

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.scans import Trigger, TriggerKind
from bot.slack.views import (
    announcements,
    finding_rows,
    problem,
    row_actions,
    scan_result,
)
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound

SIZES = [0, 1, 10, 20, 21, 49, 1_000, 10_000]
NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))


@pytest.mark.parametrize("total", SIZES)
@pytest.mark.parametrize("kind", [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED])
def test_an_alert_of_any_size_is_taken(total: int, kind: AnnouncementKind) -> None:
    """An alert fits whatever the number of findings and the length of names."""
    for names in (("Web production",), data.HOSTILE, ("&" * 50,)):
        for resolved in (0, total // 2, total):
            content = data.content(total, kind, names=names, resolved=resolved, maybe_repeat=True)
            assert_sound(announcements.announcement_message(content))


@pytest.mark.parametrize("total", [21, 49, 1_000, 10_000])
def test_what_does_not_fit_is_behind_show_all(total: int) -> None:
    """No finding is left out in silence: the button names how many there are."""
    message = announcements.announcement_message(data.content(total))
    shown = json.dumps(message.blocks)
    assert shown.count(row_actions.FIX) == announcements.ROWS
    assert f"Show all ({total:,})" in shown
    assert f"and {total - announcements.ROWS:,} more" in shown


def test_an_alert_says_what_why_and_where() -> None:
    """How many of how many, since when, the risk, and a row an account with its button."""
    message = announcements.announcement_message(data.content(2, names=("Alpha", "Beta")))
    shown = json.dumps(message.blocks)
    assert "very high" in shown
    assert "<!date^" in shown
    assert "Alpha" in shown
    assert data.account_id(1) in shown
    assert shown.count('"Fix"') == 2
    assert "Alpha" in message.text


def test_a_resolved_row_says_by_whom_and_when() -> None:
    """A row that was fixed has no button, and names the fixer; one mended elsewhere says so."""
    content = data.content(2, resolved=2)
    fixed = [data.finding(0, resolved=True, by="U0ALICE001"), data.finding(1, resolved=True)]
    blocks = finding_rows.finding_rows(fixed)
    shown = json.dumps(blocks)
    assert "<@U0ALICE001>" in shown
    assert "outside of this bot" in shown
    assert row_actions.FIX not in shown
    message = announcements.announcement_message(content)
    assert "Resolved" in message.text


@pytest.mark.parametrize("name", data.HOSTILE)
def test_hostile_names_show_as_typed(name: str) -> None:
    """A name is plain text everywhere, and escaped in the fallback."""
    for kind in (AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED):
        message = announcements.announcement_message(data.content(1, kind, names=(name,)))
        assert_as_typed(message.blocks, name)
        assert_sound(message)


def test_unchecked_accounts_come_with_the_mend_and_no_button() -> None:
    """What could not be checked has its cause and the mend, and nothing to fix."""
    content = data.content(3, AnnouncementKind.UNCHECKED)
    shown = json.dumps(announcements.announcement_message(content).blocks)
    why = failure(FailureCode.DENIED_BY_SCP)
    assert why.message in shown
    assert "exempt the bot" in shown
    assert row_actions.FIX not in shown


def test_checks_failing_and_working_again() -> None:
    """The channel hears why checks do not work, with the mend, and that they work again."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    failing = announcements.announcement_message(
        data.content(0, AnnouncementKind.CHECKS_FAILING, why=why)
    )
    assert why.message in failing.text
    assert why.remedy in json.dumps(failing.blocks)
    working = announcements.announcement_message(data.content(0, AnnouncementKind.CHECKS_WORKING))
    assert "work again" in working.text
    unknown = announcements.announcement_message(data.content(0, AnnouncementKind.CHECKS_FAILING))
    for message in (failing, working, unknown):
        assert_sound(message)


def test_a_repeat_says_so() -> None:
    """An announcement that could not be looked for says that it may be a repeat."""
    message = announcements.announcement_message(data.content(1, maybe_repeat=True))
    assert "may be a repeat" in json.dumps(message.blocks)


def test_running_checks() -> None:
    """A check that was joined names who started it; progress says only what is known."""
    assert "Checking all accounts" in scan_result.started_message().text
    for trigger, who in (
        (Trigger(TriggerKind.SLACK, "U0BOB00002"), "<@U0BOB00002>"),
        (Trigger(TriggerKind.SCHEDULE), "the schedule"),
        (Trigger(TriggerKind.CLI), "the command line"),
    ):
        assert scan_result.started_by(trigger) == who
    joined = scan_result.joined_message(data.scan())
    assert "already running" in joined.text
    assert scan_result.progress_message(5, 1000).text == "Checking accounts: 5 of 1,000 checked"
    for done, told in ((0, "Listing accounts…"), (68, "68 checked, still listing accounts…")):
        assert scan_result.progress_message(done, None).text == f"Checking accounts: {told}"
    assert_sound(joined)


@pytest.mark.parametrize(
    ("total", "told"), [(1, "1 other connection with"), (2, "2 other connections"), (0, "Resolved")]
)
def test_another_bot_is_announced(total: int, told: str) -> None:
    """It says what it means and how to fix it; once it is over, the message says that."""
    content = data.notice(AnnouncementKind.OTHER_BOTS, total=total)
    message = announcements.announcement_message(content)
    shown = json.dumps(message.blocks)
    assert told in shown
    assert ("Stop the other bot" in shown) is bool(total)
    assert_sound(message)


def test_defects_have_a_reference() -> None:
    """A defect of the bot gives a reference, and nothing else."""
    message = problem.defect_message("ab12")
    assert "ab12" in message.text
    assert_sound(message)


def test_fix_buttons_are_parsed() -> None:
    """A button's value names the account and the type."""
    button = row_actions.fix_button(3, "444444444444", ContactType.BILLING)
    assert row_actions.parse_fix(button["value"]) == ("444444444444", ContactType.BILLING)
    assert button["action_id"] == f"{row_actions.FIX}:3"


def test_unsupported_and_odd_findings_have_rows() -> None:
    """A finding that nobody can fix here shows its reason."""
    finding = data.finding(1, outcome=Outcome.UNSUPPORTED)
    assert finding.reason in json.dumps(finding_rows.finding_rows([finding]))
