"""Crontab expressions with the meaning that cron gives them.

`CronTrigger.from_crontab` hands the last field to APScheduler as it stands, where day 0 is Monday;
to cron it is Sunday. So the days of the week are spelled out here before they are handed on.
"""

from typing import TYPE_CHECKING, Final

from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final = 5


def trigger(expression: str, timezone: "ZoneInfo") -> CronTrigger:
    """The trigger of a crontab expression of five fields.

    Args:
        expression: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday).
        timezone: whose clock it goes by.

    Raises:
        ValueError: it is no crontab expression; the text says which field is wrong.
    """
    fields = expression.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"it has {len(fields)} fields, and needs five")
    minute, hour, day, month, weekday = fields
    try:
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_spell_out(weekday.lower()),
            timezone=timezone,
        )
    except ValueError as error:
        raise ValueError(str(error)) from None


def _spell_out(field: str) -> str:
    """The days of a day-of-week field, by name: `1-5` is `mon,tue,wed,thu,fri`."""
    days: list[str] = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            low, high = 0, 6
        else:
            low = _number(first)
            high = _number(last) if last else (6 if step else low)
        high += 7 if high < low else 0
        if step and (not step.isdigit() or int(step) == 0):
            raise ValueError(f"“{part}” is no day of the week")
        days += [DAYS[number % 7] for number in range(low, high + 1, int(step or 1))]
    return ",".join(dict.fromkeys(days)) if field != "*" else "*"


def _number(day: str) -> int:
    if day in DAYS:
        return DAYS.index(day)
    if day.isdigit() and int(day) <= len(DAYS):
        return int(day)
    raise ValueError(f"“{day}” is no day of the week")
