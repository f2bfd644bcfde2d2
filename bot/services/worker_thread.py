"""A thread that works, waits until there may be something to do again, and stops when told to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.services.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable


class WorkerThread:
    """Calls `work` again and again. Safe to wake and stop from several threads.

    Args:
        name: of the thread, for the log.
        work: does what there is to do, and returns the seconds until there may be something to do
            again. It handles its own errors.
        at_end: called on the thread after the last work.
        daemon: whether the process may end while it works.
        woken: set where there may be something to do.
        stopping: set once this is to stop.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float],
        *,
        at_end: Callable[[], None] = lambda: None,
        daemon: bool = False,
        woken: threading.Event | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._work = work
        self._at_end = at_end
        self._woken = woken or threading.Event()
        self.stopping = stopping or threading.Event()
        self.pulse = Pulse(name)
        self._thread = threading.Thread(target=self._run, name=name, daemon=daemon)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Work now."""
        self._woken.set()

    def stop(self, timeout: float | None = None) -> None:
        """Stop after the work under way.

        Args:
            timeout: seconds to wait for that at most; None: until it is done.
        """
        self.stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        with self.pulse.lasting():
            while True:
                self._woken.clear()
                if self.stopping.is_set():  # looked at after clearing, or a stop would be missed
                    break
                self.pulse.beat()
                wait = self._work()
                self.pulse.rest()
                self._woken.wait(wait)
            self._at_end()
