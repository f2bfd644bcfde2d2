"""Asks Slack for a sign of life while it is quiet: over HTTP, Slack only calls if somebody acts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.services.pulse import Pulse

QUIET: Final = 20.0
"""Seconds without a sign of life after which Slack is asked: three tries fit into a minute."""


class SlackProbe:
    """Knows when Slack gave its last sign of life: a request, or an answer.

    Args:
        silence: seconds since Slack's last request; None if there was none.
        ask: asks Slack for any answer; whether there was one.
        interval: see `QUIET`.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        silence: Callable[[], float | None],
        ask: Callable[[], bool],
        interval: float = QUIET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._silence = silence
        self._ask = ask
        self._interval = interval
        self._clock = clock
        self._answered_at: float | None = None
        self._thread = WorkerThread("slack probe", self.look, daemon=True)

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Begin: Slack is asked at once, unless it has called already."""
        self._thread.start()

    def stop(self) -> None:
        """End; a question under way is abandoned."""
        self._thread.stop(timeout=1.0)

    def silence(self) -> float | None:
        """Seconds since Slack's last sign of life; None if there was none."""
        answered_at, called = self._answered_at, self._silence()
        signs = [] if called is None else [called]
        if answered_at is not None:
            signs.append(max(0.0, self._clock() - answered_at))
        return min(signs, default=None)

    def look(self) -> float:
        """Ask Slack if it is quiet. Returns: seconds until the next look."""
        silence = self.silence()
        if silence is not None and silence < self._interval:
            return self._interval - silence
        if self._ask():
            self._answered_at = self._clock()
        return self._interval
