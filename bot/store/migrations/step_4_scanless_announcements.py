"""Migration step 4: announcements without a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    # Other tables refer to the table that is dropped and created again; foreign keys are checked at
    # the commit.
    "PRAGMA defer_foreign_keys = ON",
    "CREATE TABLE kept_announcements AS SELECT * FROM announcements",
    "DROP TABLE announcements",
    """
    CREATE TABLE announcements (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        scan_id INTEGER REFERENCES scans (id),
        created_at TEXT NOT NULL,
        state TEXT NOT NULL,
        revision INTEGER NOT NULL DEFAULT 0,
        shown_revision INTEGER NOT NULL DEFAULT 0,
        channel_id TEXT NOT NULL DEFAULT '',
        ts TEXT NOT NULL DEFAULT '',
        first_tried_at TEXT,
        in_doubt INTEGER NOT NULL DEFAULT 0,
        maybe_repeat INTEGER NOT NULL DEFAULT 0,
        failure TEXT,
        organization TEXT NOT NULL DEFAULT '',
        channel TEXT NOT NULL DEFAULT '',
        mention TEXT NOT NULL DEFAULT '[]'
    ) STRICT
    """,
    "INSERT INTO announcements SELECT * FROM kept_announcements",
    "DROP TABLE kept_announcements",
)
"""SQLite can't make a column nullable in any other way."""


def upgrade(db: Database) -> None:
    """Create the table again with its rows, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
