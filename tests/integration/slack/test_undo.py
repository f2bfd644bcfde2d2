"""Undo from the result, from the channel and by command, through Bolt and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from bot.slack.allow_list import EVERYONE
from bot.slack.views.undo import UNDO_ANYWAY
from bot.slack.views.undo_button import UNDO
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FORM,
    GROUP,
    WEB,
    SlackBench,
    bench,
    everyone,
    hurried,
    shut,
)
from tests.unit.fakes import CONTACT, OTHER, THIRD, account, gateway_error, unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.fixes import Fix

__all__ = ["bench", "everyone", "hurried", "slack", "slack_server"]

SECURITY = ContactType.SECURITY


def fixed(bench: SlackBench) -> dict[str, Any]:
    """Have alice fix a contact, and give its message in the channel; the form stays open.

    Overwriting a compliant contact needs no approval here.
    """
    bench.policy = approving(ApprovalRule.NEVER)
    bench.gateway.hold(1, OTHER)
    bench.open_form(WEB)
    bench.slack.submit(**FORM)
    bench.slack.wait_view("Saved and verified")
    bench.announcer.deliver()
    return bench.slack.wait_message("changed the Security contact")


def approving(rule: ApprovalRule) -> Policy:
    """A policy by which changes need approval or not."""
    return Policy.requiring(tables=[PolicyTable("line 1", {"approval": rule})])


def record(bench: SlackBench, number: int) -> Fix:
    """A fix on record."""
    fix = bench.store.fixes.get(number)
    assert fix is not None
    return fix


def held(bench: SlackBench) -> object:
    """What AWS has."""
    return bench.gateway.held.get((account(1).id, SECURITY))


def test_from_the_result(bench: SlackBench) -> None:
    """In the window with the result; which then offers to redo it."""
    fixed(bench)
    bench.slack.press(UNDO)
    view = bench.slack.wait_view("Undone. Verified in AWS.")
    assert OTHER.email in str(view)
    assert held(bench) == OTHER
    bench.slack.press(UNDO)
    bench.slack.wait_view("fix #3, undoes fix #2")
    assert held(bench) != OTHER


def test_from_the_channel(bench: SlackBench) -> None:
    """Everybody sees that the fix was undone, by whom and by which fix; only alice the result."""
    message = fixed(bench)
    assert "Fix #1" in str(message["blocks"])
    bench.slack.close()
    bench.slack.press(UNDO, message=message)
    bench.slack.wait_view("Undone. Verified in AWS.")
    bench.announcer.deliver()
    edited = bench.slack.wait_message("Undone by")
    assert edited["ts"] == message["ts"]
    assert f"Undone by <@{ALICE}>" in str(edited["blocks"])
    assert "(fix #2)" in str(edited["blocks"])
    assert UNDO not in str(edited["blocks"])
    undone = bench.slack.wait_message("undid fix #1 of the Security contact")
    assert UNDO in str(undone["blocks"])
    for value in (OTHER.email, OTHER.name, FORM["email"]):
        assert value not in str([edited, undone])


@pytest.mark.parametrize("typed", ["1", "#1", "fix 1", "Fix #1", "  #1 "])
def test_by_command(bench: SlackBench, typed: str) -> None:
    """The number with or without what people write before it."""
    fixed(bench)
    bench.slack.close()
    bench.slack.command(f"/altcontact undo {typed}")
    bench.slack.wait_view("Undone. Verified in AWS.")
    assert held(bench) == OTHER


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Which fix?"),
        ("99", "There is no fix #99."),
        ("data lake", "isn't the number of a fix"),
        ("-1", "isn't the number of a fix"),
        ("1.5", "isn't the number of a fix"),
        ("9" * 40, "isn't the number of a fix"),
    ],
)
def test_a_command_without_a_fix(bench: SlackBench, typed: str, words: str) -> None:
    """Says where the number is, and what to type."""
    bench.slack.command(f"/altcontact undo {typed}")
    told = bench.slack.wait_private(words)
    assert "show its number" in told["text"]
    assert bench.slack.view(ALICE) is None


def test_the_last_fixes_are_offered(bench: SlackBench) -> None:
    """Without a number, the command lists what was changed last, each with its button."""
    fixed(bench)
    bench.slack.close()
    bench.slack.command("/altcontact undo")
    told = bench.slack.wait_private("Which fix?")
    assert "Fix #1: <@U0ALICE001>" in str(told["blocks"])
    assert FORM["email"] not in str(told)
    bench.slack.press(f"{UNDO}:0", message=told)
    bench.slack.wait_view("Undone. Verified in AWS.")
    assert held(bench) == OTHER
    bench.slack.close()
    bench.slack.command("/altcontact undo something")
    told = bench.slack.wait_private("isn't the number")
    assert "Fix #2: undoes fix #1" in str(told["blocks"])
    assert "Fix #1:" not in str(told["blocks"])


def test_a_typo_of_the_command(bench: SlackBench) -> None:
    """Is suggested with its number."""
    fixed(bench)
    bench.slack.close()
    bench.slack.command("/altcontact udno 1")
    told = bench.slack.wait_private("Did you mean")
    bench.slack.press("altcontact_run", message=told)
    bench.slack.wait_view("Undone. Verified in AWS.")


def test_others_undo_nothing(bench: SlackBench) -> None:
    """In the channel and by command, people who aren't fixers see whom to ask."""
    message = fixed(bench)
    bench.slack.press(UNDO, message=message, user=BOB)
    told = bench.slack.wait_ephemeral("have permission", BOB)
    assert f"<!subteam^{GROUP}>" in str(told["blocks"])
    bench.slack.command("/altcontact undo 1", user=BOB)
    bench.slack.wait(
        lambda _: len([e for e in bench.slack.ephemerals(BOB) if "permission" in str(e)]) > 1, 20
    )
    assert bench.slack.view(BOB) is None
    assert held(bench) != OTHER


