"""The lead among the processes on one database: a lease with a fencing token."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.leadership import Leader
from bot.store.columns import time_text
from bot.store.repository import Repository

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock
    from bot.store.fence import Fence
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Row, Transaction

_LEADER: Final = "SELECT * FROM leader WHERE id = 1"

_TAKE: Final = """
INSERT INTO leader (id, token, instance, host, pid, since, lease_until)
VALUES (1, 1, :instance, :host, :pid, :since, :lease_until)
ON CONFLICT (id) DO UPDATE SET
    token = leader.token + 1, instance = excluded.instance, host = excluded.host,
    pid = excluded.pid, since = excluded.since, lease_until = excluded.lease_until
RETURNING token
"""

_RENEW: Final = """
UPDATE leader SET lease_until = :lease_until
WHERE id = 1 AND token = :token AND instance = :instance
"""

_RELEASE: Final = """
UPDATE leader SET instance = '', lease_until = :now
WHERE id = 1 AND token = :token AND instance = :instance
"""

_LEAVE_RUNS: Final = """
UPDATE runs SET lease_until = '' WHERE state = 'running' AND instance = :instance
"""
"""What a leader worked on, the next one takes over at once."""


class Leadership(Repository):
    """The lead. Its times are the database's own, so that replicas' clocks don't matter.

    Args:
        connections: the database.
        clock: the time of a database that has none of its own.
        lease: this process's lease of the lead.
        fence: where the other repositories see whether this process leads.
    """

    def __init__(self, connections: Connections, clock: Clock, lease: Lease, fence: Fence) -> None:
        super().__init__(connections, clock)
        self._lease = lease
        self._fence = fence

    def enforce(self) -> None:
        """From now on, refuse this process what only the leader does, unless it leads."""
        self._fence.enforce()

    def claim(self) -> int | None:
        """Take the lead if it is free; returns the token, or None if another process leads."""
        with self._connections.reading() as db:
            if not self._is_free(db.row(_LEADER), db.now(self._clock)):
                return None
        with self._connections.writing() as db:
            now, former = db.now(self._clock), db.row(_LEADER)
            if not self._is_free(former, now):
                return None
            columns = self._lease.columns(now)
            (row,) = db.rows(_TAKE, since=time_text(now), **columns)
            token = int(row["token"])
            if former is not None and former["instance"]:
                db.run(_LEAVE_RUNS, instance=former["instance"])
        self._fence.hold(token)
        return token

    def renew(self, token: int) -> bool:
        """Renew the lease; false if another process has taken the lead."""
        with self._connections.writing() as db:
            until = self._lease.until(db.now(self._clock))
            renewed = db.run(_RENEW, token=token, lease_until=until, **self._instance())
        if not renewed:
            self._fence.drop()
        return renewed == 1

    def release(self, token: int) -> None:
        """Give up the lead, so that another process can take it at once."""
        self._fence.drop()
        with self._connections.writing() as db:
            now = time_text(db.now(self._clock))
            db.run(_RELEASE, token=token, now=now, **self._instance())

    def leader(self) -> Leader | None:
        """Who leads, or led last; None if nobody ever did."""
        with self._connections.reading() as db:
            return leader(db, db.now(self._clock), self._lease.owner.instance)

    def _is_free(self, row: Row | None, now: datetime) -> bool:
        if row is None or row["instance"] == self._lease.owner.instance:
            return True
        return self._lease.is_over(row, now)

    def _instance(self) -> dict[str, str]:
        return {"instance": self._lease.owner.instance}


def leader(db: Transaction, now: datetime, instance: str = "") -> Leader | None:
    """Who leads, or led last; None if nobody ever did.

    Args:
        db: a transaction.
        now: the database's time.
        instance: the process that asks.
    """
    row = db.row(_LEADER)
    if row is None:
        return None
    return Leader(
        row["host"].partition("/")[0],
        datetime.fromisoformat(row["since"]),
        row["token"],
        is_over=not row["instance"] or row["lease_until"] < time_text(now),
        is_own=bool(instance) and row["instance"] == instance,
    )
