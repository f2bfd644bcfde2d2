"""What Slack refuses in interactive elements: buttons, text inputs, and what all have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks.menus import MENUS, menu_problems
from altcontact_sandbox.slack.blocks.texts import kind_of, length_problems, text_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Node = dict[str, Any]

ID_LENGTH: Final = 255
"""The most characters of an `action_id`, `block_id` or `callback_id`."""

TEXT_INPUT_LENGTH: Final = 3000
_BUTTON_TEXT, _BUTTON_VALUE, _BUTTON_URL = 75, 2000, 3000
_TRIGGERS: Final = ("on_enter_pressed", "on_character_entered")
_PLACEHOLDER: Final = 150
_ALT_TEXT: Final = 2000
_CONFIRM: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}

ACTIONS: Final = frozenset({"button", "datepicker", "timepicker", *MENUS})
"""What may stand in an actions block, or beside a section."""

_TYPED: Final = frozenset({"email_text_input", "url_text_input", "number_input"})
TEXT_INPUTS: Final = frozenset({"plain_text_input", *_TYPED})
"""What a person types into."""

INPUTS: Final = (TEXT_INPUTS | ACTIONS) - {"button", "overflow"}
"""What may stand in an input block."""


def element_problems(element: Any, where: str, allowed: frozenset[str] = ACTIONS) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    """What is wrong with an interactive element; `allowed` are the types taken there."""
    kind = kind_of(element)
    if kind is None or kind not in allowed:
        yield f"{where}: {kind!r} is no element that may stand here"
        return
    yield from length_problems(element, "action_id", where, 1, ID_LENGTH, needed=True)
    if "placeholder" in element:
        yield from text_problems(
            element["placeholder"], f"{where}.placeholder", _PLACEHOLDER, plain=True
        )
    if not isinstance(element.get("focus_on_load", False), bool):
        yield f"{where}: focus_on_load is not true or false"
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}.confirm")
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(element, where)
    elif kind in MENUS:
        yield from menu_problems(element, where)


def image_problems(image: Node, where: str) -> Iterator[str]:
    """What is wrong with an image, as a block or as an element."""
    if not ({"image_url", "slack_file"} & set(image)):
        yield f"{where}: neither image_url nor slack_file"
    yield from length_problems(image, "image_url", where, 1, _BUTTON_URL)
    yield from length_problems(image, "alt_text", where, 1, _ALT_TEXT, needed=True)


def _button(element: Node, where: str) -> Iterator[str]:
    yield from text_problems(element.get("text"), f"{where}.text", _BUTTON_TEXT, plain=True)
    yield from length_problems(element, "value", where, 0, _BUTTON_VALUE)
    yield from length_problems(element, "url", where, 1, _BUTTON_URL)
    if element.get("style") not in (None, "primary", "danger"):
        yield f"{where}: unknown style"


def _text_input(element: Node, where: str) -> Iterator[str]:
    least, most = element.get("min_length", 0), element.get("max_length", TEXT_INPUT_LENGTH)
    if not (isinstance(least, int) and isinstance(most, int)):
        yield f"{where}: min_length and max_length are numbers"
        return
    if not 1 <= most <= TEXT_INPUT_LENGTH:
        yield f"{where}: max_length {most} is not 1 to {TEXT_INPUT_LENGTH}"
    if not 0 <= least <= most:
        yield f"{where}: min_length {least} is not 0 to max_length"
    yield from length_problems(element, "initial_value", where, 0, most)
    if not isinstance(element.get("multiline", False), bool):
        yield f"{where}: multiline is not true or false"
    yield from _dispatch(element, where)


def _dispatch(element: Node, where: str) -> Iterator[str]:
    if "dispatch_action_config" not in element:
        return
    config = element["dispatch_action_config"]
    named = config.get("trigger_actions_on") if isinstance(config, dict) else None
    if not isinstance(named, list) or not named or any(one not in _TRIGGERS for one in named):
        yield f"{where}: dispatch_action_config.trigger_actions_on is none of {list(_TRIGGERS)}"


def _typed_input(element: Node, where: str) -> Iterator[str]:
    yield from _dispatch(element, where)
    yield from length_problems(element, "initial_value", where, 0, TEXT_INPUT_LENGTH)
    if element["type"] == "number_input" and not isinstance(
        element.get("is_decimal_allowed"), bool
    ):
        yield f"{where}: no is_decimal_allowed"


def _confirm(dialog: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    parts = dialog if isinstance(dialog, dict) else {}
    for part, most in _CONFIRM.items():
        yield from text_problems(parts.get(part), f"{where}.{part}", most, plain=part != "text")


_CHECKS: Final[dict[str, Callable[[Node, str], Iterator[str]]]] = {
    "button": _button,
    "plain_text_input": _text_input,
    **dict.fromkeys(_TYPED, _typed_input),
}
