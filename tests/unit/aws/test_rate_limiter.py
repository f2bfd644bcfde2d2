"""The limiter: whose turn it is, and what closing does to those who wait."""

from __future__ import annotations

import queue
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.aws import rate_limiter
from bot.aws.rate_limiter import RateLimiter, account_limiters, run_pace
from bot.aws.token_bucket import Quota
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode
from bot.domain.run_summary import WritePace
from bot.services.ports.aws import Priority
from bot.services.ports.metrics import CallRate

if TYPE_CHECKING:
    import threading

PATIENCE = 60.0


class RunningTime:
    """Time that passes as soon as somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.now += seconds or 0.0


class HeldTime:
    """Time that passes when the test says so; it tells of everyone who begins to wait."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: queue.Queue[threading.Condition] = queue.Queue()

    def clock(self) -> float:
        return self.now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waits.put(condition)
        condition.wait(PATIENCE)

    def pass_by(self, seconds: float, condition: threading.Condition) -> None:
        with condition:
            self.now += seconds
            condition.notify()


def test_turns_come_at_the_quotas_rate() -> None:
    """After the burst, calls are let through one by one at the rate."""
    time = RunningTime()
    limiter = RateLimiter(Quota(10, 15), time.clock, time.wait)
    for _ in range(24):
        with limiter.turn(Priority.SCAN):
            pass
    assert time.now == pytest.approx(1.0)


def test_who_waits_is_served_by_priority_then_first_come() -> None:
    """A fix goes before a look, a look before a scan, and equals in the order of their coming."""
    time = HeldTime()
    limiter = RateLimiter(Quota(1, 1), time.clock, time.wait)
    served: queue.Queue[str] = queue.Queue()

    def call(name: str, priority: Priority) -> None:
        with limiter.turn(priority):
            served.put(name)

    call("first", Priority.SCAN)
    assert served.get(timeout=PATIENCE) == "first"
    waiting: dict[str, threading.Condition] = {}
    with ThreadPoolExecutor(4) as pool:
        for name, priority in (
            ("scan", Priority.SCAN),
            ("later scan", Priority.SCAN),
            ("look", Priority.INTERACTIVE),
            ("fix", Priority.FIX),
        ):
            pool.submit(call, name, priority)
            waiting[name] = time.waits.get(timeout=PATIENCE)
        for name in ("fix", "look", "scan", "later scan"):
            time.pass_by(1.0, waiting[name])
            assert served.get(timeout=PATIENCE) == name


def test_one_who_comes_later_but_goes_first_takes_over_the_wait() -> None:
    """A scan that was next in turn and is overtaken waits on, and is woken afterwards."""
    time = HeldTime()
    limiter = RateLimiter(Quota(1, 1), time.clock, time.wait)
    served: queue.Queue[str] = queue.Queue()

    def call(name: str, priority: Priority) -> None:
        with limiter.turn(priority):
            served.put(name)

    call("first", Priority.SCAN)
    served.get(timeout=PATIENCE)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(call, "scan", Priority.SCAN)
        scan = time.waits.get(timeout=PATIENCE)
        pool.submit(call, "fix", Priority.FIX)
        fix = time.waits.get(timeout=PATIENCE)
        time.pass_by(0.5, scan)
        assert time.waits.get(timeout=PATIENCE) is scan
        time.pass_by(0.5, fix)
        assert served.get(timeout=PATIENCE) == "fix"
        assert time.waits.get(timeout=PATIENCE) is scan
        time.pass_by(1.0, scan)
        assert served.get(timeout=PATIENCE) == "scan"


def test_closing_sends_away_those_who_wait_and_those_who_come() -> None:
    """A closed limiter answers everyone that the call was not reached."""
    time = HeldTime()
    limiter = RateLimiter(Quota(1, 1), time.clock, time.wait)
    limiter.turn(Priority.SCAN).__enter__()

    def call() -> None:
        with limiter.turn(Priority.SCAN):
            pass

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call) for _ in range(2)]
        for _ in calls:
            time.waits.get(timeout=PATIENCE)
        limiter.close()
        for each in calls:
            error = each.exception(timeout=PATIENCE)
            assert isinstance(error, GatewayError)
            assert error.failure.cause is FailureCode.NOT_REACHED
    with pytest.raises(GatewayError):
        call()


def test_throttling_slows_the_turns() -> None:
    """What AWS throttles lowers the rate of the turns that follow."""
    time = RunningTime()
    limiter = RateLimiter(Quota(10, 15), time.clock, time.wait)
    with limiter.turn(Priority.SCAN):
        limiter.throttled()
    assert limiter.rate == 5
    with limiter.turn(Priority.SCAN):
        pass
    assert time.now == pytest.approx(0.2, rel=0.05)
    time.now += 3600
    assert limiter.call_rate == CallRate(10, 10)


def test_waits_on_the_real_clock_by_itself() -> None:
    """Without a clock of the test's, turns that must be waited for come too."""
    limiter = RateLimiter(Quota(2_000, 1))
    for _ in range(20):
        with limiter.turn(Priority.INTERACTIVE):
            pass


@pytest.mark.parametrize(
    ("partition", "rates", "read", "write"),
    [
        ("aws", (None, None), 10, 5),
        ("aws-cn", (None, None), 3, 1),
        ("aws-eusc", (None, None), 10, 5),
        ("aws", (20.0, 2.5), 20, 2.5),
    ],
)
def test_quotas_are_those_of_the_partition_unless_set(
    partition: str, rates: tuple[float | None, float | None], read: float, write: float
) -> None:
    """China's quotas are lower, and a rate that is set replaces the published one."""
    limiters = account_limiters(partition, *rates)
    assert (limiters.read.rate, limiters.write.rate) == (read, write)
    assert run_pace(partition, *rates) == WritePace(write, 1.0)
    limiters.close()
    with pytest.raises(GatewayError), limiters.write.turn(Priority.FIX):
        pass


def test_a_run_writes_no_faster_than_it_reads() -> None:
    """Each contact is read right before it is written or removed."""
    assert run_pace("aws", 0.5, 20.0) == WritePace(0.5, 0.5)


def test_bursts_are_in_proportion() -> None:
    """A set rate scales the burst that AWS publishes with it."""
    assert rate_limiter.READ.at(5).burst == 7.5
    assert rate_limiter.WRITE.at(10).burst == 16
    assert rate_limiter.CHINA_WRITE.burst == 6
