"""What Slack refuses in rich text and in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.blocks.texts import kind_of, length_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    Node = dict[str, Any]

ROWS, COLUMNS = 100, 20
"""The most of a table."""

_CELL_TEXT: Final = 10_000
_ALIGN: Final = (None, "left", "center", "right")

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


def rich_text_problems(block: Node, where: str) -> Iterator[str]:
    """What is wrong with a rich text block."""
    elements = block.get("elements")
    if not isinstance(elements, list) or not elements:
        yield f"{where}: no elements"
        return
    for number, element in enumerate(elements):
        yield from _rich_element(element, f"{where}.elements[{number}]")


def _rich_element(element: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
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
            yield from _rich_element(part, f"{where}.elements[{number}]")
        return
    for number, part in enumerate(parts):
        member = _RICH_PARTS.get(kind_of(part) or "")
        if member is None or not part.get(member):
            yield f"{where}.elements[{number}]: unknown, or empty"


def table_problems(block: Node, where: str) -> Iterator[str]:
    """What is wrong with a table."""
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= ROWS:
        yield f"{where}: rows are not 1 to {ROWS}"
        return
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not 1 <= len(row) <= COLUMNS:
            yield f"{where}.rows[{number}]: cells are not 1 to {COLUMNS}"
            continue
        for column, cell in enumerate(row):
            yield from _cell(cell, f"{where}.rows[{number}][{column}]")
    settings = block.get("column_settings", [])
    if not isinstance(settings, list) or len(settings) > COLUMNS:
        yield f"{where}: column_settings are not a list of at most {COLUMNS}"
        return
    for number, setting in enumerate(settings):
        yield from _column(setting, f"{where}.column_settings[{number}]")


def _cell(cell: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    match kind_of(cell):
        case "raw_text":
            yield from length_problems(cell, "text", where, 1, _CELL_TEXT, needed=True)
        case "rich_text":
            yield from rich_text_problems(cell, where)
        case kind:
            yield f"{where}: {kind!r} is no cell"


def _column(setting: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - nested JSON
    if setting is None:
        return
    if not isinstance(setting, dict) or set(setting) - {"align", "is_wrapped"}:
        yield f"{where}: takes align and is_wrapped alone"
        return
    if setting.get("align") not in _ALIGN:
        yield f"{where}: align is left, center or right"
    if not isinstance(setting.get("is_wrapped", False), bool):
        yield f"{where}: is_wrapped is not true or false"
