"""Time from a command to its ack, with a scan running and without, fifty commands at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from altcontact_sandbox.slack.client.client import SlackControl

from benchmarks.measuring import Row, bot, environment, share, wait_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

AT_ONCE = 50
ROUNDS = 4
ACCOUNTS = 2000


def measure(aws: AwsSandbox, slack: SlackSandbox, folder: Path) -> Iterator[Row]:
    """Fifty people type at once, four times over."""
    place = folder / "ack"
    place.mkdir()
    log = place / "bot.log"
    aws.reset()
    aws.seed_many(20)
    settings = environment(
        place,
        aws.environment("management"),
        slack.environment(),
        ALTCONTACT_CHANNEL="#security-alerts",
        ALTCONTACT_SCHEDULE="0 0 1 1 *",
    )
    with bot(settings, log):
        wait_log(log, "scan ended")
        slack.wait_connected()
        idle = _type(slack)
        aws.seed_many(ACCOUNTS)
        aws.latency(80)
        slack.command("/altcontact check")
        busy = _type(slack)
        running = log.read_text().count('"scan ended"') == 1
    aws.latency(0)
    yield Row("ack of 50 commands at once, no scan", _told(idle))
    state = "while a scan ran" if running else "A SCAN DID NOT RUN THROUGHOUT"
    ratio = share(busy, 0.99) / share(idle, 0.99)
    yield Row(f"ack of 50 commands at once, {state}", _told(busy), f"{ratio:.2f} x p99 of no scan")


def _type(slack: SlackSandbox) -> list[float]:
    """The seconds of each ack."""
    before = len(slack.acks())
    controls = [SlackControl(slack.url) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as people:
        for _ in range(ROUNDS):
            list(people.map(lambda control: control.command("/altcontact help"), controls))
    seconds = [ack["seconds"] for ack in slack.acks()[before:]]
    return [taken if taken is not None else float("inf") for taken in seconds]


def _told(seconds: list[float]) -> str:
    p50, p99, most = (share(seconds, part) * 1000 for part in (0.5, 0.99, 1.0))
    return f"median {p50:.0f} ms, p99 {p99:.0f} ms, max {most:.0f} ms ({len(seconds)} acks)"
