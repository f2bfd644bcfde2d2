"""A window or message that says that something is being read never stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    FIX,
    FORM,
    SHOWN,
    WEB,
    SlackBench,
    bench,
    hurried,
    shut,
)
from tests.unit.fakes import account

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bench", "hurried", "slack", "slack_server"]

READING = "Reading the contact from AWS"
CODES = (
    "invalid_arguments",
    "invalid_blocks",
    "not_found_of_another_kind",
    "internal_error",
    "a_new_code",
)


@pytest.mark.parametrize("code", CODES)
def test_a_form_that_slack_does_not_show_is_told(bench: SlackBench, code: str) -> None:
    """The person hears which form it was, why it is not shown, and how to open it again."""
    bench.slack.fault("views.update", "refused", count=9, code=code)
    bench.slack.command("/altcontact fix Web production")
    told = bench.slack.wait_dm(f"/altcontact fix {WEB.id} security")
    assert "I couldn't update the window" in told["text"]
    assert "Web production" in told["text"]


@pytest.mark.parametrize("kind", ["error", "close", "ratelimited"])
def test_a_form_that_does_not_reach_slack_is_told(bench: SlackBench, kind: str) -> None:
    """Also where Slack is not reached, or asks to wait for longer than a person would."""
    bench.slack.fault("views.update", kind, count=9)
    bench.slack.command("/altcontact fix Web production")
    assert "Web production" in bench.slack.wait_dm("/altcontact fix")["text"]


def test_a_form_is_shown_though_slack_takes_its_view_for_another(bench: SlackBench) -> None:
    """A conflict that no press of the person's explains: the view is found by its name."""
    bench.slack.fault("views.update", "refused", code="hash_conflict")
    bench.slack.command("/altcontact fix Web production")
    bench.slack.wait_view(SHOWN)
    assert bench.slack.dms() == []


@pytest.mark.parametrize("method", ["views.open", "views.update"])
def test_a_form_is_shown_though_an_answer_was_lost(bench: SlackBench, method: str) -> None:
    """Slack did what was asked, and the bot did not hear of it."""
    bench.slack.fault(method, "lost_reply")
    bench.slack.command("/altcontact fix Web production")
    bench.slack.wait_view(SHOWN)
    bench.slack.press("altcontact_type", "BILLING")
    bench.slack.wait_view(lambda view: "Billing contact" in str(view) and SHOWN in str(view))
    assert bench.slack.dms() == []


def test_another_contact_is_shown_though_an_answer_was_lost(bench: SlackBench) -> None:
    """The same where another contact is chosen in the form."""
    bench.open_form(WEB)
    bench.slack.fault("views.update", "lost_reply")
    bench.slack.press("altcontact_type", "BILLING")
    bench.slack.wait_view(
        lambda view: view["view"]["title"]["text"] == "Billing contact" and SHOWN in str(view)
    )


def test_a_card_that_slack_does_not_show_comes_as_a_message(bench: SlackBench) -> None:
    """**Show account** in a modal: the card, with its buttons, is not lost."""
    for number in range(3, 30):
        bench.gateway.listed.append(account(number))
    alert = bench.announce()
    bench.slack.press("altcontact_show_all", message=alert)
    bench.slack.wait_view("Page 1 of 2")
    bench.slack.fault("views.update", "refused", count=9, code="invalid_blocks")
    bench.slack.press("altcontact_menu", f"altcontact_show:{account(10).id}:SECURITY")
    card = bench.slack.wait_dm("Check again")
    assert "I couldn't update the window" in card["text"]
    assert "Account 10" in str(card["blocks"])
    bench.slack.clear_faults()
    bench.slack.press("altcontact_check", message=card)
    bench.slack.wait_dm(lambda message: "couldn't update" not in str(message))


def test_the_result_of_a_fix_that_slack_does_not_show_comes_as_a_message(
    hurried: SlackBench,
) -> None:
    """The window that says that AWS is being asked may stay: the person has the result."""
    hurried.open_form(WEB)
    gate = shut(hurried)
    hurried.slack.submit(**FORM)
    hurried.slack.fault("views.update", "refused", count=9, code="internal_error")
    with gate.held():
        pass
    assert "Web production" in hurried.slack.wait_dm("Security contact")["text"]


def used_up(bench: SlackBench) -> None:
    """Slack takes no answer at a `response_url` any more."""
    bench.slack.settings(response_uses=0)


def expired(bench: SlackBench) -> None:
    """It is older than thirty minutes."""
    bench.slack.settings(response_life=-1.0)


def failing(bench: SlackBench) -> None:
    """It leads nowhere."""
    bench.slack.fault("response_url", "close", count=99)


@pytest.mark.parametrize("trouble", [used_up, expired, failing])
@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("help", "/altcontact fix"),
        ("check lake", "Check again"),
        ("check", "of 2 accounts"),
        ("doctor", "Nothing was tested"),
        ("reload", "Policy reloaded"),
        ("fix nobody", "No account matches"),
    ],
)
def test_a_command_is_answered_without_its_response_url(
    bench: SlackBench, trouble: Callable[[SlackBench], None], line: str, answer: str
) -> None:
    """The answer comes as an ephemeral message instead."""
    trouble(bench)
    bench.slack.command(f"/altcontact {line}")
    bench.slack.wait_ephemeral(answer)


def test_what_slack_does_not_show_in_blocks_comes_as_text(bench: SlackBench) -> None:
    """The last way: the text alone, in a direct message."""
    bench.slack.settings(response_uses=0)
    bench.slack.fault("chat.postEphemeral", "refused", count=9, code="invalid_blocks")
    bench.slack.fault("chat.postMessage", "refused", code="invalid_blocks")
    bench.slack.command("/altcontact check lake")
    told = bench.slack.wait_dm("Data lake")
    assert told["blocks"] == []


def test_who_presses_a_button_in_an_old_message_is_answered(bench: SlackBench) -> None:
    """A card without its `response_url` shows the account all the same."""
    bench.slack.command("/altcontact check lake")
    card = bench.slack.wait_private("Check again")
    bench.slack.settings(response_uses=0)
    bench.slack.press("altcontact_check", message=card)
    bench.slack.wait(
        lambda _: len([m for m in bench.slack.ephemerals(ALICE) if "Data lake" in str(m)]) == 2
    )
    bench.slack.press(FIX, message=card)
    bench.slack.wait_view(SHOWN)
