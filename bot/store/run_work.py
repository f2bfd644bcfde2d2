"""The work on runs: which process has a run, its next contacts, and what they came to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.audit import AuditAction
from bot.store.columns import failure_json, text, time_text
from bot.store.repository import Repository
from bot.store.run_items import to_item
from bot.store.run_rows import bump_run, changed, require_run
from bot.store.void_requests import void_held_back

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.failures import Failure
    from bot.domain.runs import ItemState, Run, RunItem
    from bot.services.ports.clock import Clock
    from bot.store.fence import Fence
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Transaction

VERIFY_LIMIT: Final = timedelta(minutes=5)
"""How long a run waits for AWS to show what it accepted; Terraform's provider waits as long."""

_RUNNING: Final = "SELECT * FROM runs WHERE state = 'running' ORDER BY id"

_OWN: Final = """
UPDATE runs SET instance = :instance, host = :host, pid = :pid, lease_until = :lease_until
WHERE id = :id
"""

_INTERRUPTED: Final = "UPDATE runs SET interrupted = interrupted + 1 WHERE id = :id"

_RENEW: Final = """
UPDATE runs SET lease_until = :lease_until
WHERE id = :id AND state = 'running' AND instance = :instance
"""

_RELEASE: Final = """
UPDATE runs SET instance = '' WHERE id = :id AND state = 'running' AND instance = :instance
"""

_NEXT: Final = """
SELECT run_items.* FROM run_items JOIN runs ON runs.id = run_items.run_id
WHERE run_id = :id AND run_items.state = 'planned' AND number > :after
    AND runs.state = 'running' AND runs.instance = :instance
    AND NOT EXISTS (SELECT 1 FROM fixes WHERE fixes.id = fix_id AND fixes.ended_at IS NULL)
ORDER BY number LIMIT :limit
"""
"""A contact whose fix is being settled waits for that."""

_FINISH: Final = """
UPDATE run_items SET state = :state, reason = :reason, failure = :failure
WHERE run_id = :id AND number = :number AND attempt = :attempt AND state IN ('planned', 'failed')
"""

_VERIFYING: Final = """
SELECT count(*) AS number FROM run_items JOIN fixes ON fixes.id = run_items.fix_id
WHERE run_items.run_id = :id AND run_items.state IN ('planned', 'saved')
    AND fixes.ended_at IS NULL AND coalesce(fixes.applied_at, fixes.planned_at) > :since
"""

_GIVE_UP: Final = """
UPDATE run_items SET state = 'failed', reason = :reason
WHERE run_id = :id AND state = 'planned' AND EXISTS (
    SELECT 1 FROM fixes
    WHERE fixes.id = fix_id AND fixes.ended_at IS NULL AND fixes.planned_at <= :since
)
"""
"""If AWS shows the contact later after all, it becomes verified."""

_UNSETTLED: Final = (
    "AWS may have accepted the change. It couldn't be read to find out; the bot keeps trying."
)

_PLAN_AGAIN: Final = """
UPDATE run_items SET state = 'planned', reason = '', failure = NULL, attempt = attempt + 1
WHERE run_id = :id AND number = :number AND attempt = :attempt AND state IN ('planned', 'failed')
"""

_END: Final = """
UPDATE runs SET state = 'ended', ended_at = :now, instance = ''
WHERE id = :id AND state = 'running' AND instance = :instance
    AND NOT EXISTS (SELECT 1 FROM run_items WHERE run_id = :id AND state = 'planned')
"""


