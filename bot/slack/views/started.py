"""The first message of a new bot: what it does, and when it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.blocks import date, escape, paragraph
from bot.slack.views.message import Message

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.timetable import Timetable


def started_message(timetable: Timetable, started_at: datetime) -> Message:
    """What the bot does in this channel, in one line.

    Args:
        timetable: when it checks.
        started_at: when it started, and checked for the first time.
    """
    text = (
        "I check that every AWS account has valid alternate contacts, and post here what needs "
        f"attention. The first check started {date(started_at)}; checks run "
        f"{escape(timetable.words)} ({escape(timetable.timezone)}). "
        "Type `/altcontact help` to see what you can do."
    )
    return Message(text, [paragraph(text)])
