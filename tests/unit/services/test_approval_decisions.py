"""Decisions about requests, with somebody else faster at the worst moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.approvals import ApprovalState, NewApproval
from bot.domain.errors import ApprovalClosed
from bot.domain.policy.account_policy import ApprovalRule
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.runs import ItemState, RunItem, RunKind
from bot.services.account_policy import AccountPolicies
from bot.services.approval_decisions import ApprovalDecisions
from bot.services.approval_needs import ApprovalNeeds
from bot.services.management_accounts import ManagementAccounts
from bot.services.organizations import OrganizationRouter
from bot.services.ports.runs import NewRun
from tests.unit.fakes import ABSENT, CONTACT, OTHER, SECURITY, FakeFixers, account, fix_request
from tests.unit.services.fix_world import ANA, NAME, World, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.domain.approvals import Approval
    from bot.domain.contacts import AlternateContact
    from bot.domain.policy.account_policy import Value
    from bot.store import SqliteStore

CARA, DAN = Actor("U3"), Actor("U4")
APPROVERS = (CARA.user_id, DAN.user_id)


class Fixers(FakeFixers):
    """Calls `meanwhile` when Slack is next asked about an approver."""

    meanwhile: Callable[[], None] | None = None

    def require_approver(
        self, actor: Actor, approvers: Sequence[str], *, fresh: bool = False
    ) -> None:
        super().require_approver(actor, approvers, fresh=fresh)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An account whose changes need approval."""
    made = World(tmp_path)
    made.fixers = Fixers("U1")
    given: dict[str, Value] = {"approval": ApprovalRule.ALWAYS, "approvers": APPROVERS}
    made.policy = Policy.requiring(tables=[PolicyTable("[policy]", given)])
    yield made
    made.close()


def requested(
    store: SqliteStore,
    wanted: AlternateContact = CONTACT,
    before: AlternateContact | None = None,
    read_at: datetime | None = None,
) -> Approval:
    """A request for one contact, which waits."""
    store.accounts.remember([account(1)])
    item = RunItem(0, 0, account(1).id, NAME, SECURITY, wanted, before, read_at)
    run = store.runs.preview(NewRun("form-1", RunKind.FIX, ANA), [item])
    (approval,) = store.approvals.request(run.id, [NewApproval(APPROVERS, "Always.")])
    return approval


def carry_out(store: SqliteStore, run_id: int) -> None:
    """Have every contact of a run verified."""
    store.runs.claim()
    for item in store.runs.items(run_id, (ItemState.PLANNED,)):
        store.runs.finish_item(item, ItemState.VERIFIED, "")


def decisions_of(world: World, store: SqliteStore) -> ApprovalDecisions:
    """What decides requests."""
    organizations = OrganizationRouter([world.gateway], store.accounts)
    management = ManagementAccounts(organizations, store.scans, world.clock)
    policies = AccountPolicies(store.accounts, lambda: world.policy)
    needs = ApprovalNeeds(store, policies, management, world.fixers, lambda *_: None)
    return ApprovalDecisions(store, world.fixers, needs, organizations.reader(), world.clock)


def test_who_was_slower_is_told_who_approved(world: World) -> None:
    """Even if the run has ended by the time that Slack says who may approve."""
    store, fixers = world.process().store, world.fixers
    assert isinstance(fixers, Fixers)
    decisions = decisions_of(world, store)
    approval = requested(store)

    def approve_and_carry_out() -> None:
        assert decisions.approve(approval.id, DAN).started
        carry_out(store, approval.run_id)

    fixers.meanwhile = approve_and_carry_out
    with pytest.raises(ApprovalClosed, match="This request was already approved") as caught:
        decisions.approve(approval.id, CARA)
    assert caught.value.by == DAN.user_id
    found = store.approvals.get(approval.id)
    assert found is not None
    assert (found.state, found.decided_by) == (ApprovalState.APPROVED, DAN.user_id)


def test_a_stale_read_does_not_void_a_request(world: World) -> None:
    """Requested seconds after a fix: AWS may still return the contact from before it."""
    process = world.process()
    made = record_of(process.fixes.fix(fix_request(), NAME, ANA))
    approval = requested(process.store, OTHER, made.request.wanted, world.clock.now())
    world.gateway.say(1, ABSENT)
    decisions_of(world, process.store).approve(approval.id, CARA)
    found = process.store.approvals.get(approval.id)
    assert found is not None
    assert found.state is ApprovalState.APPROVED


def test_a_stale_read_does_not_hide_a_later_fix(world: World) -> None:
    """What was fixed after the request isn't what the request was made for, whatever is read."""
    process = world.process()
    approval = requested(process.store, OTHER, None, world.clock.now())
    record_of(process.fixes.fix(fix_request(), NAME, ANA))
    world.gateway.say(1, ABSENT)
    with pytest.raises(ApprovalClosed, match="AWS has another contact now"):
        decisions_of(world, process.store).approve(approval.id, CARA)
