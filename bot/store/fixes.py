"""Fixes: planned before AWS is asked, and followed to their end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import fingerprint
from bot.domain.errors import FixUnderWay, StoreError
from bot.domain.evaluation.known_account import ReadingTime
from bot.domain.evaluation.plan import KeptContact
from bot.domain.evaluation.resolution import ALREADY_THERE, FIXED
from bot.domain.fixes import FixState
from bot.store.columns import contact_json, failure_json, maybe_time_text, text, time_text
from bot.store.contact_history import keep_contact, known_contacts
from bot.store.mappers import to_fix
from bot.store.outbox import bump_revision
from bot.store.plan_writer import PlanWriter
from bot.store.repository import Repository

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix, FixRequest
    from bot.services.ports.clock import Clock
    from bot.store.connections import Connections
    from bot.store.transaction import Row, Transaction

HOLD_TIME: Final = timedelta(minutes=5)
"""How long a fix holds its contact: one that did not move for longer was left by a dead process."""

_STEPS: Final = {
    FixState.PLANNED: {*FixState},
    FixState.APPLIED: {FixState.APPLIED, FixState.CONFIRMED, FixState.FAILED},
    FixState.FAILED: {FixState.FAILED},
}
"""Where a fix may go from each state; nothing moves a `CONFIRMED` one, and nothing complains."""

_OPEN: Final = """
SELECT * FROM fixes WHERE account_id = :account_id AND type = :type AND ended_at IS NULL ORDER BY id
"""

_PLAN: Final = """
INSERT INTO fixes
    (key, account_id, account_name, type, wanted, user_id, shown, shown_at, state, planned_at)
VALUES
    (:key, :account_id, :account_name, :type, :wanted, :user_id, :shown, :shown_at, 'planned',
     :planned_at)
RETURNING *
"""

_ADVANCE: Final = """
UPDATE fixes SET
    state = :state, before = coalesce(:before, before), applied_at = :applied_at,
    ended_at = :ended_at, failure = coalesce(:failure, failure), already_there = :already_there
WHERE id = :id
"""

_LATEST: Final = """
SELECT * FROM fixes
WHERE account_id = :account_id AND type = :type AND state IN ('applied', 'confirmed')
ORDER BY id DESC LIMIT 1
"""


class Fixes(Repository):
    """Fixes, from before AWS is asked to their end.

    Args:
        connections: the database.
        clock: the time.
        consistency: how long after a write AWS may still give the old value.
    """

    def __init__(self, connections: Connections, clock: Clock, consistency: timedelta) -> None:
        super().__init__(connections, clock)
        self._consistency = consistency

    def plan(self, request: FixRequest, account_name: str) -> tuple[Fix, bool]:
        """Record a fix before it is made, and hold its contact for it.

        Raises:
            FixUnderWay: another fix of this contact has not ended.
        """
        now = self._clock.now()
        with self._connections.writing() as db:
            known = db.row("SELECT * FROM fixes WHERE key = :key", key=request.key)
            if known is not None:
                return to_fix(known), False
            contact = {"account_id": request.account_id, "type": request.type}
            for row in db.rows(_OPEN, **contact):
                _release(db, row, now)
            (planned,) = db.rows(
                _PLAN,
                **contact,
                key=request.key,
                account_name=text(account_name),
                wanted=contact_json(request.wanted),
                user_id=request.user_id,
                shown=request.shown,
                shown_at=time_text(request.shown_at),
                planned_at=time_text(now),
            )
            return to_fix(planned), True

    def advance(
        self,
        fix_id: int,
        state: FixState,
        *,
        ended: bool,
        before: AlternateContact | None = None,
        failure: Failure | None = None,
        already_there: bool = False,
        result: TypeResult | None = None,
    ) -> Fix:
        """Record how far a fix got; `CONFIRMED` resolves its findings in the same transaction.

        `result` is the confirmed contact as judged: findings of what it still breaks, or of what
        could not be decided, stand; where it is None all findings of the contact are over.
        What is not given stays as recorded. A confirmed fix stays one whatever comes after.

        Raises:
            StoreError: there is no such fix, or it cannot go from where it is to `state`.
        """
        with self._connections.writing() as db:
            fix = _require(db, fix_id)
            if fix.state is FixState.CONFIRMED:
                state = FixState.CONFIRMED
            elif state not in _STEPS[fix.state]:
                raise StoreError(f"Fix {fix_id} cannot go from {fix.state} to {state}.")
            now = self._clock.now()
            wrote = state is FixState.APPLIED or (
                state is FixState.CONFIRMED and not (already_there or fix.already_there)
            )
            applied_at = fix.applied_at or (now if wrote else None)
            ended_at = fix.ended_at or (now if ended else None)
            db.run(
                _ADVANCE,
                id=fix_id,
                state=state,
                before=contact_json(before),
                applied_at=maybe_time_text(applied_at),
                ended_at=maybe_time_text(ended_at),
                failure=failure_json(failure),
                already_there=fix.already_there or already_there,
            )
            if state is FixState.CONFIRMED and fix.state is not FixState.CONFIRMED:
                resolution = ALREADY_THERE if already_there else FIXED
                self._confirm(db, fix, now, resolution, result)
            return _require(db, fix_id)

    def get(self, fix_id: int) -> Fix | None:
        """One fix."""
        with self._connections.reading() as db:
            row = _fix_row(db, fix_id)
            return to_fix(row) if row is not None else None

    def latest(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The newest fix of a contact that reached AWS (`APPLIED` or `CONFIRMED`)."""
        with self._connections.reading() as db:
            row = db.row(_LATEST, account_id=account_id, type=contact_type)
            return to_fix(row) if row is not None else None

    def unfinished(self) -> list[Fix]:
        """Fixes that nobody ended: after a start, those that a dead process left."""
        with self._connections.reading() as db:
            sql = "SELECT * FROM fixes WHERE ended_at IS NULL ORDER BY id"
            return [to_fix(row) for row in db.rows(sql)]

    def _confirm(
        self, db: Transaction, fix: Fix, now: datetime, resolution: str, result: TypeResult | None
    ) -> None:
        request = fix.request
        before = known_contacts(db, request.account_id).get(request.type)
        digest = fingerprint(request.wanted)
        kept = KeptContact(request.type, request.wanted, digest, now, checked=True, before=before)
        keep_contact(db, request.account_id, kept)
        writer = PlanWriter(db, ReadingTime(now, now, self._consistency))
        writer.confirm(fix, result, resolution)
        bump_revision(db, writer.outdated)


def _release(db: Transaction, row: Row, now: datetime) -> None:
    """End, as it is, a fix that a dead process left.

    Raises:
        FixUnderWay: it may still be worked on.
    """
    if (row["applied_at"] or row["planned_at"]) >= time_text(now - HOLD_TIME):
        raise FixUnderWay(
            f"Another fix of this contact, by {row['user_id']}, is under way.",
            "Look in a minute at what came of it.",
        )
    sql = "UPDATE fixes SET ended_at = :ended_at WHERE id = :id"
    db.run(sql, ended_at=time_text(now), id=row["id"])


def _fix_row(db: Transaction, fix_id: int) -> Row | None:
    return db.row("SELECT * FROM fixes WHERE id = :id", id=fix_id)


def _require(db: Transaction, fix_id: int) -> Fix:
    row = _fix_row(db, fix_id)
    if row is None:
        raise StoreError(f"There is no fix {fix_id}.")
    return to_fix(row)
