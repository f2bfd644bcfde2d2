"""What people type, press and submit, through Bolt and back, with a made-up AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode
from bot.domain.finding_lists import FindingList
from bot.domain.scans import Trigger, TriggerKind
from bot.services.check_limit import MOST_SCANS
from bot.slack.readers import FULL_ACCESS
from bot.slack.views.show_all import ListPosition
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FIX,
    GROUP,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    bench,
)
from tests.integration.slack.deliveries import Known, valid
from tests.unit.fakes import OTHER, account, unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["bench", "slack", "slack_server"]


def test_help_says_when_and_who(bench: SlackBench) -> None:
    """Help, an empty command and a typo are each answered to the person who typed."""
    bench.slack.command("/altcontact")
    told = str(bench.slack.wait_private("/altcontact fix")["blocks"])
    assert f"<!subteam^{GROUP}>" in told
    bench.slack.command("/altcontact chekc web")
    bench.slack.wait_private("Did you mean: /altcontact check web")
    bench.slack.command("/altcontact exempt")
    bench.slack.wait_private("Which account?")


def test_an_account_is_checked_chosen_and_checked_again(bench: SlackBench) -> None:
    """One account shows what AWS has now, again on its button; several can be searched."""
    bench.slack.command("/altcontact check t")
    choice = bench.slack.wait_private("2 accounts match")
    offered = bench.slack.suggest("altcontact_choose_account", "", message=choice)
    assert [option["value"] for option in offered["options"]] == [LAKE.id, WEB.id]
    bench.slack.press("altcontact_choose", LAKE.id, message=choice)
    shown = bench.slack.wait_private("Check again")
    assert "Data lake" in str(shown["blocks"])
    bench.gateway.hold(2, OTHER)
    bench.slack.press("altcontact_check", message=shown)
    bench.slack.wait_private(OTHER.email)
    bench.slack.command("/altcontact check Web production")
    bench.slack.wait_private("Web production")
    bench.slack.command("/altcontact check nobody")
    bench.slack.wait_private("No account matches")


def test_an_account_by_its_id_as_it_is_pasted(bench: SlackBench) -> None:
    """Check, fix and exempt take the console's form, marks and ARNs; a lost zero is reported."""
    grouped = "-".join(re.findall("....", LAKE.id))
    arn = f"arn:aws:organizations::111111111111:account/o-abcdef1234/{LAKE.id}"
    for pasted in (f"`{grouped}`", f"\u2060{LAKE.id}\u200b", arn):
        bench.slack.command(f"/altcontact check {pasted}")
        assert "Data lake" in str(bench.slack.wait_private("Check again")["blocks"])
    bench.slack.command(f"/altcontact fix {grouped} billing")
    assert "Billing contact" in str(bench.slack.wait_view(SHOWN))
    bench.slack.close()
    bench.slack.command(f"/altcontact exempt {arn}")
    bench.slack.wait_view("Data lake")
    bench.slack.close()
    bench.slack.command("/altcontact check 44444444444")
    bench.slack.wait_private("perhaps a leading zero was lost")


def test_an_account_that_is_not_active_is_not_read(slack: SlackSandbox, tmp_path: Path) -> None:
    """A suspended account hears that, and AWS is not asked for its contacts."""
    made = SlackBench(slack, tmp_path, account(3, "Old shop", "SUSPENDED"))
    try:
        made.start()
        slack.command("/altcontact check shop")
        slack.wait_private("Old shop")
    finally:
        made.stop()
    assert made.gateway.reads == []


def test_fix_by_name_and_type(bench: SlackBench) -> None:
    """The type at the end is that of the form; a name that nobody knows is answered."""
    bench.slack.command("/altcontact fix lake billing")
    assert "Billing contact" in str(bench.slack.wait_view(SHOWN))
    bench.slack.close()
    bench.slack.command("/altcontact fix nobody")
    bench.slack.wait_private("No account matches")


def test_what_slack_repeats_acts_once(bench: SlackBench) -> None:
    """A command, a choice, a check, Fix, Show all and Try again each act on one delivery alone."""
    slack = bench.slack
    for number in range(3, 30):
        bench.gateway.listed.append(account(number))
    alert = bench.announce()
    slack.press("altcontact_show_all", message=alert)
    slack.wait_view("Page 1 of 2")
    assert slack.deliver_again()["acked"]
    slack.close()
    slack.press(FIX, message=alert)
    slack.wait_view(SHOWN)
    assert slack.deliver_again()["acked"]
    slack.close()
    slack.command("/altcontact check t")
    choice = slack.wait_private("29 accounts match")
    slack.suggest("altcontact_choose_account", "lake", message=choice)
    slack.press("altcontact_choose", message=choice)
    shown = slack.wait_private("Check again")
    assert slack.deliver_again()["acked"]
    slack.press("altcontact_check", message=shown)
    assert slack.deliver_again()["acked"]
    opened = slack.calls("views.open")
    assert len(opened) == 2
    assert slack.refusals() == []


