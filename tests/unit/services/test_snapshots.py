"""Snapshots are saved soon after decisions, hourly, and at a stop; a failure stops nothing."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.domain.announcements import Announcement, AnnouncementKind, SendState
from bot.domain.checkpoints import LogHead
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode
from bot.domain.snapshots import NewestSnapshot, SnapshotName
from bot.services.ports.snapshots import Pointer, TakenSnapshot
from bot.services.restore import restore
from bot.services.snapshots import (
    FIRST_RETRY,
    GATHER,
    HELD_FOR,
    INTERVAL,
    LONGEST_RETRY,
    POLL_INTERVAL,
    TRIES,
    SnapshotService,
)
from tests.unit.fakes import PATIENCE, START, FakeClock, gateway_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PLACE = "s3://corp-backup/one"


def announcement() -> Announcement:
    """One that was just recorded."""
    return Announcement("1", AnnouncementKind.FIXED, None, START, SendState.PENDING)


class FakeDatabase:
    """A database of so many entries, of which those in `decisions` are decisions."""

    def __init__(self) -> None:
        self.entries = 1
        self.decisions: set[int] = set()
        self.errors: list[Exception] = []
        self.digest = ""
        self.announcements: set[str] = set()

    def decide(self) -> None:
        self.entries += 1
        self.decisions.add(self.entries)

    @contextmanager
    def take(self) -> Iterator[TakenSnapshot]:
        if self.errors:
            raise self.errors.pop(0)
        digest = self.digest or f"{self.entries:016x}"
        yield TakenSnapshot(Path("x"), 9, digest, self._head(self.entries), START, self.waiting())

    def has_decision_after(self, number: int) -> bool:
        return any(each > number for each in self.decisions)

    def waiting(self) -> frozenset[str]:
        return frozenset(self.announcements)

    def has(self, head: LogHead) -> bool:
        return head.count <= self.entries and head == self._head(head.count)

    def replaces(self, name: SnapshotName) -> bool:
        return False

    def _head(self, count: int) -> LogHead:
        return LogHead(count, f"{count:064x}")


class FakeBucket:
    """Keeps snapshots, or fails; every try to list them releases `seen`."""

    def __init__(self) -> None:
        self.kept: list[SnapshotName] = []
        self.newest = Pointer()
        self.errors: list[Exception] = []
        self.refusals = 0
        self.undeletable: Exception | None = None
        self.closed = False
        self.seen = threading.Semaphore(0)

    def pointer(self) -> Pointer:
        return self.newest

    def names(self) -> Sequence[SnapshotName]:
        self.seen.release()
        if self.errors:
            raise self.errors.pop(0)
        return list(self.kept)

    def save(self, name: SnapshotName, file: Path) -> bool:
        self.kept.append(name)
        return True

    def point_to(self, newest: NewestSnapshot, replaced: Pointer) -> Pointer | None:
        if self.refusals:
            self.refusals -= 1
            return None
        if replaced.tag != self.newest.tag:
            return None
        self.newest = Pointer(newest, f"tag {newest.name}")
        return self.newest

    def delete(self, names: Iterable[SnapshotName]) -> None:
        if self.undeletable is not None:
            raise self.undeletable
        for name in names:
            self.kept.remove(name)

    def fetch(self, name: SnapshotName) -> bytes | None:
        return b"x" if name in self.kept else None

    def close(self) -> None:
        self.closed = True

    def await_tries(self, number: int) -> None:
        """Wait for so many more tries."""
        for _ in range(number):
            assert self.seen.acquire(timeout=PATIENCE)


class SteppingClock(FakeClock):
    """A clock that moves by a little at each look."""

    def monotonic(self) -> float:
        self.tick(0.05)
        return super().monotonic()


@pytest.fixture
def database() -> FakeDatabase:
    """The database."""
    return FakeDatabase()


@pytest.fixture
def bucket() -> FakeBucket:
    """Where snapshots are kept."""
    return FakeBucket()


@pytest.fixture
def service(database: FakeDatabase, bucket: FakeBucket) -> SnapshotService:
    """The service, not started."""
    return SnapshotService(
        database,
        bucket,
        SteppingClock(),
        destination=PLACE,
        keep=3,
        version="1.2.3",
        poll_interval=0.001,
        stop_timeout=PATIENCE,
    )


def test_decisions_in_a_row_are_one_snapshot(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """One is saved at the start; then only decisions are a reason for the next, not commands."""
    service.start()
    bucket.await_tries(1)
    database.entries += 1
    for _ in range(5):
        database.decide()
    bucket.await_tries(1)
    service.stop()
    assert [name.generation for name in bucket.kept] == [1, 2]
    assert bucket.newest.newest is not None
    assert bucket.newest.newest.head.count == database.entries
    assert bucket.closed


def test_announcements_wait_for_a_snapshot_that_has_them(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """But not for long, not if none can be saved, and not if they were tried before."""
    new = announcement()
    assert service.holds(new)
    assert not service.holds(replace(new, first_tried_at=START))
    assert not service.holds(replace(new, created_at=START - timedelta(seconds=HELD_FOR)))
    bucket.errors = [gateway_error(FailureCode.DENIED)]
    service.save()
    assert not service.holds(new)
    service.save()
    assert service.holds(new)
    database.announcements = {new.id}
    service.save()
    assert not service.holds(new)


def test_an_announcement_is_a_reason_for_a_snapshot(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """Once, and whoever sends it is woken."""
    saved = threading.Semaphore(0)
    service.start(on_saved=saved.release)
    bucket.await_tries(1)
    database.announcements = {"1"}
    for _ in range(2):
        assert saved.acquire(timeout=PATIENCE)
    service.stop()


def test_a_decision_has_left_within_five_seconds() -> None:
    """As far as the waits go: three seconds are left for the upload."""
    assert GATHER + POLL_INTERVAL <= 2.0


def test_without_decisions_one_is_saved_every_hour(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """The clock moves by an hour in 72,000 looks: `save` says when the next one is due."""
    assert service.save() == INTERVAL
    database.entries += 1
    assert service.save() == INTERVAL
    assert len(bucket.kept) == 2


def test_the_last_one_is_saved_at_a_stop(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """Also of what isn't a decision."""
    service.start()
    bucket.await_tries(1)
    database.entries += 1
    service.begin_stop()
    service.stop()
    assert [name.generation for name in bucket.kept] == [1, 2]


