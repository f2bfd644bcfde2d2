"""What the worker remembers of a run while it works on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.domain.runs import Run, RunCounts

SAME_FAILURES: Final = 10
"""How many accounts in a row may fail for one cause before the run is stopped."""

MOST_DEFERRALS: Final = 60
"""How often a contact that can't be worked on yet is put off; with pauses of five seconds, five
minutes: an earlier fix of the same contact is settled by then."""


@dataclass(slots=True)
class ActiveRun:
    """One run. Not safe to use from several threads at once.

    `in_flight` are the numbers of contacts that are being worked on. `due` has the contacts that
    are put off, with the time from which they may be worked on. `shown` are the counts that the
    run's message was last updated with.
    """

    run: Run
    in_flight: set[int] = field(default_factory=set)
    due: dict[int, float] = field(default_factory=dict)
    shown: RunCounts | None = None
    shown_at: float = 0.0
    _deferrals: dict[int, int] = field(default_factory=dict)
    _cause: str = ""
    _accounts: set[str] = field(default_factory=set)

    def room(self, workers: int) -> int:
        """How many more contacts may be begun now.

        As many as failed in a row are kept free: if all that are in flight fail for the same cause
        as those, the run stops after `SAME_FAILURES`.
        """
        return min(workers, SAME_FAILURES - len(self._accounts)) - len(self.in_flight)

    def waiting(self, now: float) -> set[int]:
        """The contacts that are in flight or put off."""
        return self.in_flight | {number for number, due in self.due.items() if due > now}

    def defer(self, number: int, until: float) -> bool:
        """Put a contact off; false if it was put off too often."""
        self._deferrals[number] = self._deferrals.get(number, 0) + 1
        self.due[number] = until
        return self._deferrals[number] <= MOST_DEFERRALS

    def done(self, number: int) -> None:
        """Forget a contact that was put off before."""
        self.due.pop(number, None)
        self._deferrals.pop(number, None)

    def succeeded(self) -> None:
        """A contact was written, or is right."""
        self._cause, self._accounts = "", set()

    def failed(self, account_id: str, cause: str) -> bool:
        """A contact failed; whether too many accounts in a row failed for the same cause."""
        if cause != self._cause:
            self._cause, self._accounts = cause, set()
        self._accounts.add(account_id)
        return len(self._accounts) >= SAME_FAILURES
