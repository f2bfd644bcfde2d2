"""Keeps the figures of the database for a few seconds, however often somebody asks for them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillReading
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.figures import Figures

_log = structlog.get_logger(__name__)


class CachedFigures:
    """Reads figures at most once at a time, and not again within `max_age`.

    Args:
        read: reads them; may raise StoreError.
        max_age: for how many seconds they are kept.
        within: seconds to wait for them: Prometheus gives up a scrape after ten.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        read: Callable[[], Figures],
        max_age: float = 5.0,
        within: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._max_age = max_age
        self._within = within
        self._clock = clock
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="figures")
        self._reading: Future[Figures | None] | None = None
        self._asked_at = 0.0

    def get(self) -> Figures | None:
        """The figures; None if the database can't be read, or doesn't answer in time."""
        with self._lock:
            now = self._clock()
            reading = self._reading
            old = reading is None or (reading.done() and now - self._asked_at > self._max_age)
            if reading is None or old:
                try:
                    reading = self._threads.submit(self._try)
                except RuntimeError:  # stopped, or no thread could be started
                    return None
                self._reading, self._asked_at = reading, now
        try:
            return reading.result(self._within)
        except StillReading:
            return None

    def stop(self) -> None:
        """Read no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _try(self) -> Figures | None:
        try:
            return self._read()
        except StoreError as error:
            _log.debug("figures not read", problem=str(error))
            return None
