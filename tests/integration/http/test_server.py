"""The HTTP server: paths, methods, limits, broken clients, and stops."""

from __future__ import annotations

import http.client
import select
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.domain.errors import ListenError
from bot.http import server as server_module
from bot.http.server import HttpServer, allowing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

WAIT: Final = 30.0
LOCAL: Final = ("127.0.0.1", 0)


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the request's body."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


def broken(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
    """Fail, with personal data in the exception."""
    raise ValueError("dana@corp.example")


class Slow:
    """An app whose answers wait until they are released."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.released = threading.Event()

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.entered.release()
        assert self.released.wait(WAIT)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]


@contextmanager
def serving(routes: dict[str, WSGIApplication], **limits: Any) -> Iterator[HttpServer]:  # noqa: ANN401 - the server's
    """A started server."""
    server = HttpServer(LOCAL, routes, **limits)
    server.start()
    try:
        yield server
    finally:
        server.stop(0)


@contextmanager
def connected(server: HttpServer) -> Iterator[socket.socket]:
    """A connection."""
    with socket.create_connection(("127.0.0.1", server.port), WAIT) as sock:
        yield sock


@contextmanager
def client(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    """A client that keeps its connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
    try:
        yield connection
    finally:
        connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """Ask, and read the whole answer."""
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def read_to_end(sock: socket.socket) -> bytes:
    """What the server sends until it closes; a reset after that is a close too."""
    received = b""
    try:
        while chunk := sock.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def test_paths_and_methods() -> None:
    """A path has its app; other paths get 404 and other methods 405, on one kept connection."""
    routes = {"/echo": allowing({"POST"}, echo), "/page": allowing({"GET"}, echo)}
    with serving(routes) as server, client(server) as connection:
        assert ask(connection, "POST", "/echo", b"hello")[:2] == (200, b"hello")
        sock = connection.sock
        for method, path, status in [
            ("GET", "/", 404),
            ("POST", "/echo/", 404),
            ("POST", "/Echo", 404),
            ("POST", "/page", 405),
            ("GET", "/echo", 405),
            ("DELETE", "/echo", 405),
            ("BREW", "/echo", 405),
        ]:
            got, _, headers = ask(connection, method, path)
            assert got == status, (method, path)
            assert headers["Server"] is None
            allowed = {"/echo": "POST", "/page": "GET"}.get(path)
            assert headers["Allow"] == (allowed if status == 405 else None)
        assert ask(connection, "POST", "/echo?text=1", b"again")[:2] == (200, b"again")
        assert ask(connection, "HEAD", "/page", b"")[:2] == (200, b"")
        assert connection.sock is sock


def test_a_body_over_the_limit_is_refused() -> None:
    """With and without a length, also for clients that read no answer before all is sent."""
    limit = 100_000
    with serving({"/": echo}, max_body=limit) as server:
        with client(server) as connection:
            assert ask(connection, "POST", "/", b"x" * limit)[:2] == (200, b"x" * limit)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for length in (limit + 1, 50 * limit):
            with pytest.raises(urllib.error.HTTPError, match="413"):
                opener.open(f"http://127.0.0.1:{server.port}/", b"x" * length, WAIT)
        with connected(server) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
            assert read_to_end(sock).startswith(b"HTTP/1.1 413 ")
        with connected(server) as sock:
            sock.sendall(
                b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n"
            )
            assert read_to_end(sock).startswith(b"HTTP/1.1 413 ")
        with connected(server) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            sock.sendall(f"{limit + 1:x}\r\n".encode() + b"x" * (limit + 1))
            assert read_to_end(sock).startswith(b"HTTP/1.1 413 ")
        with connected(server) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 40_000)
            assert read_to_end(sock).startswith(b"HTTP/1.0 431 ")


def test_chunked_bodies_are_read() -> None:
    """A body without a Content-Length arrives whole."""
    with serving({"/": echo}) as server, connected(server) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        sock.sendall(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        assert read_to_end(sock).endswith(b"\r\n\r\nabcde")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"not http at all\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
        b"POST / HTTP/1.1\r\n : \r\n\r\n",
    ],
)
def test_garbage_is_refused(sent: bytes) -> None:
    """What is no HTTP gets an error and is cut off; others are served."""
    with serving({"/": echo}) as server:
        with connected(server) as sock:
            sock.sendall(sent)
            assert read_to_end(sock).split(b" ")[1][:1] in b"45"
        with client(server) as connection:
            assert ask(connection, "POST", "/", b"fine")[:2] == (200, b"fine")


def test_slow_clients_hold_no_thread_and_are_cut_off() -> None:
    """Requests that never arrive whole leave the only thread to others, and are closed in time."""
    with (
        serving({"/": echo}, threads=1, request_timeout=2.0) as server,
        connected(server) as headless,
        connected(server) as bodiless,
    ):
        headless.sendall(b"POST / HTTP/1.1\r\nX-Slow: ")
        bodiless.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf")
        with client(server) as connection:
            assert ask(connection, "POST", "/", b"fine")[:2] == (200, b"fine")
        assert read_to_end(headless) == b""
        assert read_to_end(bodiless) == b""


