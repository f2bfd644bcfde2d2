"""Migration step 15: after which scans it was decided what the bot fixes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_TABLE: Final = """
CREATE TABLE auto_fix_decisions (
    scan_id INTEGER NOT NULL REFERENCES scans (id),
    channel TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    chosen INTEGER NOT NULL,
    left_over INTEGER NOT NULL,
    hourly_limit INTEGER NOT NULL,
    PRIMARY KEY (scan_id, channel)
) STRICT, WITHOUT ROWID
"""


def upgrade(db: Database) -> None:
    """Add the table, within the caller's transaction."""
    db.execute(_TABLE)
