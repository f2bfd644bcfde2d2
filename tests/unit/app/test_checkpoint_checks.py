"""The doctor's lines about checkpoints."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.app.checkpoint_checks import CheckpointChecks
from bot.domain.checkpoints import Checkpoint, CheckpointStatus, LogHead
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode, failure
from bot.services.doctor import Section, State
from tests.unit.fakes import START, FakeClock, gateway_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.services.doctor import CheckResult

PLACE = "s3://corp-audit/one"
WRITTEN = Checkpoint(3, LogHead(1_234, "f" * 64), START, "1.2.3")


def status(
    written: Checkpoint | None = WRITTEN,
    cause: FailureCode | None = None,
    *,
    versioned: bool = True,
    uncovered_since: datetime | None = None,
) -> CheckpointStatus:
    """How it goes."""
    return CheckpointStatus(
        START if written else None,
        written,
        versioned,
        START if cause else None,
        failure(cause) if cause else None,
        1_300,
        uncovered_since,
    )


def lines(
    read: Callable[[], CheckpointStatus | None], check_key: Callable[[], str] | None = None
) -> list[CheckResult]:
    """The lines."""
    checks = CheckpointChecks(PLACE, read, check_key, FakeClock()).checks()
    return [line for check in checks for line in check.run()]


def test_the_last_checkpoint_is_named() -> None:
    """When it was written, where, and how far it reaches."""
    [line] = lines(status)
    assert (line.section, line.state) == (Section.DATABASE, State.OK)
    assert PLACE in line.message
    assert "on 2026-01-05 09:00 UTC, up to entry 1,234 of 1,300." in line.message


@pytest.mark.parametrize(
    ("cause", "state"),
    [(FailureCode.DENIED, State.FAILURE), (FailureCode.TIMED_OUT, State.WARNING)],
)
@pytest.mark.parametrize("written", [WRITTEN, None])
def test_one_that_waits_says_why(
    written: Checkpoint | None, cause: FailureCode, state: State
) -> None:
    """Since when, why, and the next step; what may pass by itself is a warning."""
    [line] = lines(lambda: status(written, cause))
    assert (line.state, line.remedy) == (state, failure(cause).remedy)
    assert "waiting since 2026-01-05 09:00 UTC" in line.message
    assert failure(cause).message in line.message
    assert ("None was written yet." in line.message) is (written is None)


@pytest.mark.parametrize(("hours", "state"), [(1.9, State.OK), (2.1, State.WARNING)])
def test_one_that_is_overdue_is_a_warning(hours: float, state: State) -> None:
    """As if the bot that writes them isn't running, or runs without the setting."""
    [line] = lines(lambda: status(uncovered_since=START - timedelta(hours=hours)))
    assert line.state is state
    assert ("runs with this setting" in line.remedy) is (state is State.WARNING)


def test_a_bucket_without_versions_is_a_warning() -> None:
    """Whoever may write there can replace what was written."""
    [line] = lines(lambda: status(versioned=False))
    assert line.state is State.WARNING
    assert "Object Lock" in line.remedy


@pytest.mark.parametrize("found", [None, status(None)])
def test_none_yet_is_not_tested(found: CheckpointStatus | None) -> None:
    """The permission to write shows with the first one."""
    [line] = lines(lambda: found)
    assert line.state is State.NOT_TESTED


def test_a_database_that_cannot_be_read_is_not_tested() -> None:
    """Its own lines say why."""

    def refuse() -> CheckpointStatus | None:
        raise StoreError("The disk is full.")

    [line] = lines(refuse)
    assert line.state is State.NOT_TESTED


def test_the_key_is_asked_about() -> None:
    """Whether it signs, and with which algorithm; else why not."""
    _, line = lines(status, lambda: "ECDSA_SHA_256")
    assert (line.section, line.state) == (Section.AWS, State.OK)
    assert "ECDSA_SHA_256" in line.message

    def refuse() -> str:
        raise gateway_error(FailureCode.DENIED)

    _, line = lines(status, refuse)
    assert (line.state, line.message) == (State.FAILURE, failure(FailureCode.DENIED).message)
    assert line.remedy
