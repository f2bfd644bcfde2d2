"""The doctor's line about snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.app.snapshot_checks import SnapshotChecks
from bot.domain.checkpoints import LogHead
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode
from bot.domain.snapshots import NewestSnapshot, SnapshotName, SnapshotStatus
from bot.services.doctor import CheckResult, Section, State
from bot.services.ports.snapshots import Pointer
from tests.unit.fakes import START, FakeClock, gateway_error

PLACE = "s3://corp-backup/one"
NAME = SnapshotName(7, START, "f" * 16)
FOUND = Pointer(NewestSnapshot(NAME, LogHead(12, "a" * 64), "1.2.3"), "tag"), 5
SAVED = SnapshotStatus(PLACE, START, NAME, is_encrypted=True)


def line(
    status: SnapshotStatus | None = SAVED,
    found: tuple[Pointer, int] | Exception = FOUND,
    has_entry: bool | Exception | None = True,  # noqa: FBT002 - what the database says
    hours: float = 0,
) -> CheckResult:
    """The line."""

    def read() -> tuple[Pointer, int]:
        if isinstance(found, Exception):
            raise found
        return found

    def has(head: LogHead) -> bool | None:
        assert head.count == 12
        if isinstance(has_entry, Exception):
            raise has_entry
        return has_entry

    clock = FakeClock(START + timedelta(hours=hours))
    [check] = SnapshotChecks(PLACE, read, has, lambda: status, clock).checks()
    [found_line] = check.run()
    assert (found_line.section, found_line.name) == (Section.DATABASE, "Snapshots")
    return found_line


def test_the_newest_snapshot_is_named() -> None:
    """When it was saved, where, and how many there are."""
    for status in (SAVED, None):
        found = line(status)
        assert found.state is State.OK
        assert f"The newest of 5 at {PLACE} is of 2026-01-05 09:00 UTC." in found.message


def test_a_failing_one_says_since_when_and_why() -> None:
    """With the next step, and when the last one was saved."""
    failing = replace(SAVED, failing_since=START, problem="The disk is full.", remedy="Free some.")
    found = line(failing)
    assert (found.state, found.remedy) == (State.FAILURE, "Free some.")
    assert "none could be saved since 2026-01-05 09:00 UTC. The disk is full." in found.message
    assert "The last one is of 2026-01-05 09:00 UTC." in found.message
    assert "since the bot's start" in line(replace(failing, saved_at=None)).message


def test_a_place_that_cannot_be_read_is_a_failure() -> None:
    """The cause is named."""
    error = gateway_error(FailureCode.DENIED)
    found = line(found=error)
    assert (found.state, found.remedy) == (State.FAILURE, error.remedy)
    assert str(error) in found.message


@pytest.mark.parametrize(
    ("status", "found", "has_entry", "words"),
    [
        (None, (Pointer(), 0), True, "none is at s3://corp-backup/one yet"),
        (None, FOUND, StoreError("x"), "the database can't be read"),
    ],
)
def test_what_is_not_known_is_not_tested(
    status: SnapshotStatus | None,
    found: tuple[Pointer, int],
    has_entry: bool | Exception,
    words: str,
) -> None:
    """Neither good nor bad."""
    result = line(status, found, has_entry)
    assert result.state is State.NOT_TESTED
    assert words in result.message


def test_an_empty_disk_is_restored() -> None:
    """By the next start."""
    found = line(None, has_entry=None)
    assert found.state is State.OK
    assert "so the next start restores it" in found.message


def test_snapshots_of_another_database_are_a_warning() -> None:
    """As of another bot with the same setting."""
    found = line(None, has_entry=False)
    assert (found.state, bool(found.remedy)) == (State.WARNING, True)
    assert "is not of this database" in found.message


def test_a_place_without_encryption_is_a_warning() -> None:
    """Snapshots contain personal data."""
    found = line(replace(SAVED, is_encrypted=False))
    assert found.state is State.WARNING
    assert "encrypt" in found.message


@pytest.mark.parametrize(("hours", "state"), [(24, State.OK), (26, State.WARNING)])
def test_one_that_is_overdue_is_a_warning(hours: float, state: State) -> None:
    """As if no bot runs with the setting."""
    assert line(None, hours=hours).state is state
