"""Approvals of runs: requested, decided once, and announced, each in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.approvals import (
    LIFETIME,
    REMIND_AFTER,
    ApprovalState,
)
from bot.domain.audit import BOT
from bot.domain.contacts import ContactType
from bot.services.ports.approvals import Decision
from bot.store.approval_messages import announce_approval, put_on_record
from bot.store.approval_rows import GET, of_run, request_of, to_approval
from bot.store.columns import mention_json, text, time_text
from bot.store.repository import Repository
from bot.store.run_rows import bump_run
from bot.store.run_states import cancel_run, request_run, start_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.approvals import Approval, ApprovalRequest, NewApproval
    from bot.store.transaction import Transaction

_INSERT: Final = """
INSERT INTO approvals
    (run_id, state, approvers, why, requested_at, expires_at, decided_at, decided_by, reason)
VALUES
    (:run_id, :state, :approvers, :why, :requested_at, :expires_at, :decided_at, :decided_by,
     :reason)
RETURNING *
"""

_WAITING: Final = """
SELECT * FROM approvals WHERE state = 'waiting' AND expires_at > :now ORDER BY id
"""

_DECIDE: Final = """
UPDATE approvals SET
    state = :state, decided_at = :now, decided_by = :user_id, reason = :reason
WHERE id = :id AND state = 'waiting'
"""

_IN_TIME: Final = " AND expires_at > :now"

_OTHERS_WAIT: Final = """
SELECT count(*) AS number FROM approvals
WHERE run_id = :run_id AND state NOT IN ('approved', 'bypassed')
"""

_OVER: Final = "SELECT * FROM approvals WHERE state = 'waiting' AND expires_at <= :now ORDER BY id"

_TO_REMIND: Final = """
SELECT * FROM approvals
WHERE state = 'waiting' AND expires_at > :now AND reminded_at IS NULL AND requested_at <= :since
ORDER BY id
"""

_COMPLIANT: Final = """
SELECT account_id, type FROM run_items
WHERE run_id = :run_id AND state = 'planned' AND before IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM findings
    WHERE findings.account_id = run_items.account_id AND findings.type = run_items.type
        AND resolved_at IS NULL AND outcome IN ('missing', 'wrong', 'weak')
)
"""

_TO_NOTIFY: Final = """
SELECT * FROM approvals
WHERE notified_at IS NULL AND decided_by != '' AND state IN ('approved', 'rejected')
    OR notified_at IS NULL AND state IN ('expired', 'void')
