"""Announcements to send to Slack: which are due, what they show, and their state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import (
    ALERTS,
    AnnouncementContent,
    AnnouncementKind,
    NewAnnouncement,
)
from bot.domain.errors import StoreError
from bot.domain.rule_catalog import Severity
from bot.store.alert_content import (
    alert_summary,
    checked_accounts,
    first_open_findings,
)
from bot.store.approval_rows import announced_request
from bot.store.auto_fixes import auto_fix_pause
from bot.store.columns import SEVERITY_RANK, time_text, timetable_json, to_time
from bot.store.mappers import to_announcement, to_change, to_exemption, to_findings, to_fix, to_scan
from bot.store.outbox import STANDS, WITHDRAW_IDLE, record
from bot.store.repository import FencedRepository
from bot.store.run_progress import announced_progress

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.announcements import Announcement
    from bot.domain.timetable import Timetable
    from bot.store.transaction import Row, Transaction, Value

HELD_FOR: Final = timedelta(minutes=10)
"""How long an alert waits for the bot to fix what it is about. Then people are needed anyway."""

_DUE: Final = """
SELECT * FROM announcements
WHERE (state IN ('pending', 'sending') OR (state = 'sent' AND shown_revision < revision))
    AND NOT (state = 'pending' AND kind = 'non_compliant' AND EXISTS (
        SELECT 1 FROM findings
        JOIN run_items ON run_items.account_id = findings.account_id
            AND run_items.type = findings.type AND run_items.state IN ('planned', 'saved')
        JOIN runs ON runs.id = run_items.run_id AND runs.kind = 'auto_fix'
            AND runs.state = 'running' AND runs.created_at > :held_since
        WHERE findings.announcement_id = announcements.id AND findings.resolved_at IS NULL
    ))
ORDER BY number
"""
"""Without alerts about contacts that the bot is fixing by itself: what it fixes is no news."""

_COUNTS: Final = """
WITH shown AS (
    SELECT *, resolved_at IS NULL AND exemption_id IS NULL AS is_open
    FROM findings WHERE announcement_id = :id
)
SELECT
    count(*) AS total,
    count(*) FILTER (WHERE is_open) AS open,
    count(*) FILTER (WHERE resolved_at IS NULL AND NOT is_open) AS exempt,
    count(DISTINCT account_id || type) FILTER (WHERE is_open) AS contacts,
    count(*) FILTER (WHERE is_open AND rule = 'missing') AS missing
FROM shown
"""

_SEVERITIES: Final = """
SELECT severity, count(*) AS number FROM findings
WHERE announcement_id = :id AND resolved_at IS NULL AND exemption_id IS NULL
    AND severity IS NOT NULL
GROUP BY severity
"""

_SHOWN: Final = f"""
SELECT findings.*, accounts.name AS account_name, accounts.units,
    min({SEVERITY_RANK}) OVER (PARTITION BY account_id, type) AS worst
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE announcement_id = :id
ORDER BY
    CASE WHEN :open_first = 1 AND (resolved_at IS NOT NULL OR exemption_id IS NOT NULL)
        THEN 1 ELSE 0 END,
    worst, folded, account_id, type, {SEVERITY_RANK}, findings.id
LIMIT :limit OFFSET :offset
"""  # noqa: S608 - only constants are put in
"""A contact's findings are listed together, sorted by the worst one."""

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

_FIX: Final = "SELECT * FROM fixes WHERE announcement_id = :id"
_UNDO: Final = f"SELECT * FROM fixes WHERE id = (SELECT undone_by FROM ({_FIX}) AS undone)"  # noqa: S608 - a constant
"""The fix that undid the one that is announced."""

_CHANGES_COUNT: Final = "SELECT count(*) AS number FROM contact_changes WHERE announcement_id = :id"

_ENDING_COUNT: Final = "SELECT count(*) AS number FROM exemptions WHERE announcement_id = :id"

_RECOVERED: Final = """
SELECT created_at FROM announcements
WHERE kind = 'checks_working' AND organization = :organization AND number > :number
ORDER BY number LIMIT 1
"""

_OTHERS: Final = """
SELECT coalesce(sum(connections), 0) AS number FROM other_bots WHERE announcement_id = :id
"""

_BEGIN_SENDING: Final = """
UPDATE announcements SET
    in_doubt = CASE WHEN state = 'sending' THEN 1 ELSE in_doubt END, state = 'sending',
    first_tried_at = coalesce(first_tried_at, :now)
WHERE id = :id AND state IN ('pending', 'sending')
RETURNING *
"""

