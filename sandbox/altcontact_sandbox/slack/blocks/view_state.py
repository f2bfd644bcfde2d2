"""What stands in the inputs of a view: at first, when filled, and as Slack tells the app of it.

An input is known by its key: the `block_id` of an input block, and `block_id/action_id` of a menu
in any other block. What stands in it is a text, the value of an option, or a list of such values.
By the same keys the options are kept that the app suggested where it is asked for them.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks.elements import TEXT_INPUTS
from altcontact_sandbox.slack.blocks.menus import EXTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Node = dict[str, Any]

_WITHOUT_STATE: Final = frozenset({"button", "overflow", "image"})
_SELECTED: Final = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
_SHAPES: Final = {
    "email_text_input": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url_text_input": re.compile(r"https?://\S+"),
    "number_input": re.compile(r"-?\d+(\.\d+)?"),
}
"""What Slack's own form lets in; an app gets nothing else."""

_INITIAL: Final = {
    "datepicker": "initial_date",
    "timepicker": "initial_time",
    "users_select": "initial_user",
    "channels_select": "initial_channel",
    "conversations_select": "initial_conversation",
    "multi_users_select": "initial_users",
    "multi_channels_select": "initial_channels",
    "multi_conversations_select": "initial_conversations",
}


def with_block_ids(blocks: list[Node]) -> list[Node]:
    """The blocks, those without a `block_id` given one, as Slack does."""
    taken = {block.get("block_id") for block in blocks}
    fresh = (name for name in map("b{}".format, range(2 * len(blocks))) if name not in taken)
    return [
        {**copy.deepcopy(block), "block_id": block.get("block_id") or next(fresh)}
        for block in blocks
    ]


def elements(blocks: list[Node]) -> Iterator[tuple[Node, Node]]:
    """What can be pressed or chosen in blocks, with its block; inputs that dispatch included."""
    for block in blocks:
        if block.get("type") == "actions":
            for element in block["elements"]:
                yield block, element
        elif block.get("type") == "input":
            if block.get("dispatch_action"):
                yield block, block["element"]
        elif block.get("accessory", {}).get("action_id"):
            yield block, block["accessory"]


def input_blocks(view: Node) -> dict[str, Node]:
    """The input blocks of a view: {block_id: block}."""
    return {b["block_id"]: b for b in view.get("blocks", []) if b.get("type") == "input"}


def inputs(view: Node) -> dict[str, tuple[Node, Node]]:
    """Everything in a view that keeps a state: {key: (block, element)}."""
    found = {key: (block, block["element"]) for key, block in input_blocks(view).items()}
    for block, element in elements(view.get("blocks", [])):
        if block["type"] != "input" and element["type"] not in _WITHOUT_STATE:
            found[key_of(block, element)] = block, element
    return found


def key_of(block: Node, element: Node) -> str:
    """By what an input is known."""
    name = str(block["block_id"])
    return name if block["type"] == "input" else f"{name}/{element['action_id']}"


def initial_values(view: Node) -> dict[str, Any]:
    """What the inputs of a view are filled with: {key: value}."""
    return {key: _initial(element) for key, (_, element) in inputs(view).items()}


def _initial(element: Node) -> Any:  # noqa: ANN401 - a text or a list
    kind = element["type"]
    if kind in _INITIAL:
        return element.get(_INITIAL[kind], [] if _is_many(element) else "")
    if "initial_options" in element or _is_many(element):
        return [option["value"] for option in element.get("initial_options", [])]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    return element.get("initial_value", "")


def kept_values(before: Node, values: Node, after: Node) -> dict[str, Any]:
    """What stands in a view after a change: an input that stays keeps what was filled in.

    Slack tells an input by `block_id` and `action_id`.
    """
    old, new = inputs(before), inputs(after)
    stays = {
        key: values[key]
        for key in old.keys() & new.keys() & values.keys()
        if old[key][1].get("action_id") == new[key][1].get("action_id")
    }
    return {**initial_values(after), **stays}


def state(view: Node, values: Node, suggested: Node) -> Node:
    """A view's `state`, as Slack hands it in."""
    told: dict[str, Node] = {}
    for key, (block, element) in inputs(view).items():
        told.setdefault(block["block_id"], {})[element["action_id"]] = {
            "type": element["type"],
            **selection(element, values.get(key, ""), suggested.get(key, ())),
        }
    return {"values": told}


def selection(element: Node, value: Any, suggested: Iterable[Node] = ()) -> Node:  # noqa: ANN401 - a text or a list
    """How Slack tells what is chosen or typed in an element."""
    kind = element["type"]
    if kind in _SELECTED:
        return {_SELECTED[kind]: as_list(value) if _is_many(element) else value or None}
    if kind in TEXT_INPUTS:
        return {"value": value or None}
    found = [o for o in options(element, suggested) if o["value"] in as_list(value)]
    if _is_many(element):
        return {"selected_options": found}
    return {"selected_option": found[0] if found else None}


def options(element: Node, suggested: Iterable[Node] = ()) -> list[Node]:
    """The options of an element, those in groups included, and those that the app suggested."""
    grouped = [o for group in element.get("option_groups", []) for o in group["options"]]
    if element["type"] in EXTERNAL:
        at_first = [element["initial_option"]] if "initial_option" in element else []
        known = [*at_first, *element.get("initial_options", []), *suggested]
        return list({option["value"]: option for option in known}.values())
    return [*element.get("options", []), *grouped]


def is_offered(element: Node, value: Any, suggested: Iterable[Node] = ()) -> bool:  # noqa: ANN401 - a text or a list
    """Whether a person could press or choose that; None is whatever comes first."""
    if value is None:
        return True
    if element["type"] == "button":
        return bool(element.get("value", "") == value)
    offered = {option["value"] for option in options(element, suggested)}
    if not offered and element["type"] not in EXTERNAL:
        return True
    return offered.issuperset(as_list(value))


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a text or a list
    """The values of what was chosen, whether one or several may be."""
    if isinstance(value, list):
        return value
    return [value] if value else []


def unknown_values(form: Node, values: Node, suggested: Mapping[str, list[Node]]) -> str:
    """What of these values has no place in the form, in words; empty where all have one."""
    offered = inputs(form)
    for key, value in values.items():
        if key not in offered:
            return f"the form has no input {key}"
        if not all(
            is_offered(offered[key][1], one, suggested.get(key, ())) for one in as_list(value)
        ):
            return f"{key} does not offer {value}"
    return ""


def invalid_inputs(view: Node, values: Node) -> dict[str, str]:
    """What Slack's own form would not let a person submit: {key: what it says}."""
    wrong = {}
    for key, (block, element) in inputs(view).items():
        value = values.get(key)
        if block["type"] == "input" and not value and not block.get("optional"):
            wrong[key] = "Please complete this required field."
        elif element["type"] in TEXT_INPUTS and value:
            wrong |= _invalid_text(key, element, value)
    return wrong


def _invalid_text(key: str, element: Node, text: str) -> dict[str, str]:
    if len(text) > element.get("max_length", 3000):
        return {key: f"At most {element.get('max_length', 3000)} characters, please."}
    if len(text) < element.get("min_length", 0):
        return {key: f"At least {element['min_length']} characters, please."}
    shape = _SHAPES.get(element["type"])
    if shape is not None and not shape.fullmatch(text):
        return {key: "Please enter a valid value."}
    return {}


def _is_many(element: Node) -> bool:
    kind = str(element["type"])
    return kind == "checkboxes" or kind.startswith("multi_")
