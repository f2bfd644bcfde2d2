"""The answers to `/altcontact help`, to a typo, and to a command that lacks an account."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.failures import FailureCode, failure
from bot.domain.scans import ScanState
from bot.domain.slack_health import Refusal, WaitingAlerts
from bot.slack.command_parser import MAX_SUGGESTION, Command, Typo, parse
from bot.slack.views.help import RUN, help_message, typo_message, which_account_message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts


def test_help_says_what_the_state_is() -> None:
    """Help names every command, the last check and the next, and who can fix."""
    refusal = Refusal("The channel is archived.", "Unarchive <it>.", "is_archived", permanent=True)
    message = help_message(
        last_scan=data.scan(results=list(data.report(2, 1, 3).results)),
        next_check=data.NOW,
        fixers="<@U0ALICE001>",
        read_only=False,
        waiting=WaitingAlerts(3, data.NOW, refusal),
    )
    shown = json.dumps(message.blocks)
    for told in ("check", "fix", "help", "2 of 6 accounts are non-compliant", "<@U0ALICE001>"):
        assert told in shown
    first = json.dumps(message.blocks[0])
    for told in ("3 alerts have been waiting", "archived", "`is_archived`", "Unarchive &lt;it&gt;"):
        assert told in first
    assert message.text.startswith(":warning: *3 alerts have been waiting to be posted since")
    assert_sound(message)


@pytest.mark.parametrize(
    ("state", "told"), [(ScanState.FAILED, "failed"), (ScanState.INCOMPLETE, "is incomplete")]
)
def test_help_reports_trouble(state: ScanState, told: str) -> None:
    """Help says that the last check failed, and how to turn on fixing in a read-only bot."""
    why = failure(FailureCode.UNREACHABLE)
    message = help_message(
        last_scan=data.scan(state, why), next_check=None, fixers="", read_only=True, waiting=None
    )
    assert told in message.text
    assert "ALTCONTACT_FIXERS" in json.dumps(message.blocks)
    assert_sound(message)


def test_help_before_any_check() -> None:
    """Before the first check has finished, help says so."""
    message = help_message(
        last_scan=None, next_check=data.NOW, fixers="everyone", read_only=False, waiting=None
    )
    assert "No check has finished yet" in message.text


def test_a_word_that_is_no_command_gets_the_help() -> None:
    """The word is named first; it formats nothing and mentions nobody."""
    message = help_message(
        last_scan=None,
        next_check=None,
        fixers="everyone",
        read_only=False,
        waiting=None,
        unknown="<!channel>" + "x" * 500,
    )
    assert texts(message.blocks, "mrkdwn")[0].startswith("Unknown command `&lt;!channel&gt;xx")
    assert "No check is scheduled." in message.text
    assert_sound(message)


def test_a_typo_gets_the_nearest_command_as_a_button() -> None:
    """The button says what it runs, and carries it; a screen reader hears the whole command."""
    message = typo_message("chekc", Command("check", "4444"))
    assert message.text == "Unknown command “chekc”. Did you mean: /altcontact check 4444"
    assert texts(message.blocks, "mrkdwn")[0] == (
        "Unknown command `chekc`. Did you mean `check 4444`?"
    )
    (button,) = message.blocks[1]["elements"]
    assert (button["text"]["text"], button["action_id"]) == ("Check 4444", RUN)
    assert button["value"] == "check 4444"
    assert button["accessibility_label"] == "Run /altcontact check 4444"
    assert_sound(message)


@given(st.text(max_size=5000))
def test_a_suggestion_runs_what_it_says(typed: str) -> None:
    """Whatever is typed, Slack takes the answer, and its button runs a bounded, known command."""
    typo = parse(f"chekc {typed}")
    assert isinstance(typo, Typo)
    if typo.meant is None:
        return
    message = typo_message(typo.typed, typo.meant)
    assert_sound(message)
    value = message.blocks[1]["elements"][0]["value"]
    assert len(value) <= MAX_SUGGESTION
    assert parse(value) == typo.meant


def test_a_command_that_lacks_an_account() -> None:
    """`exempt` alone asks which account."""
    message = which_account_message("exempt")
    assert "`/altcontact exempt &lt;id or name&gt;`" in message.text
    assert_sound(message)
