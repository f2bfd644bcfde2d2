"""Explains why a call to Slack got no answer, by the class of the exception.

slack_sdk's clients use urllib, http.client, ssl and socket, each with its own exceptions. Every
class has a message and a next step. No text of an exception is repeated: it may contain a URL with
a password, or a page from an unknown server.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from http.client import (
    HTTPException,
    ImproperConnectionState,
    IncompleteRead,
    InvalidURL,
    NotConnected,
)
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.error import ContentTooShortError, HTTPError, URLError

from slack_sdk.errors import (
    BotUserAccessError,
    SlackApiError,
    SlackClientConfigurationError,
    SlackClientError,
    SlackClientNotConnectedError,
    SlackObjectFormationError,
    SlackRequestError,
    SlackTokenRotationError,
)

if TYPE_CHECKING:
    from slack_sdk.web import SlackResponse

_Member = TypeVar("_Member")


class MalformedAnswer(SlackClientError):
    """slack_sdk couldn't parse the answer."""


@dataclass(frozen=True, slots=True)
class TransportProblem:
    """Why Slack didn't answer.

    Args:
        message: what happened.
        remedy: the next step; empty if the only step is to retry later.
        sent: whether the request may have reached Slack; false only if it certainly didn't.
    """

    message: str
    remedy: str
    sent: bool = True


_NETWORK: Final = "Check the network and the firewall between the bot and Slack."
_PROXY_PAGE: Final = "Look for a proxy, a firewall or a captive portal between the bot and Slack."
_REPORT: Final = "Update altcontact; if it happens again, report it with the bot's log."

_DNS: Final = TransportProblem(
    "Slack could not be reached: its name could not be resolved.",
    "Check DNS on the bot's machine, and the host in SLACK_API_URL or in the proxy setting.",
    sent=False,
)
_REFUSED: Final = TransportProblem(
    "Slack could not be reached: the connection was refused.",
    "Check that the host and the port of SLACK_API_URL, or of the proxy, are right and listening.",
    sent=False,
)
_NO_ROUTE: Final = TransportProblem(
    "Slack could not be reached: there is no route to it.", _NETWORK
)
_BLOCKED: Final = TransportProblem(
    "Slack could not be reached: the bot's own machine does not allow the connection.",
    "Check the machine's firewall and the bot's sandbox, such as SELinux or a network policy.",
)
_TIMED_OUT: Final = TransportProblem("Slack could not be reached: no answer came in time.", "")
_BROKEN: Final = TransportProblem(
    "Slack could not be reached: the connection broke off before its answer was complete.", ""
)
_CERTIFICATE: Final = TransportProblem(
    "Slack could not be reached: the TLS certificate that was presented is not trusted.",
    "If a proxy inspects TLS, set SSL_CERT_FILE to a file that holds its CA; check the clock too.",
    sent=False,
)
_TLS: Final = TransportProblem(
    "Slack could not be reached: the TLS connection failed.",
    "Check that what listens there speaks TLS, and whether a proxy or firewall interferes.",
)
_PROXY_LOGIN: Final = TransportProblem(
    "Slack could not be reached: the proxy asks for a user name and a password, or refused them.",
    "Check user and password in HTTPS_PROXY; percent-encode special characters in them.",
    sent=False,
)
_PROXY_REFUSED: Final = TransportProblem(
    "Slack could not be reached: the proxy refused to connect to it.",
    "Allow slack.com and wss-primary.slack.com in the proxy, or list them in NO_PROXY.",
    sent=False,
)
_NOT_SLACK: Final = TransportProblem(
    "The response is invalid, and doesn't seem to come from Slack.", _PROXY_PAGE
)
_FAULT: Final = TransportProblem("Slack had an internal error.", "")
_URL: Final = TransportProblem(
    "Slack could not be reached: its address, or the proxy's, is not a URL that can be used.",
    "Check SLACK_API_URL and HTTPS_PROXY.",
    sent=False,
)
_OUT_OF_FILES: Final = TransportProblem(
    "Slack could not be reached: the bot has too many files and connections open.",
    "Raise the limit of open files (ulimit -n) for the bot, and restart it.",
    sent=False,
)
_CA_FILE: Final = TransportProblem(
    "Slack could not be reached: a file that the connection needs, such as the CA bundle, is "
    "missing or cannot be read.",
    "Check SSL_CERT_FILE and SSL_CERT_DIR.",
    sent=False,
)
_SYSTEM: Final = TransportProblem(
    "Slack could not be reached: the operating system failed the connection.",
    "Check the memory, the disk and the network of the bot's machine, and its system log.",
)
_NOT_CONNECTED: Final = TransportProblem(
    "The connection to Slack was lost while an answer was being sent.", ""
)
_WRONG_REQUEST: Final = TransportProblem(
    "The request was not sent to Slack: slack_sdk does not accept it.", _REPORT, sent=False
)
_WRONG_TOKEN: Final = TransportProblem(
    "Slack does not accept this kind of token for the call.",
    "Put the bot token (xoxb-…) into SLACK_BOT_TOKEN, and the app-level token (xapp-…) into "
    "SLACK_APP_TOKEN.",
    sent=False,
)
_CONFIGURATION: Final = TransportProblem(
    "The connection to Slack is configured wrongly, so slack_sdk does not make it.",
    _REPORT,
    sent=False,
)
_NO_WEBSOCKET: Final = TransportProblem(
    "Slack could not be reached: what answered did not open a WebSocket connection.", _PROXY_PAGE
)

