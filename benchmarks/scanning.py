"""Accounts a second against the strict AWS, beside a plain loop and the quota's own ceiling."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3

from benchmarks.measuring import Row, check, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox

LATENCY_MS = 80
RATE, BURST = 10.0, 15
SAMPLE = 100
"""Accounts that the plain loop reads: its pace is the same over all of them."""


def measure(aws: AwsSandbox, folder: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """Scan each number of accounts with `altcontact check`."""
    for accounts in sizes:
        aws.reset()
        aws.seed_many(accounts)
        aws.latency(LATENCY_MS)
        loop = _loop(aws)
        aws.quotas(False)  # noqa: FBT003 - off and on again: full buckets
        aws.quotas(True)  # noqa: FBT003 - the same
        time.sleep(BURST / RATE + 0.5)
        aws.reset_stats()
        place = folder / f"scan-{accounts}"
        place.mkdir()
        checked = check(environment(place, aws.environment("management")), place)
        stats = aws.stats()["operations"]["GetAlternateContact"]
        taken = stats["last"] - stats["first"]
        calls, throttled = stats["calls"], stats.get("throttled", 0)
        ceiling = (accounts - BURST) / RATE
        read = checked.report["summary"]["accounts"]
        yield Row(
            f"check of {read:,} accounts, {LATENCY_MS} ms latency",
            f"{accounts / taken:.2f} accounts/s reading, {accounts / checked.seconds:.2f} in all",
            f"{ceiling / taken:.1%} of the quota's ceiling; {throttled / calls:.2%} throttled; "
            f"{accounts / taken / loop:.2f} x a plain loop ({loop:.2f}/s)",
        )


def _loop(aws: AwsSandbox) -> float:
    """Accounts a second of one boto3 call after the other."""
    settings = aws.environment("management")
    client = boto3.Session(
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=settings.get("AWS_SESSION_TOKEN"),
        region_name="us-east-1",
    ).client("account", endpoint_url=aws.url)
    members = [account["id"] for account in aws.accounts()][1 : SAMPLE + 1]
    began = time.monotonic()
    for member in members:
        try:
            client.get_alternate_contact(AccountId=member, AlternateContactType="SECURITY")
        except client.exceptions.ResourceNotFoundException:
            continue
    return len(members) / (time.monotonic() - began)
