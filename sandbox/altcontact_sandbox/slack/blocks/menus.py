"""What Slack refuses in menus, and in the options that it asks the app for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks.texts import length_problems, text_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    Node = dict[str, Any]

_OPTION_TEXT, _OPTION_VALUE = 75, 150
_GROUPS, _GROUP_LABEL = 100, 75

SUGGESTED: Final = "suggested"
"""Stands for the type of a menu whose options come while somebody types."""

OPTIONS: Final = {
    "static_select": (1, 100),
    "multi_static_select": (1, 100),
    "overflow": (1, 5),
    "radio_buttons": (1, 10),
    "checkboxes": (1, 10),
    SUGGESTED: (0, 100),
}
"""The fewest and most options of each element that has some."""

EXTERNAL: Final = frozenset({"external_select", "multi_external_select"})
"""The menus whose options the app is asked for."""

_PLACES: Final = ("users_select", "conversations_select", "channels_select")
MENUS: Final = frozenset(
    {*OPTIONS, *EXTERNAL, *_PLACES, *(f"multi_{kind}" for kind in _PLACES)} - {SUGGESTED}
)
_MARKDOWN_OPTIONS: Final = frozenset({"radio_buttons", "checkboxes"})


def menu_problems(element: Node, where: str) -> Iterator[str]:
    """What is wrong with a menu, apart from what all elements have."""
    kind = str(element["type"])
    if kind in OPTIONS:
        yield from _options(element, where)
    if kind in EXTERNAL:
        yield from number_problems(element, "min_query_length", where, 0)
        if "options" in element or "option_groups" in element:
            yield f"{where}: the app is asked for the options of {kind}"
        at_first = [element["initial_option"]] if "initial_option" in element else []
        several = element.get("initial_options", [])
        for option in [*at_first, *(several if isinstance(several, list) else [None])]:
            yield from _option(option, f"{where}.initial", plain=True)
    if kind.startswith("multi_"):
        yield from number_problems(element, "max_selected_items", where, 1)


def suggestion_problems(answer: Node) -> Iterator[str]:
    """What is wrong with the options that the app answers while somebody types."""
    if "options" not in answer and "option_groups" not in answer:
        yield "answer: neither options nor option_groups"
        return
    yield from _options({**answer, "type": SUGGESTED}, "answer")


def number_problems(node: Node, member: str, where: str, least: int) -> Iterator[str]:
    """What is wrong with a whole number that may stand there."""
    value = node.get(member, least)
    if not isinstance(value, int) or value < least:
        yield f"{where}: {member} is no number from {least}"


def _options(element: Node, where: str) -> Iterator[str]:
    kind = str(element["type"])
    least, most = OPTIONS[kind]
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
