"""What an alert's message shows: its first open accounts, and what became of all of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import ACTIVE
from bot.domain.alert_summary import AlertFinding, summarize
from bot.domain.announcements import CheckedAccounts
from bot.domain.contacts import ContactType
from bot.domain.findings import Outcome, ResolutionKind
from bot.domain.rule_catalog import Rule
from bot.store.columns import SEVERITY_RANK, to_failure, to_time
from bot.store.mappers import to_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.alert_summary import AlertSummary
    from bot.domain.failures import Failure
    from bot.domain.findings import Finding
    from bot.store.transaction import Row, Transaction

_TYPE_ORDER: Final = (
    "CASE type "
    + " ".join(f"WHEN '{kind.value}' THEN {place}" for place, kind in enumerate(ContactType))
    + " END"
)

_OPEN: Final = f"""
WITH shown AS (
    SELECT findings.*, accounts.name AS account_name, accounts.units, accounts.folded,
        min({SEVERITY_RANK}) OVER (PARTITION BY account_id) AS worst
    FROM findings JOIN accounts ON accounts.id = findings.account_id
    WHERE announcement_id = :id AND resolved_at IS NULL AND exemption_id IS NULL
), placed AS (
    SELECT *, dense_rank() OVER (ORDER BY worst, folded, account_id) AS place FROM shown
)
SELECT * FROM placed WHERE place <= :accounts ORDER BY place, {SEVERITY_RANK}, {_TYPE_ORDER}, id
"""  # noqa: S608 - only constants are put in

_COLUMNS: Final = """
    findings.id AS id, findings.account_id AS account_id, accounts.name, accounts.folded AS folded,
    findings.type, findings.rule, findings.outcome, findings.resolved_at AS resolved_at,
    findings.resolved_by, findings.resolution_kind, findings.failure, exemptions.until
"""

_TABLES: Final = """
    findings
    JOIN accounts ON accounts.id = findings.account_id
    LEFT JOIN exemptions ON exemptions.id = findings.exemption_id
"""

_ALL: Final = f"""
SELECT {_COLUMNS}, 1 AS in_alert FROM {_TABLES} WHERE findings.announcement_id = :id
UNION ALL
SELECT {_COLUMNS}, 0 AS in_alert FROM {_TABLES}
WHERE findings.resolved_at IS NULL AND coalesce(findings.announcement_id, '') != :id
    AND findings.account_id IN (SELECT account_id FROM findings WHERE announcement_id = :id)
ORDER BY folded, account_id, in_alert DESC, resolved_at, id
"""  # noqa: S608 - only constants are put in
"""The findings of an alert, and what else is unresolved of its accounts."""

_CHECKED: Final = f"""
WITH current AS (
    SELECT account_id,
        count(*) FILTER (WHERE outcome IN ('missing', 'wrong', 'weak')) AS non_compliant,
        count(*) FILTER (WHERE rule = 'missing' AND type = 'SECURITY') AS without_security,
        count(*) FILTER (WHERE outcome IN ('unknown', 'unsupported')) AS unchecked
    FROM findings WHERE resolved_at IS NULL AND exemption_id IS NULL
    GROUP BY account_id
)
SELECT count(*) AS total,
    count(*) FILTER (WHERE non_compliant > 0) AS non_compliant,
    count(*) FILTER (WHERE without_security > 0) AS without_security,
    count(*) FILTER (WHERE unchecked > 0 AND non_compliant = 0) AS unchecked
FROM accounts LEFT JOIN current ON current.account_id = accounts.id
WHERE gone_at IS NULL AND state = '{ACTIVE}'
    AND (:organization = '' OR organization = :organization)
    AND accounts.id NOT IN (
        SELECT account_id FROM scan_results
        WHERE scan_id = (SELECT max(scan_id) FROM scan_results) AND seen = 1 AND results = '[]'
    )
"""  # noqa: S608 - only constants are put in
"""Accounts in numbers, without those that checks skip: of other states, or excluded."""


def first_open_findings(db: Transaction, announcement_id: str, accounts: int) -> list[Finding]:
    """The open findings of an alert's first accounts: worst severity first, then by name."""
    return to_findings(db, db.rows(_OPEN, id=announcement_id, accounts=accounts))


def alert_summary(db: Transaction, announcement_id: str) -> AlertSummary:
    """What became of all accounts of an alert."""
    return summarize(_findings(db, announcement_id))


def checked_accounts(db: Transaction, organization: str) -> CheckedAccounts:
    """The accounts that checks cover, by how they are now.

    Args:
        db: the transaction.
        organization: the name of their `[[aws]]` section; empty for all accounts.
    """
    (row,) = db.rows(_CHECKED, organization=organization)
    return CheckedAccounts(
        row["total"], row["non_compliant"], row["without_security"], row["unchecked"]
    )


def _findings(db: Transaction, announcement_id: str) -> Iterator[AlertFinding]:
    parse: Callable[[str | None], Failure | None] = lru_cache(maxsize=100)(to_failure)
    for row in db.stream(_ALL, id=announcement_id):
        yield _finding(row, parse)


def _finding(row: Row, parse: Callable[[str | None], Failure | None]) -> AlertFinding:
    kind, failure = row["resolution_kind"], row["failure"]
    return AlertFinding(
        row["account_id"],
        row["name"],
        ContactType(row["type"]),
        Rule(row["rule"]),
        Outcome(row["outcome"]),
        bool(row["in_alert"]),
        row["resolved_at"] is not None,
        ResolutionKind(kind) if kind else None,
        row["resolved_by"],
        to_time(row["until"]) if row["resolved_at"] is None else None,
        parse(failure),
    )
