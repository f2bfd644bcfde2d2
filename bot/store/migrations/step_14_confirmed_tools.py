"""Migration step 14: fixes of contacts that a tool keeps as code, which the person confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def upgrade(db: Database) -> None:
    """Add to the tables, within the caller's transaction."""
    for table in ("fixes", "run_items"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN confirmed_tool TEXT NOT NULL DEFAULT ''")
