"""Announcements: recorded with their cause, sent from here, kept right while they stand."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.announcements import AnnouncementContent, AnnouncementKind, SendState, plan
from bot.errors import StoreError
from bot.findings import Cause
from bot.store.base import Part
from bot.store.rows import (
    failure_json,
    text,
    time_text,
    to_announcement,
    to_finding,
    to_scan,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.announcements import Announcement, NewAnnouncement
    from bot.findings import FindingKey
    from bot.scans import Scan

REMEMBERED: Final = timedelta(days=1)
"""How long a delivery is remembered; Slack repeats one for an hour or so."""

_UNTRIED: Final = "state = 'pending' AND first_tried_at IS NULL"

_TOUCH: Final = "UPDATE announcements SET revision = revision + 1 WHERE id = ?"

_WITHDRAW_RESOLVED: Final = f"""
UPDATE announcements SET state = 'withdrawn'
WHERE id = ? AND kind IN ('falls_short', 'unchecked') AND {_UNTRIED} AND NOT EXISTS (
    SELECT 1 FROM findings WHERE announcement_id = announcements.id AND resolved_at IS NULL
)
"""  # noqa: S608 - only constants of this module are put in

_WITHDRAW_FAILING: Final = f"""
UPDATE announcements SET state = 'withdrawn' WHERE kind = 'checks_failing' AND {_UNTRIED}
"""  # noqa: S608 - only constants of this module are put in

_FAILING_TOLD: Final = """
SELECT 1 FROM announcements WHERE kind = 'checks_failing' AND state != 'withdrawn'
    AND number > (
        SELECT coalesce(max(number), 0) FROM announcements WHERE kind = 'checks_working'
    )
