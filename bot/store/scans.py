"""Scans: who may run one, how far it is, and which ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.scans import ScanState
from bot.services.ports.store import ScanClaim
from bot.store.columns import time_text
from bot.store.mappers import to_scan
from bot.store.repository import Owner, Repository

if TYPE_CHECKING:
    from datetime import datetime
    from sqlite3 import Row

    from sqlite_utils import Database

    from bot.domain.scans import Scan, Trigger

_CLAIM: Final = """
INSERT INTO scans (state, trigger, user_id, started_at, instance, host, pid, lease_until)
VALUES ('running', ?, ?, ?, ?, ?, ?, ?)
"""

_RENEW: Final = """
UPDATE scans SET lease_until = ?, done = ?, total = ?
WHERE id = ? AND state = 'running' AND instance = ?
"""

LAST: Final = """
SELECT * FROM scans
WHERE state IN ('complete', 'failed')
    OR (state = 'incomplete' AND json_extract(failure, '$[0]') != 'not_reached')
ORDER BY id DESC LIMIT 1
"""


class Scans(Repository):
    """The part of the store that is about scans as such."""

    def claim_scan(self, trigger: Trigger) -> ScanClaim:
        """Begin a scan unless one runs, here or in another process on this database."""
        now = self._clock.now()
        me = self._owner
        with self._connections.writing() as db:
            self._cut_off(db, now)
            running = db.execute("SELECT * FROM scans WHERE state = 'running'").fetchone()
            if running is not None:
                return ScanClaim(to_scan(running), granted=False)
            lease = time_text(now + self._lease)
            when = time_text(now)
            claim = (trigger.kind, trigger.user_id, when, me.instance, me.host, me.pid, lease)
            scan_id = db.execute(_CLAIM, claim).lastrowid
            row = db.execute("SELECT * FROM scans WHERE id = ?", [scan_id]).fetchone()
            return ScanClaim(to_scan(row), granted=True)

    def renew_scan(self, scan_id: int, done: int, total: int) -> bool:
        """Say that a scan still runs and how far it is; false where its claim was lost."""
        lease = time_text(self._clock.now() + self._lease)
        with self._connections.writing() as db:
            row = (lease, done, total, scan_id, self._owner.instance)
            return db.execute(_RENEW, row).rowcount == 1

    def scan_progress(self, scan_id: int) -> tuple[int, int]:
        """How far a running scan is: accounts (done, listed so far); zeros where there is none."""
        with self._connections.reading() as db:
            sql = "SELECT done, total FROM scans WHERE id = ?"
            row = db.execute(sql, [scan_id]).fetchone()
            return (row["done"], row["total"]) if row is not None else (0, 0)

    def scan(self, scan_id: int) -> Scan | None:
        """One scan."""
        with self._connections.reading() as db:
            row = db.execute("SELECT * FROM scans WHERE id = ?", [scan_id]).fetchone()
            return to_scan(row) if row is not None else None

    def last_scan(self) -> Scan | None:
        """The newest scan that ended by itself (not cut off, not stopped halfway)."""
        with self._connections.reading() as db:
            row = db.execute(LAST).fetchone()
            return to_scan(row) if row is not None else None

    def cut_off_dead_scans(self) -> int:
        """Mark the scans whose process is dead; how many there were."""
        with self._connections.writing() as db:
            return self._cut_off(db, self._clock.now())

    def _cut_off(self, db: Database, now: datetime) -> int:
        dead = [
            (ScanState.CUT_OFF, row["id"])
            for row in db.execute("SELECT * FROM scans WHERE state = 'running'").fetchall()
            if self._is_dead(row, now)
        ]
        db.conn.executemany("UPDATE scans SET state = ? WHERE id = ?", dead)
        return len(dead)

    def _is_dead(self, row: Row, now: datetime) -> bool:
        if row["lease_until"] < time_text(now):
            return True
        return self._owner.is_dead(Owner(row["instance"], row["host"], row["pid"]))
