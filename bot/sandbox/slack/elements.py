"""What Slack refuses in the parts of a block: texts, buttons, inputs, menus, options, rich text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Node = dict[str, Any]

ID_LENGTH: Final = 255
"""The most characters of an `action_id`, `block_id` or `callback_id`."""

TEXT_INPUT_LENGTH: Final = 3000
_BUTTON_TEXT, _BUTTON_VALUE, _BUTTON_URL = 75, 2000, 3000
_OPTION_TEXT, _OPTION_VALUE = 75, 150
_GROUPS, _GROUP_LABEL = 100, 75
_PLACEHOLDER: Final = 150
_ALT_TEXT: Final = 2000
_CONFIRM: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}

_OPTIONS: Final = {
    "static_select": (1, 100),
    "multi_static_select": (1, 100),
    "overflow": (1, 5),
    "radio_buttons": (1, 10),
    "checkboxes": (1, 10),
}
"""The fewest and most options of each element that has some."""

_MARKDOWN_OPTIONS: Final = frozenset({"radio_buttons", "checkboxes"})
_USER_MENUS: Final = frozenset({"users_select", "conversations_select", "channels_select"})
ACTIONS: Final = frozenset({"button", "datepicker", "timepicker", *_OPTIONS, *_USER_MENUS})
"""What may stand in an actions block, or beside a section."""

_TYPED: Final = frozenset({"email_text_input", "url_text_input", "number_input"})
TEXT_INPUTS: Final = frozenset({"plain_text_input", *_TYPED})
"""What a person types into."""

INPUTS: Final = (TEXT_INPUTS | ACTIONS) - {"button", "overflow"}
"""What may stand in an input block."""

_RICH: Final = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
)
_RICH_PARTS: Final = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "emoji": "name",
    "broadcast": "range",
    "date": "timestamp",
}
"""What a rich text is made of, with the member that each part must have."""


def kind_of(node: Any) -> str | None:  # noqa: ANN401 - nested JSON
    """The `type` of a part of a block; None where it has none, or one that is no string."""
    kind = node.get("type") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) else None


def text_problems(text: Any, where: str, most: int, *, plain: bool = False) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    """What is wrong with a text object of at most so many characters.

    Args:
        text: what stands where a text object should.
        where: its place, for the sentence.
        most: the most characters.
        plain: whether only `plain_text` is taken there.
    """
    if not isinstance(text, dict):
        yield f"{where}: no text object"
        return
    kind, content = kind_of(text), text.get("text")
    if kind not in {"plain_text", "mrkdwn"} or (plain and kind != "plain_text"):
        yield f"{where}: {kind!r} where {'plain_text' if plain else 'a text object'} is needed"
    if kind == "mrkdwn" and "emoji" in text:
        yield f"{where}: emoji is for plain_text alone"
    if not isinstance(content, str) or not content:
        yield f"{where}: empty text"
    elif len(content) > most:
        yield f"{where}: {len(content)} characters are more than {most}"


def length_problems(
    node: Node, member: str, where: str, least: int, most: int, *, needed: bool = False
) -> Iterator[str]:
    """What is wrong with a string member of so many characters."""
    if member not in node:
        if needed:
            yield f"{where}: no {member}"
        return
    value = node[member]
    if not isinstance(value, str):
        yield f"{where}: {member} is not a string"
    elif not least <= len(value) <= most:
        yield f"{where}: {member} has {len(value)} characters, not {least} to {most}"


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
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}.confirm")
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(element, where)
    elif kind in _OPTIONS:
        yield from _options(element, where)


def image_problems(image: Node, where: str) -> Iterator[str]:
    """What is wrong with an image, as a block or as an element."""
    if not ({"image_url", "slack_file"} & set(image)):
        yield f"{where}: neither image_url nor slack_file"
    yield from length_problems(image, "image_url", where, 1, _BUTTON_URL)
    yield from length_problems(image, "alt_text", where, 1, _ALT_TEXT, needed=True)


def rich_problems(block: Node, where: str) -> Iterator[str]:
    """What is wrong with a rich text block."""
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"{where}: no elements"
        return
    for number, element in enumerate(elements):
        yield from _rich(element, f"{where}.elements[{number}]")


def _rich(element: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    kind = kind_of(element)
    if kind not in _RICH:
        yield f"{where}: unknown rich text {kind!r}"
        return
    parts = element.get("elements")
    if not isinstance(parts, list) or not parts:
        yield f"{where}: no elements"
        return
    if kind == "rich_text_list":
        if element.get("style") not in ("bullet", "ordered"):
            yield f"{where}: a list's style is bullet or ordered"
        for number, part in enumerate(parts):
            yield from _rich(part, f"{where}.elements[{number}]")
        return
    for number, part in enumerate(parts):
        member = _RICH_PARTS.get(kind_of(part) or "")
        if member is None or not part.get(member):
            yield f"{where}.elements[{number}]: unknown, or empty"


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


def _typed_input(element: Node, where: str) -> Iterator[str]:
    yield from length_problems(element, "initial_value", where, 0, TEXT_INPUT_LENGTH)
    if element["type"] == "number_input" and not isinstance(
        element.get("is_decimal_allowed"), bool
    ):
        yield f"{where}: no is_decimal_allowed"


def _options(element: Node, where: str) -> Iterator[str]:
    kind = str(element["type"])
    least, most = _OPTIONS[kind]
    plain = kind not in _MARKDOWN_OPTIONS
    if "option_groups" in element:
        if "options" in element:
            yield f"{where}: options and option_groups"
        groups = element["option_groups"]
        if not isinstance(groups, list) or not 1 <= len(groups) <= _GROUPS:
            yield f"{where}: option_groups are not 1 to {_GROUPS}"
            return
    else:
        groups = [element]
    offered: list[Any] = []
    for group in groups:
        options = group.get("options") if isinstance(group, dict) else None
        if not isinstance(options, list):
            yield f"{where}: options are no list"
            return
        if not least <= len(options) <= most:
            yield f"{where}: {len(options)} options are not {least} to {most}"
        if group is not element:
            yield from text_problems(group.get("label"), f"{where}.label", _GROUP_LABEL, plain=True)
        offered += options
    for number, option in enumerate(offered):
        yield from _option(option, f"{where}.options[{number}]", plain=plain)
    yield from _chosen_first(element, offered, where)


def _chosen_first(element: Node, offered: list[Any], where: str) -> Iterator[str]:
    several = element.get("initial_options", [element.get("initial_option")])
    if not isinstance(several, list) or not several:
        yield f"{where}: initial_options are none"
    elif any(option is not None and option not in offered for option in several):
        yield f"{where}: what is chosen first is none of the options"


def _option(option: Any, where: str, *, plain: bool) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if not isinstance(option, dict):
        yield f"{where}: no option"
        return
    yield from text_problems(option.get("text"), where, _OPTION_TEXT, plain=plain)
    yield from length_problems(option, "value", where, 1, _OPTION_VALUE, needed=True)
    if "description" in option:
        yield from text_problems(
            option["description"], f"{where}.description", _OPTION_TEXT, plain=plain
        )


def _confirm(dialog: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    parts = dialog if isinstance(dialog, dict) else {}
    for part, most in _CONFIRM.items():
        yield from text_problems(parts.get(part), f"{where}.{part}", most, plain=part != "text")


_CHECKS: Final[dict[str, Callable[[Node, str], Iterator[str]]]] = {
    "button": _button,
    "plain_text_input": _text_input,
    **dict.fromkeys(_TYPED, _typed_input),
}
