"""What Slack refuses in blocks and views, as a pure checker.

The figures are those of Slack's Block Kit reference; a message's total length is the one at which
`msg_blocks_too_long` was seen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal

from altcontact_sandbox.slack.blocks.elements import (
    ID_LENGTH,
    INPUTS,
    element_problems,
    image_problems,
)
from altcontact_sandbox.slack.blocks.rich_text import rich_text_problems, table_problems
from altcontact_sandbox.slack.blocks.texts import kind_of, length_problems, text_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Node = dict[str, Any]

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_TEXT: Final = 13_200
_SECTION, _FIELD, _FIELDS = 3000, 2000, 10
_HEADER, _LABEL, _TITLE = 150, 2000, 24
_ACTIONS, _CONTEXT = 25, 10
_METADATA: Final = 3000
_VIEWS_ONLY: Final = frozenset({"input"})
Surface = Literal["message", "modal", "home"]
"""Where blocks stand."""

_MESSAGES_ONLY: Final = frozenset({"table"})


def problems(given: list[Node] | Node, *, surface: Surface = "message") -> list[str]:
    """What Slack would refuse.

    Args:
        given: the blocks of a message, or a whole view.
        surface: where they are to be shown.

    Returns:
        A sentence a problem, with the place; empty where Slack would take it.
    """
    if isinstance(given, dict):
        blocks = given.get("blocks")
        return [*_view(given, surface), *_blocks(blocks, VIEW_BLOCKS, surface)]
    return [*_blocks(given, MESSAGE_BLOCKS, surface), *_total(given)]


def _view(view: Node, surface: Surface) -> Iterator[str]:
    if kind_of(view) not in {"modal", "home"}:
        yield "view: type is neither modal nor home"
    elif surface != "message" and view["type"] != surface:
        yield f"view: {view['type']!r} where {surface!r} is shown"
    yield from length_problems(view, "private_metadata", "view", 0, _METADATA)
    yield from length_problems(view, "callback_id", "view", 0, ID_LENGTH)
    yield from length_problems(view, "external_id", "view", 0, ID_LENGTH)
    if view.get("type") != "modal":
        return
    if "title" not in view:
        yield "view: no title"
    for part in ("title", "submit", "close"):
        if part in view:
            yield from text_problems(view[part], f"view.{part}", _TITLE, plain=True)
    blocks = view.get("blocks")
    if "submit" not in view and isinstance(blocks, list) and any(map(_is_input, blocks)):
        yield "view: inputs, and no submit"


def _is_input(block: Any) -> bool:  # noqa: ANN401 - nested JSON
    return kind_of(block) == "input"


def _blocks(blocks: Any, most: int, surface: Surface) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if not isinstance(blocks, list):
        yield "blocks: not a list"
        return
    if len(blocks) > most:
        yield f"{len(blocks)} blocks are more than {most}"
    for number, block in enumerate(blocks):
        yield from _block(block, f"blocks[{number}]", surface)
    if sum(kind_of(block) == "table" for block in blocks) > 1:
        yield "only_one_table_allowed: more than one table"
    if sum(focus is True for focus in _members(blocks, "focus_on_load")) > 1:
        yield "focus_on_load is set more than once"
    yield from _repeated("block_id", _strings(blocks, "block_id"))
    yield from _repeated("action_id", _strings(blocks, "action_id"))


def _block(block: Any, where: str, surface: Surface) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if not isinstance(block, dict):
        yield f"{where}: no block"
        return
    kind = kind_of(block) or ""
    if kind in _VIEWS_ONLY and surface == "message":
        yield f"{where}: {kind} is allowed in views only"
    if kind in _MESSAGES_ONLY and surface != "message":
        yield f"{where}: {kind} is allowed in messages only"
    yield from length_problems(block, "block_id", where, 0, ID_LENGTH)
    check = _CHECKS.get(kind)
    if check is None:
        yield f"{where}: unknown type {kind!r}"
    else:
        yield from check(block, where)


def _repeated(member: str, names: Iterator[str]) -> Iterator[str]:
    counted = Counter(names).items()
    yield from (f"{member} {name!r} is used {times} times" for name, times in counted if times > 1)


def _members(node: Any, member: str) -> Iterator[Any]:  # noqa: ANN401 - nested JSON
    if isinstance(node, dict):
        if member in node:
            yield node[member]
        for value in node.values():
            yield from _members(value, member)
    elif isinstance(node, list):
        for value in node:
            yield from _members(value, member)


def _strings(node: Any, member: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    return (value for value in _members(node, member) if isinstance(value, str))


def _total(blocks: list[Node]) -> Iterator[str]:
    total = sum(len(text) for text in _strings(blocks, "text"))
    if total > MESSAGE_TEXT:
        yield f"msg_blocks_too_long: {total} characters in all"


def _many(block: Node, member: str, where: str, most: int) -> Iterator[str]:
    listed = block.get(member)
    if not isinstance(listed, list) or not 1 <= len(listed) <= most:
        yield f"{where}: {member} are not 1 to {most}"


def _section(block: Node, where: str) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield f"{where}: neither text nor fields"
    if "text" in block:
        yield from text_problems(block["text"], f"{where}.text", _SECTION)
    if "fields" in block:
        yield from _many(block, "fields", where, _FIELDS)
        for number, field in enumerate(_listed(block, "fields")):
            yield from text_problems(field, f"{where}.fields[{number}]", _FIELD)
    accessory = block.get("accessory")
    if isinstance(accessory, dict) and kind_of(accessory) == "image":
        yield from image_problems(accessory, f"{where}.accessory")
    elif "accessory" in block:
        yield from element_problems(accessory, f"{where}.accessory")


def _header(block: Node, where: str) -> Iterator[str]:
    yield from text_problems(block.get("text"), where, _HEADER, plain=True)


def _context(block: Node, where: str) -> Iterator[str]:
    yield from _many(block, "elements", where, _CONTEXT)
    for number, element in enumerate(_listed(block, "elements")):
        place = f"{where}.elements[{number}]"
        if isinstance(element, dict) and kind_of(element) == "image":
            yield from image_problems(element, place)
        else:
            yield from text_problems(element, place, _SECTION)


def _divider(block: Node, where: str) -> Iterator[str]:
    extra = set(block) - {"type", "block_id"}
    if extra:
        yield f"{where}: unknown members {sorted(extra)}"


def _actions(block: Node, where: str) -> Iterator[str]:
    yield from _many(block, "elements", where, _ACTIONS)
    for number, element in enumerate(_listed(block, "elements")):
        yield from element_problems(element, f"{where}.elements[{number}]")


def _input(block: Node, where: str) -> Iterator[str]:
    yield from text_problems(block.get("label"), f"{where}.label", _LABEL, plain=True)
    if "hint" in block:
        yield from text_problems(block["hint"], f"{where}.hint", _LABEL, plain=True)
    yield from element_problems(block.get("element"), f"{where}.element", INPUTS)


def _image(block: Node, where: str) -> Iterator[str]:
    yield from image_problems(block, where)
    if "title" in block:
        yield from text_problems(block["title"], f"{where}.title", _LABEL, plain=True)


def _listed(block: Node, member: str) -> list[Any]:
    listed = block.get(member)
    return listed if isinstance(listed, list) else []


_CHECKS: Final[dict[str, Callable[[Node, str], Iterator[str]]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "rich_text": rich_text_problems,
    "table": table_problems,
}
