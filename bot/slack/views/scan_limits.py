"""Why a check covered one account in place of an organization, where a check's result is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.slack.views.blocks import clip, escape, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.scans import Scan
    from bot.slack.views.blocks import Block

_SHOWN: Final = 3
"""Organizations that are shown."""

_TEXT: Final = 900
_NAME_TEXT: Final = 50


def limits(scan: Scan) -> Iterator[Block]:
    """What wasn't checked and why, for each organization that AWS doesn't let the bot list."""
    for organization, why in list(scan.limits.items())[:_SHOWN]:
        where = f"*{escape(clip(organization, _NAME_TEXT))}:* " if organization else ""
        text = f":warning: {where}{escape(why.message)}\nTo fix this: {escape(why.remedy)}"
        yield paragraph(clip(text, _TEXT))
