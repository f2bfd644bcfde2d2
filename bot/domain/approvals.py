"""Approvals: a second person agrees to a change before it is made, where the policy says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.policy.account_policy import ApprovalRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.domain.contacts import ContactType
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.runs import Run

LIFETIME: Final = timedelta(hours=24)
"""How long a request waits for approval."""

REMIND_AFTER: Final = timedelta(hours=4)
"""When approvers are reminded of a request, once: half a working day, so still on the same day."""


class ApprovalState(StrEnum):
    """How an approval was decided.

    `VOID`: it can't be made any more, because AWS, the policy or the requester's rights changed
    meanwhile; an approved one, if its run held back every contact. `BYPASSED`: the requester went
    on alone, with a reason, where the policy allows that.
    """

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    BYPASSED = "bypassed"


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that a run needs: one for each list of approvers that the policy names.

    `approvers` has user and user group ids, as the policy named them when it was requested.
    `why` says in a sentence why a second person is needed. `decided_by` is a user id; `reason` is
    what that person wrote. For a request that is `VOID`, they are who had approved it, if somebody
    had, and why it is void.
    """

    id: int
    run_id: int
    state: ApprovalState
    approvers: tuple[str, ...]
    why: str
    requested_at: datetime
    expires_at: datetime
    reminded_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""


class Sensitivity(StrEnum):
    """Why a change needs a second person."""

    ALWAYS = "always"
    MANAGEMENT = "management"
    REMOVES = "removes"
    OVERWRITES = "overwrites"

    @property
    def sentence(self) -> str:
        """For one contact, as a sentence."""
        return f"{_WHY[self][0].upper()}{_WHY[self][1:]}."

    def counted(self, number: int) -> str:
        """For several contacts, as `3 contacts: it's in the management account.` and the like."""
        return f"{number:,} contact{'' if number == 1 else 's'}: {_WHY[self]}."


_WHY: Final = {
    Sensitivity.ALWAYS: "the policy requires approval of every change",
    Sensitivity.MANAGEMENT: "it's in the management account",
    Sensitivity.REMOVES: "it's compliant, and would be removed",
    Sensitivity.OVERWRITES: "it's compliant, and would be overwritten",
}


@dataclass(frozen=True, slots=True)
class ApprovalNeed:
    """A contact whose change needs approval by one of these users or groups, and why."""

    sensitivity: Sensitivity
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewApproval:
    """An approval to be requested: from whom, and why, in sentences."""

    approvers: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class ApprovalItem:
    """A contact of a request, as everybody in a channel may see it."""

    account_id: str
    account_name: str
    type: ContactType


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A request with what its messages show: no contact details.

    `items` are the first contacts of `total`. `others` are the other approvals of the same run.
    `is_reminder`: it is shown as the reminder.
    """

    approval: Approval
    run: Run
    items: tuple[ApprovalItem, ...]
    total: int
    others: tuple[Approval, ...] = ()
    is_reminder: bool = False


def sensitivity(
    policy: AccountPolicy, *, is_management: bool, is_compliant: bool, removes: bool
) -> Sensitivity | None:
    """Why a change needs a second person; None if it doesn't.

    Args:
        policy: the account's.
        is_management: whether the account is its organization's management account.
        is_compliant: whether the contact that would be changed is compliant.
        removes: whether it would be removed.
    """
    match policy.approval:
        case ApprovalRule.NEVER:
            return None
        case ApprovalRule.ALWAYS:
            return Sensitivity.ALWAYS
        case ApprovalRule.SENSITIVE:
            if is_management:
                return Sensitivity.MANAGEMENT
            if is_compliant:
                return Sensitivity.REMOVES if removes else Sensitivity.OVERWRITES
            return None


def approvals_for(needs: Iterable[ApprovalNeed]) -> tuple[NewApproval, ...]:
    """The approvals that a run needs: one for each list of approvers, with all of its reasons."""
    counts: dict[tuple[str, ...], dict[Sensitivity, int]] = {}
    for need in needs:
        counted = counts.setdefault(need.approvers, {})
        counted[need.sensitivity] = counted.get(need.sensitivity, 0) + 1
    return tuple(NewApproval(approvers, _why(counted)) for approvers, counted in counts.items())


def covers(approvals: Sequence[Approval], needs: Iterable[ApprovalNeed], *, also: int = 0) -> bool:
    """Whether everything that needs approval now has it.

    The policy may have changed since the request: then others may have to approve.

    Args:
        approvals: the run's.
        needs: what its contacts need by the current policy.
        also: the id of an approval that counts as approved.
    """
    granted = {
        each.approvers
        for each in approvals
        if each.id == also or each.state in {ApprovalState.APPROVED, ApprovalState.BYPASSED}
    }
    return all(need.approvers in granted for need in needs)


def void_reason(reasons: Sequence[str]) -> str:
    """Why an approved request is void after all, as a sentence.

    Args:
        reasons: why its contacts were held back, each reason once.
    """
    if len(reasons) == 1:
        return reasons[0]
    return "Every contact was held back, because AWS or the policy changed since."


def _why(counted: dict[Sensitivity, int]) -> str:
    if sum(counted.values()) == 1:
        (only,) = counted
        return only.sentence
    return " ".join(each.counted(counted[each]) for each in Sensitivity if each in counted)
