"""The page's server: static files, the state of everything, its changes, and calls to act."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.page.guard import Guard
from altcontact_sandbox.page.hub import AWS, MAX_BACKLOG, SLACK, Hub
from altcontact_sandbox.page.proxy import METHODS, ControlProxy, stopping, wrong
from altcontact_sandbox.servers import ServerThread, Startable

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Awaitable, Callable
    from os import PathLike

    from starlette.requests import Request
    from starlette.types import Scope

    from altcontact_sandbox.bot_process import BotProcess

STATIC: Final = Path(__file__).parent / "static"

CONNECT_TIMEOUT: Final = 60.0
"""Seconds that a check asked for waits for a bot that is still starting."""

_POLL_SECONDS: Final = 0.05
"""Seconds between two looks at whether it has started, or ended."""

_CLOSE_TIMEOUT: Final = 10.0
"""Seconds that the end of what is watched may take."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What files are, whatever the machine's own list of types says."""


class PageServer(Startable):
    """The page on one loopback URL; a context manager.

    It answers at once; what asks for the state waits until both servers are known and have told
    theirs.

    Args:
        bot: the bot, or the place where it would be.
        port: of the URL; 0 picks a free one.
        backlog: events that an open page may be behind.
    """

    def __init__(self, bot: BotProcess, port: int = 0, *, backlog: int = MAX_BACKLOG) -> None:
        self._bot = bot
        self._backlog = backlog
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server = ServerThread(self._application(), port, "sandbox page", "--port")

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._server.url

    def start(self) -> None:
        """Start, and come back when the page can be opened.

        Raises:
            SandboxError: the port is in use.
        """
        self._server.start()

    def connect(self, slack_url: str, aws_url: str) -> None:
        """Say where both servers are."""
        self._on_loop(lambda hub: hub.connect({SLACK: slack_url, AWS: aws_url}))

    def stop(self) -> None:
        """Stop; open pages notice the end of their stream."""
        if self._hub is not None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._hub.close(), self._loop).result(_CLOSE_TIMEOUT)
        self._server.stop()
        self._hub = self._loop = None

    def _on_loop(self, act: Callable[[Hub], None]) -> None:
        assert self._loop is not None  # noqa: S101 - who says where the servers are has started it
        self._loop.call_soon_threadsafe(lambda: act(self._now()))

    def _now(self) -> Hub:
        assert self._hub is not None  # noqa: S101 - requests are taken between start and stop alone
        return self._hub

    def _application(self) -> Guard:
        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._hub = Hub(self._bot, self._backlog)
            yield

        app = Starlette(
            routes=[
                Route("/control/state", self._state),
                Route("/control/events", self._events),
                Route("/control/bot/check", self._check, methods=["POST"]),
                Route("/control/slack/{path:path}", self._proxy("slack"), methods=[*METHODS]),
                Route("/control/aws/{path:path}", self._proxy("aws"), methods=[*METHODS]),
            ],
            lifespan=lifespan,
        )
        app.mount("/", _Files(directory=STATIC, html=True))
        return Guard(app)

    def _proxy(self, source: str) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            proxy = ControlProxy(self._now())
            return await (proxy.slack if source == SLACK else proxy.aws)(request)

        return handler

    async def _state(self, _request: Request) -> Response:
        state: dict[str, Any] | None = await self._now().state()
        if state is None:
            return stopping()
        return JSONResponse(state)

    async def _events(self, _request: Request) -> Response:
        return StreamingResponse(self._now().stream(), media_type="text/event-stream")

    async def _check(self, _request: Request) -> Response:
        # No thread waits: a page that is stopped could not end it.
        deadline = time.monotonic() + CONNECT_TIMEOUT
        while self._bot.alive and not self._bot.ready.is_set() and time.monotonic() < deadline:  # noqa: ASYNC110 - what ends it comes from a thread, and from a process
            await asyncio.sleep(_POLL_SECONDS)
        try:
            self._bot.check_now()
        except SandboxError as error:
            return wrong(str(error), error.remedy, 409)
        return JSONResponse({})


class _Files(StaticFiles):
    """The page's own files, with their types given rather than looked up."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        kind = _TYPES.get(Path(full_path).suffix)
        if kind is not None and isinstance(response, FileResponse):
            response.headers["content-type"] = kind
        return response
