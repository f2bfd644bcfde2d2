"""Sets the clock by which the sandbox's Slack answers."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from altcontact_sandbox.slack.workspace import Workspace


def dated(inner: ASGIApp, space: Workspace) -> ASGIApp:
    """The application, each answer with the `Date` of a clock that is wrong by `clock_skew`."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                now = formatdate(time.time() + space.clock_skew, usegmt=True)
                message["headers"] = [*message.get("headers", []), (b"date", now.encode())]
            await send(message)

        await inner(scope, receive, send_dated)

    return application
