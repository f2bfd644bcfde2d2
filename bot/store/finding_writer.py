"""Reads, opens, refreshes and resolves the rows of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.known_account import KnownFinding
from bot.store.columns import differences_json, failure_json, mention_json, text, time_text
from bot.store.mappers import to_destination, to_finding_key
from bot.store.rows_among import rows_among

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
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
WITH seen (id, reason, failure, severity, differences, owner, channel, mention, at) AS (
    VALUES (:id, :reason, :failure, :severity, :differences, :owner, :channel, :mention, :seen_at)
)
UPDATE findings SET
    reason = seen.reason, failure = seen.failure, severity = seen.severity,
    differences = seen.differences, owner = seen.owner, channel = seen.channel,
    mention = seen.mention, last_seen = seen.at
FROM seen WHERE findings.id = seen.id
"""

_RESOLVE: Final = """
WITH ended (id, at, user_id, resolution, kind, scan_id) AS (
    VALUES (:id, :resolved_at, :user_id, :resolution, :resolution_kind, CAST(:scan_id AS BIGINT))
)
UPDATE findings SET
    resolved_at = ended.at, resolved_by = ended.user_id, resolution = ended.resolution,
    resolution_kind = ended.kind, resolved_scan = ended.scan_id
FROM ended WHERE findings.id = ended.id
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


def open_findings(db: Transaction, opened: Iterable[OpenedFinding], scan_id: int | None) -> None:
    """Add findings. One that is exempt from the start has no `opened_scan`."""
    db.run_each(_OPEN, (_opened_row(each, scan_id) for each in opened))


def _opened_row(opened: OpenedFinding, scan_id: int | None) -> dict[str, Value]:
    key = opened.key
    return {
        "account_id": key.account_id,
        "type": key.type,
        "outcome": key.outcome,
        "rule": key.rule,
        "seen_at": time_text(opened.seen_at),
        "scan_id": scan_id if opened.exemption_id is None else None,
        "exemption_id": opened.exemption_id,
        **_shown(opened.details),
        **_destination(opened.details),
    }


def refresh_findings(
    db: Transaction, refreshed: Iterable[tuple[Row, RefreshedFinding]]
) -> list[Row]:
    """Update findings; the rows, as they were, of those that an announcement shows otherwise now.

    Args:
        db: a write transaction.
        refreshed: each with its row; none twice.
    """
    values: list[dict[str, Value]] = []
    altered: list[Row] = []
    for row, each in refreshed:
        shown = _shown(each.details)
        seen: dict[str, Value] = {"id": each.finding.id, "seen_at": time_text(each.seen_at)}
        values.append({**seen, **shown, **_destination(each.details)})
        if any(row[column] != value for column, value in shown.items()):
            altered.append(row)
    db.run_each(_REFRESH, values)
    return altered


def resolve_findings(
    db: Transaction, resolved: Iterable[ResolvedFinding], now: datetime, scan_id: int | None
) -> None:
    """Resolve findings."""
    db.run_each(
        _RESOLVE,
        (
            {
                "id": each.finding.id,
                "resolved_at": time_text(now),
                "user_id": each.user_id,
                "resolution": text(each.resolution.text),
                "resolution_kind": each.resolution.kind,
                "scan_id": scan_id,
            }
            for each in resolved
        ),
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
