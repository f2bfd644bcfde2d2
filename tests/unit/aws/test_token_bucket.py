"""The token bucket, against a server's bucket that counts calls when they arrive."""

from __future__ import annotations

import heapq
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.aws.token_bucket import RECOVERY_SECONDS, Bucket, Quota

READ = Quota(rate=10, burst=15)


class ServerBucket:
    """AWS's bucket, exact."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._level = quota.burst
        self._then = 0.0
        self.refused = 0

    def arrive(self, now: float) -> bool:
        self._level = min(self._quota.burst, self._level + (now - self._then) * self._quota.rate)
        self._then = now
        if self._level < 1 - 1e-9:
            self.refused += 1
            return False
        self._level -= 1
        return True


def run(
    calls: int, latencies: list[tuple[float, float]], workers: int = 32, quota: Quota = READ
) -> tuple[float, int]:
    """Make calls as fast as the bucket lets them go.

    Args:
        calls: how many.
        latencies: (seconds there, seconds back) of each call, over and over.
        workers: how many calls may be under way at once.
        quota: of client and server alike.

    Returns:
        (seconds until the last answer, calls that the server refused).
    """
    bucket, server = Bucket(quota, 0.0), ServerBucket(quota)
    ways = itertools.cycle(latencies)
    events: list[tuple[float, int, str, float]] = []
    order = itertools.count()
    now, left, under_way = 0.0, calls, 0
    while left or events:
        while left and under_way < workers and bucket.wait(now) == 0:
            bucket.take(now)
            there, back = next(ways)
            heapq.heappush(events, (now + there, next(order), "arrives", back))
            left -= 1
            under_way += 1
        upcoming = events[0][0] if events else float("inf")
        if left and under_way < workers and now + bucket.wait(now) < upcoming:
            now += bucket.wait(now)
            continue
        now, _, what, back = heapq.heappop(events)
        if what == "arrives":
            if not server.arrive(now):
                bucket.throttled(now)
            heapq.heappush(events, (now + back, next(order), "answered", 0.0))
        else:
            bucket.answered(now)
            under_way -= 1
    return now, server.refused


@pytest.mark.parametrize("calls", [200, 2_000])
def test_uses_the_quota_up_almost_whole_and_is_never_throttled(calls: int) -> None:
    """At 80 ms latency, calls go at 95 % of the quota's ceiling or more and none is throttled."""
    seconds, refused = run(calls, [(0.04, 0.04)])
    assert refused == 0
    assert seconds <= (calls - 15) / 10 / 0.95


def test_slow_first_connections_do_not_let_it_run_ahead() -> None:
    """Calls that are slow to arrive at first and quick later are not throttled."""
    slow_first = [(0.6, 0.04)] * 14 + [(0.02, 0.04)] * 400
    _, refused = run(300, slow_first)
    assert refused == 0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), longest=st.floats(0.01, 0.5))
def test_jitter_hardly_gets_it_throttled(seed: int, longest: float) -> None:
    """Latency may vary by 150 ms each way with no call throttled, by 500 ms with 2 % at most."""
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    ways = [(chance.uniform(0, longest), chance.uniform(0, longest)) for _ in range(200)]
    _, refused = run(200, ways)
    assert refused <= (4 if longest > 0.15 else 0)


def test_long_latency_does_not_bring_the_rate_down() -> None:
    """With more calls under way than the burst holds, the rate is still the quota's."""
    seconds, _ = run(200, [(1.0, 1.0)])
    assert seconds <= (200 - 15) / 10 + 4


def test_a_small_burst_still_lets_one_call_go() -> None:
    """A quota whose burst is one call lets the first one go at once."""
    bucket = Bucket(Quota(rate=0.5, burst=0.75), 0.0)
    assert bucket.wait(0.0) == 0
    bucket.take(0.0)
    assert bucket.wait(0.0) == pytest.approx(2.0)


def test_throttling_empties_the_bucket_and_halves_the_rate() -> None:
    """After a throttled call the next one waits, at half the rate."""
    bucket = Bucket(READ, 0.0)
    bucket.throttled(0.0)
    assert bucket.rate(0.0) == 5
    assert bucket.wait(0.0) == pytest.approx(0.2)


def test_calls_throttled_together_count_once() -> None:
    """Throttled calls within a second of each other halve the rate once."""
    bucket = Bucket(READ, 0.0)
    for moment in (0.0, 0.1, 0.9):
        bucket.throttled(moment)
    assert 5 <= bucket.rate(0.9) < 6


def test_lasting_throttling_stops_at_a_floor() -> None:
    """However long AWS throttles, a call goes every couple of seconds at least."""
    bucket = Bucket(READ, 0.0)
    for second in range(60):
        bucket.throttled(float(second))
    assert 0.5 <= bucket.rate(59.0) < 1


def test_the_rate_recovers_by_itself() -> None:
    """Half a minute after throttling, the full rate is back, whether or not a call is made."""
    bucket = Bucket(READ, 0.0)
    bucket.throttled(0.0)
    assert 5 < bucket.rate(RECOVERY_SECONDS / 4) < 10
    assert bucket.rate(RECOVERY_SECONDS) == 10
    assert bucket.rate(10 * RECOVERY_SECONDS) == 10


def test_a_rest_fills_it_to_the_burst_and_no_further() -> None:
    """After any rest, the burst less its reserve goes at once, and then the rate holds."""
    bucket = Bucket(READ, 0.0)
    went = 0
    while bucket.wait(1_000.0) == 0:
        bucket.take(1_000.0)
        went += 1
    assert went == 14


def test_another_rate_keeps_the_burst_in_proportion() -> None:
    """A granted rate of 20 reads a second comes with a burst of 30."""
    assert READ.at(20) == Quota(20, 30)
    assert READ.at(None) is READ