def test_a_follower_saves_nothing(database: FakeDatabase, bucket: FakeBucket) -> None:
    """Until it leads: then it begins at once."""
    leads = threading.Event()
    asked = threading.Semaphore(0)

    def is_leader() -> bool:
        asked.release()
        return leads.is_set()

    service = SnapshotService(
        database,
        bucket,
        SteppingClock(),
        destination=PLACE,
        keep=3,
        version="1.2.3",
        poll_interval=0.001,
        stop_timeout=PATIENCE,
    )
    service.start(leads=is_leader)
    for _ in range(50):
        assert asked.acquire(timeout=PATIENCE)
    assert bucket.kept == []
    leads.set()
    bucket.await_tries(1)
    service.stop()
    assert len(bucket.kept) == 1


def test_a_failure_is_retried_and_logged_once(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """With growing pauses, and the status says since when."""
    bucket.errors = [gateway_error(FailureCode.DENIED) for _ in range(10)]
    with capture_logs() as logs:
        waits = [service.save() for _ in range(10)]
        assert service.status().failing_since is not None
        assert service.status().problem == str(gateway_error(FailureCode.DENIED))
        assert service.save() == INTERVAL
    assert waits[:3] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4]
    assert waits[-1] == LONGEST_RETRY
    assert [each["event"] for each in logs] == [
        "snapshot not saved",
        "snapshot saved",
        "snapshots are saved again",
    ]
    status = service.status()
    assert (status.failing_since, status.problem, status.saved) == (None, "", bucket.kept[-1])


