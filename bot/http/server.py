"""The HTTP server: WSGI apps by path, limits, and a stop that loses no request.

waitress reads a request whole before a thread answers it, so that slow clients hold no thread. It
runs on a thread of its own here, since the bot's main thread waits for signals.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from waitress.server import create_server

from bot.domain.errors import ListenError, new_error_id
from bot.http.connections import channel_class

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    Address = tuple[str, int]

_log = structlog.get_logger(__name__)

MAX_BODY: Final = 1024 * 1024
"""Bytes of the longest request body. All that Slack sends is shorter."""

MAX_HEADERS: Final = 32 * 1024
"""Bytes of all headers of a request."""

THREADS: Final = 32
"""Threads that answer. An answer to Slack may take 3 s, and Slack sends several at once."""

CONNECTIONS: Final = 512
"""Connections at a time. Further ones wait in the socket's queue, and idle ones make room."""

MAX_BUFFERED: Final = 32 * MAX_BODY
"""Bytes of all requests that are being received; over that, the longest ones are cut off."""

IDLE_AFTER: Final = 1.0
"""Seconds of silence after which a connection is closed if others wait for its place.

Before that, a request may be on its way on it.
"""

_LAST_GRACE: Final = 0.2
"""Seconds of silence after which a connection is closed by a stop."""

IDLE_TIMEOUT: Final = 120.0
"""Seconds until an idle connection is closed: longer than load balancers keep theirs (60 s)."""

REQUEST_TIMEOUT: Final = 20.0
"""Seconds in which a request must be received whole."""

_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")

# Both warn of what is no problem here: a queue for some milliseconds, a client that went away.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
logging.getLogger("waitress").setLevel(logging.ERROR)


