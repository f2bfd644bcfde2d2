"""Who sees contact details in Slack, and how many checks one person may start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from unittest.mock import Mock

import pytest
from altcontact_sandbox.slack.workspace import ALICE, APPROVERS, BOB, CAROL

from bot.domain.errors import StoreError
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Severity
from bot.services.check_limit import MOST_ACCOUNTS, MOST_SCANS, WITHIN
from bot.slack.views.finding_rows import RowLinks
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import LAKE, WEB, SlackBench, bench, started
from tests.unit.fakes import CONTACT, OTHER, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.policy.account_policy import Value

__all__ = ["bench", "slack", "slack_server"]

DANA: Final = "U0DANA0001"
NO_PERMISSION: Final = "have permission to see contact details"
PERSONAL: Final = (CONTACT.name, CONTACT.email, CONTACT.phone, OTHER.email)


def expecting_other() -> Policy:
    """A policy by which the contact that is set is wrong."""
    values: dict[str, Value] = {"security.email": (OTHER.email,)}
    return Policy.requiring(tables=[PolicyTable("[policy]", values)])


@pytest.fixture
def restricted(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot where carol's group reads and alice's fixes, on accounts whose contacts are set."""
    made = SlackBench(slack, tmp_path, WEB, LAKE, readers=(APPROVERS,))
    made.gateway.hold(1)
    made.gateway.hold(2)
    yield from started(made)


def sees(shown: object) -> bool:
    """Whether anything personal is in a message or a view."""
    found = [each for each in PERSONAL if each in str(shown)]
    assert not found or NO_PERMISSION not in str(shown)
    return bool(found)


def card(bench: SlackBench, user: str) -> dict[str, Any]:
    """The card that somebody is shown of an account."""
    bench.slack.command("/altcontact check lake", user=user)
    return bench.slack.wait_private("Check again", user)


def test_everyone_reads_at_first(bench: SlackBench) -> None:
    """Without the setting everyone in the workspace sees contacts, guests included."""
    bench.gateway.hold(2)
    bench.slack.people([{"id": DANA, "name": "Dana Roe", "is_guest": True}])
    assert sees(card(bench, BOB))
    assert sees(card(bench, DANA))


def test_readers_and_fixers_see_contacts(restricted: SlackBench) -> None:
    """Who is named sees contact details, and so does who may change them."""
    assert sees(card(restricted, CAROL))
    assert sees(card(restricted, ALICE))


def test_others_see_outcomes(restricted: SlackBench) -> None:
    """Another member sees that the contact is set, and whom to ask; no name, email or phone."""
    shown = card(restricted, BOB)
    assert not sees(shown)
    assert "Security contact" in str(shown)
    assert "••••" in str(shown)
    assert f"{NO_PERMISSION}. Ask <!subteam^{APPROVERS}>." in str(shown)
    restricted.slack.press("altcontact_check", message=shown, user=BOB)
    restricted.slack.wait(lambda _: len(restricted.gateway.reads) == 6)
    assert not sees(restricted.slack.private(BOB))


def test_a_guest_is_no_reader(restricted: SlackBench) -> None:
    """A guest sees outcomes, even where the group of readers has them."""
    restricted.slack.people([{"id": DANA, "name": "Dana Roe", "is_guest": True}])
    restricted.slack.set_group(APPROVERS, members=[DANA])
    shown = card(restricted, DANA)
    assert not sees(shown)
    assert "Guests can't see contact details." in str(shown)


def test_what_stands_in_a_channel(restricted: SlackBench) -> None:
    """Neither an alert nor its pages show more to others than outcomes and domains."""
    slack = restricted.slack
    restricted.policy = expecting_other()
    for number in range(3, 30):
        restricted.gateway.listed.append(account(number))
        restricted.gateway.hold(number)
    slack.command("/altcontact check", user=CAROL)
    assert sees(slack.wait_private("attention", CAROL))
    restricted.announcer.deliver()
    alert = slack.wait_message("contacts differ from the policy")
    assert not sees(alert)
    slack.press("altcontact_show_all", message=alert, user=BOB)
    assert not sees(slack.wait_view("Page 1 of 2", BOB))
    slack.press("altcontact_page:next", user=BOB)
    page = slack.wait_view("Page 2 of 2", BOB)
    assert not sees(page)
    assert NO_PERMISSION in str(page)
    slack.press("altcontact_show_all", message=alert, user=CAROL)
    assert sees(slack.wait_view("Page 1 of 2", CAROL))


def test_the_result_of_a_check(restricted: SlackBench) -> None:
    """Who is no reader may check all accounts, and sees what they come to."""
    restricted.policy = expecting_other()
    restricted.slack.command("/altcontact check", user=BOB)
    shown = restricted.slack.wait_private("2 of 2 accounts need attention", BOB)
    assert not sees(shown)
    assert NO_PERMISSION in str(shown)


def test_the_list_of_exemptions(restricted: SlackBench) -> None:
    """What a reason tells of a person is hidden in the list, and stays there for readers."""
    slack = restricted.slack
    restricted.policy = expecting_other()
    slack.command("/altcontact check")
    slack.wait_private("attention")
    slack.command("/altcontact exempt lake")
    view = slack.wait_view("altcontact_set_aside_form")
    (block,) = (each for each in view["view"]["blocks"] if "options" in each.get("element", {}))
    chosen = [option["value"] for option in block["element"]["options"]]
    reason = f"Ask {CONTACT.email} about it."
    slack.submit(ALICE, **{block["block_id"]: chosen}, reason=reason, until="2026-02-01")
    slack.wait_view("*Exempt until")
    slack.close()
    slack.command("/altcontact exemptions", user=BOB)
    assert not sees(slack.wait_view("Ask [email] about it.", BOB))
    slack.command("/altcontact exemptions", user=CAROL)
    assert sees(slack.wait_view("Data lake", CAROL))


