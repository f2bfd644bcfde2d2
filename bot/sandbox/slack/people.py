"""What people do: type a command, press, choose, fill a form; and what comes of the app's ack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.errors import SandboxError
from bot.sandbox.slack import payloads
from bot.sandbox.slack.forms import elements, input_blocks, inputs, options, unfit
from bot.sandbox.slack.limits import problems
from bot.sandbox.slack.views_api import STACK, described_view
from bot.sandbox.slack.workspace import Message, View

if TYPE_CHECKING:
    from bot.sandbox.slack.socket_mode import SocketMode
    from bot.sandbox.slack.workspace import Workspace

    Payload = dict[str, Any]

_TROUBLE = {"error": "We had some trouble connecting. Try again?"}


class People:
    """The people of the workspace; `base` is the URL at which they are answered.

    Every act that is told to the app comes back with its `handle`, by which it is delivered again,
    and `acked`.
    """

    def __init__(self, space: Workspace, socket: SocketMode, base: str) -> None:
        self._space = space
        self._socket = socket
        self._base = base

    async def command(self, user: str, channel: str, line: str) -> Payload:
        """Type a slash command: `/altcontact check`."""
        self._known(user)
        payload = payloads.command(self._space, self._base, user, channel, line)
        answer, told = await self._deliver("slash_commands", payload)
        if answer and (answer.get("text") or answer.get("blocks")):
            blocks = answer.get("blocks") or []
            found = problems(blocks)
            if found:
                self._refuse(*found)
                return told
            to = "" if answer.get("response_type") == "in_channel" else user
            self._space.messages.append(
                Message(self._space.new_ts(), channel, answer.get("text", ""), blocks, to)
            )
            await self._space.tell()
        return told

    async def press(
        self,
        user: str,
        action_id: str,
        value: Any = None,  # noqa: ANN401 - a text or a list
        *,
        channel: str = "",
        ts: str = "",
        index: int = 0,
    ) -> Payload:
        """Press a button or choose an option, in a message or else in the topmost modal.

        Args:
            user: who.
            action_id: of the element, or else how it begins; empty is any.
            value: of the button or the option; None takes the first.
            channel: where the message stands.
            ts: which message.
            index: which of the elements that fit, from 0.
        """
        self._known(user)
        message, view = None, None
        if ts:
            message = self._space.message(channel, ts)
            if message is None or (message.to and message.to != user):
                return {"error": "no such message"}
            blocks = message.blocks
        else:
            view = self._top(user)
            if view is None:
                return {"error": "no modal is open"}
            blocks = view.view["blocks"]
        found = [
            (block, element)
            for block, element in elements(blocks)
            if element["action_id"].startswith(action_id) and _offers(element, value)
        ]
        exact = [(block, element) for block, element in found if element["action_id"] == action_id]
        found = exact or found
        if not -len(found) <= index < len(found):
            return {"error": f"no element {action_id} with value {value}"}
        block, element = found[index]
        if value is None and options(element):
            value = options(element)[0]["value"]
        payload = payloads.interaction(self._space, "block_actions", user)
        payload["trigger_id"] = self._space.new_trigger(user)
        payload["actions"] = [payloads.action(block, element, value)]
        if message is not None:
            payload |= payloads.in_message(self._space, self._base, message, user)
        elif view is not None:
            keys = block["block_id"], f"{block['block_id']}/{element['action_id']}"
            view.values |= {key: value for key in keys if key in inputs(view.view)}
            payload |= payloads.in_view(view)
        return (await self._deliver("interactive", payload))[1]

    async def submit(self, user: str, values: dict[str, Any]) -> Payload:
        """Fill the topmost modal and submit it: {"errors": …}, {"view": …} or {"closed": true}."""
        self._known(user)
        shown = self._top(user)
        if shown is None:
            return {"error": "no modal is open"}
        offered = inputs(shown.view)
        for key, value in values.items():
            if key not in offered:
                return {"error": f"the form has no input {key}"}
            if not all(_offers(offered[key][1], one) for one in _each(value) if one):
                return {"error": f"{key} does not offer {value}"}
        shown.values |= values
        wrong = unfit(shown.view, shown.values)
        if wrong:
            return {"errors": wrong}
        payload = payloads.interaction(self._space, "view_submission", user)
        payload |= {
            "trigger_id": self._space.new_trigger(user),
            "view": described_view(shown),
            "response_urls": [],
        }
        answer, told = await self._deliver("interactive", payload)
        if answer is None:
            return {**told, **_TROUBLE}
        result = self._apply(user, shown, answer)
        await self._space.tell()
        return {**told, **result}

    async def close(self, user: str) -> Payload:
        """Close the topmost modal; the app is told where it asked for that."""
        self._known(user)
        shown = self._top(user)
        if shown is None:
            return {"error": "no modal is open"}
        self._space.modals[user].remove(shown)
        await self._space.tell()
        if not shown.view.get("notify_on_close"):
            return {"closed": True}
        payload = payloads.interaction(self._space, "view_closed", user)
        payload |= {"view": described_view(shown), "is_cleared": False}
        return {"closed": True, **(await self._deliver("interactive", payload))[1]}

    async def again(self, handle: int | None = None) -> Payload:
        """Deliver a payload once more (None: the last), as Slack does where an ack was lost."""
        delivered = self._space.delivered
        number = len(delivered) - 1 if handle is None else handle
        if not 0 <= number < len(delivered):
            return {"error": "nothing like that was delivered yet"}
        answer = await self._socket.deliver(*delivered[number])
        return {"acked": answer is not None, "answer": answer, "handle": number}

    async def _deliver(self, kind: str, payload: Payload) -> tuple[Payload | None, Payload]:
        handle = len(self._space.delivered)
        self._space.delivered.append((kind, payload))
        answer = await self._socket.deliver(kind, payload)
        return answer, {
            "acked": answer is not None,
            "handle": handle,
            "trigger_id": payload.get("trigger_id", ""),
        }

    def _apply(self, user: str, shown: View, answer: Payload) -> Payload:
        action = answer.get("response_action")
        stack = self._space.modals.get(user, [])
        if action == "errors":
            unknown = set(answer["errors"]) - set(input_blocks(shown.view))
            if unknown:
                self._refuse(f"errors for blocks that are not inputs: {sorted(unknown)}")
            shown.errors = answer["errors"]
            return {"errors": shown.errors}
        if action in {"update", "push"}:
            found = problems(answer["view"], surface="modal")
            if action == "push" and len(stack) >= STACK:
                found.append("push_limit_reached")
            if found:
                self._refuse(*found)
                return _TROUBLE
            if action == "push":
                self._space.open_view(user, answer["view"], push=True)
            else:
                self._space.change_view(shown, answer["view"])
            return {"view": answer["view"]}
        if action == "clear":
            stack.clear()
        elif action is not None:
            self._refuse(f"unknown response_action {action!r}")
            return _TROUBLE
        elif shown in stack:
            stack.remove(shown)
        return {"closed": True}

    def _top(self, user: str) -> View | None:
        stack = self._space.modals.get(user, [])
        return stack[-1] if stack else None

    def _known(self, user: str) -> None:
        if user not in self._space.users:
            raise SandboxError(f"Nobody in the sandbox's Slack is {user}.")

    def _refuse(self, *why: str) -> None:
        self._space.refusals.append({"method": "ack", "error": "invalid", "why": list(why)})


def _offers(element: Payload, value: Any) -> bool:  # noqa: ANN401 - a text or a list
    if value is None:
        return True
    if element["type"] == "button":
        return bool(element.get("value", "") == value)
    offered = {option["value"] for option in options(element)}
    return not offered or offered.issuperset(_each(value))


def _each(value: Any) -> list[Any]:  # noqa: ANN401 - a text or a list
    return value if isinstance(value, list) else [value]
