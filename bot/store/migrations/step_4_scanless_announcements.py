"""A step of the database's tables: announcements that no scan gave rise to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    # The table is dropped and made anew, which other tables refer to: at the commit they do again.
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
"""SQLite has no other way to let a column be NULL."""


def upgrade(db: Database) -> None:
    """Make the table anew with what is in it, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
