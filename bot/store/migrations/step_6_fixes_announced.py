"""Migration step 6: where a fix is announced, and whether its domain is unusual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

TABLES: Final = """
ALTER TABLE fixes ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE fixes ADD COLUMN unusual_domain INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fixes ADD COLUMN announcement_id TEXT REFERENCES announcements (id);
CREATE UNIQUE INDEX fixes_announced ON fixes (announcement_id) WHERE announcement_id IS NOT NULL;
"""
"""`channel` is the policy's channel when the fix was planned; empty for that of the settings."""


def upgrade(db: Database) -> None:
    """Add to the table, within the caller's transaction."""
    db.executescript(TABLES)
