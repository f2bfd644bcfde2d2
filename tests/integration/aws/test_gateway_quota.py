"""The gateway's limiter against the buckets that the strict AWS keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.protocol.messages import ACCOUNT, Call
from altcontact_sandbox.aws.state.quotas import Quotas
from altcontact_sandbox.aws.sts.callers import Caller

from bot.aws.gateway import AwsGateway
from bot.aws.rate_limiter import account_limiters
from bot.domain.contacts import ContactType
from bot.domain.readings import Absent, Present
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    import threading

    from altcontact_sandbox.aws.sandbox import AwsSandbox

READ = "GetAlternateContact"
LATENCY = 0.08


class SimulatedTime:
    """Time that passes as soon as somebody waits, for the limiter and AWS alike."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.now += seconds or 0.0


@pytest.fixture
def gateway(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> AwsGateway:
    """A gateway with AWS's published quotas, in the management account."""
    aws.reset_stats()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return AwsGateway(None)


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_the_quota_is_used_up_and_not_overrun(partition: str) -> None:
    """With 80 ms latency and AWS's own bucket, reading goes at 95 % of its ceiling, unthrottled."""
    time = SimulatedTime()
    limiter = account_limiters(partition, None, None, clock=time.clock, wait=time.wait).read
    quotas, caller = Quotas(time.clock), Caller("management", "111111111111", partition)
    quota = quotas.as_json()[partition][READ]
    calls = 200
    for _ in range(calls):
        with limiter.turn(Priority.SCAN):
            time.now += LATENCY / 2
            quotas.take(caller, Call(ACCOUNT, READ, {}))  # raises where there is no token
            time.now += LATENCY / 2
    assert time.now <= (calls - quota["burst"]) / quota["rate"] / 0.95


def test_many_threads_are_never_throttled(aws: AwsSandbox, gateway: AwsGateway) -> None:
    """Thirty-two threads that read over HTTP what they can are let through as AWS's quota is."""
    aws.seed_many(40)
    aws.latency(LATENCY * 1000)
    accounts = [account.id for account in gateway.accounts()]
    with ThreadPoolExecutor(32) as pool:
        readings = list(
            pool.map(lambda each: gateway.read(each, ContactType.SECURITY, Priority.SCAN), accounts)
        )
    assert all(isinstance(reading, Absent | Present) for reading in readings)
    counted = aws.stats()["operations"][READ]
    assert (counted["calls"], counted["throttled"]) == (len(accounts), 0)


def test_throttling_brings_the_rate_down_and_nothing_is_lost(
    aws: AwsSandbox, gateway: AwsGateway
) -> None:
    """Where something else uses the quota up, every contact is read all the same."""
    aws.seed_many(12)
    aws.quota(READ, 6, 2)
    accounts = [account.id for account in gateway.accounts()]
    with ThreadPoolExecutor(12) as pool:
        readings = list(
            pool.map(lambda each: gateway.read(each, ContactType.SECURITY, Priority.SCAN), accounts)
        )
    assert all(isinstance(reading, Absent | Present) for reading in readings)
    assert aws.stats()["operations"][READ]["throttled"] > 0
