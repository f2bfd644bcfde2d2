"""What the doctor's checks of Slack have in common: a line, and a token that Slack rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import CheckResult, Section, State
from bot.slack.client import explain

if TYPE_CHECKING:
    from bot.slack.client import CallError

_UNREACHED: Final = (
    "Check the network, the proxy and DNS between the bot and Slack, then try again."
)
REACHED: Final = "curl -sS https://slack.com/api/api.test"


def line(name: str, state: State, message: str, remedy: str = "", snippet: str = "") -> CheckResult:
    """A line about Slack."""
    return CheckResult(Section.SLACK, name, state, message, remedy, snippet)


def refused(
    name: str, error: CallError, token_page: str, variable: str = "SLACK_BOT_TOKEN"
) -> CheckResult:
    """Slack rejected a token, or couldn't be reached."""
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
    message = f"Slack rejected it ({problem.code})."
    remedy = f"Set {variable} to the one shown on this page, then restart the bot:"
    return line(name, State.FAILURE, message, remedy, token_page)
