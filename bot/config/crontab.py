"""Crontab expressions with the meaning that cron gives them.

`CronTrigger.from_crontab` passes the last field to APScheduler unchanged, where day 0 is Monday;
in cron it is Sunday. This module therefore spells out the days of the week. If both the day of
the month and the day of the week are restricted, cron matches either.

APScheduler computes clock times as if clocks never changed. This module handles clock changes as
Vixie's cron does: a time that is skipped in spring runs right after the gap, and a time that is
repeated in autumn runs only the first time. An expression whose minute or hour begins with a star
follows the clock instead.
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = 5
_INSTANT: Final = timedelta(microseconds=1)
_STRIDE: Final = timedelta(hours=12)
"""Interval at which the UTC offset is sampled: no zone changes its clock twice within it."""


class CrontabTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires at the times of a crontab expression, also across clock changes.

    Args:
        times: computes the clock times, as if they were UTC.
        timezone: the time zone of that clock.
        follows_clock: whether a clock change neither adds nor skips a run.
    """

    __slots__ = ("_follows_clock", "_times", "_zone")

    def __init__(self, times: BaseTrigger, timezone: "ZoneInfo", *, follows_clock: bool) -> None:
        self._times = times
        self._zone = timezone
        self._follows_clock = follows_clock

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The first time at or after `now`, and after the previous one; None if there is none.

        Returns:
            The time in UTC, since times within one zone ignore a repeated hour when compared.
        """
        earliest = now.astimezone(UTC)
        if previous_fire_time is not None:
            earliest = max(earliest, previous_fire_time.astimezone(UTC) + _INSTANT)
        # A clock change at exactly that moment counts as well.
        moment = earliest - _INSTANT
        while True:
            offset = self._offset(moment)
            named = self._named(moment + offset)
            if named is None:
                return None
            due = named - offset
            change = self._first_change(moment, due)
            if change is None:
                repeated = not self._follows_clock and due.astimezone(self._zone).fold
                if due >= earliest and not repeated:
                    return due
                moment = due + _INSTANT
                continue
            skipped = self._named(change + offset)
            if (
                not self._follows_clock
                and change >= earliest
                and skipped is not None
                and skipped < change + self._offset(change)
            ):
                return change
            moment = change

    def _named(self, clock: datetime) -> datetime | None:
        """The first clock time of the expression at or after this one."""
        found: datetime | None = self._times.get_next_fire_time(None, clock)
        return found

    def _offset(self, moment: datetime) -> timedelta:
        """How far the clock is ahead of UTC."""
        return moment.astimezone(self._zone).utcoffset() or timedelta()

    def _first_change(self, since: datetime, until: datetime) -> datetime | None:
        """When the clock first changes between two moments; None if it doesn't."""
        before = self._offset(since)
        while since < until:
            later = min(since + _STRIDE, until)
            if self._offset(later) != before:
                while later - since > _INSTANT:
                    middle = since + (later - since) / 2
                    if self._offset(middle) == before:
                        since = middle
                    else:
                        later = middle
                return later
            since = later
        return None


def trigger(expression: str, timezone: "ZoneInfo") -> CrontabTrigger:
    """The trigger of a crontab expression of five fields.

    Args:
        expression: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).
        timezone: the time zone of the expression.

    Raises:
        ValueError: it is not a crontab expression; the message says what is wrong.
    """
    fields = expression.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"it needs 5 fields, but has {len(fields)}")
    minute, hour, day, month, weekday = fields
    weekday = _spell_out(weekday.lower())
    # As in Vixie's cron, a field that begins with a star counts as unrestricted.
    either = not day.startswith("*") and not fields[-1].startswith("*")
    days = [(day, "*"), ("*", weekday)] if either else [(day, weekday)]
    try:
        triggers = [
            CronTrigger(
                minute=minute,
                hour=hour,
                day=of_month,
                month=month.lower(),
                day_of_week=of_week,
                timezone=UTC,
            )
            for of_month, of_week in days
        ]
    except ValueError as error:
        raise ValueError(str(error)) from None
    times = OrTrigger(triggers) if either else triggers[0]
    return CrontabTrigger(times, timezone, follows_clock=minute[0] == "*" or hour[0] == "*")


def _spell_out(field: str) -> str:
    """The days of a day-of-week field by name: `1-5` is `mon,tue,wed,thu,fri`."""
    days: list[str] = []
    for part in field.split(","):
        span, stepped, step = part.partition("/")
        first, ranged, last = span.partition("-")
        if span == "*":
            low, high = 0, 6
        else:
            low = _number(first)
            high = _number(last) if ranged else (6 if stepped else low)
        if stepped and not (step.isdecimal() and int(step)):
            raise ValueError(f"“{part}” is not a day of the week")
        high += 7 if high < low else 0
        days += [DAYS[number % 7] for number in range(low, high + 1, int(step or 1))]
    return ",".join(dict.fromkeys(days)) if field != "*" else "*"


def _number(day: str) -> int:
    if day in DAYS:
        return DAYS.index(day)
    if day.isdecimal() and int(day) <= len(DAYS):
        return int(day)
    raise ValueError(f"“{day}” is not a day of the week")
