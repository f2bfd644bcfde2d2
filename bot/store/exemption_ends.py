"""Ends exemptions: opens their findings again, and announces the end in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, NewFinding, grouped, plan_alerts
from bot.domain.audit_entries import exemption_ended
from bot.domain.evaluation.resolution import OPENED_AGAIN
from bot.store import audit_log
from bot.store.columns import time_text, to_failure
from bot.store.mappers import to_destination, to_exemption, to_finding_key
from bot.store.outbox import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.findings import FindingKey
    from bot.store.transaction import Row, Transaction

_UNRESOLVED: Final = """
SELECT findings.*, accounts.organization FROM findings
JOIN accounts ON accounts.id = findings.account_id
WHERE exemption_id = :exemption_id AND resolved_at IS NULL
"""

_RESOLVE: Final = """
UPDATE findings SET
    resolved_at = :resolved_at, resolution = :resolution, resolution_kind = :resolution_kind
WHERE id = :id
"""

_NOTICED: Final = """
UPDATE exemptions SET noticed_at = :noticed_at, announcement_id = :announcement_id WHERE id = :id
"""

_END: Final = "UPDATE exemptions SET ended_at = :ended_at, ended_by = :ended_by WHERE id = :id"

_OPEN_AGAIN: Final = """
INSERT INTO findings
    (account_id, type, outcome, rule, severity, reason, failure, differences,
     owner, channel, mention, first_seen, last_seen)
SELECT account_id, type, outcome, rule, severity, reason, failure, differences,
    owner, channel, mention, first_seen, last_seen
FROM findings WHERE id = :id
"""

_TO_NOTICE: Final = """
SELECT findings.* FROM exemptions
JOIN findings ON findings.exemption_id = exemptions.id AND findings.resolved_at IS NULL
WHERE notice_at <= :now AND noticed_at IS NULL AND ended_at IS NULL
ORDER BY until, exemptions.id, findings.id
"""

_LATEST_SCAN: Final = (
    "SELECT max(id) AS number FROM scans WHERE state NOT IN ('running', 'cut_off')"
)


def end_exemption(db: Transaction, row: Row, now: datetime, user_id: str = "") -> set[str]:
    """Record an end: by a person now, or else on its day. Returns the announcement's id."""
    ended_at = time_text(now) if user_id else row["until"]
    db.run(_END, ended_at=ended_at, ended_by=user_id, id=row["id"])
    audit_log.record(db, exemption_ended(to_exemption(row), user_id), now)
    return {row["announcement_id"]} - {None}


def open_again(
    db: Transaction, exemption_ids: Sequence[int], now: datetime
) -> tuple[set[str], bool]:
    """Open the findings of exemptions that ended, as new findings.

    Returns:
        The announcements that show the old ones, and whether there are new ones.
    """
    outdated: set[str] = set()
    opened: dict[FindingKey, NewFinding] = {}
    for exemption_id in exemption_ids:
        for row in db.rows(_UNRESOLVED, exemption_id=exemption_id):
            db.run(
                _RESOLVE,
                id=row["id"],
                resolved_at=time_text(now),
                resolution=OPENED_AGAIN.text,
                resolution_kind=OPENED_AGAIN.kind,
            )
            db.run(_OPEN_AGAIN, id=row["id"])
            opened[to_finding_key(row)] = NewFinding(
                to_destination(row), to_failure(row["failure"]), row["organization"]
            )
            if row["announcement_id"] is not None:
                outdated.add(row["announcement_id"])
    for news in plan_alerts(opened):
        record(db, news, _latest_scan(db), now)
    return outdated, bool(opened)


def give_notice(db: Transaction, now: datetime) -> bool:
    """Announce exemptions of findings that end soon; whether there are any."""
    first: dict[int, Row] = {}
    for row in db.rows(_TO_NOTICE, now=time_text(now)):
        # One exemption can cover two findings: the rule is violated, and it couldn't be evaluated.
        first.setdefault(row["exemption_id"], row)
    ending = {to_finding_key(row): row for row in first.values()}
    destinations = {key: to_destination(row) for key, row in ending.items()}
    for news in grouped(AnnouncementKind.ENDING, destinations):
        announcement_id = record(db, news, _latest_scan(db), now)
        for key in news.findings:
            exemption_id = ending[key]["exemption_id"]
            noticed_at = time_text(now)
            db.run(
                _NOTICED, noticed_at=noticed_at, announcement_id=announcement_id, id=exemption_id
            )
    return bool(ending)


def _latest_scan(db: Transaction) -> int:
    """The newest recorded scan. There is one, because a scan opened the finding."""
    return db.number(_LATEST_SCAN)
