"""Keeps other sites away from the page, and gives every answer the headers that protect it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from altcontact_sandbox.errors import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL: Final = "/control/"

POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)

_HOST: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?")
_READING: Final = frozenset({"GET", "HEAD"})

_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """An ASGI app in front of another one.

    The server listens on loopback alone, but a browser on this machine can be made to call there
    by any site: under a name of the site's that leads here, or from a page of the site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                store = "no-store" if scope["path"].startswith(CONTROL) else "no-cache"
                headers["Cache-Control"] = store
            await send(message)

        problem = _problem(scope)
        if problem:
            remedy = "Open the page under the address that the sandbox printed."
            refused = JSONResponse(refusal(problem, remedy), 403)
            await refused(scope, receive, protected)
            return
        await self._app(scope, receive, protected)


def _problem(scope: Scope) -> str:
    """Why a request is not answered, or empty."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not _HOST.fullmatch(host):
        return "The sandbox answers under loopback names alone."
    asks = scope["method"] not in _READING or scope["path"].startswith(CONTROL)
    origin = headers.get("origin")
    if asks and origin is not None and origin != f"http://{host}":
        return "Pages of another origin may not call the sandbox."
    return ""
