"""Reaches the connection under a request or a socket, to break it as a network does that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from altcontact_sandbox.servers import hang_up

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

_RAW: Final = "altcontact.raw"
"""Where a request's scope keeps the server's own `receive` and `send`, which Starlette wraps."""


def with_transport(inner: ASGIApp) -> ASGIApp:
    """The application, its connections within reach of what this module does to them."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        scope[_RAW] = (receive, send)
        await inner(scope, receive, send)

    return application


def transport(scope: Scope) -> asyncio.Transport:
    """The connection of a request or a socket."""
    protocol: Any = scope[_RAW][1]  # a method of uvicorn's protocol, which knows it
    found: asyncio.Transport = protocol.__self__.transport
    return found


class DroppedConnection(Response):
    """An answer that never comes: the connection is closed instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang up on the server's own `receive` and `send`."""
        del receive, send
        await hang_up(*scope[_RAW])
