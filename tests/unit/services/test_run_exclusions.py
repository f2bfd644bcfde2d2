"""What is excluded or exempted between the preview and the write isn't written by a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.approvals import ApprovalState
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.fixes import FixState
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule
from bot.domain.runs import ItemState, LeftAlone, RunKind, RunState
from bot.services.approvals import ApprovalService
from bot.services.bulk_fix import RunWorker
from bot.services.ports.runs import NewRun
from bot.services.undo_run import RunUndoService
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    SCHEDULE,
    SECURITY,
    FakeFixers,
    account,
    fix_request,
    scanner,
)
from tests.unit.services.fix_world import ANA, NAME, World, authority_of, exclusions_of, needs_of
from tests.unit.services.test_bulk_fix import Inline, item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.domain.runs import RunItem
    from bot.store import SqliteStore
    from tests.unit.services.fix_world import Process

VERIFIED, HELD_BACK = ItemState.VERIFIED, ItemState.HELD_BACK
ACCOUNTS = 3


def exempt(world: World, store: SqliteStore, number: int) -> None:
    """Exempt the one finding of an account."""
    until = world.clock.now() + timedelta(days=30)
    kind, missing = ExemptionKind.EXEMPTION, Rule.MISSING
    account_id = account(number).id
    request = ExemptionRequest(kind, account_id, SECURITY, missing, "It is closing.", "U1", until)
    store.exemptions.grant([request], NAME)


def exclude(world: World, _store: SqliteStore, number: int) -> None:
    """Have the policy exclude an account."""
    table = PolicyTable("no", {"excluded": "It is closing."}, Match(accounts=(account(number).id,)))
    world.policy = replace(world.policy, tables=(*world.policy.tables, table))


CASES = [(exempt, LeftAlone.EXEMPT.sentence), (exclude, LeftAlone.EXCLUDED.sentence)]


def work(world: World, process: Process) -> None:
    """Work on the runs that have begun, to their ends."""
    worker = RunWorker(
        process.store.runs,
        process.fixes,
        process.recovery,
        world.clock,
        still_allowed=authority_of(world, process.store).require,
        pool=Inline(),
    )
    for _ in range(4):
        worker.look()
        process.recovery.look(of_runs=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three accounts without a contact, where time passes only as the test says."""
    world = World(tmp_path)
    world.gateway.on_read = lambda: None
    world.gateway.listed = [account(number) for number in range(1, ACCOUNTS + 1)]
    yield world
    world.close()


@pytest.fixture
def process(world: World) -> Process:
    """The bot, which has checked the accounts."""
    made = world.process()
    checking = scanner(world.gateway, made.store, world.clock, world.policy)
    checking.start(SCHEDULE).report.result()
    checking.stop()
    return made


def begin(process: Process, kind: RunKind = RunKind.FIX) -> int:
    """Begin a run over the accounts as its preview showed them."""
    items = [item(number) for number in range(1, ACCOUNTS + 1)]
    run = process.store.runs.preview(NewRun("form-1", kind, ANA), items)
    assert process.store.runs.start(run.id, ANA.user_id)
    return run.id


def results(process: Process, run_id: int = 1) -> list[RunItem]:
    """What became of the contacts of a run that has ended."""
    run = process.store.runs.get(run_id)
    assert run is not None
    assert run.state is RunState.ENDED
    return process.store.runs.items(run_id)


@pytest.mark.parametrize(("change", "reason"), CASES)
@pytest.mark.parametrize("while_read", [False, True])
def test_what_changed_since_the_preview_is_held_back(
    world: World,
    process: Process,
    change: Callable[[World, SqliteStore, int], None],
    reason: str,
    *,
    while_read: bool,
) -> None:
    """Even while AWS is read right before the write; the other accounts are fixed."""

    def meanwhile() -> None:
        if world.gateway.reads[-1][0] == account(2).id:
            world.gateway.on_read = lambda: None
            change(world, process.store, 2)

    if while_read:
        world.gateway.on_read = meanwhile
    begin(process)
    if not while_read:
        change(world, process.store, 2)
    work(world, process)
    first, second, third = results(process)
    assert [first.state, second.state, third.state] == [VERIFIED, HELD_BACK, VERIFIED]
    assert second.reason == reason
    assert len(world.gateway.writes) == ACCOUNTS - 1
    assert (account(2).id, SECURITY) not in world.gateway.held
    fix = process.store.fixes.get(second.fix_id or 0)
    assert (fix is not None) is while_read
    if fix is not None:
        assert (fix.state, str(fix.failure and fix.failure.message)) == (FixState.FAILED, reason)


@pytest.mark.parametrize(("change", "_reason"), CASES)
def test_an_undo_is_made_all_the_same(
    world: World,
    process: Process,
    change: Callable[[World, SqliteStore, int], None],
    _reason: str,
) -> None:
    """It takes back what the bot wrote where the bot has no business any more."""
    begin(process)
    work(world, process)
    undo = RunUndoService(process.store).undo_run(1, ANA, "undo-1")
    change(world, process.store, 2)
    assert process.store.runs.start(undo.id, ANA.user_id)
    work(world, process)
    assert [each.state for each in results(process, undo.id)] == [VERIFIED] * ACCOUNTS
    assert world.gateway.held == {}


@pytest.mark.parametrize(("change", "reason"), CASES)
def test_a_request_of_one_contact_that_was_made_despite_it_counts(
    world: World,
    process: Process,
    change: Callable[[World, SqliteStore, int], None],
    reason: str,
) -> None:
    """Who saves an excluded or exempt contact in the form means it; what comes later counts."""
    world.fixers = FakeFixers("U1", "U2")
    needing = PolicyTable("[policy]", {"approval": "always", "approvers": ("U2",)})
    world.policy = Policy.requiring(tables=[needing])
    store = process.store
    service = ApprovalService(
        store, world.fixers, needs_of(world, store), exclusions_of(world, store)
    )
    change(world, store, 1)
    for number in (1, 2):
        request = replace(
            fix_request(f"form-{number}", shown_at=world.clock.now()),
            account_id=account(number).id,
        )
        (approval,) = service.request_fix(request, NAME, ANA, None).approvals
        if number == 2:
            change(world, store, number)
        decision = store.approvals.approve(approval.id, "U2")
        assert decision is not None
        assert decision.started
        work(world, process)
    (despite,), (held_back,) = results(process, 1), results(process, 2)
    assert despite.state is VERIFIED
    assert (held_back.state, held_back.reason) == (HELD_BACK, reason)
    assert world.gateway.writes == [CONTACT]
    void = store.approvals.get(2)
    assert void is not None
    assert (void.state, void.reason) == (ApprovalState.VOID, reason)


def test_what_runs_leave_alone_by_now(world: World, process: Process) -> None:
    """By the account; a person knew of one reason, and not of another that came later."""
    exclusions = exclusions_of(world, process.store)
    assert exclusions.of(account(1).id, SECURITY) is None
    exempt(world, process.store, 1)
    assert exclusions.of(account(1).id, SECURITY) is LeftAlone.EXEMPT
    assert exclusions.of(account(2).id, SECURITY) is None
    assert exclusions.of("999999999999", SECURITY) is None
    known = replace(item(1, OTHER), despite=LeftAlone.EXEMPT)
    assert exclusions.since(RunKind.FIX, known) is None
    exclude(world, process.store, 1)
    assert exclusions.since(RunKind.FIX, known) is LeftAlone.EXCLUDED
