"""The control interface of the sandbox's Slack: what people do and see, and what tests set."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from altcontact_sandbox.errors import SandboxError, refusal
from altcontact_sandbox.slack.control.fault_settings import FaultSettings
from altcontact_sandbox.slack.control.snapshot import snapshot
from altcontact_sandbox.slack.people.actions import PeopleActions
from altcontact_sandbox.slack.people.delivery import Delivery
from altcontact_sandbox.slack.people.element_actions import ElementActions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from altcontact_sandbox.slack.transport.http_mode import HttpMode
    from altcontact_sandbox.slack.transport.socket_mode import SocketMode
    from altcontact_sandbox.slack.workspace import Workspace

    Given = dict[str, Any]

PREFIX: Final = "/_sandbox"

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, type(None)),
    "dict[str, Any]": (dict,),
}
"""What the members of an act may be, by how the act writes it."""


class Control:
    """The control interface, as routes of the Slack server."""

    def __init__(self, space: Workspace, socket: SocketMode, http: HttpMode) -> None:
        self._space = space
        self._socket = socket
        self._http = http
        self._fault_settings = FaultSettings(space, socket, http)

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
        try:
            since, timeout = _asked(request, -1)
        except SandboxError as error:
            return _wrong(error)
        if self._space.changes <= since:
            with contextlib.suppress(TimeoutError):
                async with self._space.changed:
                    await asyncio.wait_for(
                        self._space.changed.wait_for(lambda: self._space.changes > since), timeout
                    )
        connected = self._http.connected if self._space.request_urls else self._socket.connected
        sockets = {"connected": connected, "accepted": self._socket.accepted}
        return JSONResponse({**snapshot(self._space), **sockets})

    async def _log(self, _: Request) -> Response:
        space = self._space
        return JSONResponse(
            {"calls": space.calls, "refusals": space.refusals.log, "acks": space.acks}
        )

    async def _wire(self, request: Request) -> Response:
        """What went over the wire after `since`; waits for some for `timeout` seconds."""
        try:
            since, timeout = _asked(request, 0)
        except SandboxError as error:
            return _wrong(error)
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
        transport = self._http if self._space.request_urls else self._socket
        delivery = Delivery(self._space, transport, str(request.base_url).rstrip("/"))
        people, elements = PeopleActions(delivery), ElementActions(delivery)
        acts: dict[str, Callable[..., Awaitable[Given]]] = {
            "command": people.command,
            "commands": people.commands,
            "say": people.say,
            "press": elements.press,
            "suggest": elements.suggest,
            "submit": people.submit,
            "close": people.close,
            "open_home": people.open_home,
            "again": delivery.again,
            "deliver": delivery.raw,
            "trigger": delivery.trigger,
        }
        name = request.path_params["act"]
        if name not in acts:
            return _wrong(SandboxError(f"People cannot {name}.", f"They can {sorted(acts)}."))
        try:
            given = await _given(request)
            _check_members(acts[name], given)
            return JSONResponse(await acts[name](**given))
        except SandboxError as error:
            return _wrong(error)

    async def _set(self, request: Request) -> Response:
        try:
            await self._fault_settings.apply(request.path_params["what"], await _given(request))
        except SandboxError as error:
            return _wrong(error)
        await self._space.tell()
        return JSONResponse({})


def _asked(request: Request, first: int) -> tuple[int, float]:
    """After which number news are wanted, and for how many seconds one waits for some.

    Raises:
        SandboxError: they are no numbers.
    """
    query = request.query_params
    try:
        return int(query.get("since", first)), float(query.get("timeout", 0))
    except ValueError:
        raise SandboxError(
            "since and timeout are numbers.", "Leave them out, or correct them."
        ) from None


async def _given(request: Request) -> Given:
    """What was sent along.

    Raises:
        SandboxError: it is no JSON object.
    """
    try:
        given: Given = json.loads(await request.body() or b"{}")
    except ValueError:
        raise SandboxError("The request body isn't JSON.", "Send a JSON object.") from None
    if not isinstance(given, dict):
        raise SandboxError(
            "The request body isn't a JSON object.", "Send one, with the members of the call."
        )
    return given


def _check_members(act: Callable[..., Any], given: Given) -> None:
    """Whether an act takes what was given, in the types that it says.

    Raises:
        SandboxError: it does not.
    """
    signature = inspect.signature(act)
    try:
        signature.bind(**given)
    except TypeError as error:
        raise SandboxError(
            f"{error}.".capitalize(), f"It takes {[*signature.parameters]}."
        ) from None
    for name, value in given.items():
        wanted = signature.parameters[name].annotation
        if wanted in _TYPES and not isinstance(value, _TYPES[wanted]):
            raise SandboxError(f"{name} is of another type.", f"It is: {wanted}.")


def _wrong(error: SandboxError) -> Response:
    return JSONResponse(refusal(str(error), error.remedy), 400)
