"""Until when a claimed write may be sent, by a clock that goes on while the process is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Claim = TypeVar("_Claim")

MARGIN: Final = 0.2
"""The part of a claim in which nothing is sent any more; see `bot.services.leadership`."""


class SendWindow:
    """Opens with a claim, is extended with it, and closes by itself. Safe in several threads.

    Args:
        seconds: the length of the claim.
        elapsed: seconds by a clock that nobody sets.
    """

    def __init__(self, seconds: float, elapsed: Callable[[], float]) -> None:
        self._seconds = seconds * (1 - MARGIN)
        self._elapsed = elapsed
        self._until = 0.0

    def claimed(self, claim: Callable[[], _Claim]) -> _Claim:
        """Claim, or renew a claim; the window closes if that shows that it was lost.

        Args:
            claim: what claims; false if it was lost.

        Returns:
            What `claim` returned.
        """
        # By the time before the request: the claim in the database began later.
        began = self._elapsed()
        held = claim()
        self._until = began + self._seconds if held else 0.0
        return held

    def is_open(self) -> bool:
        """Whether a write may be sent now."""
        return self._elapsed() < self._until
