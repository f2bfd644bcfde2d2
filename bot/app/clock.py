"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`Clock` as the machine keeps it."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """`time.monotonic()`."""
        return time.monotonic()
