"""Migration step 8: the kind of alerts about non-compliant contacts gets its current name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def upgrade(db: Database) -> None:
    """Rename the kind of these alerts, within the caller's transaction."""
    db.execute("UPDATE announcements SET kind = 'non_compliant' WHERE kind = 'falls_short'")
