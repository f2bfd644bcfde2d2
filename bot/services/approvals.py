"""The use case *request approval*: a run that a person submits begins, or waits for approval.

Slack is asked each time who is a fixer. Each step is one transaction, which also begins or cancels
the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.approvals import Approval, ApprovalState, approvals_for
from bot.domain.errors import ApprovalClosed, NobodyCanApprove, NotAllowed, RightsUnknown
from bot.domain.runs import ItemState, RunItem, RunKind, RunState
from bot.services.approval_records import AGAIN, ApprovalRecords, checked, decided
from bot.services.ports.runs import NewRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.actors import Actor
    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import FixRequest
    from bot.domain.runs import Run
    from bot.services.approval_needs import ApprovalNeeds
    from bot.services.ports.approvals import Decision
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store
    from bot.services.run_exclusions import RunExclusions

_log = structlog.get_logger(__name__)

_NOT_YOURS: Final = "You don't have permission to change the contacts of this account."


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a run that a person submitted.

    It began, or waits for `approvals`. `left_out` counts the contacts that this person may not
    change.
    """

    run: Run
    approvals: tuple[Approval, ...] = ()
    left_out: int = 0

    @property
    def started(self) -> bool:
        """Whether it began at once."""
        return not self.approvals


class ApprovalService:
    """Requests approvals, and ends requests. Safe to call from several threads.

    Args:
        store: runs, approvals, and what else is remembered.
        authorizer: asks Slack who may do what.
        needs: knows what needs approval.
        exclusions: know which contacts runs leave alone.
        on_recorded: called after a change that messages have to show.
        on_started: called after a run began.
    """

    def __init__(
        self,
        store: Store,
        authorizer: Authorizer,
        needs: ApprovalNeeds,
        exclusions: RunExclusions,
        *,
        on_recorded: Callable[[], None] = lambda: None,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._authorizer = authorizer
        self._needs = needs
        self._exclusions = exclusions
        self._records = ApprovalRecords(store, authorizer)
        self._on_recorded = on_recorded
        self._on_started = on_started

    def request_fix(
        self,
        request: FixRequest,
        account_name: str,
        actor: Actor,
        before: AlternateContact | None,
        *,
        channel: str = "",
    ) -> Submitted:
        """Submit a run of one contact, as a form requests it.

        Args:
            request: what is wanted, and what the person was shown.
            account_name: for the record.
            actor: who requests it.
            before: the contact in AWS, as it was shown.
            channel: where it is announced, as the policy names it.

        Raises:
            FixError: as for `submit`.
            StoreError: it couldn't be recorded.
        """
        if request.undoes is not None:
            kind = RunKind.UNDO
        else:
            kind = RunKind.REMOVE if request.wanted is None else RunKind.FIX
        item = RunItem(
            1,
            0,
            request.account_id,
            account_name,
            request.type,
            request.wanted,
            before,
            request.shown_at,
            undoes=request.undoes,
            confirmed_tool=request.confirmed_tool,
            despite=self._exclusions.of(request.account_id, request.type),
        )
        new = NewRun(f"form:{request.key}", kind, actor, channel=channel)
        run = self._store.runs.preview(new, [item])
        if run.state is RunState.REQUESTED:  # Slack submitted the same form twice
            return Submitted(run, tuple(self._store.approvals.of_run(run.id)))
        return self.submit(run.id, actor)

    def submit(self, run_id: int, actor: Actor) -> Submitted:
        """Begin a run that a person saw the preview of, or request the approvals that it needs.

        Contacts that this person may not change are left out.

        Raises:
            NotAllowed: the person may change none of them, or it is somebody else's preview.
            RightsUnknown: Slack couldn't say.
            NobodyCanApprove: it needs approval, and nobody else can give it.
            FixError: it was submitted or canceled before.
            StoreError: it couldn't be recorded.
        """
        run = self._records.own_run(run_id, actor)
        if run.state is not RunState.PREVIEWED:
            raise _not_previewed(run)
        items = self._store.runs.items(run_id, (ItemState.PLANNED,))
        rights = self._needs.of_run(run_id, items)
        allowed, left_out = self._records.allowed(items, rights, actor, _NOT_YOURS)
        needs = [rights.needs[item.number] for item in allowed if item.number in rights.needs]
        approvals = approvals_for(needs)
        for approval in approvals:
            search = self._authorizer.find_approver(approval.approvers, actor.user_id)
            if search.found is False:
                can_bypass = rights.may_bypass(allowed)
                raise NobodyCanApprove(
                    f"{approval.why} Nobody else can approve it. {search.problem}".rstrip(),
                    run_id=run_id,
                    can_bypass=can_bypass,
                    approvers=approval.approvers,
                )
            if search.found is None and search.problem:
                raise RightsUnknown(search.problem, "Nothing was changed. Try again in a moment.")
        if left_out:
            self._store.runs.leave_out(run_id, left_out)
        requested: Sequence[Approval] = ()
        if approvals:
            requested = self._store.approvals.request(run_id, approvals, run.channel)
            is_new = bool(requested)
        else:
            is_new = self._store.runs.start(run_id, actor.user_id)
        if not is_new:
            raise _not_previewed(self._records.run(run_id))
        self._changed(started=not approvals)
        _log.info("run submitted", run=run_id, user=actor.user_id, approvals=len(requested))
        return Submitted(self._records.run(run_id), tuple(requested), len(left_out))

    def withdraw(self, approval_id: int, actor: Actor) -> Decision:
        """Withdraw a request; only the requester can.

        Raises:
            NotAllowed: it is somebody else's.
            ApprovalClosed: it was decided before.
            StoreError: it couldn't be recorded.
        """
        approval = self._records.get(approval_id)
        self._records.own_run(approval.run_id, actor)
        withdrawn = ApprovalState.WITHDRAWN
        decision = decided(self._store.approvals.close(approval.id, withdrawn, actor.user_id))
        self._changed(started=False)
        return decision

    def bypass(self, run_id: int, actor: Actor, reason: str) -> Run:
        """Begin a run without approval, where the policy allows that.

        Raises:
            NotAllowed: it is somebody else's, the person is no fixer, or the policy forbids it.
            RightsUnknown: Slack couldn't say.
            ApprovalRefused: the reason is too short or too long.
            ApprovalClosed: it was decided before.
            StoreError: it couldn't be recorded.
        """
        run = self._records.own_run(run_id, actor)
        reason = checked(reason)
        items = self._store.runs.items(run_id, (ItemState.PLANNED,))
        rights = self._needs.of_run(run_id, items)
        allowed, left_out = self._records.allowed(items, rights, actor, _NOT_YOURS)
        if not rights.may_bypass(allowed):
            raise NotAllowed(
                "The policy doesn't allow this change without approval.",
                "Ask an approver, or ask an administrator of this bot to set break_glass = true.",
            )
        if left_out:
            self._store.runs.leave_out(run_id, left_out)
        needs = (rights.needs[item.number] for item in allowed if item.number in rights.needs)
        begun = self._store.approvals.bypass(
            run_id, approvals_for(needs), actor.user_id, reason, run.channel
        )
        if not begun:
            raise ApprovalClosed("This was already decided.", AGAIN)
        _log.warning("run begun without approval", run=run_id, user=actor.user_id)
        self._changed(started=True)
        return self._records.run(run_id)

    def can_bypass(self, run_id: int) -> bool:
        """Whether the policy allows the requester to go on without approval.

        Raises:
            StoreError: the database can't be read.
        """
        items = self._store.runs.items(run_id, (ItemState.PLANNED,))
        rights = self._needs.of_run(run_id, items)
        return not rights.unknown and rights.may_bypass(items)

    def settle(self) -> bool:
        """Let requests expire, and remind of those that wait long.

        Returns:
            Whether there is something to announce.
        """
        return self._store.approvals.settle()

    def _changed(self, *, started: bool) -> None:
        self._on_recorded()
        if started:
            self._on_started()


def _not_previewed(run: Run) -> ApprovalClosed:
    words = {
        RunState.REQUESTED: "This already waits for approval.",
        RunState.CANCELED: "This was canceled.",
    }
    return ApprovalClosed(words.get(run.state, "This has already started."), "")
