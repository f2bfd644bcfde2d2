"""Fixes: recorded before the write, and followed to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.audit_entries import fix_advanced, fix_planned, write_sent
from bot.domain.contacts import fingerprint
from bot.domain.errors import FixUnderWay
from bot.domain.evaluation.known_account import ReadingTime
from bot.domain.evaluation.plan import KeptContact
from bot.domain.evaluation.resolution import ALREADY_THERE, FIXED
from bot.domain.fixes import FixState
from bot.store.audit_log import record
from bot.store.columns import (
    contact_json,
    failure_json,
    maybe_time_text,
    text,
    time_text,
    wanted_json,
)
from bot.store.contact_history import keep_contacts, known_contacts
from bot.store.fix_leases import OPEN, FixLeases
from bot.store.fix_lookups import require_fix
from bot.store.mappers import to_fix
from bot.store.outbox import announce_fix, bump_revision
from bot.store.plan_writer import IN_DOUBT, PlanWriter, note_undone
from bot.store.run_items import follow_fix

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.contacts import AlternateContact
    from bot.domain.failures import Failure
    from bot.domain.findings import Resolution, TypeResult
    from bot.domain.fixes import Fix, FixRequest
    from bot.services.ports.clock import Clock
    from bot.store.fence import Fence
    from bot.store.owner import Lease
    from bot.store.transaction import Connections, Transaction

_PLAN: Final = """
INSERT INTO fixes
    (key, account_id, account_name, type, wanted, user_id, shown, shown_at, state, planned_at,
     channel, unusual_domain, run_id, undoes, confirmed_tool, instance, host, pid, lease_until)
VALUES
    (:key, :account_id, :account_name, :type, :wanted, :user_id, :shown, :shown_at, 'planned',
     :planned_at, :channel, :unusual_domain, :run_id, :undoes, :confirmed_tool, :instance, :host,
     :pid, :lease_until)
RETURNING *
"""

_BEGIN_WRITING: Final = """
UPDATE fixes SET before = :before, in_doubt_since = :now, lease_until = :lease_until
WHERE id = :id AND state = 'planned' AND ended_at IS NULL AND instance = :instance
"""

_ADVANCE: Final = """
UPDATE fixes SET
    state = :state, before = coalesce(:before, before), applied_at = :applied_at,
    ended_at = :ended_at, failure = :failure, already_there = :already_there,
    in_doubt_since = :in_doubt_since,
    aws_request_id = CASE WHEN :aws_request_id = '' THEN aws_request_id ELSE :aws_request_id END
