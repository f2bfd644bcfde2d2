"""Several replicas of the shipped bot on one PostgreSQL: one leads, and another takes over."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.conftest import Bot
from tests.e2e.replica_rounds import go_through
from tests.e2e.replica_world import World
from tests.e2e.run_world import wait_struck
from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

WORLDS: Final = 5
ROUNDS: Final = 10
"""In each world, which makes fifty; `make soak` runs a thousand."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Three replicas, the first check announced, every account's contact right."""
    with World(server().create(), tmp_path) as world:
        world.settle()
        yield world


@pytest.mark.timeout(1800)
def test_rounds(tmp_path: Path) -> None:
    """Whatever is killed or paused, nothing is lost, doubled, unrecorded or written too late."""
    tally = go_through(tmp_path, range(WORLDS), ROUNDS)
    assert not tally.wrong.total(), tally
    assert tally.done.total() == WORLDS * ROUNDS


@pytest.mark.timeout(300)
def test_a_leader_that_was_paused_past_its_lease_sends_nothing(world: World) -> None:
    """It wakes in the middle of a run, sends nothing more, says so, and follows."""
    leader = world.wait_leader()
    hang = world.aws.fault("hang", "PutAlternateContact", after=2)
    world.begin_run()
    wait_struck(world.aws, hang)
    world.signal(leader, signal.SIGSTOP)
    other = world.wait_leader(leader.pid)
    assert other is not leader
    world.aws.clear_faults()
    world.wait(world.is_all_fixed)
    woken = time.time()  # what it sent before is recorded when that ends, maybe later
    world.signal(leader, signal.SIGCONT)
    world.wait(lambda: "this process no longer leads" in world.log_of(leader))
    world.settle()
    assert world.leader() is not leader
    assert not [
        write
        for write in world.aws.writes()
        if write["at"] >= woken and f"app/{leader.name} " in f"{write['user_agent']} "
    ]
    counted = world.check()
    assert not any(counted.values()), counted


@pytest.mark.timeout(300)
def test_a_stopped_leader_is_followed_at_once(world: World) -> None:
    """A clean stop gives up the lead, and a reload of the policy reaches the replicas that stay.

    Though they started together, none took another one for a bot that isn't theirs.
    """
    leader = world.wait_leader()
    logs = [world.log_of(each) for each in world.replicas]
    assert not [log for log in logs if "another bot on this Slack app" in log]
    world.signal(leader, signal.SIGTERM)
    world.wait_leader(leader.pid)
    stays = [each for each in world.replicas if each is not leader]
    world.write_policy("other-team@corp.internal")
    world.signal(stays[0], signal.SIGHUP)
    world.wait(lambda: all('"policy reloaded"' in world.log_of(each) for each in stays))


def test_two_bots_on_one_file(environment: dict[str, str], slack: SlackSandbox) -> None:
    """On SQLite, too, the second one answers Slack, is no other bot, and leads after a kill."""
    first, second = Bot(environment), Bot(environment)
    try:
        first.start().wait_log("this process leads")
        slack.wait_message("no security contact")
        second.start().wait_log("another process leads, this one answers Slack")
        slack.wait_connected(2)
        second.wait_log("ready")
        first.kill()
        second.wait_log("this process leads")
        slack.command("/altcontact check")
        slack.wait_private("need attention")
        assert second.lines("another bot on this Slack app") == []
    finally:
        first.stop()
        second.stop()