"""

_DUE: Final = """
SELECT * FROM announcements
WHERE state IN ('pending', 'sending') OR (state = 'sent' AND shown_revision < revision)
ORDER BY number
"""

_SHOWN: Final = """
SELECT findings.*, accounts.name AS account_name
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE announcement_id = :id
ORDER BY :open_first AND resolved_at IS NOT NULL, folded, account_id, type, findings.id
LIMIT :limit OFFSET :offset
"""


def touch(db: Database, announcement_ids: Iterable[str]) -> None:
    """Take in that what these announcements show has changed.

    One that was surely never posted, and of which nothing stands, is withdrawn.
    """
    for announcement_id in announcement_ids:
        db.execute(_TOUCH, [announcement_id])
        db.execute(_WITHDRAW_RESOLVED, [announcement_id])


def announce(db: Database, scan: Scan, opened: Sequence[FindingKey], now: datetime) -> None:
    """Record what a scan gives reason to say, to be sent later."""
    row = db.execute("SELECT failing FROM health").fetchone()
    failing_before = Cause(row["failing"]) if row else None
    for news in plan(scan, opened, failing_before):
        _record(db, news, scan.id, now)


def _record(db: Database, news: NewAnnouncement, scan_id: int, now: datetime) -> None:
    state = SendState.PENDING
    if news.kind is AnnouncementKind.CHECKS_FAILING and news.failure is not None:
        db.execute(_WITHDRAW_FAILING)
        db.execute("INSERT OR REPLACE INTO health VALUES (1, ?)", [news.failure.cause])
    elif news.kind is AnnouncementKind.CHECKS_WORKING:
        db.execute(_WITHDRAW_FAILING)
        db.execute("DELETE FROM health")
        if db.execute(_FAILING_TOLD).fetchone() is None:
            state = SendState.WITHDRAWN
    announcement_id = uuid.uuid4().hex
    db.execute(
        "INSERT INTO announcements (id, kind, scan_id, created_at, state, failure) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (announcement_id, news.kind, scan_id, time_text(now), state, failure_json(news.failure)),
    )
    db.conn.executemany(
        "UPDATE findings SET announcement_id = ? "
        "WHERE account_id = ? AND type = ? AND outcome = ? AND resolved_at IS NULL",
        ((announcement_id, key.account_id, key.type, key.outcome) for key in news.findings),
    )


class Outbox(Part):
    """The part of the store that is about Slack: what goes there, and what came from there."""

    def due_announcements(self) -> list[Announcement]:
        """Announcements to be sent or updated, oldest first."""
        with self._connections.reading() as db:
            return [to_announcement(row) for row in db.execute(_DUE)]

    def announcement_content(
        self, announcement_id: str, limit: int, offset: int = 0
    ) -> AnnouncementContent:
        """What an announcement shows, as things are now.

        `offset` pages through one order: that of account names where all findings fit in `limit`,
        else the open ones first.

        Raises:
            StoreError: there is no such announcement.
        """
        with self._connections.reading() as db:
            row = _announcement(db, announcement_id)
            if row is None:
                raise StoreError("There is no such announcement.")
            total, standing = db.execute(
                "SELECT count(*), count(*) - count(resolved_at) FROM findings "
                "WHERE announcement_id = ?",
                [announcement_id],
            ).fetchone()
            scan = db.execute("SELECT * FROM scans WHERE id = ?", [row["scan_id"]]).fetchone()
            page = {
                "id": announcement_id,
                "open_first": total > limit,
                "limit": limit,
                "offset": offset,
            }
            findings = tuple(to_finding(found) for found in db.execute(_SHOWN, page))
            return AnnouncementContent(
                to_announcement(row), to_scan(scan), findings, total, standing
            )

    def begin_sending(self, announcement_id: str) -> Announcement | None:
        """Mark that sending is tried now; None where there is nothing (any longer) to send.

        One that is `SENDING` already is in doubt from here on: an earlier try of it was never
        answered.
        """
        with self._connections.writing() as db:
            changed = db.execute(
                "UPDATE announcements SET in_doubt = in_doubt OR state = 'sending', "
                "state = 'sending', first_tried_at = coalesce(first_tried_at, ?) "
                "WHERE id = ? AND state IN ('pending', 'sending')",
                (time_text(self._clock.now()), announcement_id),
            )
            if not changed.rowcount:
                return None
            row = _announcement(db, announcement_id)
            return to_announcement(row) if row is not None else None

    def not_sent(self, announcement_id: str) -> None:
        """Mark that Slack surely did not post it: it is `PENDING` again.

        When it was first tried is forgotten, so that it can still be withdrawn, unless an earlier
        try was never answered: that one may yet stand in the channel.
        """
        with self._connections.writing() as db:
            db.execute(
                "UPDATE announcements SET state = 'pending', "
                "first_tried_at = CASE WHEN in_doubt THEN first_tried_at END "
                "WHERE id = ? AND state = 'sending'",
                [announcement_id],
            )
            db.execute(_WITHDRAW_RESOLVED, [announcement_id])

    def sent(self, announcement_id: str, channel_id: str, ts: str, shown_revision: int) -> None:
        """Mark where an announcement stands and what of it is shown."""
        with self._connections.writing() as db:
            db.execute(
                "UPDATE announcements SET state = 'sent', channel_id = ?, ts = ?, "
                "shown_revision = max(shown_revision, ?) WHERE id = ?",
                (channel_id, ts, shown_revision, announcement_id),
            )

    def may_repeat(self, announcement_id: str) -> None:
        """Mark that it could not be looked for, so that it says it may be a repeat."""
        with self._connections.writing() as db:
            sql = "UPDATE announcements SET maybe_repeat = 1 WHERE id = ?"
            db.execute(sql, [announcement_id])

    def first_delivery(self, key: str) -> bool:
        """Whether Slack delivers this for the first time; remembers it for a day."""
        now = self._clock.now()
        with self._connections.writing() as db:
            db.execute("DELETE FROM deliveries WHERE at < ?", [time_text(now - REMEMBERED)])
            row = (text(key), time_text(now))
            return db.execute("INSERT OR IGNORE INTO deliveries VALUES (?, ?)", row).rowcount == 1


def _announcement(db: Database, announcement_id: str) -> Row | None:
    sql = "SELECT * FROM announcements WHERE id = ?"
    row: Row | None = db.execute(sql, [announcement_id]).fetchone()
    return row