def test_idle_connections_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """More clients than connections are allowed are all answered, though none of them leaves."""
    monkeypatch.setattr(server_module, "CONNECTIONS", 6)
    monkeypatch.setattr(server_module, "IDLE_AFTER", 0.0)
    with serving({"/": echo}) as server:
        held = []
        try:
            for _ in range(20):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
                held.append(connection)
                assert ask(connection, "POST", "/", b"x")[:2] == (200, b"x")
        finally:
            for connection in held:
                connection.close()


def test_no_request_is_lost_if_many_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that find no place wait for one, also where a connection is open before its request."""
    monkeypatch.setattr(server_module, "CONNECTIONS", 20)
    monkeypatch.setattr(server_module, "IDLE_AFTER", WAIT)  # they may wait long for each other

    def one(_: int) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
        try:
            connection.connect()
            together.wait(WAIT)
            return ask(connection, "POST", "/", b"x")[:2]
        finally:
            connection.close()

    together = threading.Barrier(100)
    with serving({"/": echo}) as server, ThreadPoolExecutor(100) as people:
        assert list(people.map(one, range(100))) == 100 * [(200, b"x")]


def test_many_long_bodies_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is received at a time has a limit too; short requests still get through."""
    monkeypatch.setattr(server_module, "MAX_BUFFERED", 100_000)
    with serving({"/": echo}) as server, connected(server) as one, connected(server) as other:
        for sock in (one, other):
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 80000\r\n\r\n" + b"x" * 60_000)
        readable, _, _ = select.select([one, other], [], [], WAIT)
        assert len(readable) == 1
        with client(server) as connection:
            assert ask(connection, "POST", "/", b"fine")[:2] == (200, b"fine")


def test_an_app_that_fails_answers_500(capfd: pytest.CaptureFixture[str]) -> None:
    """Its exception goes to the log, not to the client."""
    with serving({"/": broken, "/echo": echo}) as server, client(server) as connection:
        status, body, _ = ask(connection, "GET", "/")
        assert (status, body) == (500, b"Internal Server Error\n")
        assert ask(connection, "POST", "/echo", b"fine")[:2] == (200, b"fine")
    assert "work failed" in "".join(capfd.readouterr())


def test_a_stop_answers_what_was_received() -> None:
    """Requests in progress and queued are answered, connections close; new ones are refused."""
    slow = Slow()
    server = HttpServer(LOCAL, {"/": slow}, threads=1)
    server.start()
    stopper = threading.Thread(target=server.stop, args=(WAIT,))
    with connected(server) as running, connected(server) as queued, connected(server) as idle:
        for sock in (running, queued):
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert sock is queued or slow.entered.acquire(timeout=WAIT)
        stopper.start()
        assert read_to_end(idle) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), WAIT)
        assert stopper.is_alive()
        slow.released.set()
        for sock in (running, queued):
            answer = read_to_end(sock)
            assert answer.endswith(b"\r\n\r\ndone")
            assert b"\r\nConnection: close\r\n" in answer
        stopper.join(WAIT)
        assert not stopper.is_alive()


def test_a_stop_gives_up_in_time() -> None:
    """An answer that hangs doesn't keep the server from stopping."""
    slow = Slow()
    with connected(server := HttpServer(LOCAL, {"/": slow})) as sock:
        server.start()
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert slow.entered.acquire(timeout=WAIT)
        server.stop(0.1)
        assert read_to_end(sock) == b""
    slow.released.set()


def test_connections_close_before_a_stop() -> None:
    """A client that is to connect elsewhere hears so with its next answer."""
    with serving({"/": echo}) as server, client(server) as connection:
        assert ask(connection, "POST", "/", b"1")[2]["Connection"] is None
        server.close_connections()
        assert ask(connection, "POST", "/", b"2")[2]["Connection"] == "close"
        assert ask(connection, "POST", "/", b"3")[:2] == (200, b"3")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "::"])  # noqa: S104 - what is tried
def test_addresses(host: str) -> None:
    """IPv4, IPv6 and names; `::` listens for both."""
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    server = HttpServer((host, 0), {"/": echo})
    server.start()
    try:
        for local in {"::1": ["::1"], "::": ["::1", "127.0.0.1"]}.get(host, ["localhost"]):
            connection = http.client.HTTPConnection(local, server.port, timeout=WAIT)
            assert ask(connection, "POST", "/", b"x")[:2] == (200, b"x")
            connection.close()
    finally:
        server.stop(0)


def test_an_address_that_is_taken_is_named() -> None:
    """The error says which, why, and what to do."""
    with serving({}) as server:
        with pytest.raises(
            ListenError, match=rf"127\.0\.0\.1:{server.port}: Address .*in use"
        ) as e:
            HttpServer(("127.0.0.1", server.port), {})
        assert "free port" in e.value.remedy
    with pytest.raises(ListenError, match="no such host"):
        HttpServer(("nowhere.invalid", 80), {})
    with pytest.raises(ListenError, match=r"\[2001:db8::1\]:80"):
        HttpServer(("2001:db8::1", 80), {})


def test_a_server_that_never_started_stops() -> None:
    """As after a failed start: nothing hangs, and the port is free again."""
    server = HttpServer(LOCAL, {})
    server.stop(1)
    HttpServer(("127.0.0.1", server.port), {}).stop(0)
