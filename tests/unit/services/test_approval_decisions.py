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
from bot.services.approval_decisions import READ_AT_APPROVAL, ApprovalDecisions
from bot.services.ports.runs import NewRun
from bot.services.run_fixes import CHANGED
from tests.unit.fakes import (
    ABSENT,
    CONTACT,
    OTHER,
    SCHEDULE,
    SECURITY,
    FakeFixers,
    account,
    fix_request,
    scanner,
)
from tests.unit.services.fix_world import ANA, NAME, World, exclusions_of, needs_of, record_of
from tests.unit.services.test_run_exclusions import exempt, work

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
    *,
    accounts: int = 1,
) -> Approval:
    """A request for one contact in each account, which waits."""
    known = [account(number) for number in range(1, accounts + 1)]
    store.accounts.remember(known)
    items = [RunItem(0, 0, each.id, NAME, SECURITY, wanted, before, read_at) for each in known]
    run = store.runs.preview(NewRun("form-1", RunKind.FIX, ANA), items)
    (approval,) = store.approvals.request(run.id, [NewApproval(APPROVERS, "Always.")])
    return approval


def found(store: SqliteStore, approval: Approval) -> Approval:
    """A request as it is now."""
    now = store.approvals.get(approval.id)
    assert now is not None
    return now


def carry_out(store: SqliteStore, run_id: int) -> None:
    """Have every contact of a run verified."""
    store.runs.claim()
    for item in store.runs.items(run_id, (ItemState.PLANNED,)):
        store.runs.finish_item(item, ItemState.VERIFIED, "")


def decisions_of(world: World, store: SqliteStore) -> ApprovalDecisions:
    """What decides requests."""
    needs, exclusions = needs_of(world, store), exclusions_of(world, store)
    return ApprovalDecisions(
        store, world.fixers, needs, exclusions, world.gateway, clock=world.clock
    )


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
    decided = found(store, approval)
    assert (decided.state, decided.decided_by) == (ApprovalState.APPROVED, DAN.user_id)


def test_a_stale_read_does_not_void_a_request(world: World) -> None:
    """Requested seconds after a fix: AWS may still return the contact from before it."""
    process = world.process()
    made = record_of(process.fixes.fix(fix_request(), NAME, ANA))
    approval = requested(process.store, OTHER, made.request.wanted, world.clock.now())
    world.gateway.say(1, ABSENT)
    decisions_of(world, process.store).approve(approval.id, CARA)
    assert found(process.store, approval).state is ApprovalState.APPROVED


def test_a_stale_read_does_not_hide_a_later_fix(world: World) -> None:
    """What was fixed after the request isn't what the request was made for, whatever is read."""
    process = world.process()
    approval = requested(process.store, OTHER, None, world.clock.now())
    record_of(process.fixes.fix(fix_request(), NAME, ANA))
    world.gateway.say(1, ABSENT)
    with pytest.raises(ApprovalClosed, match="AWS has another contact now"):
        decisions_of(world, process.store).approve(approval.id, CARA)


@pytest.mark.parametrize("accounts", [1, 2])
def test_what_was_exempted_since_the_request_is_held_back(world: World, accounts: int) -> None:
    """A request of nothing else is void, before AWS is read for it."""
    process = world.process()
    checking = scanner(world.gateway, process.store, world.clock, world.policy)
    checking.start(SCHEDULE).report.result()
    checking.stop()
    read = len(world.gateway.reads)
    approval = requested(process.store, accounts=accounts)
    exempt(world, process.store, 1)
    decisions = decisions_of(world, process.store)
    if accounts == 1:
        with pytest.raises(ApprovalClosed, match="All findings of this contact are exempt"):
            decisions.approve(approval.id, CARA)
    else:
        decisions.approve(approval.id, CARA)
        work(world, process)
    states = [item.state for item in process.store.runs.items(approval.run_id)]
    assert states[1:] == [ItemState.VERIFIED] * (accounts - 1)
    assert len(world.gateway.writes) == accounts - 1
    assert account(1).id not in {each for each, _, _ in world.gateway.reads[read:]}


def test_a_large_request_is_void_if_aws_changed_under_all_of_it(world: World) -> None:
    """More contacts than are read at the decision: the run finds out, and the request says so."""
    process = world.process()
    accounts = READ_AT_APPROVAL + 1
    approval = requested(process.store, accounts=accounts)
    for number in range(1, accounts + 1):
        world.gateway.hold(number, OTHER)
    assert decisions_of(world, process.store).approve(approval.id, CARA).started
    assert world.gateway.reads == []
    assert found(process.store, approval).state is ApprovalState.APPROVED
    work(world, process)
    void = found(process.store, approval)
    assert (void.state, void.reason) == (ApprovalState.VOID, CHANGED)
    assert world.gateway.writes == []