@pytest.mark.parametrize("described", [{"team_id": "T0FOREIGN1"}, {"is_bot": True}])
@pytest.mark.parametrize("line", ["check", "check lake", "exemptions"])
def test_outsiders_get_no_answer(bench: SlackBench, described: dict[str, Any], line: str) -> None:
    """People of other workspaces and bots see and start nothing, though everyone may read."""
    bench.gateway.hold(2)
    bench.slack.people([{"id": DANA, "name": "Dana Roe", **described}])
    bench.slack.command(f"/altcontact {line}", user=DANA)
    assert not sees(bench.slack.wait_private("This bot ", DANA))
    assert bench.gateway.reads == []
    assert bench.slack.view(DANA) is None


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
def test_slack_that_does_not_say_hides_contacts(restricted: SlackBench, method: str) -> None:
    """Where it is not known who somebody is, they see outcomes, why, and what to do."""
    restricted.slack.fault(method, "ratelimited", count=9, seconds=7)
    shown = card(restricted, CAROL)
    assert not sees(shown)
    assert "Slack couldn't say whether you can see them" in str(shown)
    assert "Please try again in 7 seconds." in str(shown)


def test_a_dead_group_of_readers_is_told(restricted: SlackBench) -> None:
    """A group that is gone is a setting for an administrator to correct; nobody is let in by it."""
    restricted.slack.set_group(APPROVERS, deleted=True)
    shown = card(restricted, CAROL)
    assert not sees(shown)
    assert "correct ALTCONTACT_READERS" in str(shown)


# How many checks


def test_checks_of_all_accounts_are_limited(bench: SlackBench) -> None:
    """After some a person learns when the next may start, and may then; others may meanwhile."""
    slack = bench.slack

    def check(user: str = BOB) -> None:
        before = len(results(user))
        slack.command("/altcontact check", user=user)
        slack.wait(lambda _: len(results(user)) > before)

    def results(user: str) -> list[dict[str, Any]]:
        return [shown for shown in slack.private(user) if "attention" in shown["text"]]

    for _ in range(MOST_SCANS):
        check()
    slack.command("/altcontact check", user=BOB)
    slack.wait_private("You can start the next one in 10 minutes.", BOB)
    check(ALICE)
    bench.clock.tick(WITHIN)
    check()


def test_a_check_that_the_database_kept_from_starting_is_not_counted(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who tried in vain may start one as soon as the database can be written again."""
    slack, full = bench.slack, "The disk is full."
    with monkeypatch.context() as failing:
        failing.setattr(bench.store.scans, "claim", Mock(side_effect=StoreError(full)))
        for _ in range(MOST_SCANS):
            slack.command("/altcontact check", user=BOB)
        slack.wait(lambda _: count_told(slack, full) == MOST_SCANS)
    slack.command("/altcontact check", user=BOB)
    slack.wait_private("attention", BOB)


def count_told(slack: SlackSandbox, words: str) -> int:
    """How often bob got a message."""
    return sum(words in message["text"] for message in slack.private(BOB))


def test_a_running_check_is_joined_whatever_was_started(bench: SlackBench) -> None:
    """To join a check that runs costs nothing, and is not refused."""
    slack = bench.slack
    gate = bench.gateway.gate(1)
    slack.command("/altcontact check")
    with gate.held():
        for _ in range(MOST_SCANS + 1):
            slack.command("/altcontact check", user=BOB)
            slack.wait_private("already running", BOB)
    slack.wait_private("attention", BOB)
    assert "You started" not in str(slack.private(BOB))


def test_checks_of_single_accounts_are_limited(bench: SlackBench) -> None:
    """Each card reads AWS, however it is asked for; forms of fixers are not counted."""
    slack = bench.slack
    shown = card(bench, ALICE)
    for _ in range(MOST_ACCOUNTS - 1):
        slack.press("altcontact_check", message=shown)
    slack.wait(lambda _: len(bench.gateway.reads) == 3 * MOST_ACCOUNTS)
    slack.command("/altcontact check web")
    slack.wait_private(f"You started {MOST_ACCOUNTS} checks of single accounts")
    assert len(bench.gateway.reads) == 3 * MOST_ACCOUNTS
    bench.open_form(LAKE)


def test_severities_stand_for_others(restricted: SlackBench) -> None:
    """The severity and the rule of what is non-compliant are no contact details."""
    restricted.policy = expecting_other()
    shown = str(card(restricted, BOB))
    assert Severity.HIGH.label.lower() in shown.lower()
    assert "different" in shown


def test_owners_who_are_no_members_are_hidden_too() -> None:
    """An address in an owner's tag that nobody in Slack has is an address like any other."""
    shown = RowLinks("", {"U1": "<@U1>", CONTACT.email: CONTACT.email, "Team A": "Team A"}).hidden()
    assert shown.owners == {"U1": "<@U1>", CONTACT.email: "[email]", "Team A": "Team A"}


def test_who_may_be_a_fixer_is_not_told_that_they_may_not_read(
    slack: SlackSandbox, tmp_path: Path
) -> None:
    """Where the fixers' group cannot be read, that is why contacts are hidden, for now."""
    made = SlackBench(slack, tmp_path, WEB, LAKE, readers=(CAROL,))
    made.gateway.hold(2)
    for running in started(made):
        slack.fault("usergroups.users.list", "error")
        shown = card(running, ALICE)
        assert not sees(shown)
        assert "Slack couldn't say whether you can see them" in str(shown)
        slack.press("altcontact_check", message=shown)
        slack.wait_private(CONTACT.email)
