"""Crontab expressions with the meaning that cron gives them.

`CronTrigger.from_crontab` hands the last field to APScheduler as it stands, where day 0 is Monday;
to cron it is Sunday. So the days of the week are spelled out here before they are handed on. And
where both the day of the month and that of the week are restricted, cron takes either.
"""

from typing import TYPE_CHECKING, Final

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from apscheduler.triggers.base import BaseTrigger

DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = 5


def trigger(expression: str, timezone: "ZoneInfo") -> "BaseTrigger":
    """The trigger of a crontab expression of five fields.

    Args:
        expression: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).
        timezone: whose clock it goes by.

    Raises:
        ValueError: it is no crontab expression; the text says what is wrong.
    """
    fields = expression.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"it has {len(fields)} fields, and needs five")
    minute, hour, day, month, weekday = fields
    weekday = _spell_out(weekday.lower())
    # A field that begins with a star counts as not restricted, as in Vixie's cron.
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
                timezone=timezone,
            )
            for of_month, of_week in days
        ]
    except ValueError as error:
        raise ValueError(str(error)) from None
    return OrTrigger(triggers) if either else triggers[0]


def _spell_out(field: str) -> str:
    """The days of a day-of-week field, by name: `1-5` is `mon,tue,wed,thu,fri`."""
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
            raise ValueError(f"“{part}” is no day of the week")
        high += 7 if high < low else 0
        days += [DAYS[number % 7] for number in range(low, high + 1, int(step or 1))]
    return ",".join(dict.fromkeys(days)) if field != "*" else "*"


def _number(day: str) -> int:
    if day in DAYS:
        return DAYS.index(day)
    if day.isdecimal() and int(day) <= len(DAYS):
        return int(day)
    raise ValueError(f"“{day}” is no day of the week")
