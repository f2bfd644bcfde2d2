"""Every request is acked on its first delivery, over the real WebSocket, whatever becomes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import structlog
from slack_bolt import App

from bot.domain.failures import FailureCode
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import ALICE, BOB, LAKE, WEB, SlackBench, started
from tests.integration.slack.deliveries import Bound, Known, valid
from tests.unit.fakes import gateway_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> Bound:
    """What the bot's listeners are bound to."""
    return Bound(monkeypatch, App)


@pytest.fixture
def bench(bound: Bound, slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot on two accounts, which waits no longer than a moment for its database."""
    made = SlackBench(slack, tmp_path, WEB, LAKE, busy_timeout=0.2)
    assert bound.constraints
    yield from started(made)


def fine(_: SlackBench) -> None:
    """Nothing is wrong."""


def without_database(bench: SlackBench) -> None:
    """The database is deleted under the bot."""
    bench.delete_database()


def with_locked_database(bench: SlackBench) -> None:
    """Another process keeps the database to itself."""
    bench.lock_database()


def with_slack_refusing(bench: SlackBench) -> None:
    """Slack refuses every call from the first on, and every answer; only the socket stands."""
    bench.slack.revoke_token()
    bench.slack.fault("response_url", "error", count=10_000)


def with_aws_down(bench: SlackBench) -> None:
    """AWS refuses every call."""
    bench.gateway.listing_fault = gateway_error(FailureCode.DENIED)
    for number in (1, 2):
        bench.gateway.say(number, *[gateway_error(FailureCode.DENIED)] * 50)


@pytest.mark.parametrize("user", [ALICE, BOB], ids=["fixer", "other"])
@pytest.mark.parametrize(
    "trouble", [fine, without_database, with_locked_database, with_slack_refusing, with_aws_down]
)
def test_every_listener_acks_the_first_delivery(
    bench: SlackBench, user: str, trouble: Callable[[SlackBench], None]
) -> None:
    """Of every command, button and form, for who may and who may not, in every trouble."""
    trouble(bench)
    unacked = []
    with structlog.testing.capture_logs() as logged:
        for name in valid(Known(), user, bench.slack.trigger(user)):
            kind, payload = valid(Known(), user, bench.slack.trigger(user))[name]
            told = bench.slack.deliver(payload, kind)
            if not told["acked"] or bench.slack.acks()[-1]["attempt"]:
                unacked.append(name)
        bench.stop_connection()
        bench.settle()
    assert unacked == []
    assert [line for line in logged if "exc_info" in line] == []


def test_no_listener_is_left_out(bench: SlackBench, bound: Bound) -> None:
    """The payloads of this test reach every listener that the bot binds."""
    payloads = valid(Known(), ALICE, bench.slack.trigger(ALICE)).values()
    assert bound.without(payload for _, payload in payloads) == []


def test_large_payloads_that_come_together_are_all_acked(bench: SlackBench) -> None:
    """A view of a hundred blocks comes along with each press in it."""
    kind, payload = valid(Known(), BOB, bench.slack.trigger(BOB))["/help"]
    payload |= {"text": "help", "padding": "x" * 300_000}
    with ThreadPoolExecutor(24) as people:
        told = list(people.map(lambda _: bench.slack.deliver(payload, kind)["acked"], range(48)))
    assert all(told)


@pytest.mark.parametrize("name", ["/help", "/check", "/fix {account}", "/exemptions", "/doctor"])
def test_a_deleted_database_is_told_by_every_command(bench: SlackBench, name: str) -> None:
    """The person hears what is wrong, and what to do about it."""
    bench.slack.command("/altcontact help")
    bench.slack.wait_private("/altcontact fix")
    bench.delete_database()
    line = name.format(account=WEB.id)
    bench.slack.command(f"/altcontact {line.removeprefix('/')}")
    told = bench.slack.wait_private(str(bench.store.connections.path))
    assert "deleted or moved" in told["text"] or "cannot be opened" in told["text"]