_NOT_SENT: Final = """
UPDATE announcements SET
    state = 'pending', first_tried_at = CASE WHEN in_doubt = 1 THEN first_tried_at END
WHERE id = :id AND state = 'sending'
"""

_SENT: Final = """
UPDATE announcements SET
    state = 'sent', channel_id = :channel_id, ts = :ts, refused_at = NULL, refusal = NULL,
    shown_revision = CASE WHEN shown_revision < :shown_revision THEN :shown_revision
        ELSE shown_revision END
WHERE id = :id
"""

_STANDING: Final = f"""
SELECT * FROM announcements WHERE state = 'sent' AND {STANDS} ORDER BY number DESC LIMIT :limit
"""  # noqa: S608 - only constants are put in

_POST_AGAIN: Final = f"""
UPDATE announcements SET state = 'pending', first_tried_at = NULL, in_doubt = 0
WHERE id = :id AND state = 'sent' AND ({STANDS} OR EXISTS (
    SELECT 1 FROM runs
    WHERE announcement_id = announcements.id AND runs.state IN ('running', 'stopped')
))
"""  # noqa: S608 - only constants are put in
"""A run that isn't over needs its message: it is stopped and continued there."""


_IS_NEW: Final = """
SELECT NOT EXISTS (SELECT 1 FROM scans)
    AND NOT EXISTS (SELECT 1 FROM announcements WHERE kind = 'started') AS number
"""

_SET_TIMETABLE: Final = "UPDATE announcements SET timetable = :timetable WHERE id = :id"


class Announcements(FencedRepository):
    """Announcements to send to Slack, which only the leader does."""

    def introduce(self, timetable: Timetable) -> bool:
        """Have the bot introduce itself if its database is new: once, before the first scan.

        Returns:
            Whether there is something to announce.
        """
        with self._connections.writing() as db:
            if not db.number(_IS_NEW):
                return False
            news = NewAnnouncement(AnnouncementKind.STARTED)
            announcement_id = record(db, news, None, self._clock.now())
            db.run(_SET_TIMETABLE, id=announcement_id, timetable=timetable_json(timetable))
            return True

    def due(self) -> list[Announcement]:
        """Announcements to be sent or updated, oldest first.

        An alert waits while the bot fixes by itself what it is about, but not for long.
        """
        held_since = time_text(self._clock.now() - HELD_FOR)
        with self._connections.reading() as db:
            return [to_announcement(row) for row in db.rows(_DUE, held_since=held_since)]

    def content(self, announcement_id: str, limit: int, offset: int = 0) -> AnnouncementContent:
        """What an announcement shows now.

        The order is by severity, the worst first, then by account name. If the findings don't fit
        in `limit`, open ones come before all others. `offset` pages through that order.

        Raises:
            StoreError: it does not exist.
        """
        with self._connections.reading() as db:
            content = _without_findings(db, announcement_id, limit, offset)
            kind = content.announcement.kind
            return _with_page(db, content, limit, offset) if kind in ALERTS else content

    def message_content(self, announcement_id: str, rows: int) -> AnnouncementContent:
        """What an announcement's message shows, as things are now.

        Args:
            announcement_id: the announcement.
            rows: how many accounts, changes or exemptions it shows at most.

        Raises:
            NotLeading: only the leader shows it.
            StoreError: there is no such announcement.
        """
        with self._connections.reading() as db:
            self._fence.require(db)
            content = _without_findings(db, announcement_id, rows)
            if content.announcement.kind not in ALERTS:
                return content
            counted = _with_page(db, content, 0, 0)
            return replace(
                counted,
                findings=first_open_findings(db, announcement_id, rows),
                summary=alert_summary(db, announcement_id),
                auto_fix_pause=auto_fix_pause(
                    db, content.announcement.scan_id, content.announcement.channel
                ),
            )

    def begin_sending(self, announcement_id: str) -> Announcement | None:
        """Mark that it is being sent; None if there is nothing to send any more.

        One that is already `SENDING` is in doubt from now on: an earlier attempt got no answer.

        Raises:
            NotLeading: only the leader sends it.
        """
        with self._connections.writing() as db:
            self._fence.require(db)
            row = db.row(_BEGIN_SENDING, id=announcement_id, now=time_text(self._clock.now()))
            return to_announcement(row) if row is not None else None

    def not_sent(self, announcement_id: str) -> None:
        """Mark that Slack certainly did not post it: it is `PENDING` again.

        The time of the first attempt is cleared, so that it can still be withdrawn, unless an
        earlier attempt got no answer: that message may be in the channel.

        Raises:
            NotLeading: the next leader may be sending it already.
        """
        with self._connections.writing() as db:
            self._fence.require(db)
            db.run(_NOT_SENT, id=announcement_id)
            db.run(WITHDRAW_IDLE, id=announcement_id)

    def sent(self, announcement_id: str, channel_id: str, ts: str, shown_revision: int) -> None:
        """Mark where an announcement was posted and which revision it shows."""
        with self._connections.writing() as db:
            shown = {"id": announcement_id, "channel_id": channel_id, "ts": ts}
            db.run(_SENT, shown_revision=shown_revision, **shown)

    def standing(self, limit: int) -> list[Announcement]:
        """The newest posted alerts that show open findings."""
        with self._connections.reading() as db:
            return [to_announcement(row) for row in db.rows(_STANDING, limit=limit)]

    def post_again(self, announcement_id: str) -> bool:
        """Post a deleted alert again if it has open findings, and a run's message if it goes on.

        Returns:
            Whether it will be posted again.

        Raises:
            NotLeading: the next leader sees to it.
        """
        with self._connections.writing() as db:
            self._fence.require(db)
            return db.run(_POST_AGAIN, id=announcement_id) == 1

    def may_repeat(self, announcement_id: str) -> None:
        """Mark that the channel couldn't be searched for it, so that it says it may be a repeat."""
        with self._connections.writing() as db:
            db.run("UPDATE announcements SET maybe_repeat = 1 WHERE id = :id", id=announcement_id)


