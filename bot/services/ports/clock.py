"""Time, as the use cases need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """Time, so that tests may set it."""

    def now(self) -> datetime:
        """The present moment, in UTC, with its offset."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...

    def is_proven(self) -> bool:
        """Whether Slack or AWS agrees about the present moment.

        What cannot be taken back, such as the end of an exemption, waits for that.
        """
        ...
