"""Every view within Slack's limits at any size, and everything from outside shown as typed."""

import json

import pytest
from hypothesis import strategies as st

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import ContactType
from bot.domain.scans import Trigger, TriggerKind
from bot.slack.views import (
    announcements,
    problem,
    row_actions,
    scan_result,
)
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound

SIZES = [0, 1, 10, 20, 21, 49, 1_000, 10_000]
NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))


@pytest.mark.parametrize("total", [21, 49, 1_000, 10_000])
def test_what_does_not_fit_is_behind_show_all(total: int) -> None:
    """No account is left out silently: the button says how many there are."""
    message = announcements.announcement_message(data.content(total))
    shown = json.dumps(message.blocks)
    assert shown.count(f'"{row_actions.FIX}:') == announcements.ROWS
    assert f"Show all {total:,}" in shown


@pytest.mark.parametrize("name", data.HOSTILE)
def test_hostile_names_show_as_typed(name: str) -> None:
    """A name formats nothing anywhere, and is escaped in the text."""
    for kind in (AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED):
        message = announcements.announcement_message(data.content(1, kind, names=(name,)))
        assert_as_typed(message.blocks, name)
        assert_sound(message)


def test_a_repeat_says_so() -> None:
    """An announcement that couldn't be searched for says that it may be a repeat."""
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
    ("total", "told"),
    [(1, "1 other connection with"), (2, "2 other connections"), (0, "Only one bot")],
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