class RunWork(Repository):
    """Runs as the processes that work on them see them.

    Args:
        connections: the database.
        clock: the time.
        lease: this process's leases.
        fence: refuses what only the leader does.
    """

    def __init__(self, connections: Connections, clock: Clock, lease: Lease, fence: Fence) -> None:
        super().__init__(connections, clock)
        self._fence = fence
        self._lease = lease

    def claim(self, only: int | None = None) -> list[Run]:
        """The running runs that are this process's, oldest first; takes over abandoned ones.

        Raises:
            NotLeading: the leader works on them.
        """
        with self._connections.reading() as db:
            if not db.rows(_RUNNING):
                return []
        with self._connections.writing() as db:
            self._fence.require(db)
            now = db.now(self._clock)
            claimed = []
            for row in db.rows(_RUNNING):
                is_own = row["instance"] == self._lease.owner.instance
                is_taken = not is_own and not self._lease.is_over(row, now)
                if is_taken or only not in {None, row["id"]}:
                    continue
                if not is_own:
                    self._own(db, row["id"], now)
                    if row["instance"]:
                        self._note_interruption(db, row["id"])
                claimed.append(require_run(db, row["id"]))
            return claimed

    def renew(self, run_id: int) -> bool:
        """Renew the claim on a run; false if it no longer runs, or was taken over."""
        instance = self._lease.owner.instance
        with self._connections.writing() as db:
            self._fence.require(db)
            lease = self._lease.until(db.now(self._clock))
            return db.run(_RENEW, id=run_id, lease_until=lease, instance=instance) == 1

    def release(self, run_id: int) -> None:
        """Release a running run, so that another process or the next start continues it."""
        with self._connections.writing() as db:
            if db.run(_RELEASE, id=run_id, instance=self._lease.owner.instance):
                self._note_interruption(db, run_id)

    def next_items(self, run_id: int, limit: int, after: int = 0) -> list[RunItem]:
        """The next planned contacts numbered above `after`; none unless this process runs it."""
        with self._connections.reading() as db:
            self._fence.require(db)
            instance = self._lease.owner.instance
            rows = db.rows(_NEXT, id=run_id, after=after, limit=limit, instance=instance)
            return [to_item(row) for row in rows]

    def finish_item(
        self, item: RunItem, state: ItemState, reason: str, failure: Failure | None = None
    ) -> None:
        """Record what a contact came to, unless a fix of it has come further."""
        with self._connections.writing() as db:
            self._fence.require(db)
            db.run(
                _FINISH,
                id=item.run_id,
                number=item.number,
                attempt=item.attempt,
                state=state,
                reason=text(reason),
                failure=failure_json(failure),
            )

    def plan_again(self, item: RunItem) -> None:
        """Plan a contact again whose fix was refused for a reason that passes."""
        with self._connections.writing() as db:
            self._fence.require(db)
            db.run(_PLAN_AGAIN, id=item.run_id, number=item.number, attempt=item.attempt)

    def end(self, run_id: int) -> bool:
        """End a running run of which nothing is planned, and nothing still being verified.

        If every contact was held back, the approvals that were given for it are void.
        """
        with self._connections.writing() as db:
            self._fence.require(db)
            if self._verifying(db, run_id):
                return False
            since = time_text(self._clock.now() - VERIFY_LIMIT)
            db.run(_GIVE_UP, id=run_id, since=since, reason=_UNSETTLED)
            now, instance = time_text(self._clock.now()), self._lease.owner.instance
            if not db.run(_END, id=run_id, now=now, instance=instance):
                return False
            changed(db, run_id, AuditAction.RUN_ENDED, self._clock.now())
            void_held_back(db, require_run(db, run_id), self._clock.now())
            return True

    def bump(self, run_id: int) -> None:
        """Have the run's message updated."""
        with self._connections.writing() as db:
            bump_run(db, run_id)

    def _own(self, db: Transaction, run_id: int, now: datetime) -> None:
        db.run(_OWN, id=run_id, **self._lease.columns(now))

    def _verifying(self, db: Transaction, run_id: int) -> int:
        since = time_text(self._clock.now() - VERIFY_LIMIT)
        return db.number(_VERIFYING, id=run_id, since=since)

    def _note_interruption(self, db: Transaction, run_id: int) -> None:
        db.run(_INTERRUPTED, id=run_id)
        changed(db, run_id, AuditAction.RUN_INTERRUPTED, self._clock.now())
