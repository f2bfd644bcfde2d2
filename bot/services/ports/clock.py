"""The port to the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The time, which tests can set."""

    def now(self) -> datetime:
        """The current time in UTC, with its offset."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences are meaningful."""
        ...

    def is_proven(self) -> bool:
        """Whether Slack or AWS agrees with this clock.

        Changes that can't be undone, such as the end of an exemption, wait for that.
        """
        ...
