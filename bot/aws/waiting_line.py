"""Who is next of those that wait for a call: people first, then background work by shares."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_T = TypeVar("_T")

GROUPS: Final[Mapping[Priority, Priority]] = {
    Priority.RUN: Priority.RUN,
    Priority.READ_BACK: Priority.RUN,
    Priority.SCAN: Priority.SCAN,
}
"""Background work: a run, which also reads back what it wrote, and a scan; each gets half of the
calls while both wait. A run that writes at PutAlternateContact's quota of 5 a second reads each
contact before it writes it: half of GetAlternateContact's quota of 10. Work that waits alone gets
all calls."""

READS_BACK_AFTER: Final = 20
"""How many other calls of a run go before it reads back one contact, so that it never waits for
good: writes come first, and the run's half is left to reading back when they are done."""


class WaitingLine(Generic[_T]):
    """A line of waiting calls. Not safe to use from several threads at once.

    Without a group, a lower priority goes before a higher one. Groups take turns: each call moves
    its group back in the order (stride scheduling). Within a kind it is first come, first served.
    """

    def __init__(self) -> None:
        self._waiting: dict[Priority, deque[_T]] = {}
        self._moved: dict[Priority, int] = {}
        self._served_at = 0
        self._before_reading_back = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[_T]:
        return chain.from_iterable(self._waiting.values())

    def join(self, priority: Priority, waiter: _T) -> None:
        """Add a waiter at the end of its kind."""
        if priority not in self._waiting:
            group = GROUPS.get(priority)
            if group is not None and group not in self._groups():
                # A group that didn't wait has no claim on the calls that others made meanwhile.
                self._moved[group] = max(self._moved.get(group, 0), self._served_at)
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
        group = GROUPS.get(priority)
        if served and group is not None:
            self._served_at = self._moved[group]
            self._moved[group] += 1
            if priority is Priority.RUN:
                self._before_reading_back += 1
            elif priority is Priority.READ_BACK:
                self._before_reading_back = 0

    def _next(self) -> Priority:
        urgent = [priority for priority in self._waiting if priority not in GROUPS]
        if urgent:
            return min(urgent)
        group = min(self._groups(), key=lambda each: (self._moved[each], each))
        kinds = [priority for priority in self._waiting if GROUPS[priority] is group]
        is_late = self._before_reading_back >= READS_BACK_AFTER
        return max(kinds) if is_late else min(kinds)

    def _groups(self) -> set[Priority]:
        """The groups that wait."""
        return {GROUPS[priority] for priority in self._waiting if priority in GROUPS}
