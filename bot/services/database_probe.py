"""Tries regularly whether the database can be written, so that no request has to wait for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StoreError
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.ports.figures import FigureRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)


class DatabaseProbe:
    """Writes to the database on a thread of its own.

    Args:
        figures: the database.
        interval: seconds between two tries.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        figures: FigureRepository,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._figures = figures
        self._interval = interval
        self._clock = clock
        self._written_at = clock()
        self._problem = ""
        self._thread = WorkerThread("health", self._work, daemon=True)

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Begin: the first try is made at once."""
        self._thread.start()

    def stop(self) -> None:
        """End; a try that hangs is abandoned."""
        self._thread.stop(timeout=1.0)

    def silence(self) -> float | None:
        """Seconds since the last write, or since the start; None if the last try failed."""
        return None if self._problem else max(0.0, self._clock() - self._written_at)

    def try_now(self) -> None:
        """Write once, and remember how that went; a failure is logged once."""
        try:
            self._figures.probe()
        except StoreError as error:
            if self._problem != str(error):
                self._problem = str(error)
                _log.warning("database not writable", problem=str(error), remedy=error.remedy)
            return
        self._written_at = self._clock()
        if self._problem:
            self._problem = ""
            _log.info("database writable again")

    def _work(self) -> float:
        self.try_now()
        return self._interval
