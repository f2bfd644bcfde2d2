"""What people do: type a command, press, choose, fill a form; as Slack tells the app of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack.limits import problems
from bot.sandbox.slack.methods import described_view
from bot.sandbox.slack.workspace import APP, TEAM, Message, View, input_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.slack.socket_mode import SocketMode
    from bot.sandbox.slack.workspace import Workspace

    Payload = dict[str, Any]


class People:
    """The people of the workspace; `base` is the URL at which they answer."""

    def __init__(self, space: Workspace, socket: SocketMode, base: str) -> None:
        self._space = space
        self._socket = socket
        self._base = base
        self._last: tuple[str, Payload] | None = None

    async def command(self, user: str, channel: str, line: str) -> Payload:
        """Type a slash command: `/altcontact check`."""
        command, _, text = line.strip().partition(" ")
        place = self._space.channel(channel)
        payload = {
            "team_id": TEAM,
            "team_domain": "sandbox",
            "channel_id": channel,
            "channel_name": place.name if place else "directmessage",
            "user_id": user,
            "user_name": self._space.users[user],
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._space.new_response_url(self._base, user, channel),
            "trigger_id": self._space.new_trigger(user),
        }
        answer = await self._deliver("slash_commands", payload)
        if answer and answer.get("text"):
            self._space.messages.append(
                Message(
                    self._space.new_ts(),
                    channel,
                    answer["text"],
                    answer.get("blocks") or [],
                    to=user,
                )
            )
            await self._space.tell()
        return {"acked": answer is not None}

    async def press(
        self, user: str, action_id: str, value: str | None, *, channel: str = "", ts: str = ""
    ) -> Payload:
        """Press a button or choose an option, in a message or else in the topmost modal.

        Args:
            user: who.
            action_id: of the element; the first that begins so.
            value: of the button or the option; None takes the first.
            channel: where the message stands.
            ts: which message.
        """
        payload: Payload = {
            "type": "block_actions",
            "user": {"id": user, "username": self._space.users[user], "team_id": TEAM},
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "sandbox"},
            "trigger_id": self._space.new_trigger(user),
        }
        if ts:
            message = self._space.message(channel, ts)
            if message is None or (message.to and message.to != user):
                return {"error": "no such message"}
            payload |= self._in_message(message, user)
            blocks = message.blocks
        else:
            stack = self._space.modals.get(user, [])
            if not stack:
                return {"error": "no modal is open"}
            payload["view"] = described_view(stack[-1])
            payload["container"] = {"type": "view", "view_id": stack[-1].id}
            blocks = stack[-1].view["blocks"]
        found = [
            (block, element)
            for block, element in elements(blocks)
            if element["action_id"].startswith(action_id)
            and (value is None or value in _values(element))
        ]
        if not found:
            return {"error": f"no element {action_id} with value {value}"}
        payload["actions"] = [_action(*found[0], value)]
        answer = await self._deliver("interactive", payload)
        return {"acked": answer is not None}

    async def submit(self, user: str, values: dict[str, str]) -> Payload:
        """Fill the topmost modal and submit it: {"errors": …}, {"view": …} or {"closed": true}."""
        stack = self._space.modals.get(user, [])
        if not stack:
            return {"error": "no modal is open"}
        shown = stack[-1]
        shown.values |= values
        empty = {
            block: "Please complete this required field."
            for block, given in input_blocks(shown.view).items()
            if not given.get("optional") and not shown.values.get(block)
        }
        if empty:
            return {"errors": empty}
        payload = {
            "type": "view_submission",
            "user": {"id": user, "username": self._space.users[user], "team_id": TEAM},
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "sandbox"},
            "trigger_id": self._space.new_trigger(user),
            "view": described_view(shown),
            "response_urls": [],
            "is_enterprise_install": False,
        }
        answer = await self._deliver("interactive", payload)
        if answer is None:
            return {"error": "We had some trouble connecting. Try again?"}
        result = self._apply(user, shown, answer)
        await self._space.tell()
        return result

    async def close(self, user: str) -> Payload:
        """Close the topmost modal."""
        stack = self._space.modals.get(user, [])
        if stack:
            stack.pop()
        await self._space.tell()
        return {}

    async def again(self) -> Payload:
        """Deliver the last payload once more, as Slack does where an ack was lost."""
        if self._last is None:
            return {"error": "nothing was delivered yet"}
        answer = await self._socket.deliver(*self._last)
        return {"acked": answer is not None, "answer": answer}

    async def _deliver(self, kind: str, payload: Payload) -> Payload | None:
        self._last = (kind, payload)
        return await self._socket.deliver(kind, payload)

    def _apply(self, user: str, shown: View, answer: Payload) -> Payload:
        action = answer.get("response_action")
        if action == "errors":
            unknown = set(answer["errors"]) - set(input_blocks(shown.view))
            if unknown:
                self._refuse(f"errors for blocks that are not inputs: {sorted(unknown)}")
            shown.errors = answer["errors"]
            return {"errors": shown.errors}
        if action in {"update", "push"}:
            found = problems(answer["view"], surface="modal")
            if found:
                self._refuse(*found)
                return {"error": "We had some trouble connecting. Try again?"}
            if action == "push":
                self._space.open_view(user, answer["view"], push=True)
            else:
                self._space.change_view(shown, answer["view"])
            return {"view": answer["view"]}
        stack = self._space.modals[user]
        if action == "clear":
            stack.clear()
        else:
            stack.remove(shown)
        return {"closed": True}

    def _refuse(self, *why: str) -> None:
        self._space.refusals.append({"method": "ack", "error": "invalid", "why": list(why)})

    def _in_message(self, message: Message, user: str) -> Payload:
        channel = self._space.channels[message.channel]
        where: Payload = {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral,
            },
            "channel": {"id": channel.id, "name": channel.name},
            "response_url": self._space.new_response_url(self._base, user, channel.id, message.ts),
        }
        if not message.ephemeral:
            where["message"] = {
                "type": "message",
                "ts": message.ts,
                "text": message.text,
                "blocks": message.blocks,
            }
        return where


def elements(blocks: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What can be pressed or chosen in blocks, with its block."""
    for block in blocks:
        if block.get("type") == "actions":
            for element in block["elements"]:
                yield block, element
        elif "accessory" in block:
            yield block, block["accessory"]


def _values(element: dict[str, Any]) -> list[str]:
    if element["type"] == "button":
        return [element.get("value", "")]
    return [option["value"] for option in element["options"]]


def _action(block: dict[str, Any], element: dict[str, Any], value: str | None) -> dict[str, Any]:
    action = {
        "action_id": element["action_id"],
        "block_id": block.get("block_id", "b"),
        "type": element["type"],
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        return {**action, "text": element["text"], "value": element.get("value", "")}
    chosen = [o for o in element["options"] if value is None or o["value"] == value]
    return {**action, "selected_option": chosen[0]}