class HttpServer:
    """A server for some paths.

    Constructed, it has its port; it answers once it is started.

    Args:
        address: where to listen: a host name or IP address, and a port; 0 for any free one.
        routes: {path: WSGI app}. Other paths get 404; see `allowing` for methods.
        max_body: bytes of the longest body; longer ones get 413.
        threads: how many requests are answered at a time.
        request_timeout: seconds in which a request must be received whole.

    Raises:
        ListenError: nothing can listen on this address.
    """

    def __init__(
        self,
        address: Address,
        routes: Mapping[str, WSGIApplication],
        *,
        max_body: int = MAX_BODY,
        threads: int = THREADS,
        request_timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._routes = dict(routes)
        self._request_timeout = request_timeout
        self._closing = threading.Event()
        self._stopping = threading.Event()
        self._drain_until = 0.0
        self._begun: dict[int, tuple[object, float]] = {}
        self._map: dict[int, Any] = {}  # waitress's: its sockets by file descriptor
        listener = _listen(address)
        self.port: int = listener.getsockname()[1]
        # waitress refuses what is as long as its limit, and keeps longer bodies in files.
        options: dict[str, Any] = {
            "sockets": [listener],
            "threads": threads,
            "max_request_body_size": max_body + 1,
            "max_request_header_size": MAX_HEADERS,
            "inbuf_overflow": 2 * max_body,
            "connection_limit": CONNECTIONS,
            "channel_timeout": int(IDLE_TIMEOUT),
            "asyncore_use_poll": True,
            "log_socket_errors": False,
            "ident": "",
        }
        self._server: Any = cast("Any", create_server(self._answer, map=self._map, **options))
        self._server.channel_class = channel_class(self._closing.is_set)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close_connections(self) -> None:
        """Close each connection with its next answer, so that clients connect elsewhere."""
        self._closing.set()

    def stop(self, drain: float) -> None:
        """Accept nothing new, answer what was received, and close.

        Args:
            drain: seconds until answers that are not ready are abandoned.
        """
        self._closing.set()
        self._drain_until = time.monotonic() + drain
        self._stopping.set()
        if self._thread.is_alive():
            with suppress(OSError):
                self._server.pull_trigger()
            self._thread.join(drain + 5)
        self._close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let the path's app answer. An answer is complete before its first byte is sent."""
        app = self._routes.get(environ.get("PATH_INFO", ""))
        if app is None:
            return plain_answer(HTTPStatus.NOT_FOUND, start_response)
        started: list[Any] = []

        def start(*arguments: Any) -> Any:  # noqa: ANN401 - WSGI's
            started[:] = arguments[:2]
            return _no_write

        try:
            chunks = app(environ, start)
            complete = _Complete([b"".join(chunks)], getattr(chunks, "close", _nothing))
            status, headers = started
        except Exception as error:  # noqa: BLE001 - an app's defect must not end the server
            reference = new_error_id()
            _log.error("work failed", reference=reference, exc_info=error)
            return plain_answer(HTTPStatus.INTERNAL_SERVER_ERROR, start_response)
        start_response(status, headers)
        return complete

    def _serve(self) -> None:
        """Move bytes between sockets and requests until the server is stopped and drained."""
        while True:
            try:
                wait = 0.05 if self._stopping.is_set() else 1.0
                self._server.asyncore.loop(timeout=wait, use_poll=True, map=self._map, count=1)
                self._close_slow(time.monotonic())
                if self._server.in_connection_overflow:
                    self._close_idle(IDLE_AFTER)
                if self._stopping.is_set() and self._is_drained():
                    return
            except Exception as error:  # noqa: BLE001 - a server that ended would hear nothing
                _log.error("work failed", reference=new_error_id(), exc_info=error)
                if self._stopping.wait(1.0):
                    return

    def _channels(self) -> list[Any]:
        return list(self._server.active_channels.values())

    def _close_slow(self, now: float) -> None:
        """Close connections whose request takes too long to arrive, or too much memory."""
        begun = {}
        buffered: list[tuple[int, Any]] = []
        for channel in self._channels():
            request = channel.request
            if request is None:
                continue
            same, since = self._begun.get(id(channel), (None, now))
            since = since if same is request else now
            begun[id(channel)] = (request, since)
            buffered.append((request.body_bytes_received, channel))
            if now - since >= self._request_timeout:
                channel.will_close = True
        self._begun = begun
        buffered.sort(key=lambda each: each[0])
        while sum(received for received, _ in buffered) > MAX_BUFFERED:
            buffered.pop()[1].will_close = True

    def _close_idle(self, after: float) -> bool:
        """Close connections on which nothing is received, answered or sent. Returns: all are."""
        idle, latest = True, time.time() - after  # waitress's clock
        for channel in self._channels():
            busy = channel.requests or channel.request is not None or channel.total_outbufs_len
            if busy or channel.last_activity > latest:
                idle = False
            else:
                channel.will_close = True
        return idle

    def _is_drained(self) -> bool:
        """Accept no more, and close what is done. Returns: nothing is left, or it took too long."""
        if self._server.accepting:
            known = -1
            while known < len(self._map):  # whoever is already connected gets an answer
                known = len(self._map)
                self._server.handle_accept()
            self._server.accepting = False
            self._server.del_channel()
            self._server.socket.close()
            return False
        idle = self._close_idle(_LAST_GRACE)
        return (idle and not self._channels()) or time.monotonic() >= self._drain_until

    def _close(self) -> None:
        self._server.task_dispatcher.shutdown(timeout=0)
        with suppress(OSError):
            self._server.socket.close()
        self._server.asyncore.close_all(self._map, ignore_all=True)


class _Complete(list[bytes]):
    """A complete answer. waitress closes it once it has sent it, and so what it was made of."""

    def __init__(self, body: Iterable[bytes], close: Callable[[], None]) -> None:
        super().__init__(body)
        self.close = close


def _nothing() -> None:
    """Close what needs no closing."""


def allowing(methods: Collection[str], app: WSGIApplication) -> WSGIApplication:
    """`app` for some methods; others get 405. HEAD is answered as GET, without the body."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ.get("REQUEST_METHOD", "")
        if method in methods:
            return app(environ, start_response)
        if method == "HEAD" and "GET" in methods:
            list(app(environ, start_response))
            return []
        allowed = ("Allow", ", ".join(sorted(methods)))
        return plain_answer(HTTPStatus.METHOD_NOT_ALLOWED, start_response, allowed)

    return answer


def plain_answer(
    status: HTTPStatus, start_response: StartResponse, *headers: tuple[str, str]
) -> list[bytes]:
    """Answer with a status and its name as text."""
    body = f"{status.phrase}\n".encode()
    length = ("Content-Length", str(len(body)))
    start_response(f"{status.value} {status.phrase}", [_TEXT, length, *headers])
    return [body]


def _listen(address: Address) -> socket.socket:
    """A socket that is bound; on `::` for IPv4 as well.

    Raises:
        ListenError: it can't be bound.
    """
    host, port = address
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, where = found[0]
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(where, family=family, dualstack_ipv6=both)
    except (OSError, UnicodeError, OverflowError) as error:
        why = "there is no such host"
        if isinstance(error, OSError) and not isinstance(error, socket.gaierror):
            why = os.strerror(error.errno or errno.EADDRNOTAVAIL)
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise ListenError(
            f"The bot can't listen on {shown}: {why}.",
            "Choose an address of this machine and a free port above 1023.",
        ) from error


def _no_write(_: bytes) -> None:
    raise NotImplementedError  # PEP 3333 has it for old apps; none here writes so
