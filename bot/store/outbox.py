"""Announcements recorded in the transaction of their cause, to be sent later."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import (
    AnnouncementKind,
    NewAnnouncement,
    NewFinding,
    SendState,
    continues,
    grouped,
    plan,
)
from bot.domain.failures import FailureCode
from bot.domain.policy.destination import Destination
from bot.domain.scans import ScanState
from bot.store.columns import (
    contact_json,
    failure_json,
    mention_json,
    text,
    time_text,
    to_failure,
)
from bot.store.mappers import to_scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.evaluation.plan import ChangedContact
    from bot.domain.findings import FindingKey
    from bot.domain.fixes import Fix
    from bot.domain.scans import Scan
    from bot.store.transaction import Transaction

UNTRIED: Final = "state = 'pending' AND first_tried_at IS NULL"

_BUMP: Final = "UPDATE announcements SET revision = revision + 1 WHERE id = :id"

STANDS: Final = """kind IN ('non_compliant', 'unchecked') AND EXISTS (
    SELECT 1 FROM findings
    WHERE announcement_id = announcements.id AND resolved_at IS NULL AND exemption_id IS NULL
)"""
"""Whether an alert has open findings."""

WITHDRAW_IDLE: Final = f"""
UPDATE announcements SET state = 'withdrawn' WHERE id = :id AND {UNTRIED} AND (
    kind IN ('non_compliant', 'unchecked') AND NOT EXISTS (
        SELECT 1 FROM findings
        WHERE announcement_id = :id AND resolved_at IS NULL AND exemption_id IS NULL
    )
    OR kind = 'ending' AND NOT EXISTS (
        SELECT 1 FROM exemptions WHERE announcement_id = :id AND ended_at IS NULL
    )
    OR kind = 'fixed' AND EXISTS (
        SELECT 1 FROM fixes WHERE announcement_id = :id AND in_doubt_since IS NULL
            AND (state = 'failed' OR already_there = 1)
    )
    OR kind = 'approval' AND EXISTS (
        SELECT 1 FROM approval_messages JOIN approvals ON approvals.id = approval_id
        WHERE announcement_id = :id AND is_reminder = 1 AND approvals.state != 'waiting'
    )
)
"""  # noqa: S608 - only constants of this module are put in

_WITHDRAW_FAILING: Final = f"""
UPDATE announcements SET state = 'withdrawn'
WHERE kind = 'checks_failing' AND organization = :organization AND {UNTRIED}
"""  # noqa: S608 - only constants of this module are put in

_IS_FAILING: Final = """
INSERT INTO health (organization, failing) VALUES (:organization, :failing)
ON CONFLICT (organization) DO UPDATE SET failing = excluded.failing
"""

_FAILING_ANNOUNCED: Final = """
SELECT id FROM announcements
WHERE kind = 'checks_failing' AND organization = :organization AND state != 'withdrawn'
    AND number > (
        SELECT coalesce(max(number), 0) FROM announcements
        WHERE kind = 'checks_working' AND organization = :organization
    )
"""

_KNOWN_CAUSES: Final = """
SELECT announcements.id, findings.failure, accounts.organization, findings.account_id
FROM announcements
JOIN findings ON findings.announcement_id = announcements.id
JOIN accounts ON accounts.id = findings.account_id
WHERE announcements.kind = 'unchecked' AND announcements.channel = :channel
    AND announcements.state != 'withdrawn'
    AND findings.failure IS NOT NULL AND resolved_at IS NULL AND exemption_id IS NULL
ORDER BY announcements.number DESC
"""

_RECORD: Final = """
INSERT INTO announcements
    (id, kind, scan_id, created_at, state, failure, organization, channel, mention)
VALUES
    (:id, :kind, :scan_id, :created_at, :state, :failure, :organization, :channel, :mention)
"""

_SHOW: Final = """
WITH shown (announcement_id, account_id, type, outcome, rule) AS (
    VALUES (:announcement_id, :account_id, :type, :outcome, :rule)
)
UPDATE findings SET announcement_id = shown.announcement_id
FROM shown WHERE findings.account_id = shown.account_id AND findings.type = shown.type
    AND findings.outcome = shown.outcome AND findings.rule = shown.rule
    AND findings.resolved_at IS NULL
"""


_KEEP_CHANGE: Final = """
INSERT INTO contact_changes (account_id, type, before, after, seen_at, announcement_id)
VALUES (:account_id, :type, :before, :after, :seen_at, :announcement_id)
"""


_STARTED: Final = "SELECT id, scan_id FROM announcements WHERE kind = 'started' LIMIT 1"

_SHOW_SCAN: Final = """
UPDATE announcements SET scan_id = :scan_id, revision = revision + 1 WHERE id = :id
"""

_FIX_ANNOUNCED: Final = """
SELECT fixes.channel, announcements.id AS announcement_id
FROM fixes LEFT JOIN announcements
    ON announcements.id = fixes.announcement_id AND announcements.state != 'withdrawn'