def test_a_store_that_fails_and_a_defect_are_told(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is reported in words; a defect by a reference that is in the log, and no more."""

    def full(_: str) -> bool:
        raise StoreError("The disk is full.", "Make room.")

    def broken(_: str) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.store.deliveries, "is_first", full)
    bench.slack.command("/altcontact help")
    bench.slack.wait_private("The disk is full. Make room.")
    monkeypatch.setattr(bench.store.deliveries, "is_first", broken)
    with structlog.testing.capture_logs() as logged:
        bench.slack.command("/altcontact help")
        told = bench.slack.wait_private("reference")
    assert "ZeroDivision" not in str(told)
    found = re.search(r"reference (\w+)", told["text"])
    assert found is not None
    assert found[1] in {line.get("reference") for line in logged}


def test_a_failure_is_told_directly_where_it_cannot_be_answered(
    bench: SlackBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `response_url` that fails, and a modal, which has none, lead to a direct message."""

    def full(_: str) -> bool:
        raise StoreError("The disk is full.", "Make room.")

    monkeypatch.setattr(bench.store.deliveries, "is_first", full)
    bench.slack.fault("response_url", "error")
    bench.slack.command("/altcontact help")
    assert "full" in bench.slack.wait_dm("The disk is full.")["text"]


# Check again


@pytest.fixture
def denied(bench: SlackBench) -> SlackBench:
    """The bot after a check in which no account could be read, for one cause."""
    why = unreadable(FailureCode.TRUSTED_ACCESS_OFF)
    for number in (1, 2):
        bench.gateway.say(number, why)
    return bench


def announce_unchecked(bench: SlackBench) -> dict[str, Any]:
    """Check all accounts, and give the alert about what couldn't be read."""
    bench.scanner.start(Trigger(TriggerKind.SCHEDULE)).report.result()
    bench.announcer.deliver()
    return bench.slack.wait_message("2 accounts can't be checked: trusted access is off")


def test_check_again_checks_all_accounts(denied: SlackBench) -> None:
    """For whoever presses it, privately; the alert then says how the accounts are."""
    slack = denied.slack
    alert = announce_unchecked(denied)
    reads = len(denied.gateway.reads)
    slack.press("altcontact_check_all", message=alert, user=BOB)
    slack.wait_private("2 of 2 accounts", BOB)
    assert len(denied.gateway.reads) > reads
    denied.announcer.deliver()
    denied.announcer.deliver()
    shown = slack.wait_message("Checks restored: 2 accounts readable")
    assert shown["ts"] == alert["ts"]
    assert "still without a security contact" in shown["text"]
    assert slack.private(ALICE) == []
    assert slack.refusals() == []


def test_check_again_counts_as_a_check(denied: SlackBench) -> None:
    """It has the limit of the command, and one delivery starts one check."""
    slack = denied.slack
    alert = announce_unchecked(denied)
    for number in range(MOST_SCANS):
        slack.press("altcontact_check_all", message=alert, user=BOB)
        await_results(slack, number + 1)
    assert slack.deliver_again()["acked"]
    slack.press("altcontact_check_all", message=alert, user=BOB)
    slack.wait_private(f"You started {MOST_SCANS} checks of all accounts", BOB)
    assert results(slack) == MOST_SCANS


def results(slack: SlackSandbox) -> int:
    """How many results of checks bob has seen."""
    return sum("2 of 2 accounts" in seen["text"] for seen in slack.private(BOB))


def await_results(slack: SlackSandbox, number: int) -> None:
    """Wait until bob has seen so many."""
    slack.wait(lambda _: results(slack) == number)


# Show all


@pytest.fixture
def many(bench: SlackBench) -> SlackBench:
    """The bot on 45 accounts without a contact."""
    bench.gateway.listed[:] = [account(number) for number in range(1, 46)]
    return bench


def fix_on_page(slack: SlackSandbox, user: str) -> None:
    """Choose **Fix** in the menu of the first row of the page on top."""
    block = next(each for each in slack.views(user)[-1]["view"]["blocks"] if "accessory" in each)
    slack.press("altcontact_menu:", block["accessory"]["options"][0]["value"], user=user)


def test_pages_turn_and_fix_goes_on_top(many: SlackBench) -> None:
    """45 findings stand on three pages, none left out; Fix puts the form on top of a page."""
    slack = many.slack
    alert = many.announce()
    slack.press("altcontact_show_all", message=alert)
    seen = str(slack.wait_view("Page 1 of 3"))
    for turn, page in (("next", 2), ("last", 3)):
        slack.press(f"altcontact_page:{turn}")
        seen += str(slack.wait_view(f"Page {page} of 3"))
    assert all(account(number).id in seen for number in range(1, 46))
    slack.press("altcontact_page:previous")
    slack.wait_view("Page 2 of 3")
    fix_on_page(slack, ALICE)
    slack.wait_view(SHOWN)
    assert len(slack.views()) == 2
    assert slack.refusals() == []


def test_fix_on_a_page_is_refused_in_a_direct_message(many: SlackBench) -> None:
    """Who may not change contacts hears directly where a modal is in the way."""
    slack = many.slack
    alert = many.announce()
    slack.press("altcontact_show_all", message=alert, user=BOB)
    slack.wait_view("Page 1 of 3", BOB)
    fix_on_page(slack, BOB)
    assert f"<!subteam^{GROUP}>" in str(slack.wait_dm("have permission", BOB)["blocks"])
    assert len(slack.views(BOB)) == 1


def test_a_page_that_cannot_be_shown_is_told(many: SlackBench) -> None:
    """Where Slack refuses a page, the person hears why."""
    slack = many.slack
    alert = many.announce()
    slack.fault("views.open", "error", count=9)
    slack.press("altcontact_show_all", message=alert)
    slack.wait_private("an internal error")
    slack.clear_faults()
    slack.press("altcontact_show_all", message=alert)
    slack.wait_view("Page 1 of 3")
    slack.fault("views.update", "error", count=3)
    slack.press("altcontact_page:next")
    told = slack.wait_dm("an internal error")
    assert "Please try again" in told["text"]
    slack.wait_view("Page 1 of 3")


def test_a_page_turned_twice_at_once_is_turned_once(many: SlackBench) -> None:
    """The slower of two presses of one page is left out, and nobody is troubled with it."""
    slack = many.slack
    alert = many.announce()
    slack.press("altcontact_show_all", message=alert)
    slack.wait_view("Page 1 of 3")
    slack.press("altcontact_page:next")
    slack.wait_view("Page 2 of 3")
    assert slack.deliver_again()["acked"]
    slack.wait(lambda _: [r["error"] for r in slack.refusals()] == ["hash_conflict"])
    slack.command("/altcontact help")
    slack.wait_private("/altcontact fix")
    assert slack.dms() == []


def test_a_page_that_is_not_there_any_more_is_the_last(many: SlackBench) -> None:
    """A page number past the end shows the last page with its rows."""
    slack = many.slack
    alert = many.announce()
    announced = alert["metadata"]["event_payload"]["id"]
    view = many.lists.view(ListPosition(FindingList.parse(announced), page=7), FULL_ACCESS)
    assert "Page 3 of 3" in str(view)
    assert str(view).count(f"'{FIX}") == 5
    slack.close()


def test_an_alert_that_is_deleted_comes_again_with_the_next(bench: SlackBench) -> None:
    """Somebody deletes an alert: it is posted again after the next one, with its buttons."""
    slack = bench.slack
    alert = bench.announce()
    bench.client.chat_delete(channel=alert["channel"], ts=alert["ts"])
    bench.gateway.listed.append(account(3))
    slack.command("/altcontact check")
    slack.wait_private("3 of 3 accounts")
    bench.announcer.deliver()
    bench.announcer.deliver()
    again = slack.wait_message("2 accounts have no security contact")
    assert again["metadata"] == alert["metadata"]
    slack.press(FIX, message=again)
    slack.wait_view(SHOWN)


def test_trying_again_what_is_not_on_record_is_told(bench: SlackBench) -> None:
    """A button of a database that was replaced: nothing opens, and the person hears why."""
    kind, press = valid(Known(fix=999), ALICE, bench.slack.trigger())["altcontact_try_again"]
    assert bench.slack.deliver(press, kind)["acked"]
    bench.slack.wait_private("no longer on record")


def test_a_button_of_an_older_version_is_told(bench: SlackBench) -> None:
    """Nothing is done, and the person hears what to do instead; a form says so in its window."""
    deliveries = valid(Known(), ALICE, bench.slack.trigger())
    kind, press = deliveries["altcontact_of_an_older_version"]
    assert bench.slack.deliver(press, kind)["acked"]
    bench.slack.wait_private("older version")
    kind, form = deliveries["altcontact_form_of_an_older_version"]
    assert "older version" in str(bench.slack.deliver(form, kind)["answer"])
