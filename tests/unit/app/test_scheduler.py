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
from tests.sqlite import with_tables
from tests.unit.fakes import PATIENCE, START, FakeClock, FakeGateway, account, gateway_error
from tests.unit.fakes import scanner as make_scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.services.scan.scanner import Scanner

DAILY = "0 9 * * *"


class Machine(FakeClock):
    """A machine whose clock may be set, and which may sleep.

    It is in time with the real clock until then: `monotonic` counts the time that it was awake.
    """

    def __init__(self) -> None:
        super().__init__()
        self.awake = 0.0

    def monotonic(self) -> float:
        return self.awake

    def tick(self, seconds: float) -> None:
        super().tick(seconds)
        self.awake += seconds

    def sleep(self, asleep: timedelta) -> None:
        """Sleep: the clock goes on, and nothing else."""
        self.moment += asleep

    def set(self, by: timedelta) -> None:
        """Set the clock."""
        self.moment += by


@pytest.fixture
def clock() -> Machine:
    """It is nine o'clock."""
    return Machine()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqliteStore]:
    """The database."""
    with SqliteStore(with_tables(tmp_path / "bot.db"), clock) as store:
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
        upkeep: Callable[[], None] = lambda: None,
        may_retry: Callable[[], bool] = lambda: False,
        leads: Callable[[], bool] = lambda: True,
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
                upkeep=upkeep,
                may_retry=may_retry,
                leads=leads,
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

    def take(self) -> set[str]:
        """What is to be run since this was asked last."""
        names = {job.id for job in self.get_jobs()}
        self.remove_all_jobs()
        return names


def checked_at_start(make: Callable[..., Schedule], *of: str, check_on_start: bool = False) -> bool:
    """Whether a check is to be made at a start."""
    paused = Paused()
    make(*of, check_on_start=check_on_start, scheduler=paused).start()
    return JOB in paused.take()


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
    assert {job.id for job in paused.get_jobs()} == {JOB, "upkeep"}
    paused.resume()
    assert recorded.wait(PATIENCE)
    assert not checked_at_start(make)


def test_nothing_is_made_up_for_where_nothing_was_missed(
    make: Callable[..., Schedule], clock: FakeClock
) -> None:
    """A start before the next check is due waits for it."""
    make().check()
    clock.tick(timedelta(hours=23).total_seconds())
    assert not checked_at_start(make)


def test_a_check_at_the_very_time_it_was_due_was_not_missed(
    make: Callable[..., Schedule], clock: FakeClock
) -> None:
    """A scan that started at nine o'clock sharp is the nine o'clock check."""
    assert clock.now() == START
    make().check()
    assert not checked_at_start(make)


def test_a_failed_check_was_made(
    make: Callable[..., Schedule], gateway: FakeGateway, clock: FakeClock
) -> None:
    """A check that failed is not repeated by every start, only by the next one due."""
    gateway.scope_found = gateway_error()
    make().check()
    clock.tick(60)
    assert not checked_at_start(make)


def test_every_start_may_check(make: Callable[..., Schedule], clock: FakeClock) -> None:
    """Where it is asked for, each start checks at once."""
    make().check()
    clock.tick(60)
    assert checked_at_start(make, check_on_start=True)


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
    assert checked_at_start(make, never)
    assert make(never).look() == 20


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
    assert [log["event"] for log in logs] == [
        "check requested, but the schedule is not running"
    ] * 2
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


def test_a_stop_right_after_the_start_is_quiet(make: Callable[..., Schedule]) -> None:
    """Whatever APScheduler is about just then, its thread ends without an error."""
    ended: list[threading.ExceptHookArgs] = []
    hook, threading.excepthook = threading.excepthook, ended.append
    try:
        for _ in range(30):
            schedule = make()
            schedule.start()
            schedule.stop()
    finally:
        threading.excepthook = hook
    assert ended == []


def test_upkeep_is_done_at_the_start_and_again(make: Callable[..., Schedule]) -> None:
    """What comes due without a check is seen to at every start, in the schedule's own thread."""
    done = threading.Semaphore(0)
    make(upkeep=done.release).start()
    assert done.acquire(timeout=PATIENCE)


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


@pytest.fixture
def paused() -> Paused:
    """What would be run."""
    return Paused()


@pytest.fixture
def schedule(
    make: Callable[..., Schedule], clock: Machine, paused: Paused
) -> Callable[..., Schedule]:
    """`schedule(expression)` started, of which a first check was made at nine."""

    def start(expression: str = DAILY, zone: str = "UTC") -> Schedule:
        make().check()
        started = make(expression, zone, scheduler=paused)
        paused.start()
        assert JOB not in paused.take()
        return started

    return start


def test_a_check_is_made_when_it_is_due(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused
) -> None:
    """Neither before nor twice, and the next look is at that very time."""
    daily = schedule()
    clock.tick(24 * 3600 - 7)
    assert daily.look() == 7
    assert JOB not in paused.take()
    clock.tick(7)
    assert daily.look() == 20
    assert JOB in paused.take()
    clock.tick(1)
    daily.look()
    assert JOB not in paused.take()


