"""Who is next of those that wait for a call: people first, then background work by shares."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_T = TypeVar("_T")

SHARES: Final[Mapping[Priority, int]] = {
    Priority.RUN: 10,
    Priority.SCAN: 10,
    Priority.READ_BACK: 1,
}
"""How the calls are shared among background work that waits at the same time. A run that writes at
PutAlternateContact's quota of 5 a second reads each contact before it writes it: half of
GetAlternateContact's quota of 10. The scan gets the other half. What is written is read back with
what both leave over, but never waits for good. Work that waits alone gets all calls."""


class WaitingLine(Generic[_T]):
    """A line of waiting calls. Not safe to use from several threads at once.

    Whoever has a share gets that part of the calls while others with a share wait too: each call
    moves its kind back in the order by the inverse of its share (stride scheduling). Without a
    share, a lower priority goes before a higher one. Within a kind it is first come, first served.
    """

    def __init__(self) -> None:
        self._waiting: dict[Priority, deque[_T]] = {}
        self._moved: dict[Priority, float] = {}
        self._served_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[_T]:
        return chain.from_iterable(self._waiting.values())

    def join(self, priority: Priority, waiter: _T) -> None:
        """Add a waiter at the end of its kind."""
        if priority not in self._waiting:
            # Kinds that didn't wait have no claim on the calls that others made meanwhile.
            self._moved[priority] = max(self._moved.get(priority, 0.0), self._served_at)
            self._waiting[priority] = deque()
        self._waiting[priority].append(waiter)

    def first(self) -> _T:
        """The waiter whose turn is next. The line must not be empty."""
        return self._waiting[self._next()][0]

    def leave(self, priority: Priority, waiter: _T, *, served: bool) -> None:
        """Remove a waiter.

        Args:
            priority: its kind.
            waiter: the waiter; it must be in the line.
            served: whether it got its turn.
        """
        line = self._waiting[priority]
        line.remove(waiter)
        if not line:
            del self._waiting[priority]
        if served and priority in SHARES:
            self._served_at = self._moved[priority]
            self._moved[priority] += 1 / SHARES[priority]

    def _next(self) -> Priority:
        urgent = [priority for priority in self._waiting if priority not in SHARES]
        if urgent:
            return min(urgent)
        return min(self._waiting, key=lambda each: (self._moved[each], each))
