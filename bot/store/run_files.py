"""What is remembered of the result files of runs: which are in Slack, and which in the thread."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.services.ports.files import DueFile
from bot.services.ports.slack import Posted
from bot.store.columns import text, time_text
from bot.store.repository import FencedRepository
from bot.store.run_rows import bump_run

if TYPE_CHECKING:
    from bot.store.transaction import Value

_DUE: Final = """
SELECT runs.id, runs.ended_at, announcements.channel_id, announcements.ts, run_files.file_id
FROM runs
JOIN announcements ON announcements.id = runs.announcement_id AND announcements.state = 'sent'
LEFT JOIN run_files ON run_files.run_id = runs.id AND run_files.ended_at = runs.ended_at
WHERE runs.state = 'ended' AND (run_files.state IS NULL OR run_files.state = 'waiting')
ORDER BY runs.id
"""

_RECORD: Final = """
INSERT INTO run_files (run_id, ended_at, state, file_id, problem)
VALUES (:run_id, :ended_at, :state, :file_id, :problem)
ON CONFLICT (run_id) DO UPDATE SET
    ended_at = excluded.ended_at, state = excluded.state,
    file_id = excluded.file_id, problem = excluded.problem
"""


class RunFileRecords(FencedRepository):
    """The result files of runs. A run whose failures are retried ends again, with a new file."""

    def due(self) -> list[DueFile]:
        """The files to share: of runs that ended and whose message is posted, oldest first."""
        with self._connections.reading() as db:
            self._fence.require(db)
            return [
                DueFile(
                    row["id"],
                    datetime.fromisoformat(row["ended_at"]),
                    Posted(row["channel_id"], row["ts"]),
                    row["file_id"] or "",
                )
                for row in db.rows(_DUE)
            ]

    def uploaded(self, due: DueFile, file_id: str) -> None:
        """Record that a file's content is in Slack, before the file is shared."""
        self._record(due, "waiting", file_id)

    def shared(self, due: DueFile) -> None:
        """Record that a file is in the thread; the run's message says so."""
        self._record(due, "shared", due.file_id)

    def not_shared(self, due: DueFile, problem: str, remedy: str) -> None:
        """Record that a file can't be shared, and why; the run's message says so."""
        self._record(due, "failed", due.file_id, f"{problem} {remedy}".strip())

    def _record(self, due: DueFile, state: str, file_id: str, problem: str = "") -> None:
        values: dict[str, Value] = {
            "run_id": due.run_id,
            "ended_at": time_text(due.ended_at),
            "state": state,
            "file_id": text(file_id),
            "problem": text(problem),
        }
        with self._connections.writing() as db:
            self._fence.require(db)
            db.run(_RECORD, **values)
            if state != "waiting":
                bump_run(db, due.run_id)
