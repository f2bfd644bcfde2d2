"""The first message of a new bot: what it does, and when it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.blocks import date, escape, paragraph
from bot.slack.views.message import Message
from bot.slack.views.scan_limits import limits

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.scans import Scan
    from bot.domain.timetable import Timetable


def started_message(
    timetable: Timetable, started_at: datetime, first_scan: Scan | None = None
) -> Message:
    """What the bot does in this channel, in one line.

    Args:
        timetable: when it checks.
        started_at: when it started, and checked for the first time.
        first_scan: a scan that found that not everything can be checked, if there was one.
    """
    text = (
        "I check that every AWS account has valid alternate contacts, and post here what needs "
        f"attention. The first check started {date(started_at)}; checks run "
        f"{escape(timetable.words)} ({escape(timetable.timezone)}). "
        "Type `/altcontact help` to see what you can do."
    )
    found = list(limits(first_scan)) if first_scan is not None else []
    said = [text, *(block["text"]["text"] for block in found)]
    return Message("\n".join(said), [paragraph(text), *found])