def test_a_full_disk_and_a_defect_end_nothing(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """The one is named; the other one leads to the log."""
    database.errors = [StoreError("The disk is full.", "Free some space."), ZeroDivisionError()]
    with capture_logs() as logs:
        assert service.save() == FIRST_RETRY
        assert service.status().remedy == "Free some space."
        assert service.save() == FIRST_RETRY * 2
        assert service.status().problem == "A snapshot failed unexpectedly."
        assert service.save() == INTERVAL
    assert [each["event"] for each in logs if each["log_level"] == "error"] == [
        "snapshot not saved",
        "snapshot failed",
        "snapshot not saved",
    ]


def test_what_cannot_be_deleted_is_deleted_later(
    database: FakeDatabase, bucket: FakeBucket, service: SnapshotService
) -> None:
    """The snapshot itself counts as saved."""
    bucket.undeletable = gateway_error(FailureCode.DENIED)
    with capture_logs() as logs:
        for _ in range(5):
            database.decide()
            assert service.save() == INTERVAL
    assert len(bucket.kept) == 5
    assert "old snapshots not deleted" in [each["event"] for each in logs]
    bucket.undeletable = None
    service.save()
    assert len(bucket.kept) == 3


def test_a_pointer_that_keeps_changing_is_a_failure(
    bucket: FakeBucket, service: SnapshotService
) -> None:
    """What was saved meanwhile is deleted."""
    bucket.refusals = TRIES
    assert service.save() == FIRST_RETRY
    assert "replaced again and again" in service.status().problem
    assert bucket.kept == []
    assert service.save() == INTERVAL


def test_another_databases_snapshots_are_left_alone(
    bucket: FakeBucket, service: SnapshotService
) -> None:
    """Nothing is saved, and the next try is after a while."""
    name = SnapshotName(5, START, "f" * 16)
    foreign = NewestSnapshot(name, LogHead(1_234, "e" * 64), "1.2.3")
    bucket.newest, bucket.kept = Pointer(foreign, "tag"), [name]
    assert service.save() == LONGEST_RETRY
    status = service.status()
    assert status.is_superseded
    assert "has 1,234 entries" in status.problem
    assert bucket.kept == [name]


class FakeFile:
    """Where a database is restored; what is in `damaged` isn't intact."""

    def __init__(self, damaged: Iterable[SnapshotName]) -> None:
        self.damaged = set(damaged)
        self.restored: list[tuple[SnapshotName, SnapshotName]] = []

    def is_vacant(self) -> bool:
        return True

    def restore(self, content: bytes, name: SnapshotName, newest: SnapshotName) -> str:
        assert content
        if name in self.damaged:
            return "it is damaged"
        self.restored.append((name, newest))
        return ""

    def discard(self) -> None:
        raise AssertionError


def test_the_newest_intact_one_is_restored(bucket: FakeBucket) -> None:
    """And it is known in whose place."""
    bucket.kept = [SnapshotName(number, START, f"{number:016x}") for number in (1, 2, 3)]
    bucket.newest = Pointer(NewestSnapshot(bucket.kept[-1], LogHead(1, "a" * 64), "1"), "tag")
    file = FakeFile(bucket.kept[2:])
    assert restore(bucket, file, PLACE) == bucket.kept[1]
    assert file.restored == [(bucket.kept[1], bucket.kept[2])]


@pytest.mark.parametrize("is_listed", [True, False])
def test_an_empty_place_is_a_beginning_and_a_lost_one_is_not(
    bucket: FakeBucket, is_listed: bool
) -> None:
    """As if somebody deleted all snapshots, but not what names the newest."""
    assert restore(bucket, FakeFile([]), PLACE) is None
    name = SnapshotName(1, START, "f" * 16)
    bucket.newest = Pointer(NewestSnapshot(name, LogHead(1, "a" * 64), "1"), "tag")
    bucket.kept = [name] if is_listed else []
    with pytest.raises(StoreError, match="none of the snapshots") as caught:
        restore(bucket, FakeFile([name]), PLACE)
    assert "begin with an empty database" in caught.value.remedy


def test_a_place_that_cannot_be_read_is_no_beginning(bucket: FakeBucket) -> None:
    """The cause is named, with its remedy and the way to begin empty on purpose."""
    error = gateway_error(FailureCode.UNREACHABLE)
    bucket.errors = [error]
    with pytest.raises(StoreError, match="can't be read") as caught:
        restore(bucket, FakeFile([]), PLACE)
    assert str(error) in str(caught.value)
    assert "remove ALTCONTACT_BACKUP" in caught.value.remedy
