"""What Slack refuses in blocks and views, as a pure checker.

The figures are those of Slack's Block Kit reference; a message's total length is the one at which
`msg_blocks_too_long` was seen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Node = dict[str, Any]
    Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_TEXT: Final = 13_200
_ID: Final = 255
_MODAL_ONLY: Final = frozenset({"input"})
_INTERACTIVE: Final = frozenset({"button", "static_select", "overflow", "radio_buttons"})
_INPUTS: Final = frozenset({"plain_text_input", "static_select", "radio_buttons", "checkboxes"})
_OPTIONS: Final = {"static_select": 100, "overflow": 5, "radio_buttons": 10, "checkboxes": 10}


def problems(given: list[Node] | Node, *, surface: Surface = "message") -> list[str]:
    """What Slack would refuse.

    Args:
        given: the blocks of a message, or a whole view.
        surface: where they are to be shown.

    Returns:
        A sentence a problem, with the place; empty where Slack would take it.
    """
    if isinstance(given, list):
        return [*_blocks(given, MESSAGE_BLOCKS, surface), *_total(given)]
    return [*_view(given), *_blocks(given.get("blocks", []), VIEW_BLOCKS, surface)]


def _view(view: Node) -> Iterator[str]:
    if view.get("type") not in {"modal", "home"}:
        yield "view: type is neither modal nor home"
    if len(view.get("private_metadata", "")) > 3000:  # noqa: PLR2004 - Slack's figure
        yield "view: private_metadata is longer than 3000"
    if len(view.get("callback_id", "")) > _ID:
        yield "view: callback_id is longer than 255"
    if view.get("type") != "modal":
        return
    if "title" not in view:
        yield "view: no title"
    for part in ("title", "submit", "close"):
        if part in view:
            yield from _text(view[part], f"view.{part}", 24, plain=True)
    has_input = any(block.get("type") == "input" for block in view.get("blocks", []))
    if has_input and "submit" not in view:
        yield "view: inputs, and no submit"


def _blocks(blocks: list[Node], most: int, surface: Surface) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks are more than {most}"
    for number, block in enumerate(blocks):
        where = f"blocks[{number}]"
        kind = block.get("type", "")
        if kind in _MODAL_ONLY and surface == "message":
            yield f"{where}: {kind} stands in views alone"
        if len(block.get("block_id", "")) > _ID:
            yield f"{where}: block_id is longer than 255"
        check = _CHECKS.get(kind)
        if check is None:
            yield f"{where}: unknown type {kind!r}"
        else:
            yield from check(block, where)
    for member in ("block_id", "action_id"):
        ids = Counter(_ids(blocks, member))
        if member == "action_id":
            ids = Counter(_ids([b for b in blocks if b.get("type") != "input"], member))
        yield from (f"{member} {name!r} stands {n} times" for name, n in ids.items() if n > 1)


def _ids(node: Any, member: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if isinstance(node, dict):
        if isinstance(node.get(member), str):
            yield node[member]
        for value in node.values():
            yield from _ids(value, member)
    elif isinstance(node, list):
        for value in node:
            yield from _ids(value, member)


def _total(blocks: list[Node]) -> Iterator[str]:
    total = sum(len(text) for text in _ids(blocks, "text"))
    if total > MESSAGE_TEXT:
        yield f"msg_blocks_too_long: {total} characters in all"


def _text(text: Any, where: str, most: int, *, plain: bool = False) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if not isinstance(text, dict):
        yield f"{where}: no text object"
        return
    kind, content = text.get("type"), text.get("text")
    if kind not in {"plain_text", "mrkdwn"} or (plain and kind != "plain_text"):
        yield f"{where}: {kind!r} where {'plain_text' if plain else 'a text object'} is needed"
    if kind == "mrkdwn" and "emoji" in text:
        yield f"{where}: emoji is for plain_text alone"
    if not isinstance(content, str) or not content:
        yield f"{where}: empty text"
    elif len(content) > most:
        yield f"{where}: {len(content)} characters are more than {most}"


def _section(block: Node, where: str) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield f"{where}: neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], f"{where}.text", 3000)
    if "fields" in block and not 1 <= len(fields) <= 10:  # noqa: PLR2004 - Slack's figure
        yield f"{where}: {len(fields)} fields are not 1 to 10"
    for number, field in enumerate(fields):
        yield from _text(field, f"{where}.fields[{number}]", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}.accessory")


def _header(block: Node, where: str) -> Iterator[str]:
    yield from _text(block.get("text"), where, 150, plain=True)


def _context(block: Node, where: str) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:  # noqa: PLR2004 - Slack's figure
        yield f"{where}: {len(elements)} elements are not 1 to 10"
    for number, element in enumerate(elements):
        yield from _text(element, f"{where}.elements[{number}]", 3000)


def _divider(block: Node, where: str) -> Iterator[str]:
    extra = set(block) - {"type", "block_id"}
    if extra:
        yield f"{where}: unknown members {sorted(extra)}"


def _actions(block: Node, where: str) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:  # noqa: PLR2004 - Slack's figure
        yield f"{where}: {len(elements)} elements are not 1 to 25"
    for number, element in enumerate(elements):
        yield from _element(element, f"{where}.elements[{number}]")


def _input(block: Node, where: str) -> Iterator[str]:
    yield from _text(block.get("label"), f"{where}.label", 2000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], f"{where}.hint", 2000, plain=True)
    element = block.get("element", {})
    if element.get("type") not in _INPUTS:
        yield f"{where}: {element.get('type')!r} is no input"
    yield from _element(element, f"{where}.element")


def _element(element: Node, where: str) -> Iterator[str]:
    kind = element.get("type")
    if kind not in _INTERACTIVE | _INPUTS:
        yield f"{where}: unknown element {kind!r}"
        return
    if not 1 <= len(element.get("action_id", "")) <= _ID:
        yield f"{where}: action_id is not 1 to 255 characters"
    if kind == "button":
        yield from _text(element.get("text"), f"{where}.text", 75, plain=True)
        if len(element.get("value", "")) > 2000:  # noqa: PLR2004 - Slack's figure
            yield f"{where}: value is longer than 2000"
        if element.get("style") not in {None, "primary", "danger"}:
            yield f"{where}: unknown style"
    elif kind == "plain_text_input":
        yield from _text_input(element, where)
    else:
        yield from _options(element, where, _OPTIONS[str(kind)])


def _text_input(element: Node, where: str) -> Iterator[str]:
    most = element.get("max_length", 3000)
    if not 1 <= most <= 3000:  # noqa: PLR2004 - Slack's figure
        yield f"{where}: max_length {most} is not 1 to 3000"
    if len(element.get("initial_value", "")) > most:
        yield f"{where}: initial_value is longer than max_length"


def _options(element: Node, where: str, most: int) -> Iterator[str]:
    options = element.get("options", [])
    if not 1 <= len(options) <= most:
        yield f"{where}: {len(options)} options are not 1 to {most}"
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{where}.placeholder", 150, plain=True)
    for number, option in enumerate(options):
        yield from _text(option.get("text"), f"{where}.options[{number}]", 75)
        if not 1 <= len(option.get("value", "")) <= 150:  # noqa: PLR2004 - Slack's figure
            yield f"{where}.options[{number}]: value is not 1 to 150 characters"


_CHECKS: Final[dict[str, Callable[[Node, str], Iterator[str]]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
    "input": _input,
}
