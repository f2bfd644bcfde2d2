"""The Slack server: Web API, Socket Mode, response URLs, and the control interface beside them."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from altcontact_sandbox.slack.control.routes import Control
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.transport.date_header import dated
from altcontact_sandbox.slack.transport.dropped_connections import (
    DroppedConnection,
    with_transport,
)
from altcontact_sandbox.slack.transport.http_mode import HttpMode
from altcontact_sandbox.slack.transport.socket_mode import SocketMode
from altcontact_sandbox.slack.transport.wire_log import Exchange
from altcontact_sandbox.slack.web_api.endpoint import DOES_WHAT_IS_ASKED, Answered, WebApi, fail
from altcontact_sandbox.slack.web_api.files import upload
from altcontact_sandbox.slack.web_api.response_url import respond
from altcontact_sandbox.slack.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

UPLOAD: Final = "upload"
"""How faults, refusals and the wire call the sending of a file's bytes to its upload URL."""

_GONE: Final = frozenset({"invalid_url", "expired_url", "used_url"})


class SlackApp:
    """The workspace behind HTTP."""

    def __init__(self) -> None:
        self.space = Workspace()
        self.socket = SocketMode(self.space)
        self.http = HttpMode(self.space)
        self._web = WebApi(self.space, self.socket)

    def application(self) -> ASGIApp:
        """The server's application."""
        starlette = Starlette(
            routes=[
                Route("/api/{method}", self._web.serve, methods=["POST", "GET"]),
                Route("/respond/{key}", self._respond, methods=["POST"]),
                Route("/upload/{key}", self._upload, methods=["POST"]),
                WebSocketRoute("/link", self.socket.serve),
                *Control(self.space, self.socket, self.http).routes(),
            ],
            lifespan=self._life,
        )
        return with_transport(dated(starlette, self.space))

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        yield
        await self.http.stop()

    async def _respond(self, request: Request) -> Response:
        began = time.monotonic()
        try:
            given = json.loads(await request.body())
        except ValueError:
            given = None
        answered = await self._take(request.path_params["key"], given)
        exchange = Exchange("response_url", "response_url", answered.status, given, answered.body)
        await self.space.wire.record(exchange, time.monotonic() - began)
        return answered.response

    async def _upload(self, request: Request) -> Response:
        began = time.monotonic()
        content = await request.body()
        answered = await self._keep(request.path_params["key"], content)
        exchange = Exchange("web_api", UPLOAD, answered.status, {"bytes": len(content)}, None)
        await self.space.wire.record(exchange, time.monotonic() - began)
        return answered.response

    async def _keep(self, key: str, content: bytes) -> Answered:
        fault = self.space.fault(UPLOAD)
        if fault is not None and fault.kind not in DOES_WHAT_IS_ASKED:
            return await fail(fault)
        try:
            upload(self.space, key, content)
        except Refusal as refusal:
            self.space.refusals.add(UPLOAD, refusal.code, **refusal.more)
            await self.space.tell()
            return Answered(Response(refusal.code, 400), refusal.code)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind == "lost_reply":
                return Answered(DroppedConnection(), fault.kind)
        return Answered(Response(f"OK - {len(content)}"), "ok")

    async def _take(self, key: str, given: Any) -> Answered:  # noqa: ANN401 - JSON
        fault = self.space.fault("response_url")
        if fault is not None:
            return await fail(fault)
        try:
            respond(self.space, key, given)
        except Refusal as refusal:
            self.space.refusals.add("response_url", refusal.code, **refusal.more)
            await self.space.tell()
            body = {"ok": False, "error": refusal.code}
            status = 404 if refusal.code in _GONE else 400
            return Answered(JSONResponse(body, status), refusal.code, body)
        await self.space.tell()
        return Answered(Response("ok"), "ok", {"ok": True})
