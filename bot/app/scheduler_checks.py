"""Checks the schedule for the doctor: when checks are due, and how the last one ended."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.config import crontab
from bot.domain.errors import StoreError
from bot.domain.scans import ScanState
from bot.services.doctor import Check, CheckResult, Section, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.domain.scans import Scan
    from bot.services.ports.clock import Clock

SHOWN: Final = 3
"""How many runs are shown."""

EXAMINED, EXAMINED_AHEAD = 60, timedelta(days=400)
"""How many runs are examined for their intervals, and how far ahead."""

RAREST, DENSEST = timedelta(days=7), timedelta(minutes=10)
"""Longest and shortest reasonable interval: a scan of many accounts takes minutes."""

_SUMMER_TIME: Final = timedelta(hours=1)
"""How much longer a week may be when clocks are set back."""

LATE: Final = timedelta(hours=1)
"""How long after its due time an unfinished check counts as missed."""

_AFTER: Final = timedelta(microseconds=1)
_USUAL: Final = 'export ALTCONTACT_SCHEDULE="0 9 * * *"'


class SchedulerChecks:
    """The checks of the schedule.

    Args:
        expression: a crontab expression.
        timezone: the time zone of the expression.
        clock: the time.
        last_scan: reads the newest scan that ended by itself; None if it can't be read.
    """

    def __init__(
        self,
        expression: str,
        timezone: ZoneInfo,
        clock: Clock,
        last_scan: Callable[[], Scan | None] | None,
    ) -> None:
        self._expression = expression
        self._zone = timezone
        self._clock = clock
        self._last_scan = last_scan
        self._trigger = crontab.trigger(expression, timezone)

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        return (
            Check(Section.SCHEDULE, "Next checks", self._check_times),
            Check(Section.SCHEDULE, "Last check", self._check_last),
        )

    def _check_times(self) -> Iterator[CheckResult]:
        runs = self._runs()
        if not runs:
            message = f"“{self._expression}” never matches a date."
            remedy = "Set another schedule, for example every day at 9:00:"
            yield _line("Next checks", State.FAILURE, message, remedy, _USUAL)
            return
        now = self._clock.now()
        runs_in_words = ", then ".join(in_words(run, now, self._zone) for run in runs[:SHOWN])
        message = f"{runs_in_words} {self._zone.key} (“{self._expression}”)."
        gaps = [later - earlier for earlier, later in pairwise([now, *runs])]
        if max(gaps) > RAREST + _SUMMER_TIME:
            remedy = (
                "Checks run less than once a week, so problems go unnoticed. Every day at 9:00:"
            )
            yield _line("Next checks", State.WARNING, message, remedy, _USUAL)
        elif min(gaps[1:], default=RAREST) < DENSEST:
            remedy = (
                "Checks run more than once every ten minutes and use up AWS's read quota, which "
                "other tools need too. Every day at 9:00:"
            )
            yield _line("Next checks", State.WARNING, message, remedy, _USUAL)
        else:
            yield _line("Next checks", State.OK, message)

    def _check_last(self) -> Iterator[CheckResult]:
        if self._last_scan is None:
            yield _line("Last check", State.NOT_TESTED, "the database can't be read.")
            return
        try:
            scan = self._last_scan()
        except StoreError:
            yield _line("Last check", State.NOT_TESTED, "the database can't be read.")
            return
        if scan is None:
            message = "no check has run yet. The bot runs one when it first starts."
            yield _line("Last check", State.NOT_TESTED, message)
            return
        now = self._clock.now()
        when = in_words(scan.started_at, now, self._zone)
        due = self._trigger.get_next_fire_time(None, scan.started_at + _AFTER)
        again = "altcontact check"
        if scan.state is not ScanState.COMPLETE and scan.failure is not None:
            state = "failed" if scan.state is ScanState.FAILED else "is incomplete"
            message = f"{when}; it {state}. {scan.failure.message}"
            yield _line("Last check", State.WARNING, message, scan.failure.remedy, again)
        elif due is not None and due + LATE < now:
            missed = in_words(due, now, self._zone)
            message = f"{when}; the one that was due {missed} was missed."
            remedy = "Start the bot, which then catches up, or run a check yourself:"
            yield _line("Last check", State.WARNING, message, remedy, again)
        else:
            number = f"{scan.accounts:,} account{'' if scan.accounts == 1 else 's'}"
            yield _line("Last check", State.OK, f"{when}; {number}, complete.")

    def _runs(self) -> list[datetime]:
        """The next runs, as many as are examined."""
        runs: list[datetime] = []
        now = self._clock.now()
        previous: datetime | None = None
        while len(runs) < EXAMINED:
            run = self._trigger.get_next_fire_time(previous, (previous or now) + _AFTER)
            if run is None:
                break
            runs.append(run)
            if len(runs) >= SHOWN and run - now > EXAMINED_AHEAD:
                break
            previous = run
        return runs


def in_words(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment in everyday words: `tomorrow, Wednesday 25 November, at 09:00`."""
    there, here = moment.astimezone(zone), now.astimezone(zone)
    days = (there.date() - here.date()).days
    near = {-1: "yesterday, ", 0: "today, ", 1: "tomorrow, "}.get(days, "")
    year = f" {there:%Y}" if there.year != here.year else ""
    return f"{near}{there:%A} {there.day} {there:%B}{year}, at {there:%H:%M}"


def _line(
    name: str, state: State, message: str, remedy: str = "", snippet: str = ""
) -> CheckResult:
    return CheckResult(Section.SCHEDULE, name, state, message, remedy, snippet)
