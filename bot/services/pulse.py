"""Signs of life of threads and pools, by which `/healthz` finds one that hangs."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from bot.domain.errors import AltcontactError
from bot.domain.health import HUNG_AFTER, POOL_HUNG_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Sign(Protocol):
    """What says whether something still answers."""

    @property
    def name(self) -> str:
        """What it is: one of few names, from the code."""
        ...

    @property
    def limit(self) -> float:
        """After how many seconds without a sign of life it hangs."""
        ...

    def silence(self) -> float:
        """For how many seconds it has worked without a sign of life; infinite if it ended."""
        ...


class Pulse:
    """The signs of life of a loop on a thread of its own.

    A loop that waits for work is alive however long it waits. Safe to use from several threads.

    Args:
        name: of the thread.
        clock: seconds, never going back.
        limit: after how many seconds without a sign of life it hangs.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float] = time.monotonic,
        limit: float = HUNG_AFTER,
    ) -> None:
        self.name = name
        self.limit = limit
        self._clock = clock
        self._working_since: float | None = None

    def beat(self) -> None:
        """The loop works, and got this far."""
        self._working_since = self._clock()

    def rest(self) -> None:
        """The loop waits until there may be something to do."""
        self._working_since = None

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Around the whole loop: one that an error ended gives no sign any more."""
        try:
            yield
        except BaseException:
            self._working_since = -math.inf
            raise
        self.rest()

    def silence(self) -> float:
        """See `Sign.silence`."""
        since = self._working_since
        return 0.0 if since is None else max(0.0, self._clock() - since)


class PoolPulse:
    """Whether a pool of threads still takes up work: it gets a task that does nothing.

    Args:
        name: of the pool.
        submit: gives the pool a task; may raise RuntimeError or AltcontactError if it takes none.
        clock: seconds, never going back.
        limit: for how many seconds a task may wait.
    """

    def __init__(
        self,
        name: str,
        submit: Callable[[Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
        limit: float = POOL_HUNG_AFTER,
    ) -> None:
        self.name = name
        self.limit = limit
        self._submit = submit
        self._clock = clock
        self._asked_at: float | None = None

    def silence(self) -> float:
        """For how many seconds a task has waited; asks the pool again if none does."""
        asked_at = self._asked_at
        if asked_at is not None:
            return max(0.0, self._clock() - asked_at)
        self._asked_at = self._clock()
        try:
            self._submit(self._answer)
        except (RuntimeError, AltcontactError):  # it stops, or no thread could be started
            self._answer()
        return 0.0

    def _answer(self) -> None:
        self._asked_at = None
