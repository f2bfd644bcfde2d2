"""Every class of exception that a call to Slack can raise, and what is said of it."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
import urllib.error
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
import slack_sdk.errors
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.slack import client
from bot.slack.transport_errors import MalformedAnswer, TransportProblem, transport_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "http://bob:hunter2@proxy:8080"
RESPONSE = SlackResponse(
    client=WebClient(),
    http_verb="POST",
    api_url="https://slack.example/api/x",
    req_args={},
    data={"ok": False},
    headers={},
    status_code=200,
)
MODULES = {"builtins", "socket", "ssl", "http.client", "urllib.error", "urllib.request"}
"""The modules beneath slack_sdk's clients whose exceptions come through them."""

EXPECTED = {
    "the connection was refused": "ConnectionRefusedError",
    "name could not be resolved": "gaierror herror",
    "no answer came in time": "TimeoutError BlockingIOError InterruptedError",
    "broke off": "ConnectionError ConnectionResetError ConnectionAbortedError BrokenPipeError "
    "RemoteDisconnected IncompleteRead ContentTooShortError SSLEOFError SSLZeroReturnError "
    "ImproperConnectionState CannotSendRequest CannotSendHeader ResponseNotReady NotConnected",
    "certificate that was presented is not trusted": "SSLCertVerificationError",
    "the TLS connection failed": "SSLError SSLSyscallError SSLWantReadError SSLWantWriteError",
    "The response is invalid": "HTTPError HTTPException BadStatusLine LineTooLong "
    "UnknownProtocol UnknownTransferEncoding UnimplementedFileMode SlackApiError SlackClientError "
    "MalformedAnswer",
    "is not a URL": "InvalidURL URLError",
    "own machine does not allow": "PermissionError",
    "a file that the connection needs": "FileNotFoundError IsADirectoryError NotADirectoryError",
    "the operating system failed": "OSError ChildProcessError FileExistsError ProcessLookupError "
    "UnsupportedOperation",
    "this kind of token": "BotUserAccessError SlackTokenRotationError",
    "slack_sdk does not accept it": "SlackRequestError SlackObjectFormationError",
    "lost while an answer was being sent": "SlackClientNotConnectedError",
    "configured wrongly": "SlackClientConfigurationError",
}
"""A part of the message, and the classes that it belongs to."""


def classes() -> Iterator[type[Exception]]:
    """Every class that a call can raise, as the running Python and slack_sdk have them."""
    todo: list[type[Exception]] = list(client.CALL_ERRORS)
    while todo:
        found = todo.pop()
        if found.__module__ in MODULES or found.__module__.startswith(("slack_sdk", "bot.")):
            yield found
        todo += found.__subclasses__()


def made(kind: type[Exception]) -> Exception:
    """An instance whose text holds what nobody may read."""
    response: Any = RESPONSE
    arguments: dict[type[Exception], tuple[Any, ...]] = {
        urllib.error.HTTPError: (SECRET, 403, SECRET, Message(), None),
        urllib.error.URLError: (SECRET,),
        urllib.error.ContentTooShortError: (SECRET, b""),
        http.client.IncompleteRead: (SECRET.encode(),),
        http.client.UnknownProtocol: (SECRET,),
        slack_sdk.errors.SlackApiError: (SECRET, response),
        slack_sdk.errors.SlackTokenRotationError: (
            slack_sdk.errors.SlackApiError(SECRET, response),  # type: ignore[no-untyped-call]
        ),
    }
    return kind(*arguments.get(kind, (SECRET,)))


@pytest.mark.parametrize("kind", sorted(set(classes()), key=str))
def test_every_class_has_words(kind: type[Exception]) -> None:
    """None is forgotten, none takes another's words, and none lets its own text through."""
    messages = [message for message, names in EXPECTED.items() if kind.__name__ in names.split()]
    assert len(messages) == 1, f"say in EXPECTED, and in transport_errors, what {kind} means"
    problem = client.explain(made(kind))  # type: ignore[arg-type]
    assert messages[0] in str(problem)
    assert problem.remedy
    assert "hunter2" not in f"{problem} {problem.remedy}"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENETUNREACH, "x"), "no route"),
        (OSError(errno.EHOSTUNREACH, "x"), "no route"),
        (OSError(errno.EMFILE, "x"), "too many files"),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), "user name"),
        (OSError("Tunnel connection failed: 403 Forbidden"), "the proxy refused"),
        (urllib.error.URLError(ConnectionRefusedError()), "connection was refused"),
        (urllib.error.URLError(ssl.SSLCertVerificationError()), "not trusted"),
        (urllib.error.URLError(urllib.error.URLError(socket.gaierror())), "resolved"),
        (urllib.error.URLError(TimeoutError()), "in time"),
        (urllib.error.URLError("unknown url type: htp"), "not a URL"),
        # Socket Mode's own
        (
            Exception(
                f"Failed to connect to the proxy (proxy: {SECRET}, connect status code: 407)"
            ),
            "user name",
        ),
        (
            Exception(
                f"Failed to connect to the proxy (proxy: {SECRET}, connect status code: 502)"
            ),
            "the proxy refused",
        ),
        (IndexError("list index out of range"), "The response is invalid"),
        (json.JSONDecodeError("x", "y", 0), "The response is invalid"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "The response is invalid"),
        (RecursionError(), "The response is invalid"),
        (Exception("anything else"), "did not open a WebSocket"),
    ],
)
def test_what_a_class_alone_does_not_say(error: Exception, told: str) -> None:
    """What urllib wraps, the number of an error, and how a proxy refuses are looked at."""
    problem = transport_problem(error)
    assert told in problem.message
    assert "hunter2" not in problem.message + problem.remedy


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (407, "user name"),
        (403, "come from Slack"),
        (502, "internal error"),
        (302, "come from Slack"),
    ],
)
def test_an_answer_that_is_none_of_slacks(status: int, told: str) -> None:
    """A status without an error code of Slack's tells who answered."""
    response = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": "Received a response in a non-JSON format: <html>"},
        headers={},
        status_code=status,
    )
    error = slack_sdk.errors.SlackApiError("x", response)  # type: ignore[no-untyped-call]
    problem = client.explain(error)
    assert told in str(problem)
    assert problem.remedy


def test_what_is_said_differs() -> None:
    """Each cause has words of its own, and a problem keeps whether the request was sent."""
    problems = {transport_problem(made(kind)) for kind in classes()}
    assert len({problem.message for problem in problems}) == len(problems)
    assert isinstance(transport_problem(MalformedAnswer()), TransportProblem)
    assert not transport_problem(ConnectionRefusedError()).sent
    assert transport_problem(ConnectionResetError()).sent
