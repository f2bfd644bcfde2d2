"""The use case *approve*: a second person approves or rejects a request.

Slack is asked each time who is an approver, and whether the requester is still a fixer. Each
decision is one transaction, which also begins or cancels the run, so that two people who decide at
once decide once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from bot.domain.approvals import ApprovalState, covers, void_reason
from bot.domain.contacts import fingerprint
from bot.domain.errors import ApprovalClosed, FixError, NotAllowed, RightsUnknown
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.domain.runs import ItemState
from bot.domain.stale_reads import seen_contact
from bot.services.approval_records import AGAIN, ApprovalRecords, checked, decided
from bot.services.ports.aws import Priority
from bot.services.recent_fixes import RecentFixes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.actors import Actor
    from bot.domain.approvals import Approval, ApprovalRequest
    from bot.domain.contacts import AlternateContact
    from bot.domain.runs import Run, RunItem
    from bot.services.approval_needs import ApprovalNeeds
    from bot.services.ports.approvals import Decision
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store
    from bot.services.run_exclusions import RunExclusions

_log = structlog.get_logger(__name__)

READ_AT_APPROVAL: Final = 10
"""Contacts of a run that are read from AWS when it is approved: about two seconds at AWS's quota.
In a larger run, each contact is read right before it is written anyway."""

_CHANGED: Final = "AWS has another contact now than the request was made for."

_LOST_RIGHT: Final = (
    "The requester no longer has permission to change the contacts of this account."
)


class ApprovalDecisions:
    """Decides requests. Safe to call from several threads.

    Args:
        store: runs, approvals, and what else is remembered.
        authorizer: asks Slack who may do what.
        needs: knows what needs approval.
        exclusions: know which contacts runs leave alone.
        contacts: reads AWS.
        clock: the time.
        on_recorded: called after a change that messages have to show.
        on_started: called after a run began.
    """

    def __init__(
        self,
        store: Store,
        authorizer: Authorizer,
        needs: ApprovalNeeds,
        exclusions: RunExclusions,
        contacts: ContactReader,
        *,
        clock: Clock,
        on_recorded: Callable[[], None] = lambda: None,
        on_started: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._authorizer = authorizer
        self._needs = needs
        self._exclusions = exclusions
        self._contacts = contacts
        self._recent = RecentFixes(store.fixes, clock)
        self._records = ApprovalRecords(store, authorizer)
        self._on_recorded = on_recorded
        self._on_started = on_started

    def approve(self, approval_id: int, actor: Actor) -> Decision:
        """Approve a request; the last approval that a run needs begins it.

        Raises:
            NotAllowed: the person isn't an approver, or requested it.
            RightsUnknown: Slack couldn't say, or an account's policy is unknown now.
            ApprovalClosed: it was decided before, expired, or became void.
            FixError: AWS couldn't be read.
            StoreError: it couldn't be recorded.
        """
        approval = self._records.waiting(approval_id)
        self._require_approver(approval, actor)
        run = self._records.run(approval.run_id)
        items = self._store.runs.items(run.id, (ItemState.PLANNED,))
        self._records.waiting(approval_id)  # again: once somebody approved it, they may be done
        rights = self._needs.of_run(run.id, items)
        if rights.unknown:
            raise RightsUnknown(next(iter(rights.unknown.values())), "Try again later.")
        requester = self._authorizer.member(run.requested_by.user_id)
        try:
            items, lost = self._records.allowed(items, rights, requester, _LOST_RIGHT)
        except RightsUnknown:
            raise
        except NotAllowed:
            self._void(approval, _LOST_RIGHT)
        needs = [rights.needs[item.number] for item in items if item.number in rights.needs]
        others = self._store.approvals.of_run(run.id)
        waiting = {each.id for each in others if each.state is ApprovalState.WAITING}
        counted = [
            replace(each, state=ApprovalState.APPROVED) if each.id in waiting else each
            for each in others
        ]
        if not covers(counted, needs):
            self._void(approval, "The policy changed: other people have to approve this now.")
        held_back = self._held_back(run, items)
        if len(held_back) == len(items):
            self._void(approval, void_reason(list(dict.fromkeys(held_back.values()))))
        if lost:
            self._store.runs.leave_out(run.id, lost)
        if held_back:
            self._store.runs.hold_back(run.id, held_back)
        decision = decided(self._store.approvals.approve(approval_id, actor.user_id))
        self._changed(started=decision.started)
        return decision

    def reject(self, approval_id: int, actor: Actor, reason: str) -> Decision:
        """Reject a request, with a reason.

        Raises:
            NotAllowed: the person isn't an approver, or requested it.
            ApprovalRefused: the reason is too short or too long.
            ApprovalClosed: it was decided before, or expired.
            StoreError: it couldn't be recorded.
        """
        approval = self._records.waiting(approval_id)
        self._require_approver(approval, actor)
        return self._close(approval, ApprovalState.REJECTED, actor.user_id, checked(reason))

    def requests_for(self, actor: Actor) -> tuple[list[ApprovalRequest], list[ApprovalRequest]]:
        """The requests that wait, oldest first: those that a person can decide, and their own.

        Raises:
            StoreError: the database can't be read.
        """
        waiting = self._store.approvals.waiting()
        own = [each for each in waiting if each.run.requested_by.user_id == actor.user_id]
        others = [each for each in waiting if each.run.requested_by.user_id != actor.user_id]
        # By cached groups: Slack is asked again when one is opened, and when it is decided.
        return [each for each in others if self._is_approver(each.approval, actor)], own

    def require_reviewer(self, approval_id: int, actor: Actor) -> Approval:
        """The request that a person wants to review: an approver, or its requester.

        Raises:
            NotAllowed: they may not.
            ApprovalClosed: there is no such request.
        """
        approval = self._records.get(approval_id)
        run = self._records.run(approval.run_id)
        if run.requested_by.user_id == actor.user_id:
            # A payload of another workspace may name the same user id.
            self._authorizer.require_fixer_among(actor, (actor.user_id,))
        else:
            self._authorizer.require_approver(actor, approval.approvers)
        return approval

    def _require_approver(self, approval: Approval, actor: Actor) -> None:
        run = self._records.run(approval.run_id)
        if run.requested_by.user_id == actor.user_id:
            users = tuple(name for name in approval.approvers if name.startswith(("U", "W")))
            groups = tuple(name for name in approval.approvers if name.startswith("S"))
            others = tuple(user for user in users if user != actor.user_id)
            problem = "You can't approve or reject your own request."
            raise NotAllowed(problem, "Ask", others, groups)
        self._authorizer.require_approver(actor, approval.approvers, fresh=True)

    def _is_approver(self, approval: Approval, actor: Actor) -> bool:
        try:
            self._authorizer.require_approver(actor, approval.approvers)
        except NotAllowed:
            return False
        return True

    def _held_back(self, run: Run, items: Sequence[RunItem]) -> dict[int, str]:
        """Why items aren't written any more, by number; of a large run nothing is looked up.

        Raises:
            FixError: AWS couldn't be read.
        """
        if len(items) > READ_AT_APPROVAL:
            return {}
        held_back: dict[int, str] = {}
        for item in items:
            left_alone = self._exclusions.since(run.kind, item)
            if left_alone is not None:
                held_back[item.number] = left_alone.sentence
            elif self._is_changed_in_aws(run, item):
                held_back[item.number] = _CHANGED
        return held_back

    def _is_changed_in_aws(self, run: Run, item: RunItem) -> bool:
        """Whether AWS has another contact than the request was made for.

        Raises:
            FixError: AWS couldn't be read.
        """
        read: AlternateContact | None = None
        match self._contacts.read(item.account_id, item.type, Priority.FIX):
            case Present(contact):
                read = contact
            case Unreadable(why) | Unsupported(why):
                words = f"Nothing was approved, because AWS couldn't be read. {why.message}"
                raise FixError(words, f"{why.remedy} Then approve again.".lstrip())
        recent = self._recent.of(item.account_id, item.type)
        known = seen_contact(read, recent, item.shown, item.read_at or run.created_at).known
        return fingerprint(known) != item.shown and known != item.wanted

    def _void(self, approval: Approval, why: str) -> NoReturn:
        """End a request that can't be approved any more.

        Raises:
            ApprovalClosed: always.
        """
        self._close(approval, ApprovalState.VOID, "", why)
        raise ApprovalClosed(f"This request is void, and nothing was changed. {why}", AGAIN)

    def _close(
        self, approval: Approval, state: ApprovalState, user_id: str, reason: str = ""
    ) -> Decision:
        decision = decided(self._store.approvals.close(approval.id, state, user_id, reason))
        self._changed(started=False)
        return decision

    def _changed(self, *, started: bool) -> None:
        self._on_recorded()
        if started:
            self._on_started()
