"""Migration step 5: which process works on a fix, and whether the fix is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

_STEPS: Final = (
    "ALTER TABLE fixes ADD COLUMN instance TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fixes ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fixes ADD COLUMN pid INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE fixes ADD COLUMN lease_until TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fixes ADD COLUMN in_doubt_since TEXT",
    "CREATE INDEX fixes_in_doubt ON fixes (id) WHERE in_doubt_since IS NOT NULL",
    # Earlier versions ended fixes without asking AWS whether it applied them. The newest of each
    # contact is opened again to find out; AWS has no answer for older ones.
    """
    UPDATE fixes SET in_doubt_since = planned_at, ended_at = NULL
    WHERE state = 'planned' AND id IN (SELECT max(id) FROM fixes GROUP BY account_id, type)
    """,
)
"""`instance` is empty if no process works on a fix."""


def upgrade(db: Database) -> None:
    """Add to the table, within the caller's transaction."""
    for sql in _STEPS:
        db.execute(sql)
