"""Checkpoints are written hourly, when woken and at a stop; a failure stops nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.audit_chain import verify
from bot.domain.checkpoint_verification import CheckpointProblemKind, FoundCheckpoint
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.services.checkpoints import (
    FIRST_RETRY,
    INTERVAL,
    LONGEST_RETRY,
    CheckpointService,
    verify_checkpoints,
)
from bot.store import SqliteStore
from tests.sqlite import with_tables
from tests.unit.fakes import CONTACT, PATIENCE, START, FakeClock, gateway_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.checkpoints import Checkpoint

PLACE = "s3://corp-audit/one"
COMMAND = AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"})


class FakePlace:
    """Keeps checkpoints, or fails; every write releases `seen`."""

    def __init__(self) -> None:
        self.kept: list[Checkpoint] = []
        self.errors: list[Exception] = []
        self.versioned = True
        self.closed = False
        self.seen = threading.Semaphore(0)

    def write(self, checkpoint: Checkpoint) -> bool:
        try:
            if self.errors:
                raise self.errors.pop(0)
            self.kept.append(checkpoint)
            return self.versioned
        finally:
            self.seen.release()

    def read(self) -> list[FoundCheckpoint]:
        return [FoundCheckpoint(each.name, each, locked=True) for each in self.kept]

    def close(self) -> None:
        self.closed = True


class LookedAtClock(FakeClock):
    """A clock that stands still, of which a test can await so many looks."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = threading.Semaphore(0)

    def monotonic(self) -> float:
        self._looks.release()
        return super().monotonic()

    def await_looks(self, number: int) -> None:
        """Wait until it was looked at so many times more."""
        for _ in range(number):
            assert self._looks.acquire(timeout=PATIENCE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """The database, with an entry in its log."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), FakeClock()) as opened:
        opened.audit.record(COMMAND)
        yield opened


@pytest.fixture
def place() -> FakePlace:
    """Where checkpoints are kept."""
    return FakePlace()


@pytest.fixture
def clock() -> LookedAtClock:
    """A clock that stands still until it is moved."""
    return LookedAtClock()


@pytest.fixture
def service(store: SqliteStore, place: FakePlace, clock: LookedAtClock) -> CheckpointService:
    """The service, not started."""
    return CheckpointService(
        store.checkpoints,
        place,
        clock,
        destination=PLACE,
        version="1.2.3",
        poll_interval=0.01,
        stop_timeout=PATIENCE,
    )


def test_a_checkpoint_is_written_if_the_log_grew(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """Else nothing is, and the next look is an hour later."""
    assert service.write() == INTERVAL
    assert service.write() == INTERVAL
    assert [(each.sequence, each.head.count) for each in place.kept] == [(1, 1)]
    store.audit.record(COMMAND)
    service.write()
    assert [(each.sequence, each.head.count) for each in place.kept] == [(1, 1), (2, 2)]
    assert service.status().written == place.kept[-1]


def test_a_failure_is_retried_and_logged_once(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """With growing pauses; then what waited and what came since are both written."""
    place.errors = [gateway_error(FailureCode.DENIED) for _ in range(8)]
    with capture_logs() as logs:
        waits = [service.write() for _ in range(8)]
        store.audit.record(COMMAND)
        assert service.status().failure == gateway_error(FailureCode.DENIED).failure
        assert service.write() == INTERVAL
    assert waits[:3] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4]
    assert waits[-1] == LONGEST_RETRY
    assert [each["event"] for each in logs] == [
        "checkpoint not written",
        "checkpoint written",
        "checkpoint written",
        "checkpoints are written again",
    ]
    assert logs[0]["remedy"]
    assert [each.sequence for each in place.kept] == [1, 2]
    assert service.status().failure is None


def test_a_defect_ends_nothing(place: FakePlace, service: CheckpointService) -> None:
    """It is logged, and the next try works."""
    place.errors = [KeyError("unexpected")]
    with capture_logs() as logs:
        assert service.write() == FIRST_RETRY
        service.write()
    assert logs[0]["event"] == "checkpoint failed"
    assert len(place.kept) == 1


def test_a_database_that_fails_ends_nothing(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """It is logged like any other failure."""
    store.close()
    with capture_logs() as logs:
        assert service.write() == FIRST_RETRY
    assert logs[0]["event"] == "checkpoint not written"
    assert not place.kept


def test_a_bucket_without_versions_is_warned_about(
    place: FakePlace, service: CheckpointService
) -> None:
    """What is written there isn't protected."""
    place.versioned = False
    with capture_logs() as logs:
        service.write()
    assert [each["log_level"] for each in logs] == ["info", "warning"]
    assert "Object Lock" in logs[1]["remedy"]
    assert not service.status().versioned


def test_it_writes_at_the_start_hourly_after_runs_and_at_a_stop(
    store: SqliteStore, place: FakePlace, service: CheckpointService, clock: LookedAtClock
) -> None:
    """A stop writes what was recorded last, and closes the connections."""
    service.start()
    assert place.seen.acquire(timeout=PATIENCE)
    clock.await_looks(3)
    store.audit.record(COMMAND)
    clock.tick(INTERVAL)
    assert place.seen.acquire(timeout=PATIENCE)
    store.audit.record(AuditEntry(AuditAction.RUN_ENDED, "bot", run_id=1))
    assert place.seen.acquire(timeout=PATIENCE)
    store.audit.record(COMMAND)
    service.stop()
    assert [each.head.count for each in place.kept] == [1, 2, 3, 4]
    assert place.closed


def test_a_run_that_ends_ends_no_pause(
    store: SqliteStore, place: FakePlace, service: CheckpointService, clock: LookedAtClock
) -> None:
    """While the place fails, it is tried again after its pause and at a stop, not at every look."""
    place.errors = [gateway_error(FailureCode.UNREACHABLE) for _ in range(9)]
    store.audit.record(AuditEntry(AuditAction.RUN_STOPPED, "bot", run_id=1))
    service.start()
    assert place.seen.acquire(timeout=PATIENCE)
    clock.await_looks(20)
    service.stop()
    assert len(place.errors) == 7


def test_a_stop_does_not_wait_for_a_failing_place(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """One more try, and the next start writes the same checkpoint."""
    place.errors = [gateway_error(FailureCode.UNREACHABLE) for _ in range(2)]
    service.start()
    assert place.seen.acquire(timeout=PATIENCE)
    service.stop()
    assert not place.kept
    again = CheckpointService(
        store.checkpoints, place, FakeClock(), destination=PLACE, version="2.0.0"
    )
    again.write()
    assert [(each.sequence, each.version) for each in place.kept] == [(1, "1.2.3")]


def test_a_stop_before_the_start_is_clean(place: FakePlace, service: CheckpointService) -> None:
    """As after a start that failed."""
    service.stop()
    assert place.closed


# Verification


def test_what_was_written_verifies(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """Nothing is wrong, and the last one is known."""
    service.write()
    store.audit.record(COMMAND)
    service.write()
    result = verify_checkpoints(store.checkpoints, place, PLACE)
    assert (result.number, result.last, result.problems) == (2, place.kept[-1], ())
    assert result.unlocked == 0


def test_a_redacted_log_still_verifies(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """Wiped contacts are covered by digests, which stay."""
    contact = AuditEntry(AuditAction.WRITE_SENT, "U1", before=None, after=CONTACT)
    store.audit.record(contact)
    service.write()
    assert store.audit.redact(START + timedelta(days=1), "", "cli:root") == 1
    service.write()
    assert verify(store.audit.entries()).is_intact
    assert verify_checkpoints(store.checkpoints, place, PLACE).problems == ()


def test_none_at_all_is_a_problem(store: SqliteStore, place: FakePlace) -> None:
    """Perhaps the destination is wrong, or everything was deleted."""
    [problem] = verify_checkpoints(store.checkpoints, place, PLACE).problems
    assert problem.kind is CheckpointProblemKind.MISSING
    assert PLACE in problem.message


def test_a_checkpoint_that_was_written_meanwhile_is_no_problem(
    store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """A running bot goes on while its checkpoints are read."""
    service.write()
    read_before = place.read

    def read() -> list[FoundCheckpoint]:
        found = read_before()
        store.audit.record(COMMAND)
        service.write()
        return found

    place.read = read  # type: ignore[method-assign]
    assert verify_checkpoints(store.checkpoints, place, PLACE).problems == ()


def test_yesterdays_database_is_found(
    tmp_path: Path, store: SqliteStore, place: FakePlace, service: CheckpointService
) -> None:
    """Its log is shorter than a checkpoint says, and its record of checkpoints is older."""
    service.write()
    copy = tmp_path / "yesterday.db"
    with store.connections.plain() as db:
        db.execute("VACUUM INTO ?", [str(copy)])
    store.audit.record(COMMAND)
    service.write()
    with SqliteStore(copy, FakeClock()) as yesterday:
        result = verify_checkpoints(yesterday.checkpoints, place, PLACE)
        assert {each.kind for each in result.problems} == {
            CheckpointProblemKind.PUT_BACK,
            CheckpointProblemKind.CUT_OFF,
        }
        for _ in range(2):
            yesterday.audit.record(AuditEntry(AuditAction.COMMAND, "U2"))
        CheckpointService(
            yesterday.checkpoints, place, FakeClock(), destination=PLACE, version="1.2.3"
        ).write()
        result = verify_checkpoints(yesterday.checkpoints, place, PLACE)
        assert {each.kind for each in result.problems} == {
            CheckpointProblemKind.REPEATED,
            CheckpointProblemKind.CHANGED,
        }


def test_what_cannot_be_read_is_no_result(store: SqliteStore, place: FakePlace) -> None:
    """Nothing passes for verified."""

    def refuse() -> list[FoundCheckpoint]:
        raise gateway_error(FailureCode.DENIED)

    place.read = refuse  # type: ignore[method-assign]
    with pytest.raises(GatewayError):
        verify_checkpoints(store.checkpoints, place, PLACE)
