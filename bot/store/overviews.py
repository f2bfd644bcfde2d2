"""All accounts at one moment: counted, the worst listed, and what keeps checks from working."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.accounts import ACTIVE
from bot.domain.exemptions import NOTICE
from bot.domain.findings import Outcome, severity_of
from bot.domain.overview import OpenAccount, Overview, RunningScan, Uncheckable
from bot.domain.rule_catalog import Severity
from bot.store.columns import SEVERITY_RANK, time_text, to_failure
from bot.store.mappers import to_exemption, to_findings, to_scan
from bot.store.repository import Repository
from bot.store.scans import LAST
from bot.store.slack_health import other_bots, waiting_alerts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure, FailureCode
    from bot.domain.findings import Finding
    from bot.store.transaction import Transaction, Value

_RANKS: Final = {outcome: rank for rank, outcome in enumerate(Outcome)}
_OUTCOMES: Final = tuple(Outcome)
_OUTCOME_RANK: Final = (
    "CASE outcome "
    + " ".join(f"WHEN '{outcome.value}' THEN {rank}" for outcome, rank in _RANKS.items())
    + " END"
)
_OPEN: Final = "resolved_at IS NULL AND exemption_id IS NULL"


def _listed(wanted: Sequence[Outcome]) -> str:
    return ", ".join(f"'{outcome.value}'" for outcome in wanted)


_NON_COMPLIANT: Final = _listed([outcome for outcome in Outcome if outcome.is_non_compliant])
_UNCHECKED: Final = _listed([outcome for outcome in Outcome if outcome.unchecked])

_LISTED: Final = "SELECT id, state FROM accounts WHERE gone_at IS NULL"

_OUTCOMES_OF_FINDINGS: Final = f"""
SELECT account_id, min(
    CASE WHEN exemption_id IS NULL THEN {_OUTCOME_RANK} ELSE {_RANKS[Outcome.EXEMPT]} END
) AS outcome
FROM findings WHERE resolved_at IS NULL GROUP BY account_id
"""  # noqa: S608 - only constants are put in

_SCAN_BEFORE: Final = """
SELECT coalesce(max(scan_id), 0) AS number FROM scan_results WHERE scan_id < :before
"""

_REACHED: Final = """
SELECT account_id, CASE WHEN results = '[]' THEN 1 ELSE 0 END AS skipped FROM scan_results
WHERE scan_id = :scan_id AND seen = 1
"""

_READ: Final = "SELECT DISTINCT account_id FROM contacts"

_NEWEST: Final = 2**62
"""More than the id of any scan."""

_WORST: Final = f"""
SELECT account_id, min({SEVERITY_RANK}) AS worst, folded
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE {_OPEN} AND outcome IN ({_NON_COMPLIANT})
GROUP BY account_id, folded
ORDER BY worst, folded, account_id
LIMIT :limit
"""  # noqa: S608 - only constants are put in

_FINDINGS_OF: Final = f"""
SELECT findings.*, accounts.name AS account_name
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE {_OPEN} AND outcome IN ({_NON_COMPLIANT}) AND account_id = :account_id
"""  # noqa: S608 - only constants are put in

_FAILURES: Final = f"""
SELECT DISTINCT account_id, name, failure
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE {_OPEN} AND outcome IN ({_UNCHECKED}) AND failure IS NOT NULL
ORDER BY account_id
"""  # noqa: S608 - only constants are put in

_ENDING: Final = """
FROM exemptions WHERE ended_at IS NULL AND until > :now AND until <= :soon AND EXISTS (
    SELECT 1 FROM findings
    WHERE findings.exemption_id = exemptions.id AND findings.resolved_at IS NULL
)
"""

_RUNNING: Final = "SELECT * FROM scans WHERE state = 'running' AND lease_until > :now"


class Overviews(Repository):
    """What is known of all accounts, read in one transaction, so that it fits together."""

    def overview(self, accounts: int, exemptions: int) -> Overview:
        """What is known of all accounts now.

        Args:
            accounts: how many that need attention it lists at most.
            exemptions: how many that end soon it lists at most.
        """
        with self._connections.reading() as db:
            last = db.row(LAST)
            ending, ending_total = self._ending(db, exemptions)
            return Overview(
                _counts(db),
                _open_accounts(db, accounts),
                uncheckable(db),
                ending,
                ending_total,
                to_scan(last) if last is not None else None,
                self._running(db),
                waiting_alerts(db),
                other_bots(db),
            )

    def _ending(self, db: Transaction, limit: int) -> tuple[list[Exemption], int]:
        now = self._clock.now()
        values: dict[str, Value] = {"now": time_text(now), "soon": time_text(now + NOTICE)}
        page = f"SELECT * {_ENDING} ORDER BY until, id LIMIT :limit"
        count = f"SELECT count(*) AS number {_ENDING}"
        rows = db.rows(page, limit=limit, **values)
        return [to_exemption(row) for row in rows], db.number(count, **values)

    def _running(self, db: Transaction) -> RunningScan | None:
        """The scan in progress; one whose process is gone doesn't renew its lease."""
        row = db.row(_RUNNING, now=time_text(db.now(self._clock)))
        if row is None:
            return None
        # The column holds 0 while accounts are still being listed.
        return RunningScan(to_scan(row), row["done"], row["total"] or None)