def _without_findings(
    db: Transaction, announcement_id: str, limit: int, offset: int = 0
) -> AnnouncementContent:
    """An announcement with all that isn't a finding."""
    row = db.row("SELECT * FROM announcements WHERE id = :id", id=announcement_id)
    if row is None:
        raise StoreError(
            "This alert is no longer in the database.",
            "To see the current findings, type /altcontact check.",
        )
    announcement = to_announcement(row)
    found = db.row("SELECT * FROM scans WHERE id = :id", id=announcement.scan_id)
    content = AnnouncementContent(announcement, to_scan(found) if found is not None else None)
    page: dict[str, Value] = {"id": announcement_id, "limit": limit, "offset": offset}
    match announcement.kind:
        case AnnouncementKind.CHANGED:
            changes = tuple(to_change(row) for row in db.rows(_CHANGES, **page))
            total = db.number(_CHANGES_COUNT, id=announcement_id)
            content = replace(content, total=total, changes=changes)
        case AnnouncementKind.ENDING:
            ending = tuple(to_exemption(row) for row in db.rows(_ENDING, **page))
            total = db.number(_ENDING_COUNT, id=announcement_id)
            content = replace(content, total=total, exemptions=ending)
        case AnnouncementKind.FIXED:
            fixed, undo = db.row(_FIX, id=announcement_id), db.row(_UNDO, id=announcement_id)
            content = replace(
                content,
                total=1,
                fix=to_fix(fixed) if fixed is not None else None,
                undone_by=to_fix(undo) if undo is not None else None,
            )
        case AnnouncementKind.APPROVAL:
            content = replace(content, request=announced_request(db, announcement_id, limit))
        case AnnouncementKind.RUN:
            content = replace(content, progress=announced_progress(db, announcement_id))
        case AnnouncementKind.OTHER_BOTS:
            content = replace(content, total=db.number(_OTHERS, id=announcement_id))
        case AnnouncementKind.CHECKS_WORKING:
            content = replace(content, checked=checked_accounts(db, announcement.organization))
        case AnnouncementKind.CHECKS_FAILING:
            content = replace(content, recovered_at=_recovered_at(db, row))
        case _:
            pass
    return content


def _recovered_at(db: Transaction, failing: Row) -> datetime | None:
    """When checks worked again after this announcement; None while they don't."""
    over = db.row(_RECOVERED, number=failing["number"], organization=failing["organization"])
    return to_time(over["created_at"]) if over is not None else None


def _with_page(
    db: Transaction, content: AnnouncementContent, limit: int, offset: int
) -> AnnouncementContent:
    """An alert with one page of its findings, and their numbers."""
    announcement_id = content.announcement.id
    (counts,) = db.rows(_COUNTS, id=announcement_id)
    open_first = int(counts["total"] > limit)
    page = {"open_first": open_first, "limit": limit, "offset": offset}
    shown = db.rows(_SHOWN, id=announcement_id, **page) if limit else []
    numbers = {row["severity"]: row["number"] for row in db.rows(_SEVERITIES, id=announcement_id)}
    return replace(
        content,
        findings=tuple(to_findings(db, shown)),
        total=counts["total"],
        open=counts["open"],
        exempt=counts["exempt"],
        contacts=counts["contacts"],
        missing=counts["missing"],
        severities={severity: numbers[severity] for severity in Severity if severity in numbers},
    )
