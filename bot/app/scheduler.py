"""Runs a check at each scheduled time, and upkeep in between, also across clock changes."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.config import crontab
from bot.domain.errors import AltcontactError, NotLeading
from bot.domain.scans import Trigger, TriggerKind
from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from bot.services.ports.clock import Clock
    from bot.services.ports.scans import ScanRepository
    from bot.services.scan.scanner import Scanner

_log = structlog.get_logger(__name__)

JOB: Final = "check"

_AFTER: Final = timedelta(microseconds=1)
"""Makes a check that started exactly when it was due count as done."""

_ADJUSTED: Final = timedelta(minutes=1)
"""How far a clock must jump to count as set; smaller steps are NTP's."""


class Schedule:
    """Starts a scan at each time of a crontab expression, and at the start if one is due.

    APScheduler runs the jobs but does not plan them: it waits for a clock time, so it would
    oversleep after the machine slept, and keep a plan that was made on a wrong clock. This class
    compares the clock with the schedule every few seconds of the monotonic clock, which nobody
    sets. If a check came due since the last one, it runs once, however late.

    Args:
        scanner: runs the scans.
        scans: gives the time of the last scan.
        clock: the time.
        expression: a crontab expression; validated by the settings.
        timezone: the time zone of the expression.
        check_on_start: whether to check at every start.
        upkeep: work that comes due without a check; done at the start and in between.
        may_retry: whether a check that AWS didn't let begin would get further by now.
        leads: whether this process leads: only the leader checks on schedule, and does the upkeep.
        upkeep_interval: seconds between two rounds of upkeep: what ends on a day ends in its first
            minutes.
        retry_interval: seconds between two times that `may_retry` is asked.
        look_interval: longest time between two looks at the clock, in seconds.
        scheduler: runs the jobs; None creates one.
    """

    def __init__(
        self,
        scanner: Scanner,
        scans: ScanRepository,
        clock: Clock,
        expression: str,
        timezone: ZoneInfo,
        *,
        check_on_start: bool,
        upkeep: Callable[[], None] = lambda: None,
        may_retry: Callable[[], bool] = lambda: False,
        leads: Callable[[], bool] = lambda: True,
        upkeep_interval: float = 600.0,
        retry_interval: float = 120.0,
        look_interval: float = 20.0,
        scheduler: BackgroundScheduler | None = None,
    ) -> None:
        self._scanner = scanner
        self._scans = scans
        self._clock = clock
        self._trigger = crontab.trigger(expression, timezone)
        self._check_on_start = check_on_start
        self._upkeep = upkeep
        self._may_retry = may_retry
        self._leads = leads
        self._upkeep_interval = upkeep_interval
        self._retry_interval = retry_interval
        self._look_interval = look_interval
        self._scheduler = scheduler or BackgroundScheduler(timezone=timezone)
        self._stopping = threading.Event()
        self.pulse = Pulse("schedule")
        self._looked_at: tuple[datetime, float] = (clock.now(), clock.monotonic())
        # Every check that was due until then was run or is no longer needed.
        self._made_until = clock.now()
        self._kept_up_at = self._retried_at = clock.monotonic()
        self._has_led = False

    def start(self) -> None:
        """Start checking, once this process leads.

        Raises:
            StoreError: the time of the last scan can't be read.
        """
        self._scheduler.start()
        if self._leads():
            self.lead()
        threading.Thread(target=self._look_on, name="schedule", daemon=True).start()

    def lead(self) -> None:
        """Do what has come due, since this process leads from now on.

        Raises:
            StoreError: the time of the last scan can't be read.
        """
        why = self._due_at_start()
        self._has_led = True
        self._looked_at = self._clock.now(), self._clock.monotonic()
        self._made_until = self._looked_at[0]
        self._retried_at = self._looked_at[1]
        if why:
            self._check_soon(why)
        self._keep_up_soon()

    def look(self) -> float:
        """Start what has come due since the last look.

        Returns:
            Seconds until the next look.
        """
        (then, counted_then) = self._looked_at
        now, counted = self._looked_at = self._clock.now(), self._clock.monotonic()
        # The clock moved more than the elapsed time: it was set, or the machine slept.
        set_by = now - then - timedelta(seconds=counted - counted_then)
        if abs(set_by) > _ADJUSTED:
            _log.info("the clock changed or the machine slept", by=round(set_by.total_seconds()))
        if not self._leads():
            self._made_until = now
            return self._look_interval
        if set_by < -_ADJUSTED:
            # Checks on a clock that was ahead ran earlier than it seemed.
            self._made_until += set_by
        due = self._trigger.get_next_fire_time(None, self._made_until + _AFTER)
        if due is not None and due <= now:
            self._made_until = now
            self._check_soon("" if now - due < _ADJUSTED else "a check was missed")
        if abs(set_by) > _ADJUSTED or counted - self._kept_up_at >= self._upkeep_interval:
            self._keep_up_soon()
        if counted - self._retried_at >= self._retry_interval:
            self._retried_at = counted
            self._run_soon("retry", self.retry)
        next_ = self._trigger.get_next_fire_time(None, now + _AFTER)
        if next_ is None:
            return self._look_interval
        return min(self._look_interval, max((next_ - now).total_seconds(), 0.0))

    @property
    def is_running(self) -> bool:
        """Whether checks start when they are due."""
        return bool(self._scheduler.running) and not self._stopping.is_set()

    def check_now(self) -> None:
        """Run the scheduled check now, in a thread of the scheduler; safe in any thread.

        Does nothing before the start and after the stop. Joins a check that is already running.
        """
        if not self._scheduler.running:
            _log.warning("check requested, but the schedule is not running")
            return
        _log.info("checking now", why="requested")
        # A new job each time: a job that is just ending would make APScheduler skip the next.
        self._scheduler.add_job(self.check, misfire_grace_time=None)

    def next_check(self) -> datetime | None:
        """When the next check is due; None if the expression matches no further time."""
        fire: datetime | None = self._trigger.get_next_fire_time(None, self._clock.now())
        return fire

    def stop(self) -> None:
        """Start nothing more; the scanner ends a scan in progress."""
        self._stopping.set()
        if self._scheduler.running:
            # If APScheduler is stopped while it starts and removes a job, the job is already gone
            # and its thread fails with an error. Pause first, so that it finishes that step.
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)

    def _due_at_start(self) -> str:
        """Why a check is due now, or empty."""
        last, now = self._scans.last(), self._clock.now()
        if last is None:
            return "first start"
        if last.started_at > now + _ADJUSTED:
            return "the clock was wrong at the last check"
        due = self._trigger.get_next_fire_time(None, last.started_at + _AFTER)
        if due is not None and due <= now:
            return "a check was missed"
        return "check on start is on" if self._check_on_start and not self._has_led else ""

    def _look_on(self) -> None:
        wait = 0.0
        with self.pulse.lasting():
            while not self._stopping.wait(wait):
                self.pulse.beat()
                wait = self.look()
                self.pulse.rest()

    def _check_soon(self, why: str = "") -> None:
        if why:
            _log.info("checking now", why=why)
        self._run_soon(JOB, self.check)

    def _keep_up_soon(self) -> None:
        self._kept_up_at = self._clock.monotonic()
        self._run_soon("upkeep", self.keep_up)

    def _run_soon(self, name: str, job: Callable[[], None]) -> None:
        """Run a job in a thread of the scheduler, unless the same job is still running."""
        self._scheduler.add_job(
            job, id=name, replace_existing=True, max_instances=1, misfire_grace_time=None
        )

    def check(self) -> None:
        """Run the scheduled check to its end; if another process leads, as a requested one."""
        kind = TriggerKind.SCHEDULE if self._leads() else TriggerKind.CLI
        try:
            self._scanner.start(Trigger(kind)).report.result()
        except NotLeading:
            _log.info("check left to another process")
        except AltcontactError as error:
            _log.error("check not recorded", problem=str(error), remedy=error.remedy)

    def retry(self) -> None:
        """Check again if AWS didn't let the last check begin, and would by now."""
        try:
            if self._leads() and self._may_retry():
                self._check_soon("AWS lets the bot check again")
        except AltcontactError as error:
            _log.error("check not retried", problem=str(error), remedy=error.remedy)

    def keep_up(self) -> None:
        """Do the work that comes due without a check."""
        try:
            if self._leads():
                self._upkeep()
        except NotLeading:
            _log.info("upkeep left to another process")
        except AltcontactError as error:
            _log.error("upkeep failed", problem=str(error), remedy=error.remedy)