def _counts(db: Transaction) -> Mapping[Outcome, int]:
    """Accounts by outcome; one that was listed but never reached by a scan is not counted."""
    listed = {row["id"]: row["state"] for row in db.stream(_LISTED)}
    found = {row["account_id"]: row["outcome"] for row in db.stream(_OUTCOMES_OF_FINDINGS)}
    counted = Counter(_OUTCOMES[rank] for account_id, rank in found.items() if account_id in listed)
    for account_id, skipped in _without_findings(db, listed.keys() - found.keys()):
        skip = skipped or listed[account_id] != ACTIVE
        counted[Outcome.SKIPPED if skip else Outcome.COMPLIANT] += 1
    return {outcome: counted[outcome] for outcome in Outcome}


def _without_findings(db: Transaction, rest: AbstractSet[str]) -> Iterator[tuple[str, bool]]:
    """Of these accounts those that a scan reached, and whether the newest one skipped them.

    One scan after the other is looked at, the newest first: usually it reached all of them.
    """
    left, scan_id = set(rest), _NEWEST
    while left and (scan_id := db.number(_SCAN_BEFORE, before=scan_id)):
        for row in db.stream(_REACHED, scan_id=scan_id):
            if row["account_id"] in left:
                left.discard(row["account_id"])
                yield row["account_id"], bool(row["skipped"])
    if left:
        yield from (
            (row["account_id"], False) for row in db.stream(_READ) if row["account_id"] in left
        )


def _open_accounts(db: Transaction, limit: int) -> list[OpenAccount]:
    found = []
    for row in db.rows(_WORST, limit=limit):
        rows = db.rows(_FINDINGS_OF, account_id=row["account_id"])
        findings = sorted(to_findings(db, rows), key=_badness)
        found.append(OpenAccount(row["account_id"], findings[0].account_name, tuple(findings)))
    return found


def _badness(finding: Finding) -> tuple[int, int, int]:
    severity = severity_of(finding)
    types = list(type(finding.key.type))
    return (
        severity.rank if severity is not None else len(Severity),
        types.index(finding.key.type),
        finding.id,
    )


def uncheckable(db: Transaction) -> list[Uncheckable]:
    """Why accounts couldn't be checked, by the code of the failure: its words may name one."""
    read: dict[str, Failure | None] = {}
    first: dict[FailureCode, Uncheckable] = {}
    accounts: dict[FailureCode, set[str]] = {}
    for row in db.stream(_FAILURES):
        text = row["failure"]
        if text not in read:
            read[text] = to_failure(text)
        failure = read[text]
        if failure is not None:
            example = Uncheckable(failure, 1, row["account_id"], row["name"])
            first.setdefault(failure.cause, example)
            accounts.setdefault(failure.cause, set()).add(row["account_id"])
    found = [replace(example, accounts=len(accounts[code])) for code, example in first.items()]
    return sorted(found, key=lambda each: (-each.accounts, each.failure.cause))
