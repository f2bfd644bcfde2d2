"""Brings what a person did to the app, and its ack back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from altcontact_sandbox.slack.model import View
    from altcontact_sandbox.slack.workspace import Workspace

    Payload = dict[str, Any]


class Transport(Protocol):
    """Socket Mode, or HTTP."""

    async def deliver(
        self, kind: str, payload: Payload, *, again: bool = False
    ) -> tuple[Payload | None, int]:
        """Deliver a payload: what its ack carried, and how many deliveries it took."""
        ...


class Delivery:
    """The way from people to the app; `base` is the URL at which it answers them.

    Every act that is sent to the app comes back with its `handle`, by which it is delivered again,
    `acked`, and the number of `deliveries` that it took.
    """

    def __init__(self, space: Workspace, transport: Transport, base: str) -> None:
        self.space = space
        self.base = base
        self._transport = transport

    async def deliver(self, kind: str, payload: Payload) -> tuple[Payload | None, Payload]:
        """Deliver something new: (what the ack carried, what the person's act gives)."""
        handle = len(self.space.delivered)
        self.space.delivered.append((kind, payload))
        answer, deliveries = await self._transport.deliver(kind, payload)
        return answer, {
            "acked": answer is not None,
            "deliveries": deliveries,
            "handle": handle,
            "trigger_id": payload.get("trigger_id", ""),
        }

    def deliver_soon(self, kind: str, payload: Payload) -> int:
        """Deliver something that the person doesn't wait for; gives its handle."""
        handle = len(self.space.delivered)
        self.space.delivered.append((kind, payload))
        task = asyncio.create_task(self._transport.deliver(kind, payload))
        self.space.deliveries.add(task)
        task.add_done_callback(self.space.deliveries.discard)
        return handle

    async def again(self, handle: int | None = None) -> Payload:
        """Deliver a payload once more (None: the last), as Slack does where an ack was lost."""
        delivered = self.space.delivered
        number = len(delivered) - 1 if handle is None else handle
        if not 0 <= number < len(delivered):
            return {"error": "nothing like that was delivered yet"}
        answer, deliveries = await self._transport.deliver(*delivered[number], again=True)
        return {
            "acked": answer is not None,
            "answer": answer,
            "deliveries": deliveries,
            "handle": number,
        }

    async def raw(self, kind: str, payload: dict[str, Any]) -> Payload:
        """Deliver a payload of any shape; gives the ack's `answer` besides."""
        answer, told = await self.deliver(kind, payload)
        kept = {name: told[name] for name in ("acked", "deliveries", "handle")}
        return {**kept, "answer": answer}

    async def trigger(self, user: str, channel: str) -> Payload:
        """A new `trigger_id` and `response_url` of a person's, for a payload to be delivered."""
        self.known(user)
        return {
            "trigger_id": self.space.new_trigger(user),
            "response_url": self.space.new_response_url(self.base, user, channel),
        }

    async def refuse(self, *why: str) -> None:
        """Refuse what an ack carried."""
        self.space.refusals.add("ack", "invalid", why=list(why))
        await self.space.tell()

    def known(self, user: str) -> None:
        """Stop where nobody is called so.

        Raises:
            SandboxError: nobody is.
        """
        if self.space.members.find(user) is None:
            raise SandboxError(f"The sandbox's Slack has no user {user}.")

    def top(self, user: str) -> View | None:
        """The topmost modal on a person's screen."""
        stack = self.space.modals.get(user, [])
        return stack[-1] if stack else None
