"""Show all in an alert and in a check's result: search, filters, pages, and stale rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.accounts import AccountPlacement, Unit
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    IN_FORM,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    bench,
)
from tests.unit.fakes import CONTACT, START, account

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["bench", "slack", "slack_server"]

SHOW, FIXED = "altcontact_show_all", "Since then: 1 resolved"
SEARCH = "search:0"


@pytest.fixture
def many(bench: SlackBench) -> SlackBench:
    """The bot on 45 accounts without a contact, a third of them in one OU."""
    bench.gateway.listed[:] = [account(number, f"Lab {number:02}") for number in range(1, 46)]
    bench.store.accounts.remember(bench.gateway.listed)
    prod = Unit("ou-ab12-11111111", "Prod")
    bench.store.accounts.keep_placements(
        {account(number).id: AccountPlacement((prod,), START) for number in range(1, 16)}
    )
    return bench


def result_of(bench: SlackBench) -> dict[str, Any]:
    """The result of a check, which alice requested."""
    bench.slack.command("/altcontact check")
    return bench.slack.wait_private("need attention")


def press_fix(slack: SlackSandbox, message: dict[str, Any] | None, number: int) -> None:
    """Press Fix in an account's row, whether it is a button or in a menu."""
    contact = f"{account(number).id}:SECURITY"
    for action_id, value in (
        ("altcontact_fix", contact),
        ("altcontact_menu", f"altcontact_fix:{contact}"),
    ):
        if "error" not in slack.press(action_id, value, message=message):
            return
    pytest.fail("no Fix is offered")


def test_a_result_that_is_cut_short_has_the_rest_behind_show_all(many: SlackBench) -> None:
    """The result shows fifteen; its list has all of them, searched, filtered and turned."""
    slack = many.slack
    result = result_of(many)
    assert "…and 30 more." in str(result["blocks"])
    slack.press(SHOW, message=result)
    slack.wait_view("Page 1 of 3 · 45 contacts: 45 open")
    slack.press("altcontact_filter:search", "lab 4", values={SEARCH: "lab 4"})
    assert "Lab 41" in str(slack.wait_view("Page 1 of 1 · 6 of 45 contacts"))
    told = slack.suggest("altcontact_filter:unit", "pro")
    assert [each["text"]["text"] for each in told["options"]] == ["/Prod"]
    slack.press("altcontact_filter:unit", "ou-ab12-11111111")
    slack.wait_view("No finding matches")
    slack.press("altcontact_filter:clear")
    slack.wait_view("Page 1 of 3")
    slack.suggest("altcontact_filter:unit", "")
    slack.press("altcontact_filter:unit", "ou-ab12-11111111")
    slack.wait_view("Page 1 of 1 · 15 of 45 contacts")
    slack.press("altcontact_filter:type", "BILLING")
    slack.wait_view("0 of 45 contacts")
    assert slack.refusals() == []


def test_filters_survive_page_turns(many: SlackBench) -> None:
    """Search with its button, then turn the page below the rows: the filter stays."""
    slack = many.slack
    alert = many.announce()
    slack.press(SHOW, message=alert)
    slack.wait_view("Page 1 of 3")
    slack.submit(**{SEARCH: "0000000000"})
    slack.wait_view("Page 1 of 3 · 45 of 45 contacts")
    slack.submit(**{SEARCH: "lab 1", "filters:0/altcontact_filter:severity": "very_high"})
    slack.wait_view("Page 1 of 1 · 10 of 45 contacts")
    slack.submit(**{SEARCH: "lab"})
    slack.wait_view("Page 1 of 3")
    slack.press("altcontact_page:bottom_next")
    slack.wait_view("Page 2 of 3 · 45 of 45 contacts")
    slack.submit(**{SEARCH: "nobody"})
    slack.wait_view("Clear filters")
    assert slack.refusals() == []


def test_a_fixed_row_is_shown_as_fixed_instead_of_acting(bench: SlackBench) -> None:
    """What somebody fixed since isn't offered again: the result says what became of it."""
    slack = bench.slack
    result = result_of(bench)
    bench.clock.tick(5)
    slack.command(f"/altcontact fix {WEB.name}")
    slack.wait_view(SHOWN)
    slack.submit(**IN_FORM)
    slack.wait_view("aws-security@corp.internal")
    slack.close()
    bench.clock.tick(5)
    press_fix(slack, result, 1)
    shown = wait_shown(slack, FIXED)
    assert slack.views() == []
    assert "2 of 2 accounts needed attention" in str(shown["blocks"])
    press_fix(slack, shown, 2)
    assert LAKE.name in str(slack.wait_view(SHOWN))
    slack.close()
    with pytest.raises(BaseException, match="no Fix"):
        press_fix(slack, shown, 1)


def test_a_result_follows_the_fix_that_it_led_to(bench: SlackBench) -> None:
    """The row that was used shows the fix as soon as it is saved, without another press."""
    slack = bench.slack
    result = result_of(bench)
    bench.clock.tick(5)
    press_fix(slack, result, 1)
    slack.wait_view(SHOWN)
    slack.submit(**IN_FORM)
    wait_shown(slack, FIXED)
    assert slack.refusals() == []


def wait_shown(slack: SlackSandbox, text: str, user: str = ALICE) -> dict[str, Any]:
    """A private message with this in its blocks."""
    found: dict[str, Any] = slack.wait(
        lambda _: next((m for m in slack.private(user) if text in str(m["blocks"])), None),
        name=text,
    )
    return found


def test_a_fixed_row_in_a_list_is_shown_as_fixed(many: SlackBench) -> None:
    """In the window, too: its page is shown as it is now."""
    slack = many.slack
    alert = many.announce()
    slack.press(SHOW, message=alert)
    slack.wait_view("45 contacts: 45 open")
    many.gateway.hold(1, CONTACT)
    many.clock.tick(5)
    slack.command(f"/altcontact check {account(1).id}", user=BOB)
    slack.wait_private("Check again", BOB)
    press_fix(slack, None, 1)
    slack.wait_view("45 contacts: 44 open, 1 resolved")
    assert len(slack.views()) == 1


def test_a_result_without_its_check_says_so(bench: SlackBench) -> None:
    """A database that was replaced doesn't know the check: the person hears what to do."""
    result = result_of(bench)
    bench.gateway.hold(1, CONTACT)
    bench.slack.command(f"/altcontact check {WEB.id}", user=BOB)
    bench.slack.wait_private("Check again", BOB)
    with bench.store.connections.writing() as db:
        for table in ("scan_results", "findings", "announcements", "scans"):
            db.run(f"DELETE FROM {table}")  # noqa: S608 - a table of this test
    press_fix(bench.slack, result, 1)
    bench.slack.wait_private("This check is no longer on record.")
