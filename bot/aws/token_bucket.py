"""A token bucket that never runs ahead of AWS's own: pure arithmetic without clock or threads.

AWS counts a call when it arrives, at some moment between the request and the answer. During a call
AWS's bucket may still be full, and a full bucket gains no tokens. So this bucket only fills to
`burst` minus the running calls. Then it never has more tokens than AWS's, however much latency
varies. One more token is kept in reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECOVERY_SECONDS: Final = 30.0
"""How long the rate takes from zero to its full value, if AWS doesn't throttle."""

_PATIENCE_SECONDS: Final = 1.0
_LEAST_RATE: Final = 0.5
_RESERVE: Final = 1.0
_A_CALL: Final = 1.0
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Quota:
    """AWS's quota: `rate` calls a second, and `burst` at once after a pause."""

    rate: float
    burst: float

    def at(self, rate: float | None) -> Quota:
        """The same quota at another rate, its burst in proportion; unchanged if `rate` is None."""
        return self if rate is None else Quota(rate, rate * self.burst / self.rate)


class Bucket:
    """The tokens of one quota. Times are seconds on any clock that never goes back.

    Throttling halves the rate, at most once a second (calls that run together are throttled
    together). The rate recovers by itself.
    """

    def __init__(self, quota: Quota, now: float) -> None:
        self._full_rate = quota.rate
        self._rate = quota.rate
        self._most = max(_A_CALL, quota.burst - _RESERVE)
        self._level = self._most
        self._under_way = 0
        self._then = now
        self._lowered_at = now - _PATIENCE_SECONDS

    def rate(self, now: float) -> float:
        """Calls a second that are let through at present."""
        self._refill(now)
        return self._rate

    def wait(self, now: float) -> float:
        """Seconds until a call is allowed, if no other is made before; 0 if it is allowed now."""
        self._refill(now)
        lacking = _A_CALL - self._level
        return lacking / self._rate if lacking > _ROUNDING else 0.0

    def take(self, now: float) -> None:
        """A call starts."""
        self._refill(now)
        self._level -= _A_CALL
        self._under_way += 1

    def answered(self, now: float) -> None:
        """A call has ended, whatever its result."""
        self._refill(now)
        self._under_way -= 1

    def throttled(self, now: float) -> bool:
        """AWS's bucket is empty, so empty this one. Returns whether the rate was lowered."""
        self._refill(now)
        self._level = min(self._level, 0.0)
        if now - self._lowered_at < _PATIENCE_SECONDS:
            return False
        self._rate = max(min(_LEAST_RATE, self._full_rate), self._rate / 2)
        self._lowered_at = now
        return True

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._then)
        self._then = now
        before = self._rate
        self._rate = min(self._full_rate, before + self._full_rate * elapsed / RECOVERY_SECONDS)
        # At least one call is always allowed, which keeps the rate up if latency is so long that a
        # whole burst is always running; the reserve compensates for it.
        ceiling = max(_A_CALL, self._most - self._under_way)
        flowed = elapsed * (before + self._rate) / 2
        self._level = max(self._level, min(ceiling, self._level + flowed))
