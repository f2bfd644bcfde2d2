"""What readings leave behind: a scan recorded whole, a report of it, a look at one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.errors import StoreError
from bot.scans import Changes, ScanReport, ScanState
from bot.scope import ScopeKind
from bot.store.base import Part
from bot.store.ledger import GONE, Ledger
from bot.store.outbox import announce, touch
from bot.store.rows import (
    ResultReader,
    counts_json,
    failure_json,
    result_row,
    time_text,
    to_finding_key,
    to_scan,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlite_utils import Database

    from bot.findings import AccountResult, FindingKey
    from bot.scans import Scan

RESULTS_KEPT: Final = 3
"""Of how many scans the results are kept, account by account; findings are kept of all."""

_END: Final = """
UPDATE scans SET
    state = ?, finished_at = ?, counts = ?, failure = ?, unchanged = ?,
    scope_kind = ?, scope_role = ?, scope_account_id = ?, scope_partition = ?,
    scope_organization_id = ?, scope_management_id = ?
WHERE id = ?
"""

_PRUNE: Final = """
DELETE FROM scan_results WHERE scan_id IN (
    SELECT DISTINCT scan_id FROM scan_results ORDER BY scan_id DESC LIMIT -1 OFFSET ?
)
"""

_FINDINGS_GONE: Final = """
SELECT id, account_id, type, outcome, announcement_id FROM findings
WHERE resolved_at IS NULL
    AND account_id NOT IN (SELECT account_id FROM scan_results WHERE scan_id = ?)
"""

_ACCOUNTS_GONE: Final = """
UPDATE accounts SET gone_at = ?
WHERE gone_at IS NULL AND id NOT IN (SELECT account_id FROM scan_results WHERE scan_id = ?)
"""

_CONTACTS_GONE: Final = """
DELETE FROM contacts
WHERE account_id NOT IN (SELECT account_id FROM scan_results WHERE scan_id = ?)
"""


class Recording(Part):
    """The part of the store that takes in what was read."""

    def record_scan(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        """End a scan: accounts, contacts, findings and what is to be announced, all or nothing.

        Raises:
            StoreError: also where the claim on this scan was lost.
        """
        with self._connections.writing() as db:
            self._require_claim(db, scan.id)
            now = self._clock.now()
            db.conn.executemany(
                "INSERT INTO scan_results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (result_row(scan.id, place, result) for place, result in enumerate(results)),
            )
            db.execute(_PRUNE, [RESULTS_KEPT])
            read = (result.read_at for result in results if result.read_at is not None)
            began = min(read, default=scan.started_at)
            ledger = Ledger(db, now, min(began, scan.started_at), self._consistency, scan.id)
            for result in results:
                ledger.take(result)
            if results and _lists_all(scan):
                _drop_gone(db, ledger, scan.id, time_text(now))
            opened = tuple(ledger.opened)
            standing = db.execute("SELECT count(*) FROM findings WHERE resolved_at IS NULL")
            unchanged = int(standing.fetchone()[0]) - len(opened)
            _end(db, scan, scan.finished_at or now, unchanged)
            touch(db, ledger.touched)
            announce(db, scan, opened, now)
            return Changes(opened, tuple(ledger.resolved), unchanged)

    def report(self, scan_id: int) -> ScanReport:
        """A recorded scan with its accounts; those of scans long past are not kept.

        Raises:
            StoreError: the scan is unknown, runs, or was cut off.
        """
        with self._connections.reading() as db:
            row = db.execute("SELECT * FROM scans WHERE id = ?", [scan_id]).fetchone()
            if row is None or row["state"] in {ScanState.RUNNING, ScanState.CUT_OFF}:
                raise StoreError(f"Check {scan_id} was not recorded.", "Check again.")
            reader = ResultReader()
            sql = "SELECT * FROM scan_results WHERE scan_id = ? ORDER BY position"
            results = tuple(reader.read(found) for found in db.execute(sql, [scan_id]))
            changes = Changes(
                _keys(db, "opened_scan", scan_id),
                _keys(db, "resolved_scan", scan_id),
                row["unchanged"],
            )
            return ScanReport(to_scan(row), results, changes)

    def observe(self, result: AccountResult) -> None:
        """Keep what a look at one account found: resolves its findings, and opens none."""
        with self._connections.writing() as db:
            now = self._clock.now()
            ledger = Ledger(db, now, result.read_at or now, self._consistency)
            ledger.take(result)
            touch(db, ledger.touched)

    def _require_claim(self, db: Database, scan_id: int) -> None:
        claim = (scan_id, self._owner.instance)
        sql = "SELECT 1 FROM scans WHERE id = ? AND state = 'running' AND instance = ?"
        if db.execute(sql, claim).fetchone() is None:
            raise StoreError(
                f"Check {scan_id} was taken for dead and cannot be recorded any more.",
                "Check again; if this comes back, the machine is too slow or its clock jumps.",
            )


def _lists_all(scan: Scan) -> bool:
    return (
        scan.state is ScanState.COMPLETE
        and scan.scope is not None
        and scan.scope.kind is ScopeKind.ORGANIZATION
    )


def _drop_gone(db: Database, ledger: Ledger, scan_id: int, when: str) -> None:
    """End what concerns accounts that a complete listing of the organization does not have."""
    for row in db.execute(_FINDINGS_GONE, [scan_id]).fetchall():
        ledger.resolve(row, GONE)
    db.execute(_ACCOUNTS_GONE, (when, scan_id))
    # Personal data of accounts that nobody here looks after any longer.
    db.execute(_CONTACTS_GONE, [scan_id])


def _end(db: Database, scan: Scan, finished_at: datetime, unchanged: int) -> None:
    scope = scan.scope
    where: tuple[str | None, ...] = (None,) * 6
    if scope is not None:
        where = (
            scope.kind,
            scope.role,
            scope.account_id,
            scope.partition,
            scope.organization_id,
            scope.management_id,
        )
    counts, failure = counts_json(scan.counts), failure_json(scan.failure)
    ended = (scan.state, time_text(finished_at), counts, failure, unchanged)
    db.execute(_END, (*ended, *where, scan.id))


def _keys(db: Database, column: str, scan_id: int) -> tuple[FindingKey, ...]:
    sql = f"SELECT account_id, type, outcome FROM findings WHERE {column} = ? ORDER BY id"  # noqa: S608 - a column of this module
    return tuple(to_finding_key(row) for row in db.execute(sql, [scan_id]))