_BY_ERRNO: Final = {
    errno.ENETUNREACH: _NO_ROUTE,
    errno.EHOSTUNREACH: _NO_ROUTE,
    errno.ENETDOWN: _NO_ROUTE,
    errno.EHOSTDOWN: _NO_ROUTE,
    errno.EADDRNOTAVAIL: _NO_ROUTE,
    errno.EMFILE: _OUT_OF_FILES,
    errno.ENFILE: _OUT_OF_FILES,
}

# The first match counts, so subclasses come before their bases.
_BY_TYPE: Final[tuple[tuple[tuple[type[Exception], ...], TransportProblem], ...]] = (
    ((BotUserAccessError, SlackTokenRotationError), _WRONG_TOKEN),
    ((SlackObjectFormationError, SlackRequestError), _WRONG_REQUEST),
    ((SlackClientNotConnectedError,), _NOT_CONNECTED),
    ((SlackClientConfigurationError,), _CONFIGURATION),
    ((SlackApiError, MalformedAnswer, SlackClientError), _NOT_SLACK),
    ((ssl.SSLCertVerificationError,), _CERTIFICATE),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), _BROKEN),
    ((ssl.SSLError,), _TLS),
    ((socket.gaierror, socket.herror), _DNS),
    ((TimeoutError, BlockingIOError, InterruptedError), _TIMED_OUT),
    ((ConnectionRefusedError,), _REFUSED),
    ((ConnectionError, IncompleteRead, ContentTooShortError), _BROKEN),
    ((ImproperConnectionState, NotConnected), _BROKEN),
    ((InvalidURL,), _URL),
    ((HTTPException,), _NOT_SLACK),
    ((PermissionError,), _BLOCKED),
    ((FileNotFoundError, IsADirectoryError, NotADirectoryError), _CA_FILE),
    ((URLError,), _URL),
    ((OSError,), _SYSTEM),
    ((ValueError, LookupError, RecursionError), _NOT_SLACK),
)

_PROXY_STATUS: Final = re.compile(r"(?:Tunnel connection failed|connect status code): (\d{3})")
"""The messages of http.client and slack_sdk's Socket Mode if a proxy refused `CONNECT`."""


def required(answer: SlackResponse, name: str, kind: type[_Member]) -> _Member:
    """A member that is in every answer.

    Raises:
        MalformedAnswer: it is missing, or has another type.
    """
    value = answer.get(name)
    if not isinstance(value, kind):
        raise MalformedAnswer(name)
    return value


def transport_problem(error: Exception, status: int = 0) -> TransportProblem:
    """Why a call without an answer from Slack failed.

    Args:
        error: the exception.
        status: the HTTP status of the answer; 0 if there was none.
    """
    error = _innermost(error)
    if isinstance(error, HTTPError):
        status = error.code
    if status:
        return _by_status(status)
    proxy = _PROXY_STATUS.search(str(error))
    if proxy is not None:
        login = int(proxy[1]) == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        return _PROXY_LOGIN if login else _PROXY_REFUSED
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    for types, problem in _BY_TYPE:
        if isinstance(error, types):
            return problem
    return _NO_WEBSOCKET


def no_websocket() -> TransportProblem:
    """The connection was opened by something other than Slack's WebSocket server."""
    return _NO_WEBSOCKET


def _by_status(status: int) -> TransportProblem:
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _PROXY_LOGIN
    return _FAULT if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _NOT_SLACK


def _innermost(error: Exception) -> Exception:
    """The exception that urllib wraps."""
    while isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    return error