ORDER BY id
"""

_NOTIFIED: Final = """
UPDATE approvals SET notified_at = :now WHERE id = :id AND notified_at IS NULL
"""

_CANCELED: Final = {
    ApprovalState.REJECTED: "It was rejected.",
    ApprovalState.WITHDRAWN: "It was withdrawn.",
    ApprovalState.EXPIRED: "Nobody approved it in time.",
    ApprovalState.VOID: "The request became void.",
}
"""Why a run was canceled, by how its approval ended."""


class Approvals(Repository):
    """Approvals of runs. A decision begins or cancels the run in the same transaction."""

    def request(
        self, run_id: int, approvals: Sequence[NewApproval], channel: str = ""
    ) -> list[Approval]:
        """Have a previewed run wait for these approvals, and announce them."""
        with self._connections.writing() as db:
            if not request_run(db, run_id):
                return []
            made = [self._insert(db, run_id, each, ApprovalState.WAITING) for each in approvals]
            user_id = _requester(db, run_id)
            for approval in made:
                put_on_record(db, approval, user_id, self._clock.now())
                announce_approval(db, approval, channel, self._clock.now())
            return made

    def get(self, approval_id: int) -> Approval | None:
        """One approval."""
        with self._connections.reading() as db:
            row = db.row(GET, id=approval_id)
            return to_approval(row) if row is not None else None

    def of_run(self, run_id: int) -> list[Approval]:
        """The approvals of a run, oldest first; empty if it needed none."""
        with self._connections.reading() as db:
            return of_run(db, run_id)

    def request_of(self, approval_id: int, items: int) -> ApprovalRequest | None:
        """A request with at most so many of its contacts, without their details."""
        with self._connections.reading() as db:
            row = db.row(GET, id=approval_id)
            return request_of(db, row, items) if row is not None else None

    def waiting(self, items: int = 3) -> list[ApprovalRequest]:
        """The requests that wait for a decision, oldest first."""
        with self._connections.reading() as db:
            now = time_text(self._clock.now())
            return [request_of(db, row, items) for row in db.rows(_WAITING, now=now)]

    def compliant_contacts(self, run_id: int) -> set[tuple[str, ContactType]]:
        """The contacts of a run that were set before it, and in which nothing was found."""
        with self._connections.reading() as db:
            rows = db.rows(_COMPLIANT, run_id=run_id)
            return {(row["account_id"], ContactType(row["type"])) for row in rows}

    def approve(self, approval_id: int, user_id: str) -> Decision | None:
        """Approve a waiting request; if it was the last one of its run, the run begins."""
        with self._connections.writing() as db:
            return self._decide(db, approval_id, ApprovalState.APPROVED, user_id)

    def close(
        self, approval_id: int, state: ApprovalState, user_id: str, reason: str = ""
    ) -> Decision | None:
        """End a waiting request without a change: its run is canceled, with other approvals."""
        with self._connections.writing() as db:
            return self._decide(db, approval_id, state, user_id, reason)

    def bypass(
        self,
        run_id: int,
        approvals: Sequence[NewApproval],
        user_id: str,
        reason: str,
        channel: str = "",
    ) -> bool:
        """Begin a run without approval, and announce it to those who could have approved."""
        with self._connections.writing() as db:
            known = of_run(db, run_id)
            if not known and not request_run(db, run_id):
                return False
            bypassed = [each for each in known if each.state is ApprovalState.WAITING]
            if known and not bypassed:
                return False
            state = ApprovalState.BYPASSED
            if known:
                for each in bypassed:
                    self._set(db, each.id, state, user_id, reason)
                bypassed = [each for each in of_run(db, run_id) if each.state is state]
            else:
                bypassed = [
                    self._insert(db, run_id, each, state, user_id=user_id, reason=reason)
                    for each in approvals
                ]
            for approval in bypassed:
                put_on_record(db, approval, user_id, self._clock.now())
                # A new message: one that is edited notifies nobody.
                announce_approval(db, approval, channel, self._clock.now())
            bump_run(db, run_id)
            return start_run(db, run_id, user_id, self._clock.now())

    def settle(self) -> bool:
        """Let requests expire whose time is over, and remind of those that wait long, once."""
        with self._connections.reading() as db:
            now = self._clock.now()
            due = {"now": time_text(now), "since": time_text(now - REMIND_AFTER)}
            if not db.rows(_OVER, now=due["now"]) and not db.rows(_TO_REMIND, **due):
                return False
        with self._connections.writing() as db:
            for row in db.rows(_OVER, now=due["now"]):
                self._decide(db, row["id"], ApprovalState.EXPIRED, "")
            for row in db.rows(_TO_REMIND, **due):
                sql = "UPDATE approvals SET reminded_at = :now WHERE id = :id"
                db.run(sql, id=row["id"], now=due["now"])
                channel = _channel(db, row["id"])
                announce_approval(db, to_approval(row), channel, now, is_reminder=True)
            return True

    def to_notify(self) -> list[ApprovalRequest]:
        """The decided requests whose requester wasn't informed yet."""
        with self._connections.reading() as db:
            return [request_of(db, row, 3) for row in db.rows(_TO_NOTIFY)]

    def notified(self, approval_id: int) -> bool:
        """Mark that the requester is being informed; false if somebody else does it."""
        with self._connections.writing() as db:
            return db.run(_NOTIFIED, id=approval_id, now=time_text(self._clock.now())) == 1

    def _decide(
        self,
        db: Transaction,
        approval_id: int,
        state: ApprovalState,
        user_id: str,
        reason: str = "",
    ) -> Decision | None:
        """Decide a waiting request, with what follows for its run."""
        in_time = state in {ApprovalState.APPROVED, ApprovalState.REJECTED}
        is_new = self._set(db, approval_id, state, user_id, reason, in_time=in_time)
        row = db.row(GET, id=approval_id)
        if row is None:
            return None
        approval = to_approval(row)
        if not is_new:
            return Decision(approval, is_new=False)
        run_id, started = approval.run_id, False
        put_on_record(db, approval, user_id or BOT, self._clock.now())
        if state is not ApprovalState.APPROVED:
            for other in of_run(db, run_id):
                if other.state is ApprovalState.WAITING:
                    self._set(db, other.id, state, user_id, reason)
            cancel_run(db, run_id, user_id or BOT, _CANCELED[state], self._clock.now())
        elif not db.number(_OTHERS_WAIT, run_id=run_id):
            started = start_run(db, run_id, _requester(db, run_id), self._clock.now())
        bump_run(db, run_id)
        return Decision(approval, is_new=True, started=started)

    def _set(
        self,
        db: Transaction,
        approval_id: int,
        state: ApprovalState,
        user_id: str,
        reason: str,
        *,
        in_time: bool = False,
    ) -> bool:
        """Decide a waiting request; whether it was waiting, and its time not over."""
        decided = db.run(
            _DECIDE + (_IN_TIME if in_time else ""),
            id=approval_id,
            state=state,
            now=time_text(self._clock.now()),
            user_id=text(user_id),
            reason=text(reason),
        )
        return decided == 1

    def _insert(
        self,
        db: Transaction,
        run_id: int,
        new: NewApproval,
        state: ApprovalState,
        *,
        user_id: str = "",
        reason: str = "",
    ) -> Approval:
        now = self._clock.now()
        (row,) = db.rows(
            _INSERT,
            run_id=run_id,
            state=state,
            approvers=mention_json(new.approvers),
            why=text(new.why),
            requested_at=time_text(now),
            expires_at=time_text(now + LIFETIME),
            decided_at=time_text(now) if user_id else None,
            decided_by=text(user_id),
            reason=text(reason),
        )
        return to_approval(row)


def _requester(db: Transaction, run_id: int) -> str:
    (row,) = db.rows("SELECT user_id FROM runs WHERE id = :id", id=run_id)
    return str(row["user_id"])


def _channel(db: Transaction, approval_id: int) -> str:
    """The channel that a request was announced in."""
    sql = """
    SELECT channel FROM announcements WHERE id = (
        SELECT announcement_id FROM approval_messages WHERE approval_id = :id LIMIT 1
    )
    """
    row = db.row(sql, id=approval_id)
    return str(row["channel"]) if row is not None else ""
