"""Scans: which process runs one, its progress, its results, and past ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.domain.evaluation.known_account import ReadingTime
from bot.domain.scans import Changes, ScanReport, ScanState, TriggerKind
from bot.domain.scope import KnownOrganization, ScopeKind
from bot.services.ports.scans import ScanClaim
from bot.store.columns import SCOPE_COLUMNS, failure_json, parts_json, scope_values, time_text
from bot.store.contact_history import forget_old
from bot.store.departed_accounts import drop_departed
from bot.store.mappers import to_finding_key, to_scan
from bot.store.outbox import announce, announce_changes, bump_revision
from bot.store.plan_writer import PlanWriter
from bot.store.repository import Repository
from bot.store.scan_result_mapper import KEEP_RESULT, ResultReader, result_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.domain.findings import AccountResult, FindingKey
    from bot.domain.scans import Scan, Trigger
    from bot.services.ports.clock import Clock
    from bot.store.fence import Fence
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Transaction

_SCAN: Final = "SELECT * FROM scans WHERE id = :id"

_RUNNING: Final = "SELECT * FROM scans WHERE state = 'running'"

_CLAIMED: Final = (
    "SELECT id FROM scans WHERE id = :id AND state = 'running' AND instance = :instance"
)

_RESULTS: Final = "SELECT * FROM scan_results WHERE scan_id = :scan_id ORDER BY position"

_CLAIM: Final = """
INSERT INTO scans (state, trigger, user_id, started_at, instance, host, pid, lease_until)
VALUES
    ('running', :trigger, :user_id, :started_at, :instance, :host, :pid, :lease_until)
RETURNING *
"""

_RENEW: Final = """
UPDATE scans SET lease_until = :lease_until, done = :done, total = :total
WHERE id = :id AND state = 'running' AND instance = :instance
"""

LAST: Final = """
SELECT * FROM scans
WHERE state IN ('complete', 'failed')
    OR (state = 'incomplete' AND failure NOT LIKE '["not_reached",%')
ORDER BY id DESC LIMIT 1
"""


RESULTS_KEPT: Final = 3
"""How many scans keep their results by account. Findings are kept forever."""

_END: Final = """
UPDATE scans SET
    state = :state, finished_at = :finished_at, counts = :counts, failure = :failure,
    unchanged = :unchanged, parts = :parts, scope_kind = :scope_kind, scope_role = :scope_role,
    scope_account_id = :scope_account_id, scope_partition = :scope_partition,
    scope_organization_id = :scope_organization_id, scope_management_id = :scope_management_id
WHERE id = :id
"""

_PRUNE: Final = """
DELETE FROM scan_results WHERE scan_id < (
    SELECT min(scan_id) FROM (
        SELECT DISTINCT scan_id FROM scan_results ORDER BY scan_id DESC LIMIT :kept
    ) AS newest
)
"""

_OTHERS: Final = """
SELECT count(*) AS number FROM accounts
WHERE organization = :organization AND id != :account_id AND gone_at IS NULL
"""

_OF_ORGANIZATIONS: Final = """
SELECT * FROM scans
WHERE state IN ('complete', 'incomplete')
    AND (scope_kind = 'organization' OR parts LIKE '%"organization"%')
