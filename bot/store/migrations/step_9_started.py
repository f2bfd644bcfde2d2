"""Migration step 9: the first message of a new bot, which says when it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def upgrade(db: Database) -> None:
    """Add to the table, within the caller's transaction."""
    db.execute("ALTER TABLE announcements ADD COLUMN timetable TEXT")
