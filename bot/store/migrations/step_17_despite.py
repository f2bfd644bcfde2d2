"""Migration step 17: changes that were requested although runs leave the contact alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

POSTGRES: Final = (
    "ALTER TABLE run_items ADD COLUMN despite TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
)


def upgrade(db: Database) -> None:
    """Add to the table, within the caller's transaction."""
    db.execute("ALTER TABLE run_items ADD COLUMN despite TEXT NOT NULL DEFAULT ''")
