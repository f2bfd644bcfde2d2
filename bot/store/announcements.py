"""Announcements on their way to Slack: which are due, what they show, how far they got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementContent, AnnouncementKind
from bot.domain.errors import StoreError
from bot.domain.rule_catalog import Severity
from bot.store.columns import time_text
from bot.store.mappers import to_announcement, to_change, to_exemption, to_findings, to_scan
from bot.store.outbox import WITHDRAW_IDLE
from bot.store.repository import Repository

if TYPE_CHECKING:
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.announcements import Announcement
    from bot.domain.scans import Scan

_DUE: Final = """
SELECT * FROM announcements
WHERE state IN ('pending', 'sending') OR (state = 'sent' AND shown_revision < revision)
ORDER BY number
"""

_COUNTS: Final = """
WITH shown AS (
    SELECT *, resolved_at IS NULL AND exemption_id IS NULL AS open
    FROM findings WHERE announcement_id = ?
)
SELECT
    count(*) AS total,
    coalesce(sum(open), 0) AS open,
    count(*) FILTER (WHERE resolved_at IS NULL AND NOT open) AS exempt,
    count(DISTINCT iif(open, account_id || type, NULL)) AS contacts,
    count(*) FILTER (WHERE open AND rule = 'missing') AS missing
FROM shown
"""

_SEVERITIES: Final = """
SELECT severity, count(*) AS number FROM findings
WHERE announcement_id = ? AND resolved_at IS NULL AND exemption_id IS NULL
    AND severity IS NOT NULL
GROUP BY severity
"""

_RANK: Final = (
    "CASE severity "
    + " ".join(f"WHEN '{severity.value}' THEN {severity.rank}" for severity in Severity)
    + " ELSE 9 END"
)

_SHOWN: Final = f"""
SELECT findings.*, accounts.name AS account_name,
    min({_RANK}) OVER (PARTITION BY account_id, type) AS worst
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE announcement_id = :id
ORDER BY
    :open_first AND (resolved_at IS NOT NULL OR exemption_id IS NOT NULL),
    worst, folded, account_id, type, {_RANK}, findings.id
LIMIT :limit OFFSET :offset
"""  # noqa: S608 - only constants are put in
"""A contact's findings stand together, at the place of its worst one."""

_CHANGES: Final = """
SELECT contact_changes.*, accounts.name AS account_name
FROM contact_changes JOIN accounts ON accounts.id = contact_changes.account_id
WHERE announcement_id = :id
ORDER BY folded, account_id, type
LIMIT :limit OFFSET :offset
"""

_ENDING: Final = """
SELECT * FROM exemptions WHERE announcement_id = :id
ORDER BY until, id
LIMIT :limit OFFSET :offset
"""


class Announcements(Repository):
    """Announcements on their way to Slack."""

    def due(self) -> list[Announcement]:
        """Announcements to be sent or updated, oldest first."""
        with self._connections.reading() as db:
            return [to_announcement(row) for row in db.execute(_DUE)]

    def content(self, announcement_id: str, limit: int, offset: int = 0) -> AnnouncementContent:
        """What an announcement shows, as things are now.

        `offset` pages through one order: the worst severity first and then by account names, where
        all findings fit in `limit`; else the same with the open ones before all others.

        Raises:
            StoreError: there is no such announcement.
        """
        with self._connections.reading() as db:
            row = _announcement(db, announcement_id)
            if row is None:
                raise StoreError("There is no such announcement.")
            found = db.execute("SELECT * FROM scans WHERE id = ?", [row["scan_id"]]).fetchone()
            announcement, scan = to_announcement(row), to_scan(found)
            page: dict[str, str | int] = {"id": announcement_id, "limit": limit, "offset": offset}
            match announcement.kind:
                case AnnouncementKind.CHANGED:
                    changes = tuple(to_change(each) for each in db.execute(_CHANGES, page))
                    total = _count(db, "contact_changes", announcement_id)
                    return AnnouncementContent(announcement, scan, total=total, changes=changes)
                case AnnouncementKind.ENDING:
                    ending = tuple(to_exemption(each) for each in db.execute(_ENDING, page))
                    total = _count(db, "exemptions", announcement_id)
                    return AnnouncementContent(announcement, scan, total=total, exemptions=ending)
                case _:
                    return _of_findings(db, announcement, scan, page)

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
            db.execute(WITHDRAW_IDLE, {"id": announcement_id})

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


def _of_findings(
    db: Database, announcement: Announcement, scan: Scan, page: dict[str, str | int]
) -> AnnouncementContent:
    counts = db.execute(_COUNTS, [announcement.id]).fetchone()
    page["open_first"] = counts["total"] > int(page["limit"])
    numbers = {row["severity"]: row["number"] for row in db.execute(_SEVERITIES, [announcement.id])}
    return AnnouncementContent(
        announcement,
        scan,
        tuple(to_findings(db, db.execute(_SHOWN, page))),
        counts["total"],
        counts["open"],
        counts["exempt"],
        counts["contacts"],
        counts["missing"],
        {severity: numbers[severity] for severity in Severity if severity in numbers},
    )


def _count(db: Database, table: str, announcement_id: str) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE announcement_id = ?"  # noqa: S608 - a table of this module
    return int(db.execute(sql, [announcement_id]).fetchone()[0])


def _announcement(db: Database, announcement_id: str) -> Row | None:
    sql = "SELECT * FROM announcements WHERE id = ?"
    row: Row | None = db.execute(sql, [announcement_id]).fetchone()
    return row
