"""Checkpoints in the database: taken once, kept until they are written, by destination."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.checkpoints import Checkpoint, CheckpointStatus, LogHead
from bot.domain.failures import FailureCode, failure
from tests.integration.store.databases import checks_at, open_at
from tests.integration.store.fixtures import START, SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

PLACE, OTHER_PLACE = "s3://corp-audit/one", "s3://corp-audit/two"
COMMAND = AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"})
DENIED = failure(FailureCode.DENIED, code="AccessDenied")


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database's file."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def take(store: DatabaseStore, place: str = PLACE) -> Checkpoint:
    """Take the checkpoint that is due."""
    due = store.checkpoints.due(place, "1.2.3")
    assert due is not None
    return due


def test_a_checkpoint_is_due_once_the_log_has_grown(store: DatabaseStore) -> None:
    """None for an empty log, none twice for the same end."""
    assert store.checkpoints.due(PLACE, "1.2.3") is None
    store.audit.record(COMMAND)
    first = take(store)
    head = store.audit.head()
    assert first == Checkpoint(1, LogHead(head.number, head.hash), START, "1.2.3")
    store.checkpoints.written(PLACE, first, versioned=True)
    assert store.checkpoints.due(PLACE, "1.2.3") is None
    store.audit.record(COMMAND)
    assert take(store).sequence == 2


def test_one_that_was_not_written_stays_due(store: DatabaseStore, clock: SetClock) -> None:
    """As it was taken, also by another version; so no number is missing or given twice."""
    store.audit.record(COMMAND)
    first = take(store)
    store.checkpoints.failed(PLACE, first, DENIED)
    store.audit.record(COMMAND)
    clock.tick(60)
    assert store.checkpoints.due(PLACE, "2.0.0") == first
    store.checkpoints.written(PLACE, first, versioned=True)
    second = take(store)
    assert (second.sequence, second.head.count) == (2, 2)


def test_each_destination_has_its_own(store: DatabaseStore) -> None:
    """A new destination begins with 1."""
    store.audit.record(COMMAND)
    store.checkpoints.written(PLACE, take(store), versioned=True)
    store.audit.record(COMMAND)
    assert take(store).sequence == 2
    assert take(store, OTHER_PLACE).sequence == 1
    assert store.checkpoints.last_taken(PLACE) == 2
    assert store.checkpoints.last_written(PLACE) == 1
    assert store.checkpoints.last_written(OTHER_PLACE) == 0
    assert store.checkpoints.last_taken("s3://elsewhere") is None


def test_the_status_says_how_it_goes(store: DatabaseStore, clock: SetClock, path: Path) -> None:
    """What was written when, what waits and why; the doctor reads the same."""
    nothing = CheckpointStatus(None, None, True, None, None, 0)  # noqa: FBT003 - in order
    assert store.checkpoints.status(PLACE) == nothing
    store.audit.record(COMMAND)
    first = take(store)
    store.checkpoints.failed(PLACE, first, DENIED)
    status = store.checkpoints.status(PLACE)
    assert (status.waiting_since, status.failure, status.entries) == (START, DENIED, 1)
    assert status.uncovered_since == START
    clock.tick(5)
    store.checkpoints.written(PLACE, first, versioned=False)
    status = store.checkpoints.status(PLACE)
    later = START + timedelta(seconds=5)
    assert (status.written, status.written_at, status.versioned) == (first, later, False)
    assert (status.waiting_since, status.failure, status.uncovered_since) == (None, None, None)
    store.checkpoints.failed(PLACE, first, DENIED)
    assert store.checkpoints.status(PLACE) == status
    assert checks_at(path).checkpoints(PLACE) == status


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_a_database_there_is_no_status(tmp_path: Path) -> None:
    """The doctor creates none."""
    path = tmp_path / "none.db"
    assert checks_at(path).checkpoints(PLACE) is None
    assert not path.exists()


def test_hashes_are_found_by_number(store: DatabaseStore) -> None:
    """Of entries that exist."""
    store.audit.record(COMMAND)
    store.audit.record(COMMAND)
    first, second = store.audit.entries()
    assert store.checkpoints.hashes([1, 2, 3]) == {1: first.hash, 2: second.hash}
    assert store.checkpoints.entries() == 2


@pytest.mark.parametrize("action", [AuditAction.RUN_ENDED, AuditAction.RUN_STOPPED])
def test_the_end_of_a_run_is_noticed(store: DatabaseStore, action: AuditAction) -> None:
    """Until a checkpoint is taken after it; at each destination."""
    store.audit.record(COMMAND)
    assert not store.checkpoints.run_ended(PLACE)
    store.audit.record(AuditEntry(action, "bot", run_id=1))
    assert store.checkpoints.run_ended(PLACE)
    take(store)
    assert not store.checkpoints.run_ended(PLACE)
    assert store.checkpoints.run_ended(OTHER_PLACE)
