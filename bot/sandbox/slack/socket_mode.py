"""Socket Mode: each envelope goes to one of the app's connections, and again where no ack comes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from bot.sandbox.slack.workspace import Workspace

CONNECTIONS: Final = 10
"""The most connections of one app."""

DELIVERIES: Final = 4
"""How often an envelope is delivered at most: once, and three times again."""


class SocketMode:
    """The connections of the app, and what is delivered over them."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._tickets: set[str] = set()
        self._sockets: list[WebSocket] = []
        self._turn = itertools.count()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.refuse_until = 0.0
        self.deaf = False

    @property
    def connected(self) -> int:
        """How many connections stand."""
        return len(self._sockets)

    def ticket(self) -> str:
        """A ticket for one connection."""
        ticket = secrets.token_hex(12)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from hello to its end."""
        ticket = socket.query_params.get("ticket", "")
        refused = time.monotonic() < self.refuse_until or self.connected >= CONNECTIONS
        if ticket not in self._tickets or refused:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        self._sockets.append(socket)
        hello = {
            "type": "hello",
            "num_connections": self.connected,
            "connection_info": {"app_id": "A0SANDBOX1"},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
        }
        await socket.send_text(json.dumps(hello))
        await self._space.tell()
        try:
            while True:
                self._take(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the bot left, or the socket was cut here
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)
            await self._space.tell()

    def _take(self, text: str) -> None:
        """An ack; anything else is not ours to understand."""
        with contextlib.suppress(ValueError):
            message = json.loads(text)
            waiting = self._waiting.pop(message.get("envelope_id", ""), None)
            if waiting is not None and not waiting.done() and not self.deaf:
                waiting.set_result(message.get("payload") or {})

    async def deliver(self, kind: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Deliver an envelope until it is acked.

        Returns:
            What the ack carried; None where none came.
        """
        for attempt in range(DELIVERIES):
            if not await self._someone():
                return None
            identity = secrets.token_hex(16)
            envelope: dict[str, Any] = {
                "envelope_id": identity,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": True,
            }
            if attempt:
                envelope |= {"retry_attempt": attempt, "retry_reason": "timeout"}
            future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._waiting[identity] = future
            began = time.monotonic()
            socket = self._sockets[next(self._turn) % len(self._sockets)]
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.send_text(json.dumps(envelope))
            try:
                answer = await asyncio.wait_for(future, self._space.ack_within)
            except TimeoutError:
                self._space.acks.append({"type": kind, "seconds": None, "attempt": attempt})
                continue
            finally:
                self._waiting.pop(identity, None)
            seconds = time.monotonic() - began
            self._space.acks.append({"type": kind, "seconds": seconds, "attempt": attempt})
            return answer
        return None

    async def _someone(self) -> bool:
        """Wait a while for a connection."""
        with contextlib.suppress(TimeoutError):
            async with self._space.changed:
                await asyncio.wait_for(
                    self._space.changed.wait_for(lambda: bool(self._sockets)), 10.0
                )
        return bool(self._sockets)

    async def cut(self) -> None:
        """End every connection without a word."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            with contextlib.suppress(RuntimeError):
                await socket.close(1011)
        await self._space.tell()
