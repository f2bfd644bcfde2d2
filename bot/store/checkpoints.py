"""Checkpoints of the audit log: recorded before they are written, by destination."""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.audit import AuditAction
from bot.domain.checkpoints import Checkpoint, CheckpointStatus, LogHead
from bot.domain.failures import Failure, FailureCode
from bot.store.columns import time_text
from bot.store.repository import FencedRepository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.store.transaction import Row, Transaction

_HEAD: Final = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"

_LAST: Final = """
SELECT * FROM checkpoints WHERE destination = :destination ORDER BY sequence DESC LIMIT 1
"""

_LAST_WRITTEN: Final = """
SELECT * FROM checkpoints WHERE destination = :destination AND written_at IS NOT NULL
ORDER BY sequence DESC LIMIT 1
"""

_RUN_ENDED: Final = """
SELECT count(*) AS number FROM audit
WHERE action IN (:ended, :stopped) AND number > (
    SELECT coalesce(max(count), 0) FROM checkpoints WHERE destination = :destination
)
"""

_UNCOVERED: Final = "SELECT at FROM audit WHERE number > :count ORDER BY number LIMIT 1"

_TAKE: Final = """
INSERT INTO checkpoints (destination, sequence, count, hash, at, version)
VALUES (:destination, :sequence, :count, :hash, :at, :version)
"""

_WRITTEN: Final = """
UPDATE checkpoints SET written_at = :now, versioned = :versioned, failure = NULL
WHERE destination = :destination AND sequence = :sequence AND written_at IS NULL
"""

_FAILED: Final = """
UPDATE checkpoints SET failure = :failure
WHERE destination = :destination AND sequence = :sequence AND written_at IS NULL
"""


class Checkpoints(FencedRepository):
    """Checkpoints taken of the audit log; see `CheckpointRepository`."""

    def due(self, destination: str, version: str) -> Checkpoint | None:
        """The checkpoint to write next: the last one if it wasn't written, else a new one."""
        with self._connections.writing() as db:
            self._fence.require(db)
            last = db.row(_LAST, destination=destination)
            if last is not None and last["written_at"] is None:
                return _to_checkpoint(last)
            head = db.row(_HEAD)
            if head is None:
                return None
            if last is not None and (last["count"], last["hash"]) == (head["number"], head["hash"]):
                return None
            checkpoint = Checkpoint(
                last["sequence"] + 1 if last is not None else 1,
                LogHead(head["number"], head["hash"]),
                self._clock.now(),
                version,
            )
            db.run(
                _TAKE,
                destination=destination,
                sequence=checkpoint.sequence,
                count=checkpoint.head.count,
                hash=checkpoint.head.hash,
                at=time_text(checkpoint.at),
                version=version,
            )
            return checkpoint

    def run_ended(self, destination: str) -> bool:
        """Whether a run ended or was stopped since the last checkpoint was taken."""
        ends = {
            "ended": AuditAction.RUN_ENDED.value,
            "stopped": AuditAction.RUN_STOPPED.value,
        }
        with self._connections.reading() as db:
            return db.number(_RUN_ENDED, destination=destination, **ends) > 0

    def written(self, destination: str, checkpoint: Checkpoint, *, versioned: bool) -> None:
        """Record that a checkpoint was written, and whether its bucket keeps versions."""
        with self._connections.writing() as db:
            db.run(
                _WRITTEN,
                destination=destination,
                sequence=checkpoint.sequence,
                now=time_text(self._clock.now()),
                versioned=int(versioned),
            )

    def failed(self, destination: str, checkpoint: Checkpoint, why: Failure) -> None:
        """Record why a checkpoint couldn't be written."""
        with self._connections.writing() as db:
            db.run(
                _FAILED,
                destination=destination,
                sequence=checkpoint.sequence,
                failure=json.dumps(astuple(why)),
            )

    def status(self, destination: str) -> CheckpointStatus:
        """How writing checkpoints goes."""
        with self._connections.reading() as db:
            return checkpoint_status(db, destination)

    def last_written(self, destination: str) -> int:
        """The last sequence that was written; 0 if none was."""
        with self._connections.reading() as db:
            row = db.row(_LAST_WRITTEN, destination=destination)
        return int(row["sequence"]) if row is not None else 0

    def last_taken(self, destination: str) -> int | None:
        """The last sequence, written or not; None if there is no record of the destination."""
        with self._connections.reading() as db:
            row = db.row(_LAST, destination=destination)
        return int(row["sequence"]) if row is not None else None

    def hashes(self, numbers: Iterable[int]) -> Mapping[int, str]:
        """The hashes of entries of the audit log by their number; those that exist."""
        found: dict[int, str] = {}
        with self._connections.reading() as db:
            for number in numbers:
                row = db.row("SELECT hash FROM audit WHERE number = :number", number=number)
                if row is not None:
                    found[number] = row["hash"]
        return found

    def entries(self) -> int:
        """How many entries the audit log has."""
        with self._connections.reading() as db:
            return _count(db)


def checkpoint_status(db: Transaction, destination: str) -> CheckpointStatus:
    """See `Checkpoints.status`."""
    last = db.row(_LAST, destination=destination)
    written = db.row(_LAST_WRITTEN, destination=destination)
    waits = last is not None and last["written_at"] is None
    uncovered = db.row(_UNCOVERED, count=written["count"] if written is not None else 0)
    return CheckpointStatus(
        written_at=datetime.fromisoformat(written["written_at"]) if written is not None else None,
        written=_to_checkpoint(written) if written is not None else None,
        versioned=bool(written["versioned"]) if written is not None else True,
        waiting_since=datetime.fromisoformat(last["at"]) if last is not None and waits else None,
        failure=_to_failure(last["failure"]) if last is not None and last["failure"] else None,
        entries=_count(db),
        uncovered_since=datetime.fromisoformat(uncovered["at"]) if uncovered is not None else None,
    )


def _count(db: Transaction) -> int:
    head = db.row(_HEAD)
    return int(head["number"]) if head is not None else 0


def _to_checkpoint(row: Row) -> Checkpoint:
    head = LogHead(row["count"], row["hash"])
    return Checkpoint(row["sequence"], head, datetime.fromisoformat(row["at"]), row["version"])


def _to_failure(text: str) -> Failure:
    cause, message, remedy, code = json.loads(text)
    return Failure(FailureCode(cause), message, remedy, code)
