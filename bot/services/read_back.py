"""Reads a contact that was written until AWS shows it, or until time is up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from bot.domain.readings import shows
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from bot.domain.fixes import FixRequest
    from bot.domain.readings import ContactReading
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.clock import Clock

EQUAL_READS: Final = 2
"""Reads in a row that must give what was written: one may come from a replica ahead of others."""


class ReadBack:
    """Waits for AWS to show what was written. Safe to call from several threads.

    Args:
        gateway: AWS.
        clock: the time.
        within: seconds to wait at most.
        first_poll_interval: seconds between the first two reads; they grow twofold from there.
        longest_poll_interval: seconds between two reads at most.
    """

    def __init__(
        self,
        gateway: ContactReader,
        clock: Clock,
        *,
        within: float = 60.0,
        first_poll_interval: float = 0.5,
        longest_poll_interval: float = 5.0,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self._within = within
        self._first_poll_interval = first_poll_interval
        self._longest_poll_interval = longest_poll_interval
        self._stopping = threading.Event()

    @property
    def within(self) -> float:
        """The most seconds that AWS gets to show what was written."""
        return self._within

    def is_stopped(self) -> bool:
        """Whether this no longer waits, so that a different value proves nothing."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Stop waiting."""
        self._stopping.set()

    def until_shown(
        self, request: FixRequest, within: float | None = None
    ) -> ContactReading | None:
        """Read until AWS shows the wanted contact, or until time is up.

        Args:
            request: what is wanted.
            within: seconds to wait at most, 0 for one read; None: as long as AWS may take.

        Returns:
            None if it was shown; else the last reading.

        Raises:
            StoreError: the account's organization couldn't be looked up.
        """
        allowed = self._within if within is None else within
        deadline = self._clock.monotonic() + allowed
        wait, equal = self._first_poll_interval, 0
        # Nobody waits for a single contact of a run, whose writes need the quota for reading too.
        priority = Priority.FIX if request.run_id is None else Priority.READ_BACK
        while True:
            reading = self._gateway.read(request.account_id, request.type, priority)
            equal = equal + 1 if shows(reading, request.wanted) else 0
            if equal == EQUAL_READS:
                return None
            if equal:
                continue
            left = deadline - self._clock.monotonic()
            if left <= 0 or self._stopping.wait(min(wait, left)):
                return reading
            wait = min(2 * wait, self._longest_poll_interval)
