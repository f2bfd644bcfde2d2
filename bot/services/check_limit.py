"""Limits how many checks one person can start, so that nobody uses up everyone's AWS quota."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from bot.domain.errors import TooManyChecks

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock

WITHIN: Final = 600.0
"""Seconds over which a person's checks are counted."""

MOST_SCANS: Final = 10
"""Checks of all accounts that one person can start in that time. Joining one doesn't count."""

MOST_ACCOUNTS: Final = 120
"""Checks of a single account in that time; each reads three contacts."""

_MOST_PEOPLE: Final = 10_000


class CheckLimit:
    """Counts the checks of each person. Safe to call from several threads.

    Args:
        noun: what is counted, in the plural.
        most: how many one person can start within `WITHIN` seconds.
        clock: the time.
    """

    def __init__(self, noun: str, most: int, clock: Clock) -> None:
        self._noun = noun
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._started: TTLCache[str, tuple[float, ...], float] = TTLCache(
            _MOST_PEOPLE, WITHIN, clock.monotonic
        )

    def take(self, user_id: str) -> None:
        """Count a check that a person is about to start.

        Raises:
            TooManyChecks: they started too many. The remedy says when they can start the next one.
        """
        now = self._clock.monotonic()
        with self._lock:
            started = tuple(at for at in self._started.get(user_id, ()) if now - at < WITHIN)
            if len(started) < self._most:
                self._started[user_id] = (*started, now)
                return
        minutes = math.ceil((started[0] + WITHIN - now) / 60)
        when = "1 minute" if minutes == 1 else f"{minutes} minutes"
        raise TooManyChecks(
            f"You started {self._most} checks of {self._noun} within {WITHIN / 60:.0f} minutes.",
            f"You can start the next one in {when}.",
        )

    def give_back(self, user_id: str) -> None:
        """Don't count the last check, because it wasn't started after all."""
        with self._lock:
            started = self._started.get(user_id, ())
            if started:
                self._started[user_id] = started[:-1]
