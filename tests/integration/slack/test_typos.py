"""A typo after `/altcontact`: the button that runs what was meant, with the presser's rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.slack.command_parser import MAX_SUGGESTION
from bot.slack.views.help import RUN
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, LAKE, SHOWN, bench
from tests.integration.slack.deliveries import Known, valid

if TYPE_CHECKING:
    from tests.integration.slack.bench import SlackBench

__all__ = ["bench", "slack", "slack_server"]


def suggestion(bench: SlackBench, typed: str, user: str = ALICE) -> dict[str, object]:
    """Type something, and wait for what was probably meant."""
    bench.slack.command(f"/altcontact {typed}", user=user)
    return bench.slack.wait_private("Did you mean", user)


def test_the_suggestion_runs(bench: SlackBench) -> None:
    """Pressing it shows the account in place of the suggestion, to that person alone."""
    told = suggestion(bench, "chekc lake")
    bench.slack.press(RUN, message=told)
    shown = bench.slack.wait_private("Check again")
    assert LAKE.name in str(shown["blocks"])
    assert not any("Did you mean" in seen["text"] for seen in bench.slack.private())
    assert bench.slack.messages() == []


def test_a_form_opens_from_the_suggestion(bench: SlackBench) -> None:
    """The press has a trigger of its own, which opens forms."""
    bench.slack.press(RUN, message=suggestion(bench, "fxi lake"))
    bench.slack.wait_view(SHOWN)


@pytest.mark.parametrize("typed", ["relaod", "doctr"])
def test_the_rights_are_those_of_who_presses(bench: SlackBench, typed: str) -> None:
    """A suggestion gives no right that typing the command wouldn't."""
    bench.slack.press(RUN, message=suggestion(bench, typed, BOB), user=BOB)
    bench.slack.wait_private("Only fixers can", BOB)


@pytest.mark.parametrize("value", ["frobnicate", "chekc lake", "check " + "x" * MAX_SUGGESTION])
def test_a_value_that_the_bot_never_made_runs_nothing(bench: SlackBench, value: str) -> None:
    """The value is data: only a known command of the length that is suggested is run."""
    kind, payload = valid(Known(), ALICE, bench.slack.trigger(ALICE))[RUN]
    payload["actions"][0]["value"] = value
    assert bench.slack.deliver(payload, kind)["acked"]
    assert "Check again" not in str(bench.slack.wait_private("Nothing was changed"))


def test_nothing_near_shows_the_help(bench: SlackBench) -> None:
    """The help names the word, and has no button to press."""
    bench.slack.command("/altcontact frobnicate")
    told = bench.slack.wait_private("Unknown command “frobnicate”")
    assert "/altcontact exemptions" in str(told["blocks"])
    assert "button" not in str(told["blocks"])


@pytest.mark.parametrize("typed", ["help", "", "chekc lake", "frobnicate", "fix", "exempt"])
def test_people_of_other_workspaces_get_no_help(bench: SlackBench, typed: str) -> None:
    """They are refused like for every other command."""
    bench.slack.people([{"id": "U0EVAN0001", "name": "Evan Roe", "team_id": "T0FOREIGN1"}])
    bench.slack.command(f"/altcontact {typed}", user="U0EVAN0001")
    told = bench.slack.wait_private("This bot only answers people", "U0EVAN0001")
    assert "/altcontact" not in str(told)
