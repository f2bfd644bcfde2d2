"""The doctor's look at the schedule: its next times in words, and how the last check ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.app.scheduler_checks import SchedulerChecks, in_words
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.scans import Scan, ScanState, Trigger, TriggerKind
from bot.services.doctor import CheckResult, State
from tests.unit.fakes import START, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

LONDON = ZoneInfo("Europe/London")
YESTERDAY = START - timedelta(days=1)


def scan(
    state: ScanState = ScanState.COMPLETE, at: datetime = START, cause: FailureCode | None = None
) -> Scan:
    """A scan of two accounts."""
    why = failure(cause) if cause else None
    counts = {Outcome.COMPLIANT: 2}
    return Scan(1, Trigger(TriggerKind.SCHEDULE), state, at, at, None, counts, why)


def run_checks(
    expression: str = "0 9 * * *",
    zone: ZoneInfo = LONDON,
    last: Callable[[], Scan | None] | None = lambda: None,
) -> dict[str, CheckResult]:
    """The lines by name."""
    checks = SchedulerChecks(expression, zone, FakeClock(), last)
    return {line.name: line for check in checks.checks() for line in check.run()}


def test_next_times_in_words() -> None:
    """The next three are reported as people say them, in the zone of the schedule."""
    line = run_checks("30 8 * * *")["Next checks"]
    assert line.state is State.OK
    assert line.message.startswith(
        "tomorrow, Tuesday 6 January, at 08:30, then Wednesday 7 January, at 08:30, then "
    )
    assert "Europe/London" in line.message


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (START, "today, Monday 5 January, at 09:00"),
        (START - timedelta(days=1), "yesterday, Sunday 4 January, at 09:00"),
        (datetime(2027, 7, 1, 12, tzinfo=UTC), "Thursday 1 July 2027, at 13:00"),
    ],
)
def test_moments_in_words(moment: datetime, said: str) -> None:
    """The day is named, a near one by its nearness, and the year where it is another one."""
    assert in_words(moment, START, LONDON) == said


@pytest.mark.parametrize(
    ("expression", "state", "told"),
    [
        ("0 9 * * 1", State.OK, ""),
        ("*/10 * * * *", State.OK, ""),
        ("0 9 1 * *", State.WARNING, "less than once a week"),
        ("0 9 * 1 *", State.WARNING, "less than once a week"),
        ("0 0 1 1 *", State.WARNING, "less than once a week"),
        ("*/5 * * * *", State.WARNING, "more than once every ten minutes"),
        ("0,5 9 * * *", State.WARNING, "more than once every ten minutes"),
    ],
)
def test_rare_and_dense_schedules(expression: str, state: State, told: str) -> None:
    """Less than once a week is too rare, more than once every ten minutes too often."""
    line = run_checks(expression)["Next checks"]
    assert line.state is state
    assert told in line.remedy
    assert bool(line.snippet) is (state is not State.OK)


def test_a_schedule_that_never_comes_due() -> None:
    """An expression without any time is a failure."""
    assert run_checks("0 0 31 2 *")["Next checks"].state is State.FAILURE


def test_no_check_yet() -> None:
    """Before the first check there is nothing to test, and no check mark."""
    line = run_checks()["Last check"]
    assert (line.state, line.remedy) == (State.NOT_TESTED, "")


def test_the_last_check_ended_well() -> None:
    """When it was, and over how many accounts."""
    line = run_checks(last=scan)["Last check"]
    assert line.state is State.OK
    assert line.message == "today, Monday 5 January, at 09:00; 2 accounts, complete."


@pytest.mark.parametrize(
    ("state", "told"), [(ScanState.FAILED, "failed"), (ScanState.INCOMPLETE, "is incomplete")]
)
def test_the_last_check_did_not_end_well(state: ScanState, told: str) -> None:
    """It is said why, and how to fix that."""
    line = run_checks(last=lambda: scan(state, cause=FailureCode.UNREACHABLE))["Last check"]
    assert line.state is State.WARNING
    assert told in line.message
    assert "Couldn't reach AWS" in line.message
    assert line.remedy == failure(FailureCode.UNREACHABLE).remedy
    assert line.snippet == "altcontact check"


def test_a_missed_check() -> None:
    """Where a check was due long since, the bot did not run."""
    line = run_checks("0 3 * * *", last=lambda: scan(at=YESTERDAY))["Last check"]
    assert line.state is State.WARNING
    assert "was missed" in line.message


def test_a_database_that_cannot_be_read() -> None:
    """Then nothing can be said of the last check."""

    def fail() -> None:
        raise StoreError("It is locked.")

    assert run_checks(last=fail)["Last check"].state is State.NOT_TESTED
    assert run_checks(last=None)["Last check"].state is State.NOT_TESTED
