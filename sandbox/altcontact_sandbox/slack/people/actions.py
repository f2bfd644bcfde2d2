"""What people do: type commands and messages, fill forms; and what comes of the app's ack."""

from __future__ import annotations

import asyncio
import html
from typing import TYPE_CHECKING, Any

from altcontact_sandbox.slack.blocks import problems
from altcontact_sandbox.slack.blocks.view_state import input_blocks, invalid_inputs, unknown_values
from altcontact_sandbox.slack.model import Message, View
from altcontact_sandbox.slack.people import payloads
from altcontact_sandbox.slack.web_api.views import MAX_VIEWS, view_json
from altcontact_sandbox.slack.workspace import BOT_USER

if TYPE_CHECKING:
    from altcontact_sandbox.slack.people.delivery import Delivery

    Payload = dict[str, Any]

_TROUBLE = {"error": "We had some trouble connecting. Try again?"}


class PeopleActions:
    """The people of the workspace."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._space = delivery.space

    async def command(self, user: str, channel: str, line: str) -> Payload:
        """Type a slash command: `/altcontact check`."""
        self._delivery.known(user)
        payload = payloads.command(self._space, self._delivery.base, user, channel, line)
        answer, told = await self._delivery.deliver("slash_commands", payload)
        if answer and (answer.get("text") or answer.get("blocks")):
            blocks = answer.get("blocks") or []
            found = problems(blocks)
            if found:
                await self._delivery.refuse(*found)
                return told
            to = "" if answer.get("response_type") == "in_channel" else user
            self._space.messages.append(
                Message(self._space.new_ts(), channel, BOT_USER, answer.get("text", ""), blocks, to)
            )
            await self._space.tell()
        return told

    async def commands(self, user: str, channel: str, line: str, number: int) -> Payload:
        """Type a slash command so many times at once; gives what each gives, as `each`.

        `{n}` in the line becomes the number of each, from 1.
        """
        lines = [line.replace("{n}", str(each)) for each in range(1, number + 1)]
        typed = [self.command(user, channel, each) for each in lines]
        return {"each": await asyncio.gather(*typed)}

    async def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> Payload:
        """Post a message, or an answer to one; `acked` is None, as nobody waits for that.

        The app hears of those in its direct messages, if it subscribes to `message.im`.
        """
        self._delivery.known(user)
        is_theirs = channel == f"D{user[1:]}"
        place = self._space.direct(user) if is_theirs else self._space.channel(channel)
        if place is None or user not in place.members:
            return {"error": "no such channel"}
        if place.is_archived:
            return {"error": "the channel is archived"}
        if not text.strip():
            return {"error": "there is nothing to say"}
        parent = self._space.message(place.id, thread_ts) if thread_ts else None
        if thread_ts and (parent is None or parent.ephemeral):
            return {"error": "no such message"}
        # Slack escapes what people type, and hands it out so.
        safe = html.escape(text, quote=False)
        message = Message(self._space.new_ts(), place.id, user, safe, [])
        message.thread_ts = parent.thread_ts or parent.ts if parent else ""
        self._space.messages.append(message)
        await self._space.tell()
        told: Payload = {"acked": None, "ts": message.ts}
        if is_theirs and self._space.hears("message.im"):
            payload = payloads.direct_message(self._space, message)
            told["handle"] = self._delivery.deliver_soon("events_api", payload)
        return told

    async def open_home(self, user: str, tab: str = "home") -> Payload:
        """Open a tab of the app, `home` or `messages`; the app gets an event if it subscribes."""
        self._delivery.known(user)
        if tab == "home" and not self._space.has_home:
            return {"error": "the app has no home tab"}
        if not self._space.hears("app_home_opened"):
            return {"acked": None}
        payload = payloads.home_opened(self._space, user, tab)
        return (await self._delivery.deliver("events_api", payload))[1]

    async def submit(self, user: str, values: dict[str, Any]) -> Payload:
        """Fill the topmost modal and submit it: {"errors": …}, {"view": …} or {"closed": true}."""
        self._delivery.known(user)
        modal = self._delivery.top(user)
        if modal is None:
            return {"error": "no modal is open"}
        if strange := unknown_values(modal.view, values, modal.suggested):
            return {"error": strange}
        modal.values |= values
        wrong = invalid_inputs(modal.view, modal.values)
        if wrong:
            return {"errors": wrong}
        payload = payloads.interaction(self._space, "view_submission", user)
        payload |= {
            "trigger_id": self._space.new_trigger(user),
            "view": view_json(modal),
            "response_urls": [],
        }
        answer, told = await self._delivery.deliver("interactive", payload)
        if answer is None:
            return {**told, **_TROUBLE}
        result = await self._apply(user, modal, answer)
        await self._space.tell()
        return {**told, **result}

    async def close(self, user: str) -> Payload:
        """Close the topmost modal; the app gets it if it asked for that."""
        self._delivery.known(user)
        modal = self._delivery.top(user)
        if modal is None:
            return {"error": "no modal is open"}
        self._space.modals[user].remove(modal)
        await self._space.tell()
        if not modal.view.get("notify_on_close"):
            return {"closed": True}
        payload = payloads.interaction(self._space, "view_closed", user)
        payload |= {"view": view_json(modal), "is_cleared": False}
        return {"closed": True, **(await self._delivery.deliver("interactive", payload))[1]}

    async def _apply(self, user: str, modal: View, answer: Payload) -> Payload:
        action = answer.get("response_action")
        stack = self._space.modals.get(user, [])
        if action == "errors":
            return await self._mark(modal, answer.get("errors"))
        if action in {"update", "push"}:
            return await self._show(user, modal, answer)
        if action == "clear":
            stack.clear()
        elif action is not None:
            await self._delivery.refuse(f"unknown response_action {action!r}")
            return _TROUBLE
        elif modal in stack:
            stack.remove(modal)
        return {"closed": True}

    async def _mark(self, modal: View, errors: Any) -> Payload:  # noqa: ANN401 - nested JSON
        if not isinstance(errors, dict) or not errors:
            await self._delivery.refuse("errors: none, or no object")
            return _TROUBLE
        unknown = set(errors) - set(input_blocks(modal.view))
        if unknown:
            why = f"errors for blocks that are not inputs: {sorted(unknown)}"
            await self._delivery.refuse(why)
        modal.errors = errors
        return {"errors": errors}

    async def _show(self, user: str, modal: View, answer: Payload) -> Payload:
        view, push = answer.get("view"), answer["response_action"] == "push"
        if not isinstance(view, dict):
            await self._delivery.refuse("view: none, or no object")
            return _TROUBLE
        found = problems(view, surface="modal")
        if push and len(self._space.modals.get(user, [])) >= MAX_VIEWS:
            found.append("push_limit_reached")
        if found:
            await self._delivery.refuse(*found)
            return _TROUBLE
        if push:
            self._space.open_view(user, view, push=True)
        else:
            self._space.change_view(modal, view)
        return {"view": view}
