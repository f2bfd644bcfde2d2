"""The first message of a new bot: what it does, and when it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.blocks import escape, paragraph
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from bot.domain.timetable import Timetable


def started_message(timetable: Timetable) -> Message:
    """What the bot does in this channel, in one line."""
    text = (
        "I check that every AWS account has valid alternate contacts, and post here what needs "
        f"attention. The first check runs now, then {escape(timetable.words)} "
        f"({escape(timetable.timezone)}). Type `/altcontact help` to see what you can do."
    )
    return Message(text, [paragraph(text)])
