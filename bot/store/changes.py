"""Contacts that somebody else changed since the last scan, recorded with their announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, grouped
from bot.store.announcements import record
from bot.store.columns import contact_json, time_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlite_utils import Database

    from bot.domain.evaluation.known import ChangedContact

_KEEP: Final = """
INSERT INTO contact_changes (account_id, type, before, after, seen_at, announcement_id)
VALUES (?, ?, ?, ?, ?, ?)
"""


def announce_changes(
    db: Database, changes: Iterable[ChangedContact], scan_id: int, now: datetime
) -> None:
    """Record changed contacts with their announcements, one a channel."""
    by_key = {change.key: change for change in changes}
    destinations = {key: change.destination for key, change in by_key.items()}
    for news in grouped(AnnouncementKind.CHANGED, destinations):
        announcement_id = record(db, news, scan_id, now)
        db.conn.executemany(
            _KEEP,
            (
                (
                    change.key.account_id,
                    change.key.type,
                    contact_json(change.before),
                    contact_json(change.after),
                    time_text(change.seen_at),
                    announcement_id,
                )
                for change in (by_key[key] for key in news.findings)
            ),
        )
