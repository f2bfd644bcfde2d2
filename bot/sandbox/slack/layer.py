"""The Slack server: Web API, Socket Mode, response URLs, and the control interface beside them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from bot.sandbox.servers import hang_up
from bot.sandbox.slack.limits import problems
from bot.sandbox.slack.methods import METHODS, SCOPES, Refusal, arguments
from bot.sandbox.slack.people import People
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.workspace import (
    APP_TOKEN,
    BOT_TOKEN,
    BOT_USER,
    RESPONSE_LIFE,
    RESPONSE_USES,
    Fault,
    Message,
    Workspace,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send


_RAW: Final = "altcontact.raw"
"""Where a request's scope keeps the server's own `receive` and `send`."""


class Lost(Response):
    """An answer that never comes: the connection is closed instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang up on the server's own `receive` and `send`, which Starlette wraps."""
        del receive, send
        await hang_up(*scope[_RAW])


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
                Route("/_sandbox/state", self._state),
                Route("/_sandbox/log", self._log),
                Route("/_sandbox/act/{act}", self._act, methods=["POST"]),
                Route("/_sandbox/set/{what}", self._set, methods=["POST"]),
            ]
        )

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            scope[_RAW] = (receive, send)
            await starlette(scope, receive, send)

        return application

    # What the bot sees

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        body = await request.body()
        if self.space.latency:
            await asyncio.sleep(self.space.latency)
        fault = self.space.fault(method)
        if fault is not None and fault.kind != "lost_reply":
            return await self._fail(fault)
        try:
            given = arguments(body, request.headers.get("content-type", ""))
            answer = self._call(method, given, request)
        except Refusal as refusal:
            return self._refuse(method, refusal)
        self.space.calls.append({"method": method, "args": given, "time": time.monotonic()})
        await self.space.tell()
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            return Lost()
        return JSONResponse({"ok": True, **answer})

    def _call(self, method: str, given: dict[str, Any], request: Request) -> dict[str, Any]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        given.pop("token", None)
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise Refusal("invalid_auth")
            host = request.headers["host"]
            return {"url": f"ws://{host}/link?ticket={self.socket.ticket()}"}
        if token != BOT_TOKEN:
            raise Refusal("invalid_auth" if token else "not_authed")
        if self.space.token_problem:
            raise Refusal(self.space.token_problem)
        call = METHODS.get(method)
        if call is None:
            raise Refusal("unknown_method", req_method=method)
        needed = SCOPES.get(method, set())
        if self.space.scopes is not None and not needed <= self.space.scopes:
            raise Refusal("missing_scope", needed=",".join(needed), provided="")
        return call(self.space, given)

    def _refuse(self, method: str, refusal: Refusal) -> Response:
        self.space.refusals.append({"method": method, "error": refusal.code, **refusal.more})
        answer = {"ok": False, "error": refusal.code, **refusal.more}
        if refusal.code == "ratelimited":
            headers = {"Retry-After": str(refusal.more["retry_after"])}
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
        return JSONResponse(answer)

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
        url = self.space.response_urls.get(request.path_params["key"])
        given = json.loads(await request.body())
        if url is None:
            return JSONResponse({"ok": False, "error": "invalid_url"}, 404)
        if time.monotonic() - url["born"] > RESPONSE_LIFE:
            return JSONResponse({"ok": False, "error": "expired_url"}, 404)
        if url["uses"] >= RESPONSE_USES:
            self.space.refusals.append({"method": "response_url", "error": "used_url"})
            return JSONResponse({"ok": False, "error": "used_url"}, 404)
        url["uses"] += 1
        found = problems(given.get("blocks") or [])
        if found or not given.get("text"):
            self.space.refusals.append({"method": "response_url", "error": "invalid", "why": found})
            return Response("invalid_blocks", 400)
        original = self.space.message(url["channel"], url["ts"]) if url["ts"] else None
        if given.get("replace_original") and original is not None:
            original.text, original.blocks = given["text"], given.get("blocks") or []
            original.edits += 1
        else:
            to = "" if given.get("response_type") == "in_channel" else url["user"]
            message = Message(
                self.space.new_ts(), url["channel"], given["text"], given.get("blocks") or [], to
            )
            self.space.messages.append(message)
            url["ts"] = message.ts
        await self.space.tell()
        return Response("ok")

    # What people and tests do

    async def _state(self, request: Request) -> Response:
        """Everything that people see; waits for a change after `since` for `timeout` seconds."""
        since = int(request.query_params.get("since", "-1"))
        timeout = float(request.query_params.get("timeout", "0"))
        if self.space.changes <= since:
            with contextlib.suppress(TimeoutError):
                async with self.space.changed:
                    await asyncio.wait_for(
                        self.space.changed.wait_for(lambda: self.space.changes > since), timeout
                    )
        return JSONResponse({**self.space.snapshot(), "connected": self.socket.connected})

    async def _log(self, _: Request) -> Response:
        space = self.space
        log = {"calls": space.calls, "refusals": space.refusals, "acks": space.acks}
        return JSONResponse(log)

    async def _act(self, request: Request) -> Response:
        given: dict[str, Any] = json.loads(await request.body() or b"{}")
        people = self._people(request)
        match request.path_params["act"]:
            case "command":
                result = await people.command(given["user"], given["channel"], given["text"])
            case "press":
                result = await people.press(
                    given["user"],
                    given["action_id"],
                    given.get("value"),
                    channel=given.get("channel", ""),
                    ts=given.get("ts", ""),
                )
            case "submit":
                result = await people.submit(given["user"], given["values"])
            case "close":
                result = await people.close(given["user"])
            case "again":
                result = await people.again()
            case _:
                return JSONResponse({"error": "unknown act"}, 404)
        return JSONResponse(result)

    def _people(self, request: Request) -> People:
        if not hasattr(self, "_made"):
            self._made = People(self.space, self.socket, str(request.base_url).rstrip("/"))
        return self._made

    async def _set(self, request: Request) -> Response:
        given: dict[str, Any] = json.loads(await request.body() or b"{}")
        what = request.path_params["what"]
        if what == "reset":
            self.space.reset()
        elif what == "cut":
            self.socket.refuse_until = time.monotonic() + given.get("seconds", 0.0)
            await self.socket.cut()
        elif what == "fault":
            self.space.faults.append(Fault(**given))
        elif what == "channel":
            self._change_channel(given)
        elif what == "settings":
            self._change_settings(given)
        else:
            return JSONResponse({"error": "unknown setting"}, 404)
        await self.space.tell()
        return JSONResponse({})

    def _change_channel(self, given: Mapping[str, Any]) -> None:
        channel = self.space.channels[given["id"]]
        channel.is_archived = given.get("is_archived", channel.is_archived)
        if "has_bot" in given:
            change = channel.members.add if given["has_bot"] else channel.members.discard
            change(BOT_USER)

    def _change_settings(self, given: Mapping[str, Any]) -> None:
        space = self.space
        space.token_problem = given.get("token_problem", space.token_problem)
        space.latency = given.get("latency", space.latency)
        space.ack_within = given.get("ack_within", space.ack_within)
        space.post_rate = given.get("post_rate", space.post_rate)
        space.post_burst = given.get("post_burst", space.post_burst)
        if "scopes" in given:
            space.scopes = None if given["scopes"] is None else set(given["scopes"])
        if given.get("clear_faults"):
            space.faults.clear()
