"""Which changes need a second person, whom, and whether what was approved still counts."""

from __future__ import annotations

import pytest

from bot.domain.approvals import (
    Approval,
    ApprovalNeed,
    ApprovalState,
    NewApproval,
    Sensitivity,
    approvals_for,
    covers,
    sensitivity,
)
from bot.domain.policy.account_policy import AccountPolicy, ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from tests.unit.domain.policy.test_match import ACCOUNT
from tests.unit.fakes import START

LEADS, OWNERS = ("S0LEADS001",), ("U7", "S0OWNERS01")
ALWAYS, MANAGEMENT = Sensitivity.ALWAYS, Sensitivity.MANAGEMENT
REMOVES, OVERWRITES = Sensitivity.REMOVES, Sensitivity.OVERWRITES


def policy(rule: ApprovalRule) -> AccountPolicy:
    """An account's policy with this rule."""
    found = Policy.requiring(tables=[PolicyTable("1", {"approval": rule})]).resolve(ACCOUNT)
    assert isinstance(found, AccountPolicy)
    return found


@pytest.mark.parametrize(
    ("rule", "is_management", "is_compliant", "removes", "expected"),
    [
        (ApprovalRule.NEVER, True, True, True, None),
        (ApprovalRule.ALWAYS, False, False, False, ALWAYS),
        (ApprovalRule.ALWAYS, True, True, True, ALWAYS),
        (ApprovalRule.SENSITIVE, False, False, False, None),
        (ApprovalRule.SENSITIVE, False, False, True, None),
        (ApprovalRule.SENSITIVE, True, False, False, MANAGEMENT),
        (ApprovalRule.SENSITIVE, False, True, False, OVERWRITES),
        (ApprovalRule.SENSITIVE, False, True, True, REMOVES),
    ],
)
def test_what_needs_a_second_person(
    rule: ApprovalRule,
    *,
    is_management: bool,
    is_compliant: bool,
    removes: bool,
    expected: Sensitivity | None,
) -> None:
    """Everything, what is sensitive, or nothing, as the policy says."""
    found = sensitivity(
        policy(rule), is_management=is_management, is_compliant=is_compliant, removes=removes
    )
    assert found is expected


def test_one_approval_for_each_list_of_approvers() -> None:
    """Its reasons are counted, unless it is about one contact."""
    assert approvals_for([]) == ()
    assert approvals_for([ApprovalNeed(MANAGEMENT, LEADS)]) == (
        NewApproval(LEADS, "It's in the management account."),
    )
    needs = [
        ApprovalNeed(OVERWRITES, LEADS),
        ApprovalNeed(ALWAYS, OWNERS),
        ApprovalNeed(ALWAYS, LEADS),
        ApprovalNeed(OVERWRITES, LEADS),
    ]
    leads, owners = approvals_for(needs)
    assert leads == NewApproval(
        LEADS,
        "1 contact: the policy requires approval of every change. "
        "2 contacts: it's compliant, and would be overwritten.",
    )
    assert owners == NewApproval(OWNERS, "The policy requires approval of every change.")


def approval(number: int, state: ApprovalState, approvers: tuple[str, ...]) -> Approval:
    """An approval in a state."""
    return Approval(number, 1, state, approvers, "", START, START)


@pytest.mark.parametrize("state", list(ApprovalState))
def test_what_was_approved_by_those_who_have_to(state: ApprovalState) -> None:
    """An approval counts for the list that it was asked of; the policy may ask others now."""
    given = [approval(1, state, LEADS)]
    counts = state in {ApprovalState.APPROVED, ApprovalState.BYPASSED}
    assert covers(given, [ApprovalNeed(ALWAYS, LEADS)]) is counts
    assert covers(given, [ApprovalNeed(ALWAYS, LEADS)], also=1)
    assert not covers(given, [ApprovalNeed(ALWAYS, LEADS), ApprovalNeed(ALWAYS, OWNERS)], also=1)
    assert covers(given, [])
