"""Socket Mode: each envelope goes to one of the app's connections, and again where no ack comes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocketDisconnect

from altcontact_sandbox.slack.transport.dropped_connections import transport
from altcontact_sandbox.slack.transport.wire_log import Exchange
from altcontact_sandbox.slack.workspace import APP

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from altcontact_sandbox.slack.workspace import Workspace

MAX_CONNECTIONS: Final = 10
"""The most connections of one app."""

MAX_DELIVERIES: Final = 4
"""How often an envelope is delivered at most: once, and three times again."""

_CONNECTION_TIMEOUT: Final = 10.0
"""Seconds that a delivery waits for a connection."""


@dataclass(eq=False)
class _Connection:
    """One connection; a dead one stands, but neither hears nor says anything."""

    socket: WebSocket
    dead: bool = False

    async def send(self, message: dict[str, Any]) -> None:
        if not self.dead:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self.socket.send_text(json.dumps(message))


class SocketMode:
    """The connections of the app, and what is delivered over them."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = itertools.count()
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._acked: set[str] = set()
        self.refuse_until = 0.0
        self.accepted = 0

    @property
    def connected(self) -> int:
        """How many connections stand, dead ones included."""
        return len(self._connections)

    def ticket(self) -> str:
        """A ticket for one connection."""
        ticket = secrets.token_hex(12)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from hello to its end."""
        ticket = socket.query_params.get("ticket", "")
        refused = time.monotonic() < self.refuse_until or self.connected >= MAX_CONNECTIONS
        if ticket not in self._tickets or refused:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        connection = _Connection(socket)
        self._connections.append(connection)
        self.accepted += 1
        if self._space.says_hello:
            await connection.send(
                {
                    "type": "hello",
                    "num_connections": self.connected + self._space.ghost_connections,
                    "connection_info": {"app_id": APP},
                    "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
                }
            )
        await self._space.tell()
        try:
            while True:
                await self._take(await socket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            pass  # the bot left, or the socket was cut here
        finally:
            if connection in self._connections:
                self._connections.remove(connection)
            await self._space.tell()

    async def _take(self, text: str) -> None:
        """An ack; anything else is refused."""
        try:
            message = json.loads(text)
            identity, payload = message.get("envelope_id"), message.get("payload") or {}
        except (ValueError, AttributeError):
            identity, payload = None, None
        if not isinstance(identity, str) or not isinstance(payload, dict):
            why = "An ack is an object with an envelope_id, and a payload where it carries one."
            self._space.refusals.add("ack", "invalid", why=[why])
            await self._space.tell()
            return
        if identity in self._acked:
            self._space.refusals.add("ack", "acked_twice", why=["This envelope was acked before."])
            await self._space.tell()
            return
        waiting = self._waiting.pop(identity, None)
        if waiting is not None and not waiting.done():
            self._acked.add(identity)
            waiting.set_result(payload)

    async def deliver(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        again: bool = False,  # noqa: ARG002 - an envelope looks the same then
    ) -> tuple[dict[str, Any] | None, int]:
        """Deliver an envelope until it is acked.

        Returns:
            What the ack carried, None if none came; and how many deliveries it took.
        """
        # of the day on which it was sent
        acks, refusals, wire = self._space.acks, self._space.refusals, self._space.wire
        name, why = (
            delivered(kind, payload),
            f"No ack came, although it came {MAX_DELIVERIES} times.",
        )
        for attempt in range(MAX_DELIVERIES):
            if not await self._someone():
                why = "No connection stood over which to deliver it."
                break
            identity = secrets.token_hex(16)
            future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._waiting[identity] = future
            began = time.monotonic()
            connection = self._connections[next(self._turn) % self.connected]
            await connection.send(
                {
                    "envelope_id": identity,
                    "type": kind,
                    "payload": payload,
                    "accepts_response_payload": kind != "events_api",
                    "retry_attempt": attempt,
                    "retry_reason": "timeout" if attempt else "",
                }
            )
            try:
                answer = await asyncio.wait_for(future, self._space.ack_within)
            except TimeoutError:
                acks.append({"type": kind, "seconds": None, "attempt": attempt})
                await wire.record(
                    Exchange("socket", name, "no_ack", payload, None), time.monotonic() - began
                )
                continue
            finally:
                self._waiting.pop(identity, None)
            seconds = time.monotonic() - began
            acks.append({"type": kind, "seconds": seconds, "attempt": attempt})
            await wire.record(Exchange("socket", name, "ok", payload, answer), seconds)
            return answer, attempt + 1
        refusals.add(name, "no_ack", why=[why])
        await self._space.tell()
        return None, MAX_DELIVERIES

    async def _someone(self) -> bool:
        """Wait a while for a connection."""
        with contextlib.suppress(TimeoutError):
            async with self._space.changed:
                await asyncio.wait_for(
                    self._space.changed.wait_for(lambda: bool(self._connections)),
                    _CONNECTION_TIMEOUT,
                )
        return bool(self._connections)

    # What tests set

    async def cut(self, refuse_for: float = 0.0) -> None:
        """End every connection without a word, and take none for so many seconds."""
        self.refuse_until = max(self.refuse_until, time.monotonic() + refuse_for)
        connections, self._connections = self._connections, []
        for connection in connections:
            transport(connection.socket.scope).abort()
        await self._space.tell()

    async def disconnect(self, reason: str) -> None:
        """Tell every connection to reconnect: `warning`, `refresh_requested`."""
        for connection in list(self._connections):
            await connection.send(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            )

    def die(self) -> None:
        """Let every connection that stands be dead: it stays open, and nothing comes of it."""
        for connection in self._connections:
            connection.dead = True
            transport(connection.socket.scope).pause_reading()


def delivered(kind: str, payload: dict[str, Any]) -> str:
    """What is delivered: `slash_commands`, the type of an interaction, or that of an event."""
    event = payload.get("event", payload)
    return str(event.get("type", kind) if isinstance(event, dict) else kind)
