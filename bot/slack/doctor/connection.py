"""The doctor's check of how Slack's payloads arrive: over the socket, or as requests by HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.config.http_parsers import REQUEST_PATH
from bot.services.doctor import State
from bot.slack.doctor.lines import REACHED, line
from bot.slack.doctor.scopes import APPS

if TYPE_CHECKING:
    from bot.services.doctor import CheckResult
    from bot.slack.http_mode import HttpStatus
    from bot.slack.socket_mode import SocketStatus

SILENCE: Final = 30.0
"""Seconds of silence after which a connection is probably dead; it is pinged every 2 seconds."""

_RECONNECTS: Final = "The bot reconnects by itself. If it doesn't, test the network:"
_SECRET: Final = f"{APPS} → the app → Basic Information → Signing Secret"
_DOCTOR: Final = "/altcontact doctor"
_MANIFEST: Final = "altcontact manifest --http https://HOST"


def check_socket(status: SocketStatus) -> CheckResult:
    """Whether Socket Mode is connected, and Slack was heard lately."""
    silence = status.silence
    if silence is None:
        problem = status.problem
        message = f"not connected. {problem}" if problem else "not connected."
        remedy = problem.remedy if problem else _RECONNECTS
        return line("Socket", State.FAILURE, message, remedy, REACHED)
    if silence > SILENCE:
        message = f"connected, but silent for {silence:.0f} seconds."
        return line("Socket", State.WARNING, message, _RECONNECTS, REACHED)
    return line("Socket", State.OK, f"connected; last message {_seconds(silence)} ago.")


def check_requests(status: HttpStatus | None) -> CheckResult:
    """When Slack's last request arrived.

    Args:
        status: of a running bot; None outside of one, where only Slack could tell.
    """
    name = "Requests"
    if status is None:
        message = "Slack sends them by HTTP. Only the running bot knows whether they arrive."
        return line(name, State.NOT_TESTED, message, "To see that, type in Slack:", _DOCTOR)
    if status.refused:
        number = f"{status.refused} request{'' if status.refused == 1 else 's'}"
        message = f"{number} refused since the last one from Slack: not signed by it in time."
        remedy = "Anyone can send such requests. If Slack's are among them, compare the secret:"
        return line(name, State.WARNING, message, remedy, _SECRET)
    if status.silence is None:
        message = "none arrived from Slack since the start."
        remedy = f"Compare the app's request URLs, which end with {REQUEST_PATH}, with:"
        return line(name, State.WARNING, message, remedy, _MANIFEST)
    message = f"arrive by HTTP; the last one {_seconds(status.silence)} ago."
    return line(name, State.OK, message)


def _seconds(number: float) -> str:
    return f"{number:.0f} second{'' if round(number) == 1 else 's'}"