WHERE id = :id
"""


class Fixes(FixLeases):
    """Fixes, from before the write to their end.

    Args:
        connections: the database.
        clock: the time.
        lease: this process's leases.
        consistency: how long after a write AWS may still return the old value.
        fence: refuses what only the leader does.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        lease: Lease,
        consistency: timedelta,
        fence: Fence,
    ) -> None:
        super().__init__(connections, clock, lease, consistency)
        self._fence = fence

    def plan(
        self,
        request: FixRequest,
        account_name: str,
        channel: str = "",
        *,
        unusual_domain: bool = False,
    ) -> tuple[Fix, bool]:
        """Record a fix before it is made, and reserve its contact.

        Raises:
            FixUnderWay: another fix of this contact has not ended. An abandoned one has to be taken
                over and ended first: only AWS shows its result.
        """
        now = self._clock.now()
        with self._connections.writing() as db:
            known = db.row("SELECT * FROM fixes WHERE key = :key", key=request.key)
            if known is not None:
                return to_fix(known), False
            contact = {"account_id": request.account_id, "type": request.type}
            if db.row(OPEN, **contact) is not None:
                raise FixUnderWay(
                    "Another fix of this contact is in progress.",
                    "Wait a minute, then check the account before you save again.",
                )
            (planned,) = db.rows(
                _PLAN,
                **contact,
                key=request.key,
                account_name=text(account_name),
                wanted=wanted_json(request.wanted),
                user_id=request.user_id,
                shown=request.shown,
                shown_at=time_text(request.shown_at),
                planned_at=time_text(now),
                channel=text(channel),
                unusual_domain=unusual_domain,
                run_id=request.run_id,
                undoes=request.undoes,
                confirmed_tool=request.confirmed_tool,
                **self._lease.columns(db.now(self._clock)),
            )
            fix = to_fix(planned)
            follow_fix(db, fix)
            record(db, fix_planned(fix), now)
            return fix, True

    def begin_writing(self, fix_id: int, before: AlternateContact | None) -> Fix:
        """Record that the write is about to be sent, and what AWS has before it.

        Raises:
            FixUnderWay: another process took this fix over, so nothing must be sent.
            NotLeading: it is part of a run, and another process leads.
        """
        with self._connections.writing() as db:
            if require_fix(db, fix_id).request.run_id is not None:
                self._fence.require(db)
            now = self._clock.now()
            begun = db.run(
                _BEGIN_WRITING,
                id=fix_id,
                before=contact_json(before),
                now=time_text(now),
                lease_until=self._lease.until(db.now(self._clock)),
                instance=self._lease.owner.instance,
            )
            if not begun:
                raise FixUnderWay(
                    "This took too long to start, so another bot process ended it. Nothing was "
                    "changed in AWS.",
                    "Save again.",
                )
            fix = require_fix(db, fix_id)
            record(db, write_sent(fix), now)
            return fix

    def advance(
        self,
        fix_id: int,
        state: FixState,
        *,
        ended: bool,
        before: AlternateContact | None = None,
        failure: Failure | None = None,
        already_there: bool = False,
        in_doubt: bool = False,
        by_reading: bool = False,
        aws_request_id: str = "",
        result: TypeResult | None = None,
    ) -> Fix:
        """Record the progress of a fix; `CONFIRMED` resolves its findings in the same transaction.

        If the record is more certain than `state`, nothing changes. A fix that ended as `FAILED`
        continues if AWS accepted it after all; if that is known only `by_reading` the contact, a
        later fix of the same contact must not have begun.

        `result` is the evaluation of the confirmed contact: findings that it doesn't resolve, or
        that couldn't be evaluated, stay open. If it is None, all findings of the contact are
        resolved.

        Raises:
            StoreError: there is no such fix.
        """
        with self._connections.writing() as db:
            fix = require_fix(db, fix_id)
            if not fix.state.can_become(state):
                return fix
            if by_reading and fix.state is FixState.FAILED and not _is_in_doubt(db, fix_id):
                return fix
            now = self._clock.now()
            wrote = state is FixState.APPLIED or (
                state is FixState.CONFIRMED and not (already_there or fix.already_there)
            )
            unknown = state is FixState.PLANNED or (state is FixState.FAILED and in_doubt)
            applied_at = fix.applied_at or (now if wrote else None)
            ended_at = (fix.ended_at or now) if ended else None
            db.run(
                _ADVANCE,
                id=fix_id,
                state=state,
                before=contact_json(before),
                applied_at=maybe_time_text(applied_at),
                ended_at=maybe_time_text(ended_at),
                failure=failure_json(failure) if state is FixState.FAILED else None,
                already_there=fix.already_there or already_there,
                in_doubt_since=maybe_time_text(fix.in_doubt_since if unknown else None),
                aws_request_id=text(aws_request_id),
            )
            if not ended:
                self._own(db, fix_id)
            if state is FixState.CONFIRMED and fix.state is not FixState.CONFIRMED:
                resolution = ALREADY_THERE if already_there else FIXED
                self._confirm(db, fix, now, resolution, result)
                if not (already_there or fix.already_there):
                    note_undone(db, fix, now)
            advanced = require_fix(db, fix_id)
            if advanced != fix:
                answered = fix_advanced(
                    advanced, aws_request_id=aws_request_id, by_reading=by_reading
                )
                record(db, answered, now)
                announce_fix(db, advanced, now)
                follow_fix(db, advanced)
            return advanced

    def _confirm(
        self,
        db: Transaction,
        fix: Fix,
        now: datetime,
        resolution: Resolution,
        result: TypeResult | None,
    ) -> None:
        request = fix.request
        known = known_contacts(db, [request.account_id]).get(request.account_id, {})
        before = known.get(request.type)
        digest = fingerprint(request.wanted)
        kept = KeptContact(request.type, request.wanted, digest, now, checked=True, before=before)
        keep_contacts(db, [(request.account_id, kept)])
        writer = PlanWriter(db, ReadingTime(now, now, self._consistency))
        writer.confirm(fix, result, resolution)
        if request.undoes is not None and result is not None:
            writer.reopen(fix, result)
        bump_revision(db, writer.outdated)


def _is_in_doubt(db: Transaction, fix_id: int) -> bool:
    """Whether AWS may have accepted a failed fix, and no later one of the contact has begun."""
    return any(row["id"] == fix_id for row in db.rows(IN_DOUBT))
