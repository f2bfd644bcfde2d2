"""Runs are stopped, continued and retried by people with permission for their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.actors import Actor
from bot.domain.contacts import ContactType
from bot.domain.errors import NotAllowed, RunRefused
from bot.domain.failures import FailureCode, failure
from bot.domain.runs import ItemState, Run, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
from bot.services.run_control import RunControl
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import CONTACT, FakeClock, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANA, BO = Actor("U1"), Actor("U2")
FIRST, SECOND = account(1), account(2)


class FixersByAccount:
    """Who may change which account's contacts: ana all, bo only the second's."""

    def require_fixer(self, actor: Actor, account_id: str = "", *, fresh: bool = False) -> None:
        if actor != ANA and account_id != SECOND.id:
            raise NotAllowed("You don't have permission to change contacts.", "Ask")


class World:
    """A run of two accounts that is going on; `changes` counts how often messages changed."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.changes = store, 0
        self.control = RunControl(store.runs, FixersByAccount(), on_changed=self._count)  # type: ignore[arg-type]
        items = [
            RunItem(0, 0, each.id, each.name, ContactType.SECURITY, CONTACT)
            for each in (FIRST, SECOND)
        ]
        self.id = store.runs.preview(NewRun("form", RunKind.FIX, ANA), items).id
        store.runs.start(self.id, "U1")
        store.runs.claim()

    def _count(self) -> None:
        self.changes += 1

    @property
    def run(self) -> Run:
        """The run as it is now."""
        found = self.store.runs.get(self.id)
        assert found is not None
        return found

    def finish(self, *numbers: int) -> None:
        """Let these contacts fail."""
        why = failure(FailureCode.DENIED)
        for item in self.store.runs.items(self.id):
            if item.number in numbers:
                self.store.runs.finish_item(item, ItemState.FAILED, why.message, why)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The unit under test on a database."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as store:
        yield World(store)


def test_anyone_who_may_change_one_of_its_accounts_stops_it(world: World) -> None:
    """Stopping is safe; the message says who did."""
    world.control.stop(world.id, BO)
    assert (world.run.state, world.run.stop_reason) == (RunState.STOPPED, "Stopped by U2.")
    assert world.changes == 1


def test_only_a_fixer_of_every_account_that_is_left_continues_it(world: World) -> None:
    """Of the accounts that are done, nobody has to be."""
    world.control.stop(world.id, ANA)
    with pytest.raises(NotAllowed):
        world.control.resume(world.id, BO)
    assert world.changes == 1
    world.finish(1)
    world.control.resume(world.id, BO)
    assert world.run.state is RunState.RUNNING


def test_only_a_fixer_of_every_account_that_failed_retries_it(world: World) -> None:
    """Of two presses, one retries."""
    world.finish(1, 2)
    assert world.store.runs.end(world.id)
    with pytest.raises(NotAllowed):
        world.control.retry(world.id, BO)
    assert world.control.retry(world.id, ANA) == 2
    with pytest.raises(RunRefused, match="is running already"):
        world.control.retry(world.id, ANA)
    assert world.changes == 1


def test_nobody_without_permission_stops_it(world: World) -> None:
    """Neither if all that is left is somebody else's."""
    world.finish(2)
    with pytest.raises(NotAllowed):
        world.control.stop(world.id, BO)
    assert world.run.state is RunState.RUNNING


def test_a_run_that_is_over_is_not_stopped(world: World) -> None:
    """It says what the run is."""
    world.finish(1, 2)
    world.store.runs.end(world.id)
    with pytest.raises(RunRefused, match="Run 1 has ended"):
        world.control.stop(world.id, ANA)
    with pytest.raises(RunRefused, match="Run 1 has ended"):
        world.control.resume(world.id, ANA)
    assert world.changes == 0


@pytest.mark.parametrize("waits", [False, True])
def test_what_has_not_begun_is_not_continued(world: World, *, waits: bool) -> None:
    """A preview, or a request that nobody approved."""
    other = world.store.runs.preview(
        NewRun("other", RunKind.FIX, ANA), world.store.runs.items(world.id)
    )
    if waits:
        assert world.store.runs.request(other.id)
    with pytest.raises(RunRefused, match="waiting for approval" if waits else "hasn't begun"):
        world.control.resume(other.id, ANA)
    with pytest.raises(RunRefused, match="no longer on record"):
        world.control.resume(99, ANA)
