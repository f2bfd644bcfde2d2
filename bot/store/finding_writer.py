"""Reads, opens, refreshes and resolves the rows of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.known_account import KnownFinding
from bot.store.columns import differences_json, failure_json, mention_json, text, time_text
from bot.store.mappers import to_destination, to_finding_key
from bot.store.rows_among import rows_among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.evaluation.plan import (
        FindingDetails,
        OpenedFinding,
        RefreshedFinding,
        ResolvedFinding,
    )
    from bot.store.transaction import Row, Transaction, Value

_UNRESOLVED: Final = "SELECT * FROM findings WHERE resolved_at IS NULL AND account_id IN ({values})"

_OPEN: Final = """
INSERT INTO findings
    (account_id, type, outcome, rule, reason, failure, severity, differences, owner,
     channel, mention, first_seen, last_seen, opened_scan, exemption_id)
VALUES
    (:account_id, :type, :outcome, :rule, :reason, :failure, :severity, :differences, :owner,
     :channel, :mention, :seen_at, :seen_at, :scan_id, :exemption_id)
"""

_REFRESH: Final = """
UPDATE findings SET
    reason = :reason, failure = :failure, severity = :severity, differences = :differences,
    owner = :owner, channel = :channel, mention = :mention, last_seen = :seen_at
WHERE id = :id
"""

_RESOLVE: Final = """
UPDATE findings SET
    resolved_at = :resolved_at, resolved_by = :user_id, resolution = :resolution,
    resolution_kind = :resolution_kind, resolved_scan = :scan_id
WHERE id = :id
"""


def unresolved_rows(db: Transaction, account_id: str) -> dict[int, Row]:
    """The findings of an account that are not resolved, by id."""
    return unresolved_by_account(db, [account_id]).get(account_id, {})


def unresolved_by_account(db: Transaction, account_ids: Sequence[str]) -> dict[str, dict[int, Row]]:
    """The findings of accounts that are not resolved, by the account's id and by their own."""
    found: dict[str, dict[int, Row]] = {}
    for row in rows_among(db, _UNRESOLVED, account_ids):
        found.setdefault(row["account_id"], {})[row["id"]] = row
    return found


def to_known_finding(row: Row) -> KnownFinding:
    """From `findings`."""
    return KnownFinding(row["id"], to_finding_key(row), to_destination(row), row["owner"])


def open_finding(db: Transaction, opened: OpenedFinding, scan_id: int | None) -> None:
    """Add a finding. One that is exempt from the start has no `opened_scan`."""
    key = opened.key
    values: dict[str, Value] = {
        "account_id": key.account_id,
        "type": key.type,
        "outcome": key.outcome,
        "rule": key.rule,
        "seen_at": time_text(opened.seen_at),
        "scan_id": scan_id if opened.exemption_id is None else None,
        "exemption_id": opened.exemption_id,
    }
    db.later(_OPEN, **values, **_shown(opened.details), **_destination(opened.details))


def refresh_finding(db: Transaction, row: Row, refreshed: RefreshedFinding) -> bool:
    """Update a finding; whether what it shows changed."""
    shown = _shown(refreshed.details)
    seen_at, destination = time_text(refreshed.seen_at), _destination(refreshed.details)
    db.later(_REFRESH, id=refreshed.finding.id, seen_at=seen_at, **shown, **destination)
    return any(row[column] != value for column, value in shown.items())


def resolve_finding(
    db: Transaction, resolved: ResolvedFinding, now: datetime, scan_id: int | None
) -> None:
    """Resolve a finding."""
    db.later(
        _RESOLVE,
        id=resolved.finding.id,
        resolved_at=time_text(now),
        user_id=resolved.user_id,
        resolution=text(resolved.resolution.text),
        resolution_kind=resolved.resolution.kind,
        scan_id=scan_id,
    )


def _shown(details: FindingDetails) -> dict[str, str | None]:
    """The columns that an announcement shows."""
    verdict = details.verdict
    return {
        "reason": text(verdict.reason),
        "failure": failure_json(verdict.failure),
        "severity": verdict.severity,
        "differences": differences_json(verdict.differences),
        "owner": text(details.owner),
    }


def _destination(details: FindingDetails) -> dict[str, str | None]:
    """The columns that say where it is announced."""
    return {
        "channel": text(details.destination.channel),
        "mention": mention_json(details.destination.mention),
    }
