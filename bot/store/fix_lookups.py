"""Fixes as they are on record, without changing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import fingerprint
from bot.domain.errors import StoreError
from bot.store.columns import text, time_text
from bot.store.mappers import to_fix
from bot.store.plan_writer import IN_DOUBT
from bot.store.repository import Repository

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.contacts import ContactType
    from bot.domain.fixes import Fix
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Connections, Row, Transaction

_LATEST: Final = """
SELECT * FROM fixes
WHERE account_id = :account_id AND type = :type AND state IN ('applied', 'confirmed')
ORDER BY id DESC LIMIT 1
"""

_NEWEST: Final = """
SELECT * FROM fixes WHERE account_id = :account_id AND type = :type ORDER BY id DESC LIMIT 1
"""

_LAST_MADE: Final = """
SELECT * FROM fixes
WHERE state IN ('applied', 'confirmed') AND ended_at IS NOT NULL AND already_there = 0
    AND undone_by IS NULL
ORDER BY id DESC LIMIT :limit
"""

_RECENT: Final = """
SELECT * FROM fixes
WHERE id IN (SELECT max(id) FROM fixes WHERE state != 'failed' GROUP BY account_id, type)
    AND state = 'confirmed' AND coalesce(applied_at, ended_at) > :since
"""


class FixLookups(Repository):
    """Finds fixes.

    Args:
        connections: the database.
        clock: the time.
        consistency: how long after a write AWS may still return the old value.
    """

    def __init__(self, connections: Connections, clock: Clock, consistency: timedelta) -> None:
        super().__init__(connections, clock)
        self._consistency = consistency

    def get(self, fix_id: int) -> Fix | None:
        """One fix."""
        with self._connections.reading() as db:
            row = _fix_row(db, fix_id)
            return to_fix(row) if row is not None else None

    def of_key(self, key: str) -> Fix | None:
        """The fix of this form, or of this contact of a run."""
        with self._connections.reading() as db:
            row = db.row("SELECT * FROM fixes WHERE key = :key", key=text(key))
            return to_fix(row) if row is not None else None

    def newest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact, whatever became of it."""
        with self._connections.reading() as db:
            row = db.row(_NEWEST, account_id=account_id, type=contact_type)
            return to_fix(row) if row is not None else None

    def last_made(self, limit: int) -> list[Fix]:
        """The newest fixes that changed a contact in AWS and weren't undone, newest first."""
        with self._connections.reading() as db:
            return [to_fix(row) for row in db.rows(_LAST_MADE, limit=limit)]

    def latest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact that reached AWS (`APPLIED` or `CONFIRMED`)."""
        with self._connections.reading() as db:
            row = db.row(_LATEST, account_id=account_id, type=contact_type)
            return to_fix(row) if row is not None else None

    def recent(self) -> dict[tuple[str, ContactType], str]:
        """Fingerprints of what the newest verified fixes wrote, if AWS may still return others."""
        since = time_text(self._clock.now() - self._consistency)
        with self._connections.reading() as db:
            fixes = [to_fix(row) for row in db.rows(_RECENT, since=since)]
        return {
            (fix.request.account_id, fix.request.type): fingerprint(fix.request.wanted)
            for fix in fixes
        }

    def in_doubt(self) -> list[Fix]:
        """Of each contact the newest failed fix that AWS may have accepted, if none followed.

        One that did not fail settles those before it: AWS has its contact now, or had it.
        """
        with self._connections.reading() as db:
            return [to_fix(row) for row in db.rows(IN_DOUBT)]


def _fix_row(db: Transaction, fix_id: int) -> Row | None:
    return db.row("SELECT * FROM fixes WHERE id = :id", id=fix_id)


def require_fix(db: Transaction, fix_id: int) -> Fix:
    """One fix.

    Raises:
        StoreError: there is none.
    """
    row = _fix_row(db, fix_id)
    if row is None:
        raise StoreError(f"There is no fix {fix_id}.")
    return to_fix(row)
