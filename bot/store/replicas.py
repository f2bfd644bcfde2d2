"""The bot processes that run on one database, and what they tell each other through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.leadership import ReplicaNews
from bot.store.columns import time_text
from bot.store.owner import Owner
from bot.store.repository import Repository

if TYPE_CHECKING:
    from datetime import datetime

    from bot.services.ports.clock import Clock
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Transaction

_RENEW: Final = """
INSERT INTO replicas (instance, host, pid, lease_until)
VALUES (:instance, :host, :pid, :lease_until)
ON CONFLICT (instance) DO UPDATE SET lease_until = excluded.lease_until
"""

_FORGET: Final = "DELETE FROM replicas WHERE lease_until < :now"

_CHANGED: Final = """
SELECT
    (SELECT coalesce(max(number), 0) FROM audit) AS entries,
    (SELECT coalesce(max(id), 0) FROM scans WHERE state != 'running') AS scans
"""
"""Every decision, fix and run has an entry in the audit log."""

_RELOAD: Final = "SELECT * FROM policy_reloads WHERE id = 1"

_REQUEST_RELOAD: Final = """
INSERT INTO policy_reloads (id, number, digest) VALUES (1, 1, :digest)
ON CONFLICT (id) DO UPDATE SET number = policy_reloads.number + 1, digest = excluded.digest
RETURNING number
"""


class Replicas(Repository):
    """The bot processes that run on this database.

    Args:
        connections: the database.
        clock: the time of a database that has none of its own.
        lease: for how long a process counts as running after it was heard of.
    """

    def __init__(self, connections: Connections, clock: Clock, lease: Lease) -> None:
        super().__init__(connections, clock)
        self._lease = lease

    def renew(self) -> None:
        """Note that this process runs."""
        with self._connections.writing() as db:
            now = db.now(self._clock)
            db.run(_FORGET, now=time_text(now))
            db.run(_RENEW, **self._lease.columns(now))

    def leave(self) -> None:
        """Note that this process stops."""
        with self._connections.writing() as db:
            instance = self._lease.owner.instance
            db.run("DELETE FROM replicas WHERE instance = :instance", instance=instance)

    def news(self) -> ReplicaNews:
        """What others did."""
        with self._connections.reading() as db:
            others = self._others(db, db.now(self._clock))
            changed, reload = db.row(_CHANGED), db.row(_RELOAD)
        return ReplicaNews(
            others,
            (changed["entries"], changed["scans"]) if changed is not None else (0, 0),
            reload["number"] if reload is not None else 0,
            reload["digest"] if reload is not None else "",
        )

    def request_reload(self, digest: str) -> int:
        """Have all replicas reload the policy, until theirs has this digest."""
        with self._connections.writing() as db:
            (row,) = db.rows(_REQUEST_RELOAD, digest=digest)
            return int(row["number"])

    def _others(self, db: Transaction, now: datetime) -> int:
        own = self._lease.owner
        others = (
            Owner(row["instance"], row["host"], row["pid"])
            for row in db.rows(
                "SELECT * FROM replicas WHERE lease_until >= :now", now=time_text(now)
            )
            if row["instance"] != own.instance
        )
        return sum(not own.is_dead(each) for each in others)
