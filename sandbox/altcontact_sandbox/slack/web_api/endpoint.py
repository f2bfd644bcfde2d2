"""The Web API over HTTP: tokens, faults, refusals, and the headers that Slack answers with."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response

from altcontact_sandbox.slack.rate_limits import check_rate
from altcontact_sandbox.slack.refusals import Refusal
from altcontact_sandbox.slack.transport.dropped_connections import DroppedConnection
from altcontact_sandbox.slack.transport.wire_log import Exchange
from altcontact_sandbox.slack.web_api.methods import METHODS, arguments, check_scopes, granted
from altcontact_sandbox.slack.web_api.users import without_people
from altcontact_sandbox.slack.workspace import APP_TOKEN, BOT_TOKEN

if TYPE_CHECKING:
    from starlette.requests import Request

    from altcontact_sandbox.slack.model import Fault
    from altcontact_sandbox.slack.transport.socket_mode import SocketMode
    from altcontact_sandbox.slack.workspace import Workspace

    Node = dict[str, Any]

DOES_WHAT_IS_ASKED: Final = frozenset({"lost_reply", "slow"})
"""The faults that strike after the work is done."""

_STRANGE: Final = {
    "html": (b"<html>Your network's sign-in page</html>", "text/html"),
    "malformed": (b"[1]", "application/json"),
    "bare": (b'{"ok": true}', "application/json"),
    "charset": (b"\xff\xfe{", "text/html; charset=utf-8"),
}
"""What answers that is not Slack: a body and its content type."""

_OPEN: Final = "apps.connections.open"


@dataclass(frozen=True)
class Answered:
    """What came of a call: the response, a word for it, and what was answered if anything was."""

    response: Response
    status: str
    body: Node | None = None


class WebApi:
    """The Web API of a workspace."""

    def __init__(self, space: Workspace, socket: SocketMode) -> None:
        self._space = space
        self._socket = socket

    async def serve(self, request: Request) -> Response:
        """One call."""
        began = time.monotonic()
        method = request.path_params["method"]
        self._space.url = str(request.base_url).rstrip("/")
        token, given, wrong = _read(request, await request.body())
        if self._space.latency:
            await asyncio.sleep(self._space.latency)
        answered = await self._answer(method, token, given, wrong, request.headers["host"])
        if token in {self._space.bot_token, self._space.app_token}:
            is_bot = token == self._space.bot_token
            scopes = granted(self._space) if is_bot else ["connections:write"]
            answered.response.headers["x-oauth-scopes"] = ",".join(scopes)
        told = answered.body
        if told is not None and method == _OPEN and "url" in told:
            told = {**told, "url": told["url"].split("?")[0]}  # the ticket opens a connection
        if told is not None and method.startswith("users."):
            told = without_people(told)
        await self._space.wire.record(
            Exchange("web_api", method, answered.status, given, told), time.monotonic() - began
        )
        return answered.response

    async def _answer(
        self, method: str, token: str, given: Node, wrong: Refusal | None, host: str
    ) -> Answered:
        fault = self._space.fault(method)
        if fault is not None and fault.kind not in DOES_WHAT_IS_ASKED:
            return await fail(fault)
        try:
            if wrong is not None:
                raise wrong
            answer = self._call(method, token, given, host)
        except Refusal as refusal:
            return await self._refuse(method, refusal)
        self._space.calls.append({"method": method, "args": given, "time": time.monotonic()})
        await self._space.tell()
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind == "lost_reply":
                return Answered(DroppedConnection(), fault.kind)
        return _json({"ok": True, **answer}, "ok")

    def _call(self, method: str, token: str, given: Node, host: str) -> Node:
        if method == _OPEN:
            if token != self._space.app_token:
                raise Refusal(_unknown_token(token, APP_TOKEN))
            if self._space.app_token_problem:
                raise Refusal(self._space.app_token_problem)
            return {"url": f"ws://{host}/link?ticket={self._socket.ticket()}"}
        call = METHODS.get(method)
        if call is None:
            raise Refusal("unknown_method", req_method=method)
        if method != "api.test":
            self._check_token(token)
        check_scopes(self._space, method, given)
        check_rate(self._space, method)
        return call(self._space, given)

    def _check_token(self, token: str) -> None:
        if token != self._space.bot_token:
            raise Refusal(_unknown_token(token, BOT_TOKEN))
        if self._space.token_problem:
            raise Refusal(self._space.token_problem)

    async def _refuse(self, method: str, refusal: Refusal) -> Answered:
        harmless = {"harmless": True} if refusal.harmless else {}
        self._space.refusals.add(method, refusal.code, **refusal.more, **harmless)
        await self._space.tell()
        if refusal.code == "ratelimited":
            return _ratelimited(str(refusal.more["retry_after"]))
        return _json({"ok": False, "error": refusal.code, **refusal.more}, refusal.code)


def _unknown_token(token: str, former: str) -> str:
    """How Slack refuses a token that isn't good: the one from before a rotation is revoked."""
    if token == former:
        return "token_revoked"
    return "invalid_auth" if token else "not_authed"


async def fail(fault: Fault) -> Answered:
    """Do as a fault says, and nothing of what was asked."""
    match fault.kind:
        case "ratelimited":
            return _ratelimited(str(int(fault.seconds)))
        case "error":
            page = "<html>Internal error</html>"
            return Answered(Response(page, 500, media_type="text/html"), "http_500")
        case "refused":
            return _json({"ok": False, "error": fault.code}, fault.code)
        case "html" | "malformed" | "bare" | "charset":
            body, page_type = _STRANGE[fault.kind]
            return Answered(Response(body, headers={"Content-Type": page_type}), fault.kind)
        case "hang":
            await asyncio.sleep(fault.seconds)
    return Answered(DroppedConnection(), fault.kind)


def _ratelimited(seconds: str) -> Answered:
    body = {"ok": False, "error": "ratelimited"}
    return Answered(JSONResponse(body, 429, {"Retry-After": seconds}), "ratelimited", body)


def _json(body: Node, status: str) -> Answered:
    return Answered(JSONResponse(body), status, body)


def _read(request: Request, body: bytes) -> tuple[str, Node, Refusal | None]:
    """The token, the arguments without it, and why they cannot be read."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        given = arguments(body, request.headers.get("content-type", ""))
    except Refusal as refusal:
        return token, {}, refusal
    in_body = str(given.pop("token", ""))
    return token or in_body, given, None
