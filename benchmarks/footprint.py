"""Peak memory at 10,000 accounts beside 100, and the time from start to ready."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from benchmarks.measuring import (
    MEBIBYTE,
    Row,
    bot,
    check,
    environment,
    resident_peak,
    seconds_of,
    wait_log,
)
from tests.postgres import Server, is_installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

SMALL, LARGE = 100, 10_000
FAST = "1000"
"""Calls a second: memory, not the quota, is what is measured here."""


def measure(aws: AwsSandbox, slack: SlackSandbox, folder: Path) -> Iterator[Row]:
    """Check and run on a small and on a large organization."""
    peaks: dict[str, int] = {}
    for accounts in (SMALL, LARGE):
        aws.reset()
        aws.seed_many(accounts)
        aws.quotas(False)  # noqa: FBT003 - off
        place = folder / f"memory-{accounts}"
        place.mkdir()
        settings = environment(
            place,
            aws.environment("management"),
            slack.environment(),
            ALTCONTACT_CHANNEL="#security-alerts",
            ALTCONTACT_READ_RATE=FAST,
        )
        peak = check(settings, place).peak
        peaks[f"check {accounts}"] = peak
        yield Row(
            f"peak memory of a check of {accounts:,} accounts",
            f"{peak / MEBIBYTE:.0f} MiB",
            "" if accounts == SMALL else f"{peak / peaks[f'check {SMALL}']:.2f} x at {SMALL:,}",
        )
        log = place / "bot.log"
        (place / "altcontact.db").unlink()
        with bot({**settings, "ALTCONTACT_METRICS": "127.0.0.1:0"}, log) as process:
            wait_log(log, "announced")
            peak = resident_peak(process.pid)
        yield Row(
            f"peak memory of the bot with metrics, {accounts:,} accounts checked and announced",
            f"{peak / MEBIBYTE:.0f} MiB",
        )
    if is_installed():
        peak = _peak_on_postgresql({**settings, "ALTCONTACT_METRICS": "127.0.0.1:0"}, place)
        yield Row("the same on PostgreSQL", f"{peak / MEBIBYTE:.0f} MiB")


def _peak_on_postgresql(settings: dict[str, str], place: Path) -> int:
    server, log = Server(), place / "postgresql.log"
    try:
        server.start()
        with bot({**settings, "ALTCONTACT_DATABASE": server.create()}, log) as process:
            wait_log(log, "announced")
            return resident_peak(process.pid)
    finally:
        server.close()


def start(aws: AwsSandbox, slack: SlackSandbox, folder: Path) -> Iterator[Row]:
    """From nothing to ready, beside Python's own start."""
    aws.reset()
    place = folder / "start"
    place.mkdir()
    settings = environment(
        place,
        aws.environment("management"),
        slack.environment(),
        ALTCONTACT_CHANNEL="#security-alerts",
    )
    empty = seconds_of([sys.executable, "-c", "pass"], settings)
    version = seconds_of([sys.executable, "-m", "bot", "--version"], settings)
    log = place / "bot.log"
    began = time.monotonic()
    with bot(settings, log):
        wait_log(log, "ready")
        ready = time.monotonic() - began
    yield Row(
        "altcontact --version", f"{version:.2f} s", f"{version / empty:.1f} x an empty Python"
    )
    yield Row(
        "altcontact run, start to ready", f"{ready:.2f} s", f"{ready / empty:.1f} x an empty Python"
    )
