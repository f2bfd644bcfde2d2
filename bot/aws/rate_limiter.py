"""Limits the rate of calls, so that AWS's quotas are used fully but not exceeded."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.aws.token_bucket import Bucket, Quota
from bot.aws.waiting_line import WaitingLine
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.run_summary import WritePace
from bot.services.ports.metrics import CallRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.services.ports.aws import Priority

READ: Final = Quota(rate=10, burst=15)
"""GetAlternateContact and GetContactInformation, each separately;
https://docs.aws.amazon.com/accounts/latest/reference/quotas.html"""
WRITE: Final = Quota(rate=5, burst=8)
"""PutAlternateContact; the same page."""
DELETE: Final = Quota(rate=1, burst=6)
"""DeleteAlternateContact; the same page."""
CHINA_READ: Final = Quota(rate=3, burst=5)
CHINA_WRITE: Final = Quota(rate=1, burst=6)
LIST: Final = Quota(rate=5, burst=10)
"""The Organizations calls. AWS throttles them for the whole organization, including other tools, so
this is low. 5 pages are 100 accounts a second, ten times what the quota for reading allows, so
listing never delays a scan."""
TAGS: Final = Quota(rate=5, burst=10)
"""ListTagsForResource: as low, but separate, so that reading many tags delays no listing."""


def wait_on(condition: threading.Condition, seconds: float | None) -> None:
    """Wait until notified, at most this many seconds (None: without a limit)."""
    condition.wait(seconds)


class RateLimiter:
    """Lets calls through as a quota allows, in the order of `WaitingLine`.

    Args:
        quota: AWS's quota.
        clock: seconds, never going back.
        wait: waits on a condition for at most this many seconds; tests replace it.
    """

    def __init__(
        self,
        quota: Quota,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float | None], None] = wait_on,
    ) -> None:
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._bucket = Bucket(quota, clock())
        self._line: WaitingLine[threading.Condition] = WaitingLine()
        self._closed = False
        self._full_rate = quota.rate

    @property
    def rate(self) -> float:
        """Calls a second that are let through at present."""
        with self._lock:
            return self._bucket.rate(self._clock())

    @property
    def call_rate(self) -> CallRate:
        """The same, beside the rate without throttling."""
        return CallRate(self.rate, self._full_rate)

    @contextmanager
    def turn(self, priority: Priority) -> Iterator[None]:
        """Wait until the call is allowed, and hold that slot during the call.

        Raises:
            GatewayError: `NOT_REACHED`: the limiter was closed before.
        """
        self._acquire(priority)
        try:
            yield
        finally:
            with self._lock:
                self._bucket.answered(self._clock())

    def throttled(self) -> bool:
        """AWS throttled a call anyway: lower the rate for a while.

        Returns:
            Whether the rate was lowered: only once for calls that are throttled together.
        """
        with self._lock:
            return self._bucket.throttled(self._clock())

    def close(self) -> None:
        """Fail all waiting and future calls."""
        with self._lock:
            self._closed = True
            for condition in self._line:
                condition.notify()

    def _acquire(self, priority: Priority) -> None:
        with self._lock:
            waiter = threading.Condition(self._lock)
            self._line.join(priority, waiter)
            served = False
            try:
                self._await_turn(waiter)
                served = True
            finally:
                self._line.leave(priority, waiter, served=served)
                if self._line:
                    self._line.first().notify()

    def _await_turn(self, waiter: threading.Condition) -> None:
        while not self._closed:
            seconds = None
            if self._line.first() is waiter:
                now = self._clock()
                seconds = self._bucket.wait(now)
                if seconds <= 0:
                    self._bucket.take(now)
                    return
            self._wait(waiter, seconds)
        raise GatewayError(failure(FailureCode.NOT_REACHED))


@dataclass(frozen=True, slots=True)
class Limiters:
    """One limiter for each operation with its own quota, for one calling account."""

    read: RateLimiter
    write: RateLimiter
    delete: RateLimiter
    primary: RateLimiter

    def close(self) -> None:
        """Close all."""
        for _, limiter in self.named():
            limiter.close()

    def named(self) -> Iterator[tuple[str, RateLimiter]]:
        """Each with its name."""
        yield "read", self.read
        yield "write", self.write
        yield "delete", self.delete
        yield "primary", self.primary


def account_limiters(
    partition: str,
    read_rate: float | None,
    write_rate: float | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[threading.Condition, float | None], None] = wait_on,
) -> Limiters:
    """Limiters for a calling account in this partition.

    Args:
        partition: `aws`, `aws-cn`, …
        read_rate: calls of each reading operation a second instead of AWS's published quota, burst
            in proportion.
        write_rate: the same for writing.
        clock: seconds, never going back.
        wait: waits on a condition for at most this many seconds.
    """
    read, write = _contact_quotas(partition, read_rate, write_rate)
    return Limiters(
        read=RateLimiter(read, clock, wait),
        primary=RateLimiter(read, clock, wait),
        write=RateLimiter(write, clock, wait),
        delete=RateLimiter(DELETE, clock, wait),
    )


def run_pace(partition: str, read_rate: float | None, write_rate: float | None) -> WritePace:
    """How many contacts a run writes a second, and how many it removes, if nothing is throttled.

    Each is read right before, so the rate for reading limits it as well.

    Args:
        partition: the calling account's; empty if it isn't known yet, which is taken for `aws`.
        read_rate: as for `account_limiters`.
        write_rate: the same.
    """
    read, write = _contact_quotas(partition, read_rate, write_rate)
    return WritePace(min(read.rate, write.rate), min(read.rate, DELETE.rate))


def _contact_quotas(
    partition: str, read_rate: float | None, write_rate: float | None
) -> tuple[Quota, Quota]:
    """The quotas for reading and for writing a contact."""
    in_china = partition == "aws-cn"
    read, write = (CHINA_READ, CHINA_WRITE) if in_china else (READ, WRITE)
    return read.at(read_rate), write.at(write_rate)
