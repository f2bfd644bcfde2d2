"""The gateway's limiter against buckets that the strict AWS keeps by its own clock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bot.aws.gateway import AwsGateway
from bot.domain.contacts import ContactType
from bot.domain.readings import Absent, Present
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox

READ = "GetAlternateContact"


@pytest.fixture
def gateway(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> AwsGateway:
    """A gateway with AWS's published quotas, in the management account."""
    aws.reset_stats()
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return AwsGateway(None)


def test_the_quota_is_used_up_and_not_overrun(aws: AwsSandbox, gateway: AwsGateway) -> None:
    """With 80 ms latency and AWS's own bucket, reading goes at 95 % of its ceiling, unthrottled."""
    aws.seed_many(70)
    aws.latency(80)
    accounts = [account.id for account in gateway.accounts()]
    began = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        readings = list(
            pool.map(lambda each: gateway.read(each, ContactType.SECURITY, Priority.SCAN), accounts)
        )
    seconds = time.monotonic() - began
    assert all(isinstance(reading, Absent | Present) for reading in readings)
    assert aws.stats()["operations"][READ]["throttled"] == 0
    # The first burst and the last answer weigh more on these 5.5 s than on a whole organization.
    assert seconds <= (len(accounts) - 15) / 10 / 0.95 + 0.3


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
