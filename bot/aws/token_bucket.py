"""A token bucket that stays behind AWS's own: arithmetic alone, with no clock and no threads.

AWS counts a call when it arrives, which is at some moment between sending it and its answer. While
a call is under way AWS's bucket may still be full, and what would flow into a full bucket is lost.
So this bucket fills no further than to `burst` less the calls under way: then it does not run ahead
of AWS's, however much their latency varies. One token more is kept in reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECOVERY_SECONDS: Final = 30.0
"""How long the rate takes from nothing to its full height, if AWS throttles no more."""

_PATIENCE_SECONDS: Final = 1.0
_LEAST_RATE: Final = 0.5
_RESERVE: Final = 1.0
_A_CALL: Final = 1.0
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Quota:
    """What AWS grants: `rate` calls a second, and `burst` at once after a rest."""

    rate: float
    burst: float

    def at(self, rate: float | None) -> Quota:
        """The same quota at another rate, its burst in proportion; itself where `rate` is None."""
        return self if rate is None else Quota(rate, rate * self.burst / self.rate)


class Bucket:
    """The tokens of one quota. Moments are seconds on any clock that never goes back.

    Throttling halves the rate, at most once a second (the calls that were under way together are
    throttled together), and the rate climbs back by itself.
    """

    def __init__(self, quota: Quota, now: float) -> None:
        self._full_rate = quota.rate
        self._rate = quota.rate
        self._most = max(_A_CALL, quota.burst - _RESERVE)
        self._level = self._most
        self._under_way = 0
        self._then = now
        self._lowered_at = now - _PATIENCE_SECONDS

    @property
    def rate(self) -> float:
        """Calls a second that are let through at present."""
        return self._rate

    def wait(self, now: float) -> float:
        """Seconds until a call may go, if none goes before; 0 where it may go now."""
        self._refill(now)
        lacking = _A_CALL - self._level
        return lacking / self._rate if lacking > _ROUNDING else 0.0

    def take(self, now: float) -> None:
        """A call goes."""
        self._refill(now)
        self._level -= _A_CALL
        self._under_way += 1

    def answered(self, now: float) -> None:
        """A call that went has ended, whatever came of it."""
        self._refill(now)
        self._under_way -= 1

    def throttled(self, now: float) -> bool:
        """AWS said that its bucket is empty: so is this one; whether the rate fell, too."""
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
        # A floor of one call keeps the rate up where latency is so long that a whole burst is
        # under way at all times; the reserve makes up for it.
        ceiling = max(_A_CALL, self._most - self._under_way)
        flowed = elapsed * (before + self._rate) / 2
        self._level = max(self._level, min(ceiling, self._level + flowed))
