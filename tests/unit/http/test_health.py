"""`/healthz` and `/readyz`: the status, and the reasons as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.health import Problem, Reason
from bot.http.health import health_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def ask(problems: Sequence[Problem], method: str = "GET") -> tuple[str, dict[str, str], str]:
    """The status, the headers and the body of an answer."""
    started: list[Any] = []

    def start(*arguments: object) -> Callable[[bytes], object]:
        started.extend(arguments)
        return started.append

    body = b"".join(health_app(lambda: problems)({"REQUEST_METHOD": method}, start))
    return started[0], dict(started[1]), body.decode()


def test_all_is_well() -> None:
    """200, and a body that says so; nothing on the way may keep it."""
    status, headers, body = ask(())
    assert status == "200 OK"
    assert json.loads(body) == {"status": "ok", "problems": []}
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert int(headers["Content-Length"]) == len(body)


def test_problems() -> None:
    """503, with each reason and its sentence."""
    status, _, body = ask(
        (
            Problem(Reason.SLACK, "The bot isn't connected to Slack."),
            Problem(Reason.THREAD, "The thread “announcer” gave no sign for 301 seconds."),
        )
    )
    assert status == "503 Service Unavailable"
    assert json.loads(body) == {
        "status": "failing",
        "problems": [
            {"reason": "slack", "detail": "The bot isn't connected to Slack."},
            {"reason": "thread", "detail": "The thread “announcer” gave no sign for 301 seconds."},
        ],
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods(method: str) -> None:
    """They get 405."""
    assert ask((), method)[0] == "405 Method Not Allowed"


def test_head() -> None:
    """It gets the status without the body."""
    status, _, body = ask((Problem(Reason.STOPPING, "The bot is stopping."),), "HEAD")
    assert (status, body) == ("503 Service Unavailable", "")
