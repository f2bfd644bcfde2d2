"""A run of many fixes beside a scan, at AWS's quotas: neither takes the other's share.

Both use GetAlternateContact's quota of 10 a second. A run reads each contact before it writes it,
so at PutAlternateContact's 5 a second it needs half of those reads; the other half is the scan's.
What it wrote is read back with what both leave.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.slack.workspace import ALERTS

from benchmarks.measuring import Row, bot, environment, wait_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    Call = dict[str, Any]

FIXED, ONLY_SCANNED = 300, 600
QUICK_FIXED, QUICK_SCANNED = 100, 200
LATENCY_MS: Final = 80
PUT_RATE, PUT_BURST, GET_RATE = 5.0, 8, 10.0
SHARE: Final = GET_RATE - PUT_RATE
"""Reads a second that are the scan's while a run writes at its quota."""

_POLICY = """
[policy]
approval = "never"
security.presence = "required"
security.name = "Security team"
security.title = "On call"
security.email = "aws-security@corp.internal"
security.phone = "+44 20 7946 0958"
"""


def measure(aws: AwsSandbox, slack: SlackSandbox, folder: Path, *, quick: bool) -> Iterator[Row]:
    """A scan alone, and then a run and a scan together, by the server's clock."""
    fixed, scanned = (QUICK_FIXED, QUICK_SCANNED) if quick else (FIXED, ONLY_SCANNED)
    place = folder / "running"
    place.mkdir()
    (place / "altcontact.toml").write_text(_POLICY, encoding="utf-8")
    aws.reset()
    _seed(aws, fixed, scanned)
    slack.reset()
    settings = environment(
        place,
        aws.environment("management"),
        slack.environment(),
        ALTCONTACT_CHANNEL=ALERTS,
        ALTCONTACT_FIXERS="S0SECOPS01",
        ALTCONTACT_CONFIG=str(place / "altcontact.toml"),
    )
    log = place / "bot.log"
    aws.latency(LATENCY_MS)
    with bot(settings, log):
        alone = Watched(aws)
        wait_log(log, "scan ended")
        slack.wait_message("no security contact", timeout=600)
        alone.stop()
        slack.command("/altcontact fix fixed-*")
        slack.wait_view("altcontact_run_select")
        slack.submit()
        slack.wait_view("altcontact_run_preview")
        both = Watched(aws)
        slack.command("/altcontact check")
        slack.submit()
        slack.wait_message(_is_over, timeout=3600)
        both.stop()
    yield from _rows(alone, both, fixed)


def _is_over(message: dict[str, Any]) -> bool:
    return "Run 1." in message["text"] and not message["text"].startswith("Fixing")


class Watched:
    """Keeps every call to AWS from now on until it is stopped."""

    def __init__(self, aws: AwsSandbox) -> None:
        self._aws = aws
        self._over = threading.Event()
        self._calls: list[Call] = []
        self._last = aws.wire()["last"]
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Keep no more."""
        self._over.set()
        self._thread.join()

    def of(self, operation: str, only: str = "") -> list[Call]:
        """The calls of an operation, about one kind of account if that is given."""
        return [
            each
            for each in self._calls
            if each["name"] == f"account:{operation}" and each["account"].startswith(only)
        ]

    def _watch(self) -> None:
        while not self._over.is_set():
            seen = self._aws.wire(self._last, timeout=1.0)
            self._last = seen["last"]
            self._calls += seen["entries"]


_FIXED_IDS, _SCANNED_IDS = "3", "2"
"""What the ids of the accounts begin with: those of the run, and those that are only scanned."""


def _seed(aws: AwsSandbox, fixed: int, scanned: int) -> None:
    """Accounts that are only scanned, listed before those that the run fixes."""
    accounts = [
        {"id": f"{_SCANNED_IDS}{number:011}", "name": f"other-{number}"}
        for number in range(scanned)
    ]
    accounts += [
        {"id": f"{_FIXED_IDS}{number:011}", "name": f"fixed-{number}"} for number in range(fixed)
    ]
    aws.seed_accounts(accounts)


def _rows(alone: Watched, both: Watched, fixed: int) -> Iterator[Row]:
    puts = both.of("PutAlternateContact")
    first, last = puts[0]["at"], puts[-1]["at"]
    written = (fixed - PUT_BURST) / (last - first)
    statuses = Counter(each["status"] for each in both.of("PutAlternateContact"))
    reads = [
        each["at"] for each in both.of("GetAlternateContact", _SCANNED_IDS) if each["at"] <= last
    ]
    scanned = (len(reads) - 1) / (reads[-1] - reads[0])
    by_itself = [each["at"] for each in alone.of("GetAlternateContact", _SCANNED_IDS)]
    rate = (len(by_itself) - 1) / (by_itself[-1] - by_itself[0])
    yield Row(
        f"a run of {fixed:,} fixes beside a scan, {LATENCY_MS} ms latency",
        f"{written:.2f} writes/s",
        f"{written / PUT_RATE:.1%} of the quota; throttled: {statuses['TooManyRequestsException']}",
    )
    yield Row(
        "the scan beside it",
        f"{scanned:.2f} reads/s",
        f"{scanned / SHARE:.1%} of its share of {SHARE:.0f}; alone it reads {rate:.2f}/s",
    )
