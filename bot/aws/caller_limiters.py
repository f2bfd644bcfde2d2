"""The limiters of each calling account: AWS counts calls by account, whatever is in scope."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.aws.rate_limiter import Limiters, account_limiters, run_pace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.aws.rate_limiter import RateLimiter
    from bot.domain.run_summary import WritePace
    from bot.domain.scope import Scope


class CallerLimiters:
    """Limiters that are kept when the scope is detected again. Safe to use from several threads.

    Args:
        read_rate: GetAlternateContact calls a second; None: AWS's published quota.
        write_rate: PutAlternateContact calls a second; None as above.
    """

    def __init__(self, read_rate: float | None, write_rate: float | None) -> None:
        self._rates = (read_rate, write_rate)
        self._lock = threading.Lock()
        self._made: dict[str, Limiters] = {}
        self._closed = False

    def of(self, scope: Scope) -> Limiters:
        """Those of the calling account."""
        with self._lock:
            limiters = self._made.get(scope.account_id)
            if limiters is None:
                limiters = account_limiters(scope.partition, *self._rates)
                self._made[scope.account_id] = limiters
                if self._closed:
                    limiters.close()
            return limiters

    def pace(self, partition: str) -> WritePace:
        """How many contacts a run writes a second, and how many it removes.

        Args:
            partition: the calling account's; empty if it isn't known.
        """
        return run_pace(partition, *self._rates)

    def named(self) -> Iterator[tuple[str, RateLimiter]]:
        """All of them, each with the name of what it limits."""
        with self._lock:
            made = list(self._made.values())
        for limiters in made:
            yield from limiters.named()

    def close(self) -> None:
        """Fail all waiting and future calls."""
        with self._lock:
            self._closed = True
        for _, limiter in self.named():
            limiter.close()
