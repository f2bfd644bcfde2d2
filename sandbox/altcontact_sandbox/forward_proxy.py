"""A forward proxy as companies run it: HTTP and CONNECT, with a login or without; it keeps a log.

It tells tests which way the bot's calls go, and stands for the proxy that a machine may have.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import socketserver
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from altcontact_sandbox.servers import HOST, Startable

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK: Final = 65_536
_LONGEST_HEAD: Final = 65_536


@dataclass(frozen=True, slots=True)
class Passed:
    """One request to the proxy.

    Args:
        method: `CONNECT`, `GET`, `POST` …
        target: `host:port` of a CONNECT, else the URL without its query.
        status: what the proxy answered itself, 200 where it passed the request on.
    """

    method: str
    target: str
    status: int


class ForwardProxy(Startable):
    """A forward proxy on a loopback port.

    Args:
        user: the name that it asks for; empty where it asks for none.
        password: of that user.
        refuse: an HTTP status by which it refuses everything, such as 403; 0 passes it on.
    """

    def __init__(self, user: str = "", password: str = "", refuse: int = 0) -> None:
        self._user, self._password = user, password
        self.refuse = refuse
        self._passed: list[Passed] = []
        self._more = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="forward proxy", daemon=True
        )

    @property
    def host(self) -> str:
        """`host:port`."""
        return f"{HOST}:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """What a machine has in `HTTPS_PROXY`: with user and password, percent-encoded."""
        login = f"{quote(self._user, safe='')}:{quote(self._password, safe='')}@"
        return f"http://{login if self._user else ''}{self.host}"

    @property
    def passed(self) -> list[Passed]:
        """Every request so far."""
        with self._more:
            return list(self._passed)

    def wait(self, fits: Callable[[list[Passed]], bool], timeout: float = 60.0) -> list[Passed]:
        """Wait until what passed fits."""
        with self._more:
            if not self._more.wait_for(lambda: fits(self._passed), timeout):
                raise TimeoutError(f"the proxy saw: {self._passed}")
            return list(self._passed)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Serve nothing more."""
        self._server.shutdown()
        self._server.server_close()

    def admits(self, head: dict[str, str]) -> bool:
        """Whether a request has the login that is asked for."""
        if not self._user:
            return True
        pair = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        return head.get("proxy-authorization", "") == f"Basic {pair}"

    def record(self, method: str, target: str, status: int) -> None:
        """Keep a request."""
        with self._more:
            self._passed.append(Passed(method, target.split("?", maxsplit=1)[0], status))
            self._more.notify_all()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, proxy: ForwardProxy) -> None:
        self.proxy = proxy
        super().__init__((HOST, 0), _Handler)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        """Serve one connection of a client's."""
        with contextlib.suppress(OSError, ValueError):
            self._serve(*self._read_head())

    def _read_head(self) -> tuple[str, str, dict[str, str], bytes]:
        """Method, target, headers, and what of the body came with them."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.request.recv(_CHUNK)
            if not more or len(data) > _LONGEST_HEAD:
                raise ValueError("no request")
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = (line.split(":", 1) for line in lines)
        return (
            method,
            target,
            {name.strip().lower(): value.strip() for name, value in headers},
            body,
        )

    def _serve(self, method: str, target: str, head: dict[str, str], body: bytes) -> None:
        proxy = self.server.proxy
        status = proxy.refuse or (200 if proxy.admits(head) else 407)
        if status != 200:  # noqa: PLR2004 - HTTP's OK
            proxy.record(method, target, status)
            login = 'Proxy-Authenticate: Basic realm="proxy"\r\n' if status == 407 else ""  # noqa: PLR2004 - HTTP's
            answer = (
                f"HTTP/1.1 {status} No\r\n{login}Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            self.request.sendall(answer.encode())
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            first = body
        else:
            url = urlsplit(target)
            host, port = url.hostname or "", str(url.port or 80)
            path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
            kept = {name: value for name, value in head.items() if not name.startswith("proxy-")}
            lines = [f"{name}: {value}" for name, value in {**kept, "connection": "close"}.items()]
            first = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body
        try:
            upstream = socket.create_connection((host, int(port)), 30)
        except OSError:
            proxy.record(method, target, 502)
            self.request.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        proxy.record(method, target, 200)
        with upstream:
            upstream.settimeout(None)
            if method == "CONNECT":
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            upstream.sendall(first)
            back = threading.Thread(target=_relay, args=(upstream, self.request), daemon=True)
            back.start()
            _relay(self.request, upstream)
            back.join()


def _relay(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until one side is done."""
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    for each, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with contextlib.suppress(OSError):
            each.shutdown(how)
