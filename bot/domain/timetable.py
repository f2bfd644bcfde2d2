"""When the bot checks by itself, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DAILY: Final = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|mon-fri)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The schedule of checks: a crontab expression, and the time zone that it is in."""

    expression: str
    timezone: str

    @property
    def words(self) -> str:
        """For people: `every day at 09:00`; any other schedule as its expression."""
        daily = _DAILY.fullmatch(" ".join(self.expression.split()))
        if daily is None:
            return f"on the schedule {self.expression}"
        minute, hour, days = daily.groups()
        which = "every day" if days == "*" else "on weekdays"
        return f"{which} at {int(hour):02}:{int(minute):02}"
