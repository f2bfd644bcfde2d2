"""The machine's clock, compared with that of Slack and AWS."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
"""By how much clocks may differ: AWS refuses a signature that is older, or as much ahead."""


class SystemClock:
    """`Clock` as the machine keeps it.

    The adapters hand over the `Date` of what they are answered. It proves the machine's clock for
    as long as nobody sets that, and the machine does not sleep: then the next answer has to.
    """

    def __init__(self) -> None:
        self._told: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()

    def observe(self, date: str | None) -> None:
        """Take note of an answer's `Date` header; for any thread. What is no date is ignored."""
        try:
            told = parsedate_to_datetime(date or "")
        except (ValueError, OverflowError):
            return
        self._told = told if told.tzinfo else told.replace(tzinfo=UTC), self.monotonic()

    def is_proven(self) -> bool:
        """Whether Slack or AWS has told about the same time as this clock."""
        if self._told is None:
            return False
        told, told_at = self._told
        passed = timedelta(seconds=self.monotonic() - told_at)
        return abs(self.now() - told - passed) <= TOLERANCE
