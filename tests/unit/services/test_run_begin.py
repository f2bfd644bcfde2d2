"""A preview is begun by the person who saw it, once, and not when it is old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.contacts import ContactType
from bot.domain.errors import RunRefused
from bot.domain.runs import Run, RunItem, RunKind
from bot.services.approvals import Submitted
from bot.services.ports.runs import NewRun
from bot.services.run_begin import PREVIEW_AGE, RunBeginning
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import CONTACT, FakeClock, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANA, BO = Actor("U1"), Actor("U2")


class Starting:
    """Approvals that nothing needs: what is submitted begins."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.submitted: list[int] = []

    def submit(self, run_id: int, actor: Actor) -> Submitted:
        self.submitted.append(run_id)
        assert self._store.runs.start(run_id, actor.user_id)
        run = self._store.runs.get(run_id)
        assert run is not None
        return Submitted(run)

    def can_bypass(self, run_id: int) -> bool:
        return run_id in self.submitted


class World:
    """A preview of ana's."""

    def __init__(self, store: SqliteStore, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.approvals = Starting(store)
        self.beginning = RunBeginning(store.runs, self.approvals, clock)
        self.run = self.preview()

    def preview(self) -> Run:
        """What ana sees."""
        found = account(1)
        item = RunItem(0, 0, found.id, found.name, ContactType.SECURITY, CONTACT)
        return self.store.runs.preview(NewRun("form", RunKind.FIX, ANA), [item])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The unit under test on a database."""
    clock = FakeClock()
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
        yield World(store, clock)


def test_it_is_begun_once(world: World) -> None:
    """The second press says what became of the first."""
    assert world.beginning.begin(world.run.id, ANA).started
    with pytest.raises(RunRefused, match="Run 1 is running already"):
        world.beginning.begin(world.run.id, ANA)
    assert world.approvals.submitted == [1]


def test_nobody_elses_preview_is_begun(world: World) -> None:
    """They may not see its contacts either."""
    with pytest.raises(RunRefused, match="somebody else's"):
        world.beginning.begin(world.run.id, BO)
    with pytest.raises(RunRefused, match="somebody else's"):
        world.beginning.previewed(world.run.id, BO)
    assert world.approvals.submitted == []


def test_an_old_preview_is_not_begun(world: World) -> None:
    """AWS may have something else by then."""
    world.clock.tick(PREVIEW_AGE.total_seconds())
    assert world.beginning.previewed(world.run.id, ANA).id == world.run.id
    world.clock.tick(1.0)
    with pytest.raises(RunRefused, match="more than an hour old") as refused:
        world.beginning.begin(world.run.id, ANA)
    assert refused.value.remedy == "To make a new preview, type /altcontact fix"
    assert timedelta(hours=1) == PREVIEW_AGE


def test_an_unknown_run_is_not_begun(world: World) -> None:
    """The id may be forged, or its preview deleted since."""
    with pytest.raises(RunRefused, match="no longer on record"):
        world.beginning.begin(99, ANA)