ORDER BY id DESC
"""

_STANDING: Final = """
SELECT count(*) AS number FROM findings WHERE resolved_at IS NULL AND exemption_id IS NULL
"""


class Scans(Repository):
    """Scans, one at a time.

    Args:
        connections: the database.
        clock: the time.
        lease: this process's claims.
        consistency: how long after a write AWS may still give the old value.
        fence: refuses what only the leader does.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        lease: Lease,
        consistency: timedelta,
        fence: Fence,
    ) -> None:
        super().__init__(connections, clock)
        self._fence = fence
        self._lease = lease
        self._consistency = consistency

    def claim(self, trigger: Trigger) -> ScanClaim:
        """Begin a scan unless one is running, here or in another process with this database.

        Raises:
            NotLeading: the schedule's scans are the leader's.
        """
        with self._connections.writing() as db:
            if trigger.kind is TriggerKind.SCHEDULE:
                self._fence.require(db)
            now, db_now = self._clock.now(), db.now(self._clock)
            self._cut_off(db, db_now)
            running = db.row(_RUNNING)
            if running is not None:
                return ScanClaim(to_scan(running), granted=False)
            (row,) = db.rows(
                _CLAIM,
                trigger=trigger.kind,
                user_id=trigger.user_id,
                started_at=time_text(now),
                **self._lease.columns(db_now),
            )
            return ScanClaim(to_scan(row), granted=True)

    def renew(self, scan_id: int, done: int, total: int | None) -> bool:
        """Record that a scan is still running, and its progress; false if its claim was lost."""
        with self._connections.writing() as db:
            lease = self._lease.until(db.now(self._clock))
            instance = self._lease.owner.instance
            renewed = db.run(
                _RENEW,
                lease_until=lease,
                done=done,
                total=total or 0,
                id=scan_id,
                instance=instance,
            )
            return renewed == 1

    def progress(self, scan_id: int) -> tuple[int, int | None]:
        """A running scan's progress: accounts (done, in total if all are listed)."""
        with self._connections.reading() as db:
            row = db.row(_SCAN, id=scan_id)
            # The column holds 0 while accounts are still being listed.
            return (row["done"], row["total"] or None) if row is not None else (0, None)

    def record(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        """Record a scan: accounts, contacts, findings and announcements, all or nothing.

        Raises:
            StoreError: also if the claim on this scan was lost.
        """
        with self._connections.writing() as db:
            self._require_claim(db, scan.id)
            now = self._clock.now()
            db.run_each(
                KEEP_RESULT,
                (result_row(scan.id, position, result) for position, result in enumerate(results)),
            )
            db.run(_PRUNE, kept=RESULTS_KEPT)
            read = (result.read_at for result in results if result.read_at is not None)
            began = min(read, default=scan.started_at)
            time = ReadingTime(now, min(began, scan.started_at), self._consistency)
            writer = PlanWriter(db, time, scan.id)
            writer.take(results)
            drop_departed(db, writer, scan, results, now)
            unchanged = db.number(_STANDING) - len(writer.opened)
            _end(db, scan, scan.finished_at or now, unchanged)
            bump_revision(db, writer.outdated)
            announce(db, scan, writer.opened, now)
            announce_changes(db, writer.changed, scan.id, now)
            if self._clock.is_proven():
                forget_old(db, now)
            return Changes(tuple(writer.opened), tuple(writer.resolved), unchanged)

    def report(self, scan_id: int) -> ScanReport:
        """A recorded scan with its accounts, which are deleted once many newer scans exist.

        Raises:
            StoreError: the scan is unknown, still running, or was cut off.
        """
        with self._connections.reading() as db:
            row = db.row(_SCAN, id=scan_id)
            if row is None or row["state"] in {ScanState.RUNNING, ScanState.CUT_OFF}:
                raise StoreError(f"Check {scan_id} was not recorded.", "Check again.")
            reader = ResultReader(db)
            results = tuple(reader.read(found) for found in db.stream(_RESULTS, scan_id=scan_id))
            changes = Changes(
                _keys(db, "opened_scan", scan_id),
                _keys(db, "resolved_scan", scan_id),
                row["unchanged"],
            )
            return ScanReport(to_scan(row), results, changes)

    def get(self, scan_id: int) -> Scan | None:
        """One scan."""
        with self._connections.reading() as db:
            row = db.row(_SCAN, id=scan_id)
            return to_scan(row) if row is not None else None

    def last(self) -> Scan | None:
        """The newest scan that ended by itself (not cut off, not stopped halfway)."""
        with self._connections.reading() as db:
            row = db.row(LAST)
            return to_scan(row) if row is not None else None

    def listed_before(self, organization: str, account_id: str) -> KnownOrganization | None:
        """The organization that scans listed, if other accounts of it are still known.

        Args:
            organization: the name of the `[[aws]]` section, empty without one.
            account_id: the calling account, which doesn't count.
        """
        with self._connections.reading() as db:
            return listed_before(db, organization, account_id)

    def cut_off_dead(self) -> int:
        """Mark the scans whose process is gone; how many there were."""
        with self._connections.writing() as db:
            return self._cut_off(db, db.now(self._clock))

    def _require_claim(self, db: Transaction, scan_id: int) -> None:
        if db.row(_CLAIMED, id=scan_id, instance=self._lease.owner.instance) is None:
            raise StoreError(
                f"Check {scan_id} can't be recorded: its process seemed to be dead.",
                "Check again. If this happens again, the machine is too slow or its clock jumps.",
            )

    def _cut_off(self, db: Transaction, now: datetime) -> int:
        dead = [row["id"] for row in db.rows(_RUNNING) if self._lease.is_over(row, now)]
        for scan_id in dead:
            db.run("UPDATE scans SET state = 'cut_off' WHERE id = :id", id=scan_id)
        return len(dead)


def listed_before(db: Transaction, organization: str, account_id: str) -> KnownOrganization | None:
    """As `Scans.listed_before`."""
    others = db.number(_OTHERS, organization=organization, account_id=account_id)
    scans = map(to_scan, db.rows(_OF_ORGANIZATIONS) if others else ())
    for scope in (scan.scope_of(organization) for scan in scans):
        if scope is not None and scope.kind is ScopeKind.ORGANIZATION:
            return KnownOrganization(scope.organization_id, others)
    return None


def _end(db: Transaction, scan: Scan, finished_at: datetime, unchanged: int) -> None:
    scope = scope_values(scan.scope) if scan.scope is not None else (None,) * len(SCOPE_COLUMNS)
    db.run(
        _END,
        id=scan.id,
        state=scan.state,
        finished_at=time_text(finished_at),
        counts=json.dumps({outcome.value: number for outcome, number in scan.counts.items()}),
        failure=failure_json(scan.failure),
        unchanged=unchanged,
        parts=parts_json(scan.parts),
        **dict(zip(SCOPE_COLUMNS, scope, strict=True)),
    )


def _keys(db: Transaction, column: str, scan_id: int) -> tuple[FindingKey, ...]:
    sql = f"SELECT * FROM findings WHERE {column} = :scan_id ORDER BY id"  # noqa: S608 - a column of this module
    return tuple(to_finding_key(row) for row in db.stream(sql, scan_id=scan_id))
