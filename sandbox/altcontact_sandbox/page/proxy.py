"""Passes calls of the control interface through to the two servers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx
from starlette.responses import JSONResponse, Response

from altcontact_sandbox.errors import refusal
from altcontact_sandbox.page.hub import AWS, SLACK

if TYPE_CHECKING:
    from starlette.requests import Request

    from altcontact_sandbox.page.hub import Hub

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

_HIDDEN: Final = "wire"
_FILES: Final = "files"
_KEPT: Final = ("content-type", "content-disposition")


class ControlProxy:
    """`/control/slack/…` and `/control/aws/…`: as `/_sandbox/…` of the servers answers.

    Args:
        hub: knows where the servers are, and learns from what passes what is personal.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def slack(self, request: Request) -> Response:
        """A call to Slack."""
        return await self._pass(request, SLACK)

    async def aws(self, request: Request) -> Response:
        """A call to AWS."""
        return await self._pass(request, AWS)

    async def _pass(self, request: Request, source: str) -> Response:
        parts = request.path_params["path"].split("/")
        if {"", ".", ".."}.intersection(parts) or parts[0] == _HIDDEN:
            return wrong("There is no such call.", "docs/sandbox.md lists what there is.", 404)
        if self._hub.closing.is_set():
            return stopping()
        if source not in self._hub.urls:
            return wrong("The sandbox is still starting.", "Try again in a moment.", 503)
        body = await request.body()
        self._learn(source, parts, body)
        path = "/".join(quote(part, safe="") for part in parts)
        query = f"?{request.url.query}" if request.url.query else ""
        call = asyncio.ensure_future(
            self._hub.client.request(
                request.method,
                f"{self._hub.urls[source]}/_sandbox/{path}{query}",
                content=body,
                headers={name: request.headers[name] for name in _KEPT if name in request.headers},
            )
        )
        closing = asyncio.ensure_future(self._hub.closing.wait())
        try:
            await asyncio.wait({call, closing}, return_when=asyncio.FIRST_COMPLETED)
            if not call.done():
                return stopping()
            answer = call.result()
        except httpx.HTTPError:
            return wrong("The sandbox did not answer.", "Try again, or start it again.", 502)
        finally:
            call.cancel()
            closing.cancel()
            await asyncio.wait({call, closing})
        headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        if parts[0] == _FILES:
            # What somebody uploaded is shown, and never run as a part of this page.
            headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return Response(answer.content, answer.status_code, headers)

    def _learn(self, source: str, parts: list[str], body: bytes) -> None:
        """Know what is personal before it shows on the wire."""
        try:
            given: Any = json.loads(body or b"{}")
        except ValueError:
            return  # the server says that it is no JSON
        if not isinstance(given, dict):
            return
        if source == SLACK:
            self._hub.masking.learn_typed(given.get("values"))
        elif parts[0] == "contacts":
            self._hub.masking.learn_typed(given)
        elif isinstance(given.get("email"), str):
            self._hub.masking.learn([given["email"]])


def wrong(error: str, remedy: str, status: int) -> Response:
    """A refusal in words."""
    return JSONResponse(refusal(error, remedy), status)


def stopping() -> Response:
    """What is answered to who asks at the end."""
    return wrong("The sandbox is being stopped.", "Start it again.", 503)
