"""The walk over the members of the sandbox's workspace, over HTTP."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.slack.workspace import ALICE, BOB

from bot.domain.failures import Failure, FailureCode
from bot.domain.rules.facts import Members, MemberState
from bot.slack.client import short_timeout_client, single_try_client
from bot.slack.members import SlackMembers
from bot.slack.owners import Owners
from sandbox.tests.slack import fixtures
from tests.unit.fakes import FakeClock

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox

slack_server, slack = fixtures.slack_server, fixtures.slack


class Waiting:
    """A clock that waiting moves, and how long was waited."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.waited = 0.0

    def __call__(self, seconds: float) -> None:
        self.waited += seconds
        self.clock.tick(seconds)


@pytest.fixture
def waiting() -> Waiting:
    """The time."""
    return Waiting()


@pytest.fixture
def directory(slack: SlackSandbox, waiting: Waiting) -> SlackMembers:
    """A directory of the workspace."""
    settings = slack.environment()
    client = single_try_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])
    return SlackMembers(client, waiting.clock, waiting)


def test_a_large_workspace(slack: SlackSandbox, directory: SlackMembers) -> None:
    """Twenty thousand members are twenty-one pages, and take a few MiB."""
    slack.settings(tier2=0)
    slack.crowd(20_000, seed=3)
    tracemalloc.start()
    try:
        members = directory.members()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(members, Members)
    assert len(members) > 19_000
    assert len(slack.calls("users.list")) == 21
    assert held < 8 * 2**20


def test_states(slack: SlackSandbox, directory: SlackMembers) -> None:
    """Who is there is active, who was deactivated has left, and a bot is nobody."""
    slack.people(
        [
            {"id": ALICE, "deleted": True},
            {"name": "Robot", "email": "robot@corp.example", "is_bot": True},
        ]
    )
    members = directory.members()
    assert isinstance(members, Members)
    assert members.state_of("alice@corp.example") is MemberState.DEACTIVATED
    assert members.state_of("bob@corp.example") is MemberState.ACTIVE
    assert members.state_of("robot@corp.example") is None


def test_faults_on_the_way(slack: SlackSandbox, directory: SlackMembers, waiting: Waiting) -> None:
    """Told to wait, a fault of Slack's and a lost answer are waited out."""
    slack.fault("users.list", "ratelimited", seconds=7)
    slack.fault("users.list", "error")
    slack.fault("users.list", "lost_reply")
    members = directory.members()
    assert isinstance(members, Members)
    assert waiting.waited == 7 + 2 + 4


def test_scopes(slack: SlackSandbox, directory: SlackMembers) -> None:
    """Without either scope the rules are off."""
    slack.scopes(["users:read"])
    assert directory.members() is None


def test_a_dead_token(slack: SlackSandbox, directory: SlackMembers) -> None:
    """A token that Slack does not take is reported, with its remedy."""
    slack.revoke_token()
    failure = directory.members()
    assert isinstance(failure, Failure)
    assert (failure.cause, failure.code) == (FailureCode.SLACK_REFUSED, "token_revoked")
    assert "Install" in failure.remedy


def test_owners(slack: SlackSandbox, waiting: Waiting) -> None:
    """An owner is mentioned by an address in the workspace; without the scope it is shown."""
    settings = slack.environment()
    client = short_timeout_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])
    owners = ["bob@corp.example", "nobody@corp.example"]
    assert Owners(client, waiting.clock).mentions(owners) == {
        "bob@corp.example": f"<@{BOB}>",
        "nobody@corp.example": "nobody@corp.example",
    }
    slack.scopes(["users:read"])
    shown = Owners(client, waiting.clock).mentions(owners)
    assert list(shown.values()) == owners
