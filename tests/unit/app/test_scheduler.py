"""The schedule: when checks are made, and when one is made at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from structlog.testing import capture_logs

from bot.app.scheduler import JOB, Schedule
from bot.domain.errors import StoreError
from bot.domain.scans import TriggerKind
from bot.store import SqliteStore
from tests.unit.fakes import PATIENCE, START, FakeClock, FakeGateway, account, gateway_error
from tests.unit.fakes import scanner as make_scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.services.scan.scanner import Scanner

AT_START = f"{JOB}-at-start"
DAILY = "0 9 * * *"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still at nine o'clock."""
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """The database."""
    with SqliteStore(tmp_path / "bot.db", clock) as store:
        yield store


@pytest.fixture
def gateway() -> FakeGateway:
    """One account."""
    return FakeGateway(account(1))


@pytest.fixture
def recorded() -> threading.Event:
    """Set once a scan was recorded."""
    return threading.Event()


@pytest.fixture
def scanner(
    gateway: FakeGateway, store: SqliteStore, clock: FakeClock, recorded: threading.Event
) -> Iterator[Scanner]:
    """What the schedule starts."""
    scanner = make_scanner(gateway, store, clock, on_recorded=recorded.set)
    yield scanner
    scanner.stop()


@pytest.fixture
def make(
    scanner: Scanner, store: SqliteStore, clock: FakeClock
) -> Iterator[Callable[..., Schedule]]:
    """Makes schedules, and stops them in the end."""
    made: list[Schedule] = []

    def schedule(
        expression: str = DAILY,
        zone: str = "UTC",
        *,
        check_on_start: bool = False,
        scheduler: Paused | None = None,
    ) -> Schedule:
        made.append(
            Schedule(
                scanner,
                store.scans,
                clock,
                expression,
                ZoneInfo(zone),
                check_on_start=check_on_start,
                scheduler=scheduler,
            )
        )
        return made[-1]

    yield schedule
    for each in made:
        each.stop()


class Paused(BackgroundScheduler):  # type: ignore[misc] # APScheduler has no types
    """Knows what is to be run, and runs nothing until it is resumed."""

    def __init__(self) -> None:
        super().__init__(timezone="UTC")

    def start(self, *_: object) -> None:
        super().start(paused=True)

    def checks(self) -> set[str]:
        """Which checks are to be made."""
        return {job.id for job in self.get_jobs() if job.id.startswith(JOB)}


def checks_at_start(
    make: Callable[..., Schedule], *of: str, check_on_start: bool = False
) -> set[str]:
    """Which checks are to be made after a start, of which nothing runs."""
    paused = Paused()
    make(*of, check_on_start=check_on_start, scheduler=paused).start()
    return paused.checks()


def test_the_very_first_start_checks_at_once(
    make: Callable[..., Schedule], store: SqliteStore, recorded: threading.Event
) -> None:
    """Where there was no check ever, one is made at the start, as the schedule's own."""
    make().start()
    assert recorded.wait(PATIENCE)
    last = store.scans.last()
    assert last is not None
    assert last.trigger.kind is TriggerKind.SCHEDULE


def test_a_missed_check_is_made_up_for_once(
    make: Callable[..., Schedule],
    scanner: Scanner,
    clock: FakeClock,
    recorded: threading.Event,
) -> None:
    """However many checks were missed while the bot was away, one is made at the start."""
    make().check()
    clock.tick(timedelta(days=3).total_seconds())
    recorded.clear()
    paused = Paused()
    make(scheduler=paused).start()
    assert paused.checks() == {JOB, AT_START}
    paused.resume()
    assert recorded.wait(PATIENCE)
    assert checks_at_start(make) == {JOB}


def test_nothing_is_made_up_for_where_nothing_was_missed(
    make: Callable[..., Schedule], clock: FakeClock
) -> None:
    """A start before the next check is due waits for it."""
    make().check()
    clock.tick(timedelta(hours=23).total_seconds())
    assert checks_at_start(make) == {JOB}


def test_a_check_at_the_very_time_it_was_due_was_not_missed(
    make: Callable[..., Schedule], clock: FakeClock
) -> None:
    """A scan that started at nine o'clock sharp is the nine o'clock check."""
    assert clock.now() == START
    make().check()
    assert checks_at_start(make) == {JOB}


def test_a_failed_check_was_made(
    make: Callable[..., Schedule], gateway: FakeGateway, clock: FakeClock
) -> None:
    """A check that failed is not repeated by every start, only by the next one due."""
    gateway.scope_found = gateway_error()
    make().check()
    clock.tick(60)
    assert checks_at_start(make) == {JOB}


def test_every_start_may_check(make: Callable[..., Schedule], clock: FakeClock) -> None:
    """Where it is asked for, each start checks at once."""
    make().check()
    clock.tick(60)
    assert checks_at_start(make, check_on_start=True) == {JOB, AT_START}