@pytest.mark.parametrize("asleep", [timedelta(hours=25), timedelta(days=9)])
def test_a_check_due_while_the_machine_slept_is_made_up_for(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused, asleep: timedelta
) -> None:
    """However long it slept, one check is made within seconds of its waking."""
    daily = schedule()
    assert daily.look() <= 20
    clock.sleep(asleep)
    daily.look()
    assert JOB in paused.take()
    clock.tick(20)
    daily.look()
    assert JOB not in paused.take()


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=400)])
def test_a_check_due_while_the_clock_was_ahead_is_made_up_for(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused, ahead: timedelta
) -> None:
    """What a wrong clock took for made is made at its right time, or right after."""
    daily = schedule()
    clock.tick(22.5 * 3600)
    clock.set(ahead)  # it is 07:30, and shows a time after nine
    daily.look()
    assert JOB in paused.take()
    clock.tick(3600)
    daily.look()
    paused.take()
    clock.tick(3600)
    clock.set(-ahead)  # it is 09:30, and shows it: the check of nine was not made at nine
    daily.look()
    assert JOB in paused.take()
    assert daily.next_check() == clock.now().replace(hour=9, minute=0) + timedelta(days=1)


def test_a_clock_that_is_set_right_does_not_put_off_the_next_check(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused
) -> None:
    """A plan of a clock that was ahead holds no longer: the next check is at its right time."""
    daily = schedule()
    clock.set(timedelta(days=400))
    daily.look()
    clock.tick(9)
    clock.set(-timedelta(days=400))
    daily.look()
    paused.take()
    clock.tick(24 * 3600 - 9)
    daily.look()
    assert JOB in paused.take()


def test_a_clock_that_was_behind_makes_a_check_at_once(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused
) -> None:
    """A machine without a battery starts in 1970, and is set right later."""
    clock.set(timedelta(hours=-26))
    daily = schedule()
    clock.set(timedelta(hours=26))
    daily.look()
    assert JOB in paused.take()


def test_small_corrections_change_nothing(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused
) -> None:
    """A second to and fro, as by NTP, makes no check be made twice."""
    daily = schedule()
    clock.tick(24 * 3600)
    daily.look()
    assert JOB in paused.take()
    for by in (-2, 1, -30, 30, 2):
        clock.set(timedelta(seconds=by))
        clock.tick(1)
        daily.look()
        assert paused.take() <= {"upkeep"}


def test_upkeep_goes_by_what_has_passed(
    schedule: Callable[..., Schedule], clock: Machine, paused: Paused
) -> None:
    """Every ten minutes, and at once after the clock was set or the machine slept."""
    daily = schedule()
    clock.tick(119)
    daily.look()
    assert paused.take() == set()
    clock.tick(480)
    daily.look()
    assert paused.take() == {"retry"}
    clock.tick(1)
    daily.look()
    assert paused.take() == {"upkeep"}
    clock.set(timedelta(hours=-3))
    daily.look()
    assert paused.take() == {"upkeep"}


@pytest.mark.parametrize("worthwhile", [True, False])
def test_a_check_that_aws_did_not_let_begin_is_made_again(
    make: Callable[..., Schedule], worthwhile: bool
) -> None:
    """Within minutes rather than on the next day, once AWS lets it."""
    paused = Paused()
    schedule = make(scheduler=paused, may_retry=lambda: worthwhile)
    schedule.start()
    paused.take()
    schedule.retry()
    assert paused.take() == ({JOB} if worthwhile else set())


def test_a_last_check_in_the_future_is_made_again(
    make: Callable[..., Schedule], clock: Machine
) -> None:
    """A check that was recorded by a wrong clock says nothing of when the next is due."""
    clock.set(timedelta(days=400))
    make().check()
    clock.set(timedelta(days=-400))
    assert checked_at_start(make)


def test_the_clock_is_looked_at_by_itself(
    scanner: Scanner, store: SqliteStore, clock: Machine, recorded: threading.Event
) -> None:
    """A schedule that runs makes the check of a machine that has slept."""
    schedule = Schedule(
        scanner,
        store.scans,
        clock,
        DAILY,
        ZoneInfo("UTC"),
        check_on_start=False,
        look_interval=0.01,
    )
    schedule.check()
    recorded.clear()
    schedule.start()
    try:
        clock.sleep(timedelta(days=1))
        assert recorded.wait(PATIENCE)
    finally:
        schedule.stop()


def test_a_follower_checks_once_it_leads(make: Callable[..., Schedule], clock: FakeClock) -> None:
    """Until then nothing is begun, however much comes due; then what was missed is, once."""
    leads = [False]
    paused = Paused()
    schedule = make(scheduler=paused, check_on_start=True, leads=lambda: leads[0])
    schedule.start()
    clock.tick(3 * 86400)
    schedule.look()
    assert paused.take() == set()
    leads[0] = True
    schedule.lead()
    assert paused.take() == {JOB, "upkeep"}
    schedule.look()
    assert paused.take() == set()


def test_a_check_requested_of_a_follower_is_made_there(
    make: Callable[..., Schedule], store: SqliteStore, recorded: threading.Event
) -> None:
    """The signal for a check works on every replica."""
    schedule = make(leads=lambda: False)
    schedule.start()
    schedule.check_now()
    assert recorded.wait(PATIENCE)
    last = store.scans.last()
    assert last is not None
    assert last.trigger.kind is TriggerKind.CLI
