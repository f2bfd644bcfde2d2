"""What requests and decisions have in common: rights checked item by item, and what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.approvals import ApprovalState
from bot.domain.errors import ApprovalClosed, ApprovalRefused, NotAllowed, RightsUnknown
from bot.domain.exemptions import LONGEST_REASON, SHORTEST_REASON
from bot.domain.visible_text import tidy, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.actors import Actor
    from bot.domain.approvals import Approval
    from bot.domain.runs import Run, RunItem
    from bot.services.approval_needs import RunRights
    from bot.services.ports.approvals import Decision
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store

GONE: Final = "This request is no longer on record."
AGAIN: Final = "Start again to see what AWS has now."


class ApprovalRecords:
    """Looks up runs and approvals, and says why they can't be acted on any more.

    Args:
        store: runs and approvals.
        authorizer: asks Slack who may do what.
    """

    def __init__(self, store: Store, authorizer: Authorizer) -> None:
        self._store = store
        self._authorizer = authorizer

    def get(self, approval_id: int) -> Approval:
        """One approval.

        Raises:
            ApprovalClosed: there is none.
        """
        approval = self._store.approvals.get(approval_id)
        if approval is None:
            raise ApprovalClosed(GONE, AGAIN)
        return approval

    def waiting(self, approval_id: int) -> Approval:
        """One approval that nobody decided yet.

        Raises:
            ApprovalClosed: it was decided, or there is none.
        """
        approval = self.get(approval_id)
        if approval.state is not ApprovalState.WAITING:
            raise closed(approval)
        return approval

    def run(self, run_id: int) -> Run:
        """One run.

        Raises:
            ApprovalClosed: there is none.
        """
        run = self._store.runs.get(run_id)
        if run is None:
            raise ApprovalClosed(GONE, AGAIN)
        return run

    def own_run(self, run_id: int, actor: Actor) -> Run:
        """One run of this person.

        Raises:
            NotAllowed: it is somebody else's, or the person isn't in this workspace.
            RightsUnknown: Slack couldn't say.
            ApprovalClosed: there is none.
        """
        run = self.run(run_id)
        if run.requested_by.user_id != actor.user_id:
            raise NotAllowed("Somebody else requested this.", "Ask", (run.requested_by.user_id,))
        # A payload of another workspace may name the same user id.
        self._authorizer.require_fixer_among(actor, (actor.user_id,))
        return run

    def allowed(
        self, items: Sequence[RunItem], rights: RunRights, actor: Actor, denied: str
    ) -> tuple[list[RunItem], dict[int, str]]:
        """The items that a person may change, and why not the others, by number.

        Raises:
            NotAllowed: they may change none.
            RightsUnknown: Slack couldn't say.
        """
        refusals: dict[tuple[str, ...] | None, NotAllowed | None] = {}
        allowed: list[RunItem] = []
        left_out: dict[int, str] = {}
        for item in items:
            if item.account_id in rights.unknown:
                left_out[item.number] = rights.unknown[item.account_id]
                continue
            fixers = rights.policies[item.account_id].fixers
            if fixers not in refusals:
                refusals[fixers] = self._refusal(actor, fixers)
            if refusals[fixers] is None:
                allowed.append(item)
            else:
                left_out[item.number] = denied
        if allowed:
            return allowed, left_out
        for refusal in refusals.values():
            if refusal is not None:
                raise refusal
        if rights.unknown:
            raise RightsUnknown(next(iter(rights.unknown.values())), "Try again later.")
        raise ApprovalClosed("Nothing is left to change.", AGAIN)

    def _refusal(self, actor: Actor, fixers: tuple[str, ...] | None) -> NotAllowed | None:
        try:
            self._authorizer.require_fixer_among(actor, fixers, fresh=True)
        except RightsUnknown:
            raise
        except NotAllowed as error:
            return error
        return None


def checked(reason: str) -> str:
    """A reason as it is recorded.

    Raises:
        ApprovalRefused: it is too short or too long.
    """
    words = " ".join(tidy(reason).split())
    if len(visible(words)) < SHORTEST_REASON:
        raise ApprovalRefused(f"Give a reason of at least {SHORTEST_REASON} characters.")
    if len(words) > LONGEST_REASON:
        raise ApprovalRefused(f"Give a reason of at most {LONGEST_REASON} characters.")
    return words


def decided(decision: Decision | None) -> Decision:
    """A decision that counts.

    Raises:
        ApprovalClosed: somebody was faster, or its time is over.
    """
    if decision is None:
        raise ApprovalClosed(GONE, AGAIN)
    if not decision.is_new:
        raise closed(decision.approval)
    return decision


def closed(approval: Approval) -> ApprovalClosed:
    """Why a request can't be decided any more."""
    words = _CLOSED[approval.state]
    is_void = approval.state is ApprovalState.VOID  # not by who had approved it
    by = "" if is_void else approval.decided_by
    return ApprovalClosed(words, AGAIN if approval.state in _FAILED else "", by=by)


_CLOSED: Final = {
    ApprovalState.WAITING: "This request has expired: nobody decided within 24 hours.",
    ApprovalState.APPROVED: "This request was already approved.",
    ApprovalState.REJECTED: "This request was already rejected.",
    ApprovalState.WITHDRAWN: "This request was withdrawn.",
    ApprovalState.EXPIRED: "This request has expired: nobody decided within 24 hours.",
    ApprovalState.VOID: "This request is void.",
    ApprovalState.BYPASSED: "The requester already went on without approval.",
}
"""A request that is still `WAITING`, but can't be decided, is over by the clock."""

_FAILED: Final = frozenset(
    {ApprovalState.WAITING, ApprovalState.REJECTED, ApprovalState.EXPIRED, ApprovalState.VOID}
)
