"""The machine's clock, proven by what Slack and AWS tell of theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.app.clock import SystemClock


class Machine(SystemClock):
    """A machine whose clock may be set, and which may sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = datetime(2026, 1, 5, 9, tzinfo=UTC)
        self.awake = 0.0

    def now(self) -> datetime:
        return self.shown

    def monotonic(self) -> float:
        return self.awake

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.shown += timedelta(seconds=seconds)
        self.awake += seconds


@pytest.fixture
def machine() -> Machine:
    """One that does not know the time yet."""
    return Machine()


def date(moment: datetime) -> str:
    """A `Date` header."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def test_nothing_is_proven_before_an_answer(machine: Machine) -> None:
    """A clock that nobody has agreed with may be off by any time."""
    assert not machine.is_proven()


@pytest.mark.parametrize(
    ("off", "proven"),
    [
        (timedelta(), True),
        (timedelta(minutes=5), True),
        (timedelta(minutes=-5), True),
        (timedelta(minutes=5, seconds=1), False),
        (timedelta(minutes=-6), False),
        (timedelta(days=400), False),
        (timedelta(days=-20_000), False),
    ],
)
def test_an_answer_of_about_the_same_time_proves_it(
    machine: Machine, off: timedelta, proven: bool
) -> None:
    """Five minutes are the tolerance: with more, AWS takes no signature."""
    machine.observe(date(machine.shown - off))
    assert machine.is_proven() is proven


def test_it_stays_proven_for_as_long_as_nobody_sets_it(machine: Machine) -> None:
    """Time that passes takes nothing away; a set clock and a sleep have to be proven again."""
    machine.observe(date(machine.shown))
    machine.wait(30 * 24 * 3600)
    assert machine.is_proven()
    machine.shown += timedelta(days=400)
    assert not machine.is_proven()
    machine.wait(9)
    machine.shown -= timedelta(days=400)
    assert machine.is_proven()
    machine.shown += timedelta(hours=8)  # asleep: nothing has been counted
    assert not machine.is_proven()
    machine.observe(date(machine.shown))
    assert machine.is_proven()


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "Mon, 99 Xyz 2026",
        "\x00",
        "Mon, 05 Jan 2026",
        "Mon, 05 Jan 2026 09:00:00 -9999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_what_is_no_date_proves_nothing(machine: Machine, header: str | None) -> None:
    """A proxy may leave the header out or put anything there."""
    machine.observe(header)
    machine.wait(9)
    assert not machine.is_proven()


def test_the_machine_s_own_time() -> None:
    """It is in UTC, and goes by the system's clocks."""
    clock = SystemClock()
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.monotonic() <= clock.monotonic()