def test_late_and_heaped_up_runs_become_one(make: Callable[..., Schedule]) -> None:
    """Runs that heap up are made once, one at a time, and late ones within the grace."""
    paused = Paused()
    make(scheduler=paused).start()
    for job in paused.get_jobs():
        assert job.coalesce
        assert job.max_instances == 1
        assert job.misfire_grace_time == 3600


def test_the_next_check_is_told_in_the_zone_given(
    make: Callable[..., Schedule], clock: FakeClock
) -> None:
    """The next check is the next time that the expression names, on the clock of its zone."""
    clock.moment = datetime(2026, 7, 1, 6, 59, tzinfo=UTC)
    assert make(DAILY, "Europe/Berlin").next_check() == datetime(2026, 7, 1, 7, tzinfo=UTC)
    clock.tick(120)
    assert make(DAILY, "Europe/Berlin").next_check() == datetime(2026, 7, 2, 7, tzinfo=UTC)


def test_there_may_be_no_next_check(make: Callable[..., Schedule]) -> None:
    """An expression that names no time is kept, and the first start still checks."""
    never = "0 9 31 2 *"
    assert make(never).next_check() is None
    assert AT_START in checks_at_start(make, never)


def test_a_check_that_cannot_be_recorded_is_logged(
    make: Callable[..., Schedule], store: SqliteStore
) -> None:
    """A database that fails ends one check, with a line in the log, and not the schedule."""
    schedule = make()
    store.close()
    with capture_logs() as logs:
        schedule.check()
    assert [log["event"] for log in logs] == ["check not recorded"]


def test_a_check_due_while_the_bot_stops_is_let_be(
    make: Callable[..., Schedule], scanner: Scanner, recorded: threading.Event
) -> None:
    """A check that comes due after the scanner stopped is not made, and harms nothing."""
    scanner.stop()
    with capture_logs() as logs:
        make().check()
    assert [log["log_level"] for log in logs] == ["error"]
    assert not recorded.is_set()


def test_the_check_may_be_asked_for(
    make: Callable[..., Schedule], store: SqliteStore, recorded: threading.Event
) -> None:
    """A check that is asked for is made at once, as the schedule's own, and more than once."""
    make().check()
    schedule = make()
    schedule.start()
    for _ in range(2):
        recorded.clear()
        schedule.check_now()
        assert recorded.wait(PATIENCE)
    last = store.scans.last()
    assert last is not None
    assert last.trigger.kind is TriggerKind.SCHEDULE


def test_a_check_asked_for_too_early_or_too_late_is_let_be(
    make: Callable[..., Schedule], recorded: threading.Event
) -> None:
    """Before the start and after the stop nothing is checked, which the log says."""
    make().check()
    recorded.clear()
    schedule = make(scheduler=Paused())
    with capture_logs() as logs:
        schedule.check_now()
        schedule.start()
        schedule.stop()
        schedule.check_now()
    assert [log["event"] for log in logs] == ["asked to check, but the schedule does not run"] * 2
    assert not recorded.is_set()


def test_a_stop_may_come_before_the_start_and_twice(make: Callable[..., Schedule]) -> None:
    """Stopping what does not run is harmless."""
    paused = Paused()
    schedule = make(scheduler=paused)
    schedule.stop()
    schedule.start()
    schedule.stop()
    schedule.stop()
    assert not paused.running


def test_upkeep_is_done_at_the_start_and_again(
    scanner: Scanner, store: SqliteStore, clock: FakeClock
) -> None:
    """What comes due without a check is seen to at every start, and every ten minutes after."""
    done = threading.Event()
    scheduler = BackgroundScheduler(timezone="UTC")
    schedule = Schedule(
        scanner,
        store.scans,
        clock,
        DAILY,
        ZoneInfo("UTC"),
        check_on_start=False,
        upkeep=done.set,
        scheduler=scheduler,
    )
    schedule.start()
    try:
        assert done.wait(PATIENCE)
        assert scheduler.get_job("upkeep") is not None
    finally:
        schedule.stop()


def test_upkeep_that_fails_is_logged_and_tried_again(
    scanner: Scanner, store: SqliteStore, clock: FakeClock
) -> None:
    """A database that cannot be used just now ends neither the schedule nor the upkeep."""

    def fail() -> None:
        raise StoreError("The disk is full.", "Free some space.")

    schedule = Schedule(
        scanner, store.scans, clock, DAILY, ZoneInfo("UTC"), check_on_start=False, upkeep=fail
    )
    with capture_logs() as logs:
        schedule.keep_up()
    assert [(line["event"], line["problem"]) for line in logs] == [
        ("upkeep failed", "The disk is full.")
    ]