def test_what_somebody_else_changed_is_shown_first(bench: SlackBench) -> None:
    """A second, explicit confirmation goes on; nothing is written before it."""
    message = fixed(bench)
    bench.slack.close()
    bench.gateway.hold(1, THIRD)
    bench.slack.press(UNDO, message=message)
    view = bench.slack.wait_view("AWS no longer has what fix #1 saved")
    assert THIRD.email in str(view)
    assert held(bench) == THIRD
    bench.gateway.hold(1, CONTACT)
    bench.slack.press(UNDO_ANYWAY)
    bench.slack.wait_view(CONTACT.email)  # it changed once more, so it is asked once more
    assert held(bench) == CONTACT
    bench.slack.press(UNDO_ANYWAY)
    bench.slack.wait_view("Undone. Verified in AWS.")
    assert held(bench) == OTHER


def test_two_people_at_once(everyone: SlackBench) -> None:
    """The second one hears who is at it, and later, who undid it."""
    message = fixed(everyone)
    everyone.slack.close()
    gate = shut(everyone)
    everyone.slack.press(UNDO, message=message)
    everyone.slack.wait_view("Undoing fix #1")
    with gate.held():
        everyone.slack.press(UNDO, message=message, user=BOB)
        everyone.slack.wait_view(f"<@{ALICE}> is changing this contact right now", BOB)
        everyone.slack.close(BOB)
    everyone.slack.wait_view("Undone. Verified in AWS.")
    everyone.slack.press(UNDO, message=message, user=BOB)
    everyone.slack.wait_view(f"<@{ALICE}> already undid fix #1 (fix #2)", BOB)
    assert len(everyone.gateway.writes) == 2


def test_a_closed_window_brings_a_message(bench: SlackBench) -> None:
    """The result comes as a direct message."""
    message = fixed(bench)
    bench.slack.close()
    gate = shut(bench)
    bench.slack.press(UNDO, message=message)
    bench.slack.wait_view("Undoing fix #1")
    with gate.held():
        bench.slack.close()
    bench.slack.wait_dm("Undone. Verified in AWS.")


def test_a_window_that_slack_does_not_open(bench: SlackBench) -> None:
    """Nothing is undone, and the person hears why."""
    message = fixed(bench)
    bench.slack.close()
    bench.slack.fault("views.open", "error", count=9)
    bench.slack.press(UNDO, message=message)
    bench.slack.wait_ephemeral("an internal error")
    assert held(bench) != OTHER


def test_a_repeated_press_undoes_once(bench: SlackBench) -> None:
    """What Slack delivers again is left alone."""
    message = fixed(bench)
    bench.slack.close()
    bench.slack.press(UNDO, message=message)
    bench.slack.wait_view("Undone. Verified in AWS.")
    assert bench.slack.deliver_again()["acked"]
    assert len(bench.slack.calls("views.open")) == 2  # the form and the undo


def test_an_undo_that_aws_denies(bench: SlackBench) -> None:
    """The window says what happened, to which account, why, and what to do."""
    message = fixed(bench)
    bench.slack.close()
    bench.gateway.fail_write(gateway_error(FailureCode.DENIED_BY_SCP))
    bench.slack.press(UNDO, message=message)
    view = bench.slack.wait_view("Not undone.")
    assert "service control policy" in str(view)
    assert WEB.name in str(view)
    assert record(bench, 2).state is FixState.FAILED
    bench.slack.close()
    bench.gateway.say(1, unreadable(FailureCode.TIMED_OUT))
    bench.slack.press(UNDO, message=message)
    view = bench.slack.wait_view("Nothing was changed, because AWS couldn't be read first.")
    assert WEB.name in str(view)


def test_an_undo_that_needs_approval(bench: SlackBench) -> None:
    """Nothing is written by it: it is requested, or why nobody can approve it is said."""
    fixed(bench)
    bench.policy = approving(ApprovalRule.ALWAYS)
    bench.slack.press(UNDO)
    view = bench.slack.wait_view("approve")
    assert WEB.name in str(view)
    assert held(bench) != OTHER
    assert len(bench.gateway.writes) == 1


def test_a_forged_confirmation(bench: SlackBench) -> None:
    """A fingerprint of something else than what AWS has confirms nothing."""
    message = fixed(bench)
    bench.slack.close()
    bench.gateway.hold(1, THIRD)
    button = {
        "type": "button",
        "action_id": UNDO_ANYWAY,
        "text": {"type": "plain_text", "text": "Undo anyway"},
        "value": f"1:{CONTACT.fingerprint}:",
    }
    bench.client.chat_postMessage(
        channel="#security-alerts",
        text="Forged",
        blocks=[{"type": "actions", "elements": [button]}],
    )
    bench.slack.press(UNDO_ANYWAY, message=bench.slack.wait_message("Forged"))
    bench.slack.wait_view("AWS no longer has what fix #1 saved")
    assert held(bench) == THIRD
    assert message["ts"]


def test_a_fixer_sees_details(slack: SlackSandbox, tmp_path: Path) -> None:
    """Fixers see contact details, so the setting of readers hides nothing from them."""
    made = SlackBench(slack, tmp_path, WEB, fixers=(EVERYONE,), readers=(GROUP,))
    made.slack.settings(post_rate=1000.0, post_burst=1000.0)
    try:
        made.start()
        message = fixed(made)
        made.slack.press(UNDO, message=message, user=BOB)
        assert OTHER.email in str(made.slack.wait_view("Undone. Verified in AWS.", BOB))
    finally:
        made.stop()
