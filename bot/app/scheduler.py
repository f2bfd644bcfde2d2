"""APScheduler: checks at the times given, and at once where one was missed; upkeep in between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.config import crontab
from bot.domain.errors import AltcontactError
from bot.domain.scans import Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.services.ports.clock import Clock
    from bot.services.ports.store import ScanRepository
    from bot.services.scan.scanner import Scanner

_log = structlog.get_logger(__name__)

JOB: Final = "check"

_AFTER: Final = timedelta(microseconds=1)
"""What makes a check that started at the very time that was due count as made."""


class Schedule:
    """Starts a scan at each time of a crontab expression, and once at the start where one is due.

    Args:
        scanner: what is started.
        scans: tells when the last scan was.
        clock: the time.
        expression: a crontab expression; validated by the settings.
        timezone: whose clock it goes by.
        check_on_start: whether to check at every start.
        upkeep: done at the start and in between: what comes due without a check.
        upkeep_interval: seconds between two rounds of upkeep: what ends on a day ends in its first
            minutes.
        misfire_grace: seconds by which a check may be late (a machine asleep) and is still made.
        scheduler: runs the jobs; None: one in that timezone.
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
        upkeep_interval: int = 600,
        misfire_grace: int = 3600,
        scheduler: BackgroundScheduler | None = None,
    ) -> None:
        self._scanner = scanner
        self._scans = scans
        self._clock = clock
        self._trigger = crontab.trigger(expression, timezone)
        self._check_on_start = check_on_start
        self._upkeep = upkeep
        self._upkeep_interval = upkeep_interval
        self._misfire_grace = misfire_grace
        self._scheduler = scheduler or BackgroundScheduler(timezone=timezone)

    def start(self) -> None:
        """Begin to check.

        Raises:
            StoreError: when the last scan was cannot be read.
        """
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": self._misfire_grace}
        self._scheduler.add_job(self.check, self._trigger, id=JOB, **options)
        if why := self._due_now():
            _log.info("checking at once", why=why)
            self._scheduler.add_job(self.check, id=f"{JOB}-at-start", **options)
        self._scheduler.add_job(
            self.keep_up, "interval", seconds=self._upkeep_interval, id="upkeep", **options
        )
        self._scheduler.add_job(self.keep_up, id="upkeep-at-start", **options)
        self._scheduler.start()

    def check_now(self) -> None:
        """Run the scheduled check now, in a thread of the scheduler's; for any thread.

        Does nothing before the start and after the stop. Where a check runs already, it is joined.
        """
        if not self._scheduler.running:
            _log.warning("asked to check, but the schedule does not run")
            return
        _log.info("checking at once", why="asked to")
        # A job of its own each time: one that is just ending would make APScheduler skip the next.
        self._scheduler.add_job(self.check, misfire_grace_time=self._misfire_grace)

    def next_check(self) -> datetime | None:
        """When the next check is due; None where the expression names no further time."""
        fire: datetime | None = self._trigger.get_next_fire_time(None, self._clock.now())
        return fire

    def stop(self) -> None:
        """Start nothing more; a scan under way is the scanner's to end."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _due_now(self) -> str:
        """Why a check is due at once, or empty."""
        last = self._scans.last()
        if last is None:
            return "first start"
        due = self._trigger.get_next_fire_time(None, last.started_at + _AFTER)
        if due is not None and due <= self._clock.now():
            return "a check was missed"
        return "asked for at every start" if self._check_on_start else ""

    def check(self) -> None:
        """Make the scheduled check, to its end."""
        try:
            self._scanner.start(Trigger(TriggerKind.SCHEDULE)).report.result()
        except AltcontactError as error:
            _log.error("check not recorded", problem=str(error), mend=error.remedy)

    def keep_up(self) -> None:
        """See to what comes due without a check."""
        try:
            self._upkeep()
        except AltcontactError as error:
            _log.error("upkeep failed", problem=str(error), mend=error.remedy)
