"""The lines that the doctor's checks of Slack share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.services.doctor import Line, Section, State
from bot.slack.client import explain

if TYPE_CHECKING:
    from bot.slack.client import CallError

_UNREACHED: Final = (
    "Check the network, the proxy and DNS between the bot and Slack; then try again."
)
REACHED: Final = "curl -sS https://slack.com/api/api.test"


def line(name: str, state: State, words: str, mend: str = "", paste: str = "") -> Line:
    """A line about Slack."""
    return Line(Section.SLACK, name, state, words, mend, paste)


def refused(
    name: str, error: CallError, token_page: str, variable: str = "SLACK_BOT_TOKEN"
) -> Line:
    """Slack did not take a token, or could not be asked."""
    problem = explain(error, _UNREACHED)
    if not problem.code:
        return line(name, State.FAILURE, str(problem), problem.mend, REACHED)
    if problem.retry_after is not None:
        return line(
            name, State.FAILURE, str(problem), "Try again in a minute.", "altcontact doctor"
        )
    words = f"Slack does not take it ({problem.code})."
    mend = f"Put the one that stands here into {variable}, and start the bot again:"
    return line(name, State.FAILURE, words, mend, token_page)
