"""The control interface of the sandbox's Slack: what people do and see, and what tests bend."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.errors import SandboxError
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.model import Fault
from bot.sandbox.slack.people import People
from bot.sandbox.slack.presses import Presses
from bot.sandbox.slack.snapshot import snapshot
from bot.sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from bot.sandbox.slack.socket_mode import SocketMode
    from bot.sandbox.slack.workspace import Workspace

    Given = dict[str, Any]

PREFIX: Final = "/_sandbox"

_FAULTS: Final = frozenset({"ratelimited", "error", "hang", "close", "lost_reply", "slow"})
_SETTINGS: Final = frozenset(
    {
        "token_problem",
        "app_token_problem",
        "clock_skew",
        "latency",
        "ack_within",
        "post_rate",
        "post_burst",
        "response_uses",
        "response_life",
        "trigger_life",
    }
)


class Control:
    """The control interface, as routes of the Slack server."""

    def __init__(self, space: Workspace, socket: SocketMode) -> None:
        self._space = space
        self._socket = socket

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route(f"{PREFIX}/state", self._state),
            Route(f"{PREFIX}/log", self._log),
            Route(f"{PREFIX}/wire", self._wire),
            Route(f"{PREFIX}/files/{{file}}", self._file),
            Route(f"{PREFIX}/act/{{act}}", self._act, methods=["POST"]),
            Route(f"{PREFIX}/set/{{what}}", self._set, methods=["POST"]),
        ]

    async def _state(self, request: Request) -> Response:
        """Everything that people see; waits for a change after `since` for `timeout` seconds."""
        since = int(request.query_params.get("since", "-1"))
        timeout = float(request.query_params.get("timeout", "0"))
        if self._space.changes <= since:
            with contextlib.suppress(TimeoutError):
                async with self._space.changed:
                    await asyncio.wait_for(
                        self._space.changed.wait_for(lambda: self._space.changes > since), timeout
                    )
        sockets = {"connected": self._socket.connected, "accepted": self._socket.accepted}
        return JSONResponse({**snapshot(self._space), **sockets})

    async def _log(self, _: Request) -> Response:
        space = self._space
        return JSONResponse(
            {"calls": space.calls, "refusals": space.refusals.log, "acks": space.acks}
        )

    async def _wire(self, request: Request) -> Response:
        """What went over the wire after `since`; waits for some for `timeout` seconds."""
        since = int(request.query_params.get("since", "0"))
        timeout = float(request.query_params.get("timeout", "0"))
        return JSONResponse(await self._space.wire.since(since, timeout))

    async def _file(self, request: Request) -> Response:
        """What an app shared: nothing that it holds may run where it is looked at."""
        file = self._space.files.get(request.path_params["file"])
        if file is None or not file.shared:
            return JSONResponse({"error": "There is no such file."}, 404)
        how = "inline" if file.mimetype.startswith(("text/", "image/")) else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(file.content, headers=headers, media_type=file.mimetype)

    async def _act(self, request: Request) -> Response:
        given: Given = json.loads(await request.body() or b"{}")
        delivery = Delivery(self._space, self._socket, str(request.base_url).rstrip("/"))
        people, presses = People(delivery), Presses(delivery)
        acts: dict[str, Callable[..., Awaitable[Given]]] = {
            "command": people.command,
            "say": people.say,
            "press": presses.press,
            "suggest": presses.suggest,
            "submit": people.submit,
            "close": people.close,
            "open_home": people.open_home,
            "again": delivery.again,
        }
        act = acts.get(request.path_params["act"])
        if act is None:
            return _wrong(f"People cannot {request.path_params['act']}.")
        try:
            return JSONResponse(await act(**given))
        except SandboxError as error:
            return _wrong(str(error))

    async def _set(self, request: Request) -> Response:
        given: Given = json.loads(await request.body() or b"{}")
        try:
            await self._change(request.path_params["what"], given)
        except SandboxError as error:
            return _wrong(str(error))
        await self._space.tell()
        return JSONResponse({})

    async def _change(self, what: str, given: Given) -> None:
        match what:
            case "reset":
                self._space.reset()
                await self._space.wire.tell()
                self._socket.refuse_until = 0.0
            case "cut":
                await self._socket.cut(given.get("seconds", 0.0))
            case "refuse":
                self._socket.refuse_until = time.monotonic() + given["seconds"]
            case "disconnect":
                await self._socket.disconnect(given["reason"])
            case "die":
                self._socket.die()
            case "fault":
                self._add_fault(given)
            case "channel":
                self._change_channel(given)
            case "group":
                self._change_group(given)
            case "settings":
                self._change_settings(given)
            case _:
                raise SandboxError(f"The sandbox's Slack has no setting {what}.")

    def _add_fault(self, given: Given) -> None:
        if given["kind"] not in _FAULTS:
            raise SandboxError(f"No such fault: {given['kind']}.", f"There are {sorted(_FAULTS)}.")
        self._space.faults.append(Fault(**given))

    def _change_channel(self, given: Given) -> None:
        channel = self._space.channel(given["id"])
        if channel is None:
            raise SandboxError(f"The sandbox's Slack has no channel {given['id']}.")
        channel.is_archived = given.get("is_archived", channel.is_archived)
        if "has_bot" in given:
            change = channel.members.add if given["has_bot"] else channel.members.discard
            change(BOT_USER)

    def _change_group(self, given: Given) -> None:
        group = self._space.groups.get(given["id"])
        if group is None:
            raise SandboxError(f"The sandbox's Slack has no user group {given['id']}.")
        group.members = set(given.get("members", group.members))
        if "deleted" in given:
            group.deleted_at = int(time.time()) if given["deleted"] else 0

    def _change_settings(self, given: Given) -> None:
        if given.pop("clear_faults", False):
            self._space.faults.clear()
        if "scopes" in given:
            scopes = given.pop("scopes")
            self._space.scopes = None if scopes is None else set(scopes)
        if "events" in given:
            self._space.events = set(given.pop("events"))
        unknown = set(given) - _SETTINGS
        if unknown:
            raise SandboxError(f"The sandbox's Slack has no setting {sorted(unknown)}.")
        for name, value in given.items():
            setattr(self._space, name, value)


def _wrong(why: str) -> Response:
    return JSONResponse({"error": why}, 400)
