"""The Slack server: Web API, Socket Mode, response URLs, and the control interface beside them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from bot.sandbox.slack.broken import Lost, breakable
from bot.sandbox.slack.control import Control
from bot.sandbox.slack.methods import METHODS, arguments, check_scopes
from bot.sandbox.slack.refusals import Refusal
from bot.sandbox.slack.responses import respond
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN, Fault, Workspace

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

_DOES_WHAT_IS_ASKED = frozenset({"lost_reply", "slow"})
_GONE = frozenset({"invalid_url", "expired_url", "used_url"})


class SlackLayer:
    """The workspace behind HTTP."""

    def __init__(self) -> None:
        self.space = Workspace()
        self.socket = SocketMode(self.space)

    def application(self) -> ASGIApp:
        """The server's application."""
        starlette = Starlette(
            routes=[
                Route("/api/{method}", self._api, methods=["POST", "GET"]),
                Route("/respond/{key}", self._respond, methods=["POST"]),
                WebSocketRoute("/link", self.socket.serve),
                *Control(self.space, self.socket).routes(),
            ]
        )
        return breakable(starlette)

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        body = await request.body()
        if self.space.latency:
            await asyncio.sleep(self.space.latency)
        fault = self.space.fault(method)
        if fault is not None and fault.kind not in _DOES_WHAT_IS_ASKED:
            return await self._fail(fault)
        try:
            given = arguments(body, request.headers.get("content-type", ""))
            answer = self._call(method, given, request)
        except Refusal as refusal:
            return await self._refuse(method, refusal)
        self.space.calls.append({"method": method, "args": given, "time": time.monotonic()})
        await self.space.tell()
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind == "lost_reply":
                return Lost()
        return JSONResponse({"ok": True, **answer})

    def _call(self, method: str, given: dict[str, Any], request: Request) -> dict[str, Any]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = token or str(given.get("token", ""))
        given.pop("token", None)
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refusal("invalid_auth")
            host = request.headers["host"]
            return {"url": f"ws://{host}/link?ticket={self.socket.ticket()}"}
        call = METHODS.get(method)
        if call is None:
            raise Refusal("unknown_method", req_method=method)
        if method != "api.test":
            self._check_token(token)
        check_scopes(self.space, method, given)
        return call(self.space, given)

    def _check_token(self, token: str) -> None:
        if token != BOT_TOKEN:
            raise Refusal("invalid_auth" if token else "not_authed")
        if self.space.token_problem:
            raise Refusal(self.space.token_problem)

    async def _refuse(self, method: str, refusal: Refusal) -> Response:
        self.space.refusals.append({"method": method, "error": refusal.code, **refusal.more})
        await self.space.tell()
        if refusal.code == "ratelimited":
            headers = {"Retry-After": str(refusal.more["retry_after"])}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        return JSONResponse({"ok": False, "error": refusal.code, **refusal.more})

    async def _fail(self, fault: Fault) -> Response:
        match fault.kind:
            case "ratelimited":
                headers = {"Retry-After": str(int(fault.seconds))}
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
            case "error":
                return Response("<html>Internal error</html>", 500, media_type="text/html")
            case "hang":
                await asyncio.sleep(fault.seconds)
        return Lost()

    async def _respond(self, request: Request) -> Response:
        body = await request.body()
        fault = self.space.fault("response_url")
        if fault is not None:
            return await self._fail(fault)
        try:
            respond(self.space, request.path_params["key"], json.loads(body))
        except Refusal as refusal:
            refused = {"method": "response_url", "error": refusal.code, **refusal.more}
            self.space.refusals.append(refused)
            await self.space.tell()
            status = 404 if refusal.code in _GONE else 400
            return JSONResponse({"ok": False, "error": refusal.code}, status)
        await self.space.tell()
        return Response("ok")
