"""The machine's clock, compared with the clocks of Slack and AWS."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
"""How far clocks may differ: AWS rejects signatures that are off by more than this."""


def elapsed() -> float:
    """Seconds since the machine started, by a clock that nobody sets and that no pause stops.

    Unlike `time.monotonic`, it goes on while the machine sleeps, where the system has such a clock.
    """
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_clock is None else time.clock_gettime(boot_clock)


class SystemClock:
    """The machine's `Clock`.

    The adapters pass on the `Date` header of each response. It proves the machine's clock until
    the clock is set or the machine sleeps; then the next response has to.
    """

    def __init__(self) -> None:
        self._observed: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()

    def observe(self, date: str | None) -> None:
        """Remember a response's `Date` header; safe in any thread. Invalid dates are ignored."""
        try:
            observed = parsedate_to_datetime(date or "")
        except (ValueError, OverflowError):
            return
        moment = observed if observed.tzinfo else observed.replace(tzinfo=UTC)
        self._observed = moment, self.monotonic()

    def is_proven(self) -> bool:
        """Whether Slack or AWS has reported about the same time as this clock."""
        if self._observed is None:
            return False
        observed, observed_at = self._observed
        passed = timedelta(seconds=self.monotonic() - observed_at)
        return abs(self.now() - observed - passed) <= TOLERANCE
