"""Which process works on a fix, and the fixes that none works on any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.audit_entries import fix_taken_over
from bot.store.audit_log import record
from bot.store.fix_lookups import FixLookups, require_fix
from bot.store.mappers import to_fix
from bot.store.outbox import announce_fix

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.contacts import ContactType
    from bot.domain.fixes import Fix
    from bot.services.ports.clock import Clock
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Row, Transaction

OPEN: Final = """
SELECT * FROM fixes WHERE account_id = :account_id AND type = :type AND ended_at IS NULL ORDER BY id
"""
"""The fixes of a contact that have not ended, oldest first."""

_ALL_OPEN: Final = "SELECT * FROM fixes WHERE ended_at IS NULL ORDER BY id"

_OWN: Final = """
UPDATE fixes SET instance = :instance, host = :host, pid = :pid, lease_until = :lease_until
WHERE id = :id
"""

_RENEW: Final = """
UPDATE fixes SET lease_until = :lease_until
WHERE id = :id AND ended_at IS NULL AND instance = :instance
"""

_RELEASE: Final = """
UPDATE fixes SET instance = '' WHERE id = :id AND ended_at IS NULL AND instance = :instance
"""


class FixLeases(FixLookups):
    """Claims on fixes.

    Args:
        connections: the database.
        clock: the time.
        lease: this process's leases.
        consistency: how long after a write AWS may still return the old value.
    """

    def __init__(
        self, connections: Connections, clock: Clock, lease: Lease, consistency: timedelta
    ) -> None:
        super().__init__(connections, clock, consistency)
        self._lease = lease

    def renew(self, fix_id: int) -> bool:
        """Renew the lease of a fix; false if another process took it over."""
        with self._connections.writing() as db:
            lease = self._lease.until(db.now(self._clock))
            instance = self._lease.owner.instance
            return db.run(_RENEW, id=fix_id, lease_until=lease, instance=instance) == 1

    def release(self, fix_id: int) -> None:
        """Release a fix that has not ended, so that another process can take it over."""
        with self._connections.writing() as db:
            released = db.run(_RELEASE, id=fix_id, instance=self._lease.owner.instance)
            if released:
                # It may take long until AWS shows what it accepted.
                announce_fix(db, require_fix(db, fix_id), self._clock.now())

    def take_over(self, contact: tuple[str, ContactType] | None = None) -> list[Fix]:
        """Take over the abandoned fixes, of one contact or of all."""
        with self._connections.reading() as db:
            if not self._abandoned(db, contact):
                return []
        with self._connections.writing() as db:
            now = self._clock.now()
            taken = []
            for row in self._abandoned(db, contact):
                fix = to_fix(row)
                self._own(db, fix.id)
                # What a run wrote is handed on to be read back, and nobody abandoned it.
                is_handed_on = fix.request.run_id is not None and not row["instance"]
                if not is_handed_on:
                    record(db, fix_taken_over(fix), now)
                announce_fix(db, fix, now)
                taken.append(fix)
            return taken

    def _own(self, db: Transaction, fix_id: int) -> None:
        """Have this process work on a fix."""
        db.run(_OWN, id=fix_id, **self._lease.columns(db.now(self._clock)))

    def _abandoned(self, db: Transaction, contact: tuple[str, ContactType] | None) -> list[Row]:
        """The fixes that have not ended, and that no process works on."""
        now = db.now(self._clock)
        if contact is None:
            rows = db.rows(_ALL_OPEN)
        else:
            rows = db.rows(OPEN, account_id=contact[0], type=contact[1])
        return [row for row in rows if self._lease.is_over(row, now)]
