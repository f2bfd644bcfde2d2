"""Slack's messages and modals as text for a terminal, buttons numbered."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Block = dict[str, Any]
    Number = Callable[[Block], int]
    """Gives what can be pressed its number."""

_DATE: Final = re.compile(r"<!date\^(\d+)\^[^|>]*\|[^>]*>")
_MENTION: Final = re.compile(r"<@(\w+)>")
_GROUP: Final = re.compile(r"<!subteam\^(\w+)>")
_LINK: Final = re.compile(r"<https?://[^|>]*\|([^>]*)>")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_BOLD: Final = re.compile(r"\*([^*\n]+)\*")

_EMOJI: Final = {
    ":white_check_mark:": "✓",
    ":warning:": "!",
    ":x:": "✗",
    ":point_right:": "→",
    ":grey_question:": "?",
    ":hourglass_flowing_sand:": "…",
    ":hourglass:": "…",
    ":stethoscope:": "…",
    ":red_circle:": "●",
    ":large_orange_circle:": "●",
    ":large_yellow_circle:": "●",
    ":large_blue_circle:": "●",
    ":white_circle:": "○",
}


def message_lines(
    message: Mapping[str, Any], number: Number, names: Mapping[str, str]
) -> list[str]:
    """A message, line by line.

    Args:
        message: with `text` and `blocks`.
        number: called for each button, in order.
        names: {user or group id: name}.
    """
    blocks = message["blocks"]
    if not blocks:
        return readable({"type": "mrkdwn", "text": message["text"]}, names).splitlines()
    return [line for block in blocks for line in _block(block, number, names)]


def view_lines(shown: Mapping[str, Any], number: Number, names: Mapping[str, str]) -> list[str]:
    """A modal, line by line, with what stands in its inputs and the errors under them."""
    view = shown["view"]
    lines = [f"┌ {view['title']['text']}"]
    for block in view["blocks"]:
        if block["type"] == "input":
            value = shown["values"].get(block["block_id"], "")
            lines.append(f"│ {block['label']['text']}: {value}")
            if "hint" in block:
                lines.append(f"│   ({block['hint']['text']})")
            error = shown["errors"].get(block["block_id"])
            if error:
                lines.append(f"│   ✗ {error}")
        else:
            lines += [f"│ {line}" for line in _block(block, number, names)]
    return [*lines, "└"]


def readable(text: Block, names: Mapping[str, str]) -> str:
    """A text object as a person reads it: markup resolved, escapes undone, plain text as it is."""
    content = str(text["text"])
    if text["type"] == "plain_text":
        return printable(content)
    content = _DATE.sub(_local, content)
    content = _MENTION.sub(lambda found: f"@{names.get(found[1], found[1])}", content)
    content = _GROUP.sub(lambda found: f"@{names.get(found[1], found[1])}", content)
    content = _LINK.sub(r"\1", content)
    # Every second part is code, in which nothing is markup.
    parts = _CODE.split(content)
    parts[::2] = [_without_markup(part) for part in parts[::2]]
    return printable(html.unescape("".join(parts)))


def _without_markup(content: str) -> str:
    content = _BOLD.sub(r"\1", content)
    for code, sign in _EMOJI.items():
        content = content.replace(code, sign)
    return content


def printable(text: str) -> str:
    """Text without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def _local(found: re.Match[str]) -> str:
    moment = datetime.fromtimestamp(int(found[1]), UTC).astimezone()
    return moment.strftime("%d %b %Y %H:%M")


def _block(block: Block, number: Number, names: Mapping[str, str]) -> list[str]:
    match block["type"]:
        case "header":
            return [f"══ {readable(block['text'], names)} ══"]
        case "divider":
            return ["──────"]
        case "context":
            return [f"  {readable(element, names)}" for element in block["elements"]]
        case "actions":
            shown = [_element(element, number) for element in block["elements"]]
            return ["  ".join(shown)] if all("\n" not in s for s in shown) else shown
        case _:
            return _section(block, number, names)


def _section(block: Block, number: Number, names: Mapping[str, str]) -> list[str]:
    lines = readable(block["text"], names).splitlines() if "text" in block else []
    for field in block.get("fields", []):
        lines += readable(field, names).splitlines()
    if "accessory" in block:
        lines[0] = f"{lines[0]}  {_element(block['accessory'], number)}"
    return lines


def _element(element: Block, number: Number) -> str:
    if element["type"] == "button":
        return f"[{number(element)} {element['text']['text']}]"
    if "options" not in element:  # the app is asked for them while somebody types
        return f"[{number(element)} {readable(element['placeholder'], {})}]"
    options = [
        f"[{number({**element, 'value': option['value']})} {printable(option['text']['text'])}]"
        for option in element["options"]
    ]
    return "\n".join(options)
