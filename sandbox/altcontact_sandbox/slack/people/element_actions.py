"""What people do with one element: press it, choose in it, type where the app suggests options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks import suggestion_problems
from altcontact_sandbox.slack.blocks.menus import EXTERNAL
from altcontact_sandbox.slack.blocks.view_state import (
    elements,
    inputs,
    is_offered,
    key_of,
    options,
    unknown_values,
)
from altcontact_sandbox.slack.model import Message, View
from altcontact_sandbox.slack.people import payloads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altcontact_sandbox.slack.people.delivery import Delivery

    Payload = dict[str, Any]
    Found = tuple[dict[str, Any], dict[str, Any]]

_QUERY_LENGTH: Final = 3
"""Characters that Slack waits for where an element does not say how many."""


class ElementActions:
    """The people of the workspace at single elements."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._space = delivery.space

    async def press(
        self,
        user: str,
        action_id: str,
        value: Any = None,  # noqa: ANN401 - a text or a list
        *,
        channel: str = "",
        ts: str = "",
        home: bool = False,
        block_id: str = "",
        exact: bool = False,
        index: int = 0,
        values: dict[str, Any] | None = None,
    ) -> Payload:
        """Press a button or choose an option, in a message, a home tab, or else the topmost modal.

        Args:
            user: who.
            action_id: of the element, or else how it begins; empty is any.
            value: of the button or the option; None takes the first.
            channel: where the message stands.
            ts: which message.
            home: whether it is in the home tab.
            block_id: of the element's block; empty is any.
            exact: whether `action_id` is the whole of it.
            index: which of the elements that fit, from 0.
            values: what stands in the form's inputs by then, as for `submit`; the app gets it.
        """
        self._delivery.known(user)
        shown = self._shown(user, channel, ts, home=home)
        if isinstance(shown, str):
            return {"error": shown}
        if strange := unknown_values(shown.form, values or {}, shown.suggested):
            return {"error": strange}
        shown.values |= values or {}
        found = [
            (block, element)
            for block, element in _of(elements(shown.form["blocks"]), block_id)
            if element["action_id"].startswith(action_id)
            and is_offered(element, value, shown.suggested.get(key_of(block, element), ()))
        ]
        whole = [(block, element) for block, element in found if element["action_id"] == action_id]
        found = whole if exact else whole or found
        if not -len(found) <= index < len(found):
            return {"error": f"no element {action_id} with value {value}"}
        block, element = found[index]
        key = key_of(block, element)
        suggested = shown.suggested.get(key, [])
        if value is None and options(element, suggested):
            value = options(element, suggested)[0]["value"]
        if key in inputs(shown.form):
            shown.values[key] = value
            await self._space.tell()
        payload = payloads.interaction(self._space, "block_actions", user)
        payload["trigger_id"] = self._space.new_trigger(user)
        payload["actions"] = [payloads.action(block, element, value, suggested)]
        if isinstance(shown, Message):
            payload |= payloads.in_message(self._space, self._delivery.base, shown, user)
        else:
            payload |= payloads.in_view(shown)
        return (await self._delivery.deliver("interactive", payload))[1]

    async def suggest(
        self,
        user: str,
        action_id: str,
        typed: str,
        *,
        block_id: str = "",
        channel: str = "",
        ts: str = "",
        home: bool = False,
    ) -> Payload:
        """Type into a menu whose options the app is asked for: `options` or `option_groups`.

        The place is named as for `press`. As in Slack nothing is asked for before so many
        characters stand there as the element says, or three.
        """
        self._delivery.known(user)
        shown = self._shown(user, channel, ts, home=home)
        if isinstance(shown, str):
            return {"error": shown}
        found = [
            (block, element)
            for block, element in _of(inputs(shown.form).values(), block_id)
            if element["action_id"] == action_id and element["type"] in EXTERNAL
        ]
        if not found:
            return {"error": f"no menu {action_id} asks for options"}
        block, element = found[0]
        least = element.get("min_query_length", _QUERY_LENGTH)
        if len(typed) < least:
            return {"error": f"nothing is asked for before {least} characters stand there"}
        payload = payloads.interaction(self._space, "block_suggestion", user)
        payload |= {"action_id": action_id, "block_id": block["block_id"], "value": typed}
        if isinstance(shown, Message):
            payload |= payloads.place(self._space, shown)
        else:
            payload |= payloads.in_view(shown)
        answer, told = await self._delivery.deliver("interactive", payload)
        if answer is None:
            return told
        wrong = list(suggestion_problems(answer))
        if wrong:
            await self._delivery.refuse(*wrong)
            return {**told, "error": "the options could not be shown"}
        given: Payload = {
            name: answer[name] for name in ("options", "option_groups") if name in answer
        }
        kept = shown.suggested.setdefault(key_of(block, element), [])
        kept += [one for one in options({**given, "type": "static_select"}) if one not in kept]
        await self._space.tell()
        return {**told, **given}

    def _shown(self, user: str, channel: str, ts: str, *, home: bool) -> Message | View | str:
        """Where somebody presses, or why they cannot."""
        if home:
            return self._space.homes.get(user) or "no home tab is shown"
        if ts:
            message = self._space.message(channel, ts)
            if message is None or (message.to and message.to != user):
                return "no such message"
            return message
        return self._delivery.top(user) or "no modal is open"


def _of(found: Iterable[Found], block_id: str) -> Iterable[Found]:
    return (one for one in found if not block_id or one[0]["block_id"] == block_id)
