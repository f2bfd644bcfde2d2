"""The monitor: it asks quickly, caches, and lives through a database that is gone or hangs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog.testing

from bot.domain.errors import StoreError
from bot.domain.figures import Figures
from bot.domain.health import HUNG_AFTER, Reason
from bot.services.cached_figures import CachedFigures
from bot.services.database_probe import DatabaseProbe
from bot.services.monitoring import CopyState, Monitor, Sources
from bot.services.ports.metrics import CallRate
from bot.services.pulse import Pulse
from tests.unit.fakes import PATIENCE, START, FakeClock
from tests.unit.services.test_pulse import Time

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = StoreError("The database is gone.", "Put it back.")


class Database:
    """Figures that count how often they are read, and fail if told so."""

    def __init__(self) -> None:
        self.reads = self.writes = 0
        self.error: StoreError | None = None

    def figures(self) -> Figures:
        """How often they were read, as a figure."""
        self.reads += 1
        if self.error is not None:
            raise self.error
        return Figures(waiting=self.reads)

    def probe(self) -> None:
        """A write."""
        self.writes += 1
        if self.error is not None:
            raise self.error


def monitor(
    database: Database,
    *,
    pulse: Pulse | None = None,
    clock: Callable[[], float] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> tuple[Monitor, DatabaseProbe]:
    """A monitor of a bot on which all is well but what the test changes."""
    time = clock or Time()
    probe = DatabaseProbe(database, clock=time)
    sources = Sources(
        (pulse or Pulse("announcer"),),
        slack_silence=lambda: 1.0,
        has_schedule=lambda: True,
        stopping=stopping,
        rates=lambda: [("read", CallRate(10.0, 10.0)), ("read", CallRate(2.5, 10.0))],
        copies={
            "checkpoint": lambda: CopyState(START, failing=False),
            "snapshot": lambda: None,
        },
    )
    cached = CachedFigures(database.figures, within=PATIENCE, clock=time)
    return Monitor(sources, probe, cached, FakeClock()), probe


def test_figures_are_read_once_for_scrapes_at_one_time() -> None:
    """And again after some seconds."""
    time, database = Time(), Database()
    cached = CachedFigures(database.figures, max_age=5, within=PATIENCE, clock=time)
    assert [cached.get() for _ in range(3)] == [Figures(waiting=1)] * 3
    time.now += 5.1
    assert cached.get() == Figures(waiting=2)
    cached.stop()
    time.now += 5.1
    assert cached.get() is None


def test_figures_of_a_database_that_hangs_are_not_waited_for_twice() -> None:
    """One thread waits for it, however many ask."""
    go, reads = threading.Event(), []

    def read() -> Figures:
        reads.append(1)
        assert go.wait(PATIENCE)
        return Figures(waiting=7)

    time = Time()
    cached = CachedFigures(read, max_age=5, within=0.0, clock=time)
    assert cached.get() is None
    time.now += 100
    assert cached.get() is None
    go.set()
    patient = CachedFigures(read, max_age=5, within=PATIENCE, clock=time)
    assert patient.get() == Figures(waiting=7)
    assert len(reads) == 2  # one of each
    cached.stop()
    patient.stop()


def test_state() -> None:
    """What is so now, from every source; a copy of which nothing is known is left out."""
    asked, _ = monitor(Database())
    state = asked.state()
    assert state.now == START
    assert state.figures == Figures(waiting=1)
    assert state.problems == ()
    assert state.silences == {"announcer": 0.0}
    assert state.slack_silence == 1.0
    assert state.leads
    assert state.rates == {"read": CallRate(2.5, 10.0)}
    assert state.copies == {"checkpoint": CopyState(START, failing=False)}


def test_state_without_the_database() -> None:
    """Everything else is still there."""
    database = Database()
    database.error = GONE
    state = monitor(database)[0].state()
    assert state.figures is None
    assert state.copies == {}
    assert state.rates


def test_a_database_that_cannot_be_written() -> None:
    """It is logged once, and the bot is ready again with the first write."""
    database = Database()
    asked, probe = monitor(database)
    assert asked.ready() == ()
    database.error = GONE
    with structlog.testing.capture_logs() as logs:
        probe.try_now()
        probe.try_now()
        assert [problem.reason for problem in asked.ready()] == [Reason.DATABASE]
        assert asked.alive() == ()
        database.error = None
        probe.try_now()
    assert [line["event"] for line in logs] == ["database not writable", "database writable again"]
    assert asked.ready() == ()


def test_a_database_that_does_not_answer() -> None:
    """The last write is too long ago."""
    time = Time()
    asked, probe = monitor(Database(), clock=time)
    probe.try_now()
    time.now += 46
    assert [problem.reason for problem in asked.ready()] == [Reason.DATABASE]


def test_the_probe_writes_on_its_own_thread() -> None:
    """At the start, and until it is stopped."""
    written = threading.Event()

    class Written(Database):
        def probe(self) -> None:
            written.set()

    asked, _ = monitor(Written())
    asked.start()
    assert written.wait(PATIENCE)
    asked.stop()


def test_a_thread_that_hangs_makes_the_bot_dead_and_not_ready() -> None:
    """Its name is in both answers."""
    time = Time()
    pulse = Pulse("connect", time)
    asked, _ = monitor(Database(), pulse=pulse)
    pulse.beat()
    time.now += HUNG_AFTER + 1
    assert "connect" in asked.alive()[0].detail
    assert [problem.reason for problem in asked.ready()] == [Reason.THREAD]


def test_a_bot_that_stops_is_alive_but_not_ready() -> None:
    """So that a load balancer sends requests elsewhere, and nothing kills it."""
    asked, _ = monitor(Database(), stopping=lambda: True)
    assert asked.alive() == ()
    assert [problem.reason for problem in asked.ready()] == [Reason.STOPPING]
