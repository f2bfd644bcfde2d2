"""A proxy before an HTTP server that breaks off uploads, and loses answers."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

import httpx
from altcontact_sandbox.loopback import NO_CERTIFICATES

if TYPE_CHECKING:
    from types import TracebackType

_OF_ONE_HOP: Final = frozenset(
    {"connection", "content-length", "date", "expect", "host", "server", "transfer-encoding"}
)


class BreakingProxy:
    """Passes requests on, until a test wants it otherwise.

    Args:
        url: of the server.

    Attributes:
        broken: how many uploads were broken off.
        lost: how many answers were lost.
    """

    def __init__(self, url: str) -> None:
        self._target = url
        self.broken = 0
        self.lost = 0
        self._break_after, self._breaks = 0, 0
        self._lose, self._losses = "", 0
        self._lock = threading.Lock()
        self._client = httpx.Client(trust_env=False, timeout=60, verify=NO_CERTIFICATES)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_request(self) -> None:
                proxy._serve(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_request  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def break_uploads(self, *, after: int, times: int) -> None:
        """Break the connection after so many bytes of an upload, for so many uploads."""
        self._break_after, self._breaks = after, times

    def lose_answers(self, name: str, *, times: int) -> None:
        """Carry out so many writes to paths with this name, and break the connection then."""
        self._lose, self._losses = name, times

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._client.close()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length", 0))
        is_upload = request.command == "PUT"
        if request.headers.get("Expect"):
            request.send_response_only(100)
            request.end_headers()
        with self._lock:
            breaks = is_upload and self._breaks > 0 and length > self._break_after
            self._breaks -= breaks
            self.broken += breaks
        if breaks:
            request.rfile.read(self._break_after)
            _reset(request)
            return
        body = request.rfile.read(length)
        kept = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _OF_ONE_HOP
        ]
        answer = self._client.request(
            request.command,
            self._target + request.path,
            headers=[*kept, ("Host", request.headers["Host"])],
            content=body,
        )
        with self._lock:
            loses = is_upload and self._losses > 0 and self._lose in request.path
            self._losses -= loses
            self.lost += loses
        if loses:
            _reset(request)
            return
        request.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in {*_OF_ONE_HOP, "content-encoding"}:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.content)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(answer.content)


def _reset(request: BaseHTTPRequestHandler) -> None:
    """Break the connection."""
    request.close_connection = True
    with suppress(OSError):
        request.connection.shutdown(socket.SHUT_RDWR)
