"""Block Kit in small pieces, and the two ways in which text from outside is shown as typed.

Names and contact fields go into `plain_text` objects with emoji off, where nothing has a meaning.
In mrkdwn stands our own text; what is put into it is escaped, and Slack links nothing in it by
itself. In both, a character that would turn the order of the text after it around shows as `�`.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

from bot.domain.visible_text import BIDI_CONTROLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    Block = dict[str, Any]

SECTION_TEXT: Final = 3000
FIELD_TEXT: Final = 2000
HEADER_TEXT: Final = 150
BUTTON_TEXT: Final = 75
"""The most characters that Slack takes in each."""

_DIALOG_TITLE: Final = 100
_DIALOG_TEXT: Final = 300
_DIALOG_BUTTON: Final = 30
"""The same, in a confirmation dialog."""


_REORDERING: Final = str.maketrans(dict.fromkeys(BIDI_CONTROLS, "\N{REPLACEMENT CHARACTER}"))


def escape(text: str) -> str:
    """Text from outside, for mrkdwn: no mention, no link, no entity comes of it."""
    return html.escape(text.translate(_REORDERING), quote=False)


_FORMATTING: Final = re.compile(r"[*~`]|(?<![^\W_])_|_(?![^\W_])|:(?=[\w+-]+:)")


def as_typed(text: str) -> str:
    """Text from outside that shows as it was typed, for mrkdwn, on one line.

    Text with characters that could format something is shown as code, in which nothing formats.
    """
    shown = " ".join(text.split())
    return code(shown) if _FORMATTING.search(shown) else escape(shown)


def bold(text: str) -> str:
    """Text from outside in bold, for mrkdwn, on one line."""
    shown = as_typed(text)
    return f"*{shown}*" if shown and not shown.startswith("`") else shown


def code(text: str) -> str:
    """Text from outside as code, for mrkdwn, on one line."""
    shown = escape(" ".join(text.split())).replace("`", "'")
    return f"`{shown}`" if shown else ""


def clip(text: str, limit: int) -> str:
    """`text`, with an ellipsis in place of what Slack would refuse as too long."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str, limit: int = SECTION_TEXT) -> Block:
    """A text that shows as it is."""
    shown = clip(text.translate(_REORDERING), limit) or "-"
    return {"type": "plain_text", "text": shown, "emoji": False}


def mrkdwn(text: str, limit: int = SECTION_TEXT) -> Block:
    """A text of our own, with Slack's markup.

    `verbatim`: only what is marked up as a link or a mention (`<…>`) is one, whatever an account's
    name or a person's reason looks like.
    """
    return {"type": "mrkdwn", "text": clip(text, limit), "verbatim": True}


def header(text: str) -> Block:
    """A headline."""
    return {"type": "header", "text": plain(text, HEADER_TEXT)}


def section(text: Block, *, fields: Sequence[Block] = (), accessory: Block | None = None) -> Block:
    """A paragraph, with fields below it and a button beside it."""
    block: Block = {"type": "section", "text": text}
    if fields:
        block["fields"] = list(fields)
    if accessory is not None:
        block["accessory"] = accessory
    return block


def paragraph(text: str) -> Block:
    """A paragraph of our own text, in mrkdwn."""
    return section(mrkdwn(text))


def context(text: str) -> Block:
    """Small print of our own, in mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def button(
    text: str,
    action_id: str,
    value: str,
    *,
    primary: bool = False,
    danger: bool = False,
    label: str = "",
    confirm: Block | None = None,
) -> Block:
    """A button.

    Args:
        text: the text on it.
        action_id: unique in its message or view.
        value: what Slack sends back.
        primary: whether it stands out; at most one of a message or view may.
        danger: whether it is red, for what removes or overwrites something.
        label: what a screen reader says instead of `text`, where several buttons look alike.
        confirm: a `confirmation` that Slack asks for before it sends anything.
    """
    block: Block = {
        "type": "button",
        "text": plain(text, BUTTON_TEXT),
        "action_id": action_id,
        "value": value,
    }
    if primary or danger:
        block["style"] = "danger" if danger else "primary"
    if confirm is not None:
        block["confirm"] = confirm
    if label:
        block["accessibility_label"] = clip(label.translate(_REORDERING), BUTTON_TEXT)
    return block


def confirmation(title: str, text: str, agree: str, *, danger: bool = False) -> Block:
    """A dialog in which a person confirms before an element does anything.

    Args:
        title: the question.
        text: what will happen; shown as it is.
        agree: the label of the button that goes on; the other one is **Cancel**.
        danger: whether that button is red.
    """
    dialog: Block = {
        "title": plain(title, _DIALOG_TITLE),
        "text": plain(text, _DIALOG_TEXT),
        "confirm": plain(agree, _DIALOG_BUTTON),
        "deny": plain("Cancel", _DIALOG_BUTTON),
    }
    return {**dialog, "style": "danger"} if danger else dialog


def actions(*elements: Block) -> Block:
    """Buttons in a row."""
    return {"type": "actions", "elements": list(elements)}


def date(moment: datetime) -> str:
    """A moment in each reader's own time zone, for mrkdwn."""
    fallback = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def day(moment: datetime) -> str:
    """A day in each reader's own time zone, for mrkdwn."""
    return f"<!date^{int(moment.timestamp())}^{{date_short}}|{moment:%Y-%m-%d}>"


def text_size(node: object) -> int:
    """The characters of all texts in blocks: what Slack limits in a message as a whole."""
    if isinstance(node, dict):
        text = node.get("text")
        own = len(text) if isinstance(text, str) else 0
        return own + sum(text_size(value) for value in node.values())
    return sum(text_size(value) for value in node) if isinstance(node, list | tuple) else 0


def accounts(number: int) -> str:
    """`1 account`, `2 accounts`."""
    return f"{number:,} account{'' if number == 1 else 's'}"


def contacts(number: int) -> str:
    """`1 contact`, `2 contacts`."""
    return f"{number:,} contact{'' if number == 1 else 's'}"