WHERE fixes.id = :id AND NOT EXISTS (
    SELECT 1 FROM runs WHERE runs.id = fixes.run_id AND runs.announcement_id IS NOT NULL
)
"""
"""A run with a message of its own shows all its fixes there."""


def bump_revision(db: Transaction, announcement_ids: Iterable[str]) -> None:
    """Note that what these announcements show has changed.

    One that was surely never posted, and of which nothing is open, is withdrawn.
    """
    for announcement_id in announcement_ids:
        db.run(_BUMP, id=announcement_id)
        db.run(WITHDRAW_IDLE, id=announcement_id)


def announce(
    db: Transaction, scan: Scan, opened: Mapping[FindingKey, NewFinding], now: datetime
) -> None:
    """Record the announcements that a scan gives rise to, to be sent later."""
    looked_after = {part.organization for part in scan.parts} or {""}
    failing_before: dict[str, FailureCode] = {}
    for row in db.rows("SELECT * FROM health ORDER BY organization"):
        organization = row["organization"]
        if organization in looked_after:
            failing_before[organization] = FailureCode(row["failing"])
        else:
            # It is no longer checked: its section is gone from the policy file.
            _forget(db, organization)
    for news in plan(scan, opened, failing_before):
        record(db, news, scan.id, now)
    _show_limits(db, scan)


def _show_limits(db: Transaction, scan: Scan) -> None:
    """Have the bot's first message say what it can't check, or no longer say it."""
    row = db.row(_STARTED)
    if row is None or scan.state is ScanState.FAILED:
        return
    shown = db.row("SELECT * FROM scans WHERE id = :id", id=row["scan_id"])
    if scan.limits != (to_scan(shown).limits if shown is not None else {}):
        db.run(_SHOW_SCAN, id=row["id"], scan_id=scan.id)


def announce_changes(
    db: Transaction, changes: Iterable[ChangedContact], scan_id: int, now: datetime
) -> None:
    """Record changed contacts with their announcements, one a channel."""
    by_key = {change.key: change for change in changes}
    destinations = {key: change.destination for key, change in by_key.items()}
    for news in grouped(AnnouncementKind.CHANGED, destinations):
        announcement_id = record(db, news, scan_id, now)
        db.run_each(
            _KEEP_CHANGE,
            (
                {
                    "account_id": change.key.account_id,
                    "type": change.key.type,
                    "before": contact_json(change.before),
                    "after": contact_json(change.after),
                    "seen_at": time_text(change.seen_at),
                    "announcement_id": announcement_id,
                }
                for change in (by_key[key] for key in news.findings)
            ),
        )


def announce_fix(db: Transaction, fix: Fix, now: datetime) -> None:
    """Have a fix announced that AWS took, or may have; or its announcement brought up to date."""
    row = db.row(_FIX_ANNOUNCED, id=fix.id)
    if row is not None and row["announcement_id"] is not None:
        bump_revision(db, [row["announcement_id"]])
    elif row is not None and fix.may_have_written:
        news = NewAnnouncement(AnnouncementKind.FIXED, destination=Destination(row["channel"]))
        sql = "UPDATE fixes SET announcement_id = :announcement_id WHERE id = :id"
        db.run(sql, announcement_id=record(db, news, None, now), id=fix.id)


def record(db: Transaction, news: NewAnnouncement, scan_id: int | None, now: datetime) -> str:
    """Record one announcement with the findings that it shows.

    What can't be checked for a root cause that an open alert is about is added to that alert.

    Returns:
        The announcement's id.
    """
    if news.kind is AnnouncementKind.UNCHECKED and news.cause[1]:
        known = _alert_about(db, news)
        if known:
            _show(db, known, news.findings)
            bump_revision(db, [known])
            return known
    state = SendState.PENDING
    organization = news.organization
    if news.kind is AnnouncementKind.CHECKS_FAILING and news.failure is not None:
        db.run(_WITHDRAW_FAILING, organization=organization)
        db.run(_IS_FAILING, organization=organization, failing=news.failure.cause)
    elif news.kind is AnnouncementKind.CHECKS_WORKING:
        _forget(db, organization)
        failing = [row["id"] for row in db.rows(_FAILING_ANNOUNCED, organization=organization)]
        bump_revision(db, failing)
        if not failing:
            state = SendState.WITHDRAWN
    announcement_id = uuid.uuid4().hex
    db.run(
        _RECORD,
        id=announcement_id,
        kind=news.kind,
        scan_id=scan_id,
        created_at=time_text(now),
        state=state,
        failure=failure_json(news.failure),
        organization=organization,
        channel=text(news.destination.channel),
        mention=mention_json(news.destination.mention),
    )
    if news.kind in {AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED}:
        _show(db, announcement_id, news.findings)
    return announcement_id


def _alert_about(db: Transaction, news: NewAnnouncement) -> str:
    """The newest alert that is about this root cause in this channel; empty for none."""
    known: dict[str, set[str]] = {}
    causes: dict[tuple[str, str], tuple[str, str]] = {}
    for row in db.rows(_KNOWN_CAUSES, channel=text(news.destination.channel)):
        stored = row["organization"], row["failure"]
        if stored not in causes:
            failure = to_failure(row["failure"])
            causes[stored] = NewFinding(failure=failure, organization=row["organization"]).cause
        if causes[stored] == news.cause:
            known.setdefault(row["id"], set()).add(row["account_id"])
    new = {key.account_id for key in news.findings}
    for announcement_id, accounts in known.items():
        return announcement_id if continues(len(new - accounts), len(accounts)) else ""
    return ""


def _show(db: Transaction, announcement_id: str, findings: Iterable[FindingKey]) -> None:
    db.run_each(
        _SHOW,
        (
            {
                "announcement_id": announcement_id,
                "account_id": key.account_id,
                "type": key.type,
                "outcome": key.outcome,
                "rule": key.rule,
            }
            for key in findings
        ),
    )


def _forget(db: Transaction, organization: str) -> None:
    """Note that checks of an organization work; what was never sent about it is withdrawn."""
    db.run(_WITHDRAW_FAILING, organization=organization)
    db.run("DELETE FROM health WHERE organization = :organization", organization=organization)
