"""Migration step 7: why announcements wait, and other bots on the same Slack app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    "ALTER TABLE announcements ADD COLUMN refused_at TEXT",
    "ALTER TABLE announcements ADD COLUMN refusal TEXT",
    """
    CREATE TABLE other_bots (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        connections INTEGER NOT NULL,
        since TEXT NOT NULL,
        lasting INTEGER NOT NULL,
        announcement_id TEXT REFERENCES announcements (id)
    ) STRICT
    """,
)


def upgrade(db: Database) -> None:
    """Add to the tables, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
