"""The lines that the doctor's checks of Slack share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import CheckResult, Section, State
from bot.slack.client import explain

if TYPE_CHECKING:
    from bot.slack.client import CallError

_UNREACHED: Final = (
    "Check the network, the proxy and DNS between the bot and Slack; then try again."
)
REACHED: Final = "curl -sS https://slack.com/api/api.test"


def line(name: str, state: State, message: str, remedy: str = "", snippet: str = "") -> CheckResult:
    """A line about Slack."""
    return CheckResult(Section.SLACK, name, state, message, remedy, snippet)


def refused(
    name: str, error: CallError, token_page: str, variable: str = "SLACK_BOT_TOKEN"
) -> CheckResult:
    """Slack did not take a token, or could not be asked."""
    problem = explain(error, _UNREACHED)
    if not problem.code:
        return line(name, State.FAILURE, str(problem), problem.remedy, REACHED)
    if problem.retry_after is not None:
        return line(
            name, State.FAILURE, str(problem), "Try again in a minute.", "altcontact doctor"
        )
    if not problem.permanent:
        message = f"{problem} (Slack's code: {problem.code})"
        return line(name, State.FAILURE, message, "Try again in a minute.", "altcontact doctor")
    message = f"Slack does not take it ({problem.code})."
    remedy = f"Put the one that stands here into {variable}, and start the bot again:"
    return line(name, State.FAILURE, message, remedy, token_page)
