"""Runs one of the sandbox's web servers in a thread, on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp, Receive, Scope, Send

HOST: Final = "127.0.0.1"
"""The sandbox never listens anywhere but on loopback."""

_GRACE_SECONDS: Final = 0.5
"""What requests get that run when the server is stopped; most of them wait for news."""

_LAST_GRACE_SECONDS: Final = 3
"""What is left to uvicorn, which ends what still runs then, and complains."""

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0


class Startable(ABC):
    """A context manager that starts something, and stops it in any case."""

    @abstractmethod
    def start(self) -> None:
        """Start it."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it; does nothing where it does not run."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class ServerThread:
    """A uvicorn server (HTTP and WebSocket) of one ASGI app, in a daemon thread.

    Args:
        app: a Starlette app, or any ASGI app.
        port: the port on 127.0.0.1; 0 picks a free one. Once started, the port is kept, so that a
            server which is stopped and started again is found where it was.
        name: what to call the server in an error, and its thread.
        option: of the command line, by which another port is chosen.
        dates: whether uvicorn says in each answer what time it is; without it the app may.
    """

    def __init__(
        self,
        app: ASGIApp,
        port: int = 0,
        name: str = "sandbox server",
        option: str = "",
        *,
        dates: bool = True,
    ) -> None:
        self._app = app
        self._dates = dates
        self._name = name
        self._option = option
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = port

    @property
    def url(self) -> str:
        """The base URL, with no slash at its end; its port is known once started."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Listen, and come back when requests are served.

        Raises:
            SandboxError: the port is in use or may not be had, or the app did not start.
        """
        if self._thread is not None:
            raise SandboxError(f"The {self._name} is already running, on port {self.port}.")
        listener = listen(self.port, self._name, self._option)
        self.port = listener.getsockname()[1]
        requests = _Requests(self._app)
        config = uvicorn.Config(
            requests,
            http="h11",  # the same everywhere, whatever else is installed
            ws="websockets-sansio",  # the older implementation warns that it is deprecated
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=self._dates,
            timeout_graceful_shutdown=_LAST_GRACE_SECONDS,
        )
        self._server = _Server(config, requests)
        self._thread = threading.Thread(
            target=self._server.run_until_stopped,
            args=(listener,),
            name=self._name,
            daemon=True,
        )
        self._thread.start()
        self._server.settled.wait(_START_SECONDS)
        if not self._server.started:
            self.stop()
            raise SandboxError(f"The {self._name} did not start; its log says why.")

    def stop(self) -> None:
        """Close the port, give running requests a moment, and end; does nothing if not running.

        Raises:
            SandboxError: the server did not end.
        """
        if self._thread is None or self._server is None:
            return
        self._server.ask_to_stop()
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise SandboxError(f"The {self._name} on port {self.port} did not stop.")
        self._thread = self._server = None


def listen(port: int, name: str, option: str = "") -> socket.socket:
    """A socket that listens on a loopback port (0: any).

    Raises:
        SandboxError: the port is in use, or may not be had; `name` says for what it was wanted,
            and `option` by which option of the command line another one is chosen.
    """
    choose = f" with {option}" if option else ""
    # asyncio turns Nagle's algorithm off, which costs 40 ms a call, only for a socket that was
    # made with its protocol named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except (OSError, OverflowError) as exc:
        listener.close()
        if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
            raise SandboxError(
                f"Port {port} is in use, so the {name} cannot start.",
                f"Stop the program that uses it, or choose another port{choose}.",
            ) from exc
        raise SandboxError(
            f"The {name} cannot listen on port {port}: {exc}.",
            f"Choose another port{choose}; 0 picks a free one.",
        ) from exc
    return listener


class _Requests:
    """An app's running HTTP requests, which can be ended without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self._app(scope, receive, send)
            return
        self._running.add(task)
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            await hang_up(receive, send)
        finally:
            self._running.discard(task)

    def end_soon(self) -> None:
        asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._end)

    def _end(self) -> None:
        self._ending = True
        for task in tuple(self._running):
            task.cancel()


class _Server(uvicorn.Server):
    """uvicorn's server, with an event for the moment in which it runs or has failed to."""

    def __init__(self, config: uvicorn.Config, requests: _Requests) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self._requests = requests
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask_to_stop(self) -> None:
        self.should_exit = True
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._requests.end_soon)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.settled.set()

    def run_until_stopped(self, listener: socket.socket) -> None:
        try:
            with listener, contextlib.suppress(SystemExit):  # how uvicorn says it cannot start
                self.run([listener])
        finally:
            self.settled.set()


async def hang_up(receive: Receive, send: Send) -> None:
    """Close a request's connection without an answer, as a network does that fails."""
    # ASGI cannot do that; uvicorn's cycle, whose method `send` is, knows the transport. After that
    # the request is over once uvicorn says it is disconnected.
    cycle: Any = send
    cycle.__self__.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
