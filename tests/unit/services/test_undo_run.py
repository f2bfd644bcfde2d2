"""The undo of a run: a run that undoes each of its fixes, under the rules of a single undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import FixError
from bot.domain.runs import ItemState, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
from bot.services.undo_run import RunUndoService
from tests.unit.fakes import CONTACT, OTHER, SECURITY, THIRD, account, fix_request
from tests.unit.services.fix_world import ANA, BO, NAME, World, record_of, recorded
from tests.unit.services.test_bulk_fix import Inline, Runs, item

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.fixes import Fix
    from bot.domain.runs import Run
    from tests.unit.services.fix_world import Process


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """What fixes work on."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def process(world: World) -> Process:
    """The bot under test."""
    return world.process()


@pytest.fixture
def undos(process: Process) -> RunUndoService:
    """The unit under test."""
    return RunUndoService(process.store)


def started(process: Process, *numbers: int) -> Run:
    """A run that sets the contacts of these accounts, being worked on."""
    items = [
        RunItem(number, 0, account(number).id, NAME, SECURITY, CONTACT, None) for number in numbers
    ]
    new = NewRun("run-1", RunKind.FIX, ANA, channel="#prod")
    run = process.store.runs.preview(new, items)
    assert process.store.runs.start(run.id, ANA.user_id)
    process.store.runs.claim()
    return run


def fixed(process: Process, run: Run, number: int) -> Fix:
    """One of its contacts, fixed as the run does."""
    made = fix_request(f"run-{number}", number)
    request = type(made)(
        made.key,
        made.account_id,
        made.type,
        made.wanted,
        made.user_id,
        made.shown,
        made.shown_at,
        run_id=run.id,
    )
    made_fix = record_of(process.fixes.make(request, NAME, lambda: None))
    process.recovery.look(of_runs=True)
    return recorded(process.store, made_fix.id)


def test_each_fix_of_a_run_is_undone(world: World, process: Process, undos: RunUndoService) -> None:
    """What was there before each fix is to be put back; nothing is written yet."""
    run = started(process, 1, 2, 3)
    first, second = fixed(process, run, 1), fixed(process, run, 2)
    process.store.runs.stop(run.id, ANA.user_id, "enough")
    writes = list(world.gateway.writes)
    undo = undos.undo_run(run.id, BO, "undo-run-1")
    assert (undo.kind, undo.state, undo.undoes) == (RunKind.UNDO, RunState.PREVIEWED, run.id)
    assert (undo.requested_by, undo.channel) == (BO, "#prod")
    items = process.store.runs.items(undo.id)
    assert [(item.undoes, item.wanted, item.before) for item in items] == [
        (first.id, None, CONTACT),
        (second.id, None, CONTACT),
    ]
    assert {item.state for item in items} == {ItemState.PLANNED}
    assert (world.gateway.writes, world.gateway.deletes) == (writes, [])
    assert undos.undo_run(run.id, BO, "undo-run-1").id == undo.id


def test_what_was_undone_before_is_left_out(
    world: World, process: Process, undos: RunUndoService
) -> None:
    """The others are undone all the same."""
    run = started(process, 1, 2)
    first = fixed(process, run, 1)
    fixed(process, run, 2)
    process.store.runs.stop(run.id, ANA.user_id, "enough")
    process.undos.undo(first, ANA, "undo-1")
    undo = undos.undo_run(run.id, ANA, "undo-run-1")
    left_out, planned = process.store.runs.items(undo.id)
    assert (left_out.state, left_out.reason) == (
        ItemState.LEFT_OUT,
        "The fix was undone before.",
    )
    assert planned.state is ItemState.PLANNED
    assert world.gateway.held == {(account(2).id, SECURITY): CONTACT}


def test_what_cannot_be_undone_says_why(process: Process, undos: RunUndoService) -> None:
    """An unknown run, one that still goes on, and one of which nothing can be undone."""
    with pytest.raises(FixError, match="There is no run #7"):
        undos.undo_run(7, ANA, "undo-run-1")
    run = started(process, 1)
    with pytest.raises(FixError, match="still in progress") as raised:
        undos.undo_run(run.id, ANA, "undo-run-2")
    assert "Stop it" in raised.value.remedy
    process.store.runs.stop(run.id, ANA.user_id, "enough")
    with pytest.raises(FixError, match="Nothing of run #1 can be undone"):
        undos.undo_run(run.id, ANA, "undo-run-3")


def test_a_contact_that_the_run_found_already_there(
    world: World, process: Process, undos: RunUndoService
) -> None:
    """It changed nothing there."""
    run = started(process, 1)
    world.gateway.hold(1, CONTACT)
    fixed(process, run, 1)
    process.store.runs.stop(run.id, ANA.user_id, "enough")
    with pytest.raises(FixError, match="changed nothing"):
        undos.undo_run(run.id, ANA, "undo-run-1")
    assert OTHER not in world.gateway.writes


def test_a_run_is_undone_contact_by_contact(world: World, process: Process) -> None:
    """What AWS still has from the run is put back; what somebody changed since is held back."""
    world.gateway.on_read = lambda: None
    world.gateway.hold(3, OTHER)
    runs = Runs(world, process, Inline())
    before = {3: OTHER}
    runs.begin(*(item(number, before=before.get(number)) for number in (1, 2, 3)))
    runs.work(3)
    assert runs.run().state is RunState.ENDED
    world.gateway.hold(2, THIRD)
    undo = RunUndoService(process.store).undo_run(1, ANA, "undo-run-1")
    assert process.store.runs.start(undo.id, ANA.user_id)
    runs.work(3)
    assert runs.run(undo.id).state is RunState.ENDED
    assert runs.states(undo.id) == [
        ItemState.VERIFIED,
        ItemState.HELD_BACK,
        ItemState.VERIFIED,
    ]
    assert world.gateway.held == {
        (account(2).id, SECURITY): THIRD,
        (account(3).id, SECURITY): OTHER,
    }
    fixes = [process.store.fixes.get(number) for number in (1, 2, 3)]
    assert [fix is not None and fix.undone_by is not None for fix in fixes] == [True, False, True]
