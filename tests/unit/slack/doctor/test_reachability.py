"""Whether a server can be reached: directly, through a proxy, and not at all."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.slack.doctor.reachability import connect, host_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def server(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives one answer to what it hears, with its port and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            taken, _ = listening.accept()
            with taken:
                heard.append(taken.recv(4096))
                if answer:
                    taken.sendall(answer)
                    taken.recv(4096)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1], heard
        thread.join(60)


def test_directly() -> None:
    """A connection is opened, and nothing is sent: the address's ticket stays good."""
    with server(b"") as (port, heard):
        connect(f"ws://127.0.0.1:{port}/link?ticket=secret", None, 10)
    assert heard == [b""]


def test_through_a_proxy() -> None:
    """The proxy gets the host and the password, but never the ticket."""
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (port, heard):
        connect("ws://wss.example.com/?t=secret", f"http://me:pass@127.0.0.1:{port}", 10)
    assert heard[0].startswith(b"CONNECT wss.example.com:80")
    assert b"Proxy-Authorization: Basic" in heard[0]
    assert b"secret" not in heard[0]


def test_a_proxy_that_refuses() -> None:
    """A refusal of the proxy is an error like no connection."""
    with (
        server(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (port, _),
        pytest.raises(OSError, match="403"),
    ):
        connect("ws://wss.example.com/", f"http://127.0.0.1:{port}", 10)


def test_no_tls() -> None:
    """A server that does not speak TLS is not reached by `wss`."""
    with server(b"hello") as (port, _), pytest.raises(OSError, match=r"SSL|TLS|version"):
        connect(f"wss://127.0.0.1:{port}/", None, 10)


def test_only_the_host_is_told() -> None:
    """Of an address its host alone may be shown."""
    assert host_of("wss://wss-primary.slack.com/link/?ticket=1") == "wss-primary.slack.com"
