"""Time from a command to its ack, over Socket Mode and HTTP, with a scan running and without.

Over HTTP also on several replicas, one of which is killed while the commands come.
"""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
from altcontact_sandbox.servers import HOST, listen
from altcontact_sandbox.slack.transport.http_mode import REQUEST_PATH

from benchmarks.measuring import Row, bot, environment, share, wait_log
from tests.postgres import Server, is_installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

AT_ONCE = 50
ROUNDS = 4
CROWD = 200
"""Commands at once that have to be acked in 3 s; all come from this machine as well."""

REPLICAS = 3
ACCOUNTS = 2000
ACK_WITHIN = 3.0


def measure(aws: AwsSandbox, slack: SlackSandbox, folder: Path) -> Iterator[Row]:
    """Fifty people type at once, four times over, in each mode; over HTTP then two hundred."""
    yield from _measure(aws, slack, folder / "ack", slack.environment(), "Socket Mode")
    with listen(0, "bot") as listener:
        port: int = listener.getsockname()[1]
    slack.use_http(f"http://{HOST}:{port}{REQUEST_PATH}")
    try:
        yield from _measure(aws, slack, folder / "http", slack.http_environment(port), "HTTP")
    finally:
        slack.use_http()


def measure_replicas(
    aws: AwsSandbox, slack: SlackSandbox, folder: Path, replicas: int = REPLICAS
) -> Iterator[Row]:
    """Two hundred people type at once while a scan runs, and its replica is killed meanwhile.

    A load balancer is before the replicas, which sends a request whose connection ends to another
    one. Each ack is measured as the person experiences it, such a second attempt included.
    """
    if not is_installed():
        yield Row("acks of several replicas", "PostgreSQL isn't installed")
        return
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.close)
        server.start(fsync="on", synchronous_commit="on", full_page_writes="on")
        url = server.create()
        with ExitStack() as sockets:
            listeners = [sockets.enter_context(listen(0, "bot")) for _ in range(replicas)]
            ports = [listener.getsockname()[1] for listener in listeners]
        slack.use_http(*(f"http://{HOST}:{port}{REQUEST_PATH}" for port in ports))
        stack.callback(slack.use_http)
        aws.reset()
        aws.seed_many(ACCOUNTS)
        stack.callback(aws.latency, 0)
        aws.latency(80)
        for number, port in enumerate(ports):
            settings = environment(
                folder,
                aws.environment("management"),
                slack.http_environment(port),
                ALTCONTACT_DATABASE=url,
                ALTCONTACT_CHANNEL="#security-alerts",
                ALTCONTACT_SCHEDULE="0 0 1 1 *",
                ALTCONTACT_HTTP_DRAIN="0",
            )
            log = folder / f"replica-{number}.log"
            stack.enter_context(bot(settings, log))
            wait_log(log, "this process leads" if number == 0 else "ready")
        slack.wait_connected(replicas, timeout=60.0)
        _type(slack, CROWD, 1)  # each replica's first commands take longer
        whole = _type(slack, CROWD, 1)
        with psycopg.connect(url) as connection:
            (pid,) = connection.execute("SELECT pid FROM leader").fetchone() or (0,)
        running = '"scan ended"' not in (folder / "replica-0.log").read_text()
        before = len(slack.acks())
        with ThreadPoolExecutor(1) as pool:
            typing = pool.submit(_type, slack, CROWD, 1)
            while len(slack.acks()) < before + CROWD // 4:
                time.sleep(0.005)
            os.kill(pid, signal.SIGKILL)
            seconds = typing.result()
    state = "while a scan ran" if running else "A SCAN DID NOT RUN"
    for what, figures in (("", whole), (", the leader killed", seconds)):
        late = sum(taken > ACK_WITHIN for taken in figures)
        yield Row(
            f"ack of {CROWD} commands at once on {replicas} replicas{what}, {state}",
            _told(figures),
            f"{late} after 3 s",
        )


def _measure(
    aws: AwsSandbox, slack: SlackSandbox, place: Path, of_slack: dict[str, str], mode: str
) -> Iterator[Row]:
    place.mkdir()
    log = place / "bot.log"
    aws.reset()
    aws.seed_many(20)
    settings = environment(
        place,
        aws.environment("management"),
        of_slack,
        ALTCONTACT_CHANNEL="#security-alerts",
        ALTCONTACT_SCHEDULE="0 0 1 1 *",
        ALTCONTACT_HTTP_DRAIN="0",
    )
    with bot(settings, log):
        wait_log(log, "scan ended")
        slack.wait_connected()
        idle = _type(slack, AT_ONCE, ROUNDS)
        aws.seed_many(ACCOUNTS)
        aws.latency(80)
        slack.command("/altcontact check")
        busy = _type(slack, AT_ONCE, ROUNDS)
        crowd = _type(slack, CROWD, 1)
        running = log.read_text().count('"scan ended"') == 1
    aws.latency(0)
    yield Row(f"ack of {AT_ONCE} commands at once by {mode}, no scan", _told(idle))
    state = "while a scan ran" if running else "A SCAN DID NOT RUN THROUGHOUT"
    ratio = share(busy, 0.99) / share(idle, 0.99)
    yield Row(
        f"ack of {AT_ONCE} commands at once by {mode}, {state}",
        _told(busy),
        f"{ratio:.2f} x p99 of no scan",
    )
    late = sum(seconds > ACK_WITHIN for seconds in crowd)
    yield Row(
        f"ack of {CROWD} commands at once by {mode}, {state}", _told(crowd), f"{late} after 3 s"
    )


def _type(slack: SlackSandbox, people: int, rounds: int) -> list[float]:
    """The seconds of each ack."""
    before = len(slack.acks())
    for _ in range(rounds):
        slack.commands(people, "/altcontact help")
    seconds = [ack["seconds"] for ack in slack.acks()[before:]]
    return [taken if taken is not None else float("inf") for taken in seconds]


def _told(seconds: list[float]) -> str:
    p50, p99, most = (share(seconds, part) * 1000 for part in (0.5, 0.99, 1.0))
    return f"median {p50:.0f} ms, p99 {p99:.0f} ms, max {most:.0f} ms ({len(seconds)} acks)"
