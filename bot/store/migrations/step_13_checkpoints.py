"""Migration step 13: checkpoints of the audit log, by destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    """
    CREATE TABLE checkpoints (
        destination TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        count INTEGER NOT NULL,
        hash TEXT NOT NULL,
        at TEXT NOT NULL,
        version TEXT NOT NULL,
        written_at TEXT,
        versioned INTEGER NOT NULL DEFAULT 1,
        failure TEXT,
        PRIMARY KEY (destination, sequence)
    ) STRICT
    """,
)


def upgrade(db: Database) -> None:
    """Create the table, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
