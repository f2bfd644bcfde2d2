"""The bot's HTTP server: none, or one that is drained before it stops."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from bot.app.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


def hello(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def test_without_an_address_nothing_is_served() -> None:
    """The bot treats both cases alike."""
    web = Web(None, {"/": hello})
    web.start()
    assert (web.port, web.draining) == (0, False)
    web.drain()
    assert web.draining
    web.stop(0)


def test_draining_goes_on_serving() -> None:
    """It says that it drains, ends connections with their answers, and serves until it stops."""
    web = Web(("127.0.0.1", 0), {"/": hello})
    web.start()
    connection = HTTPConnection("127.0.0.1", web.port, timeout=30)
    for drains in (False, True, True):
        if drains:
            web.drain()
        assert web.draining is drains
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.read(), answer.headers["Connection"]) == (
            b"hello",
            "close" if drains else None,
        )
    web.stop(5)
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.1", web.port, timeout=30).request("GET", "/")
    connection.close()
