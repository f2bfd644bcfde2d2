"""Owners as mentions: ids, addresses that are looked up within bounds, and everything else."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from bot.slack.owners import LOOKUP_TIMEOUT, MAX_AGE, MAX_AGE_NOBODY, MAX_LOOKUPS, Owners
from bot.slack.transport_errors import MalformedAnswer
from tests.unit.fakes import FakeClock


class Answer(dict[str, Any]):
    """What slack_sdk answers."""

    status_code = 200

    def __init__(self, headers: dict[str, Any], **members: object) -> None:
        super().__init__(members)
        self.headers = headers


def refusal(code: str, status: int = 200) -> SlackApiError:
    """What slack_sdk raises where Slack says no."""
    answer = cast("Any", Answer({"Retry-After": "30"}, error=code))
    answer.status_code = status
    return SlackApiError("no", answer)  # type: ignore[no-untyped-call] # slack_sdk has no types


class FakeSlack:
    """Knows one address, and answers all else as a test says."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.user: object = {"id": "U0ANA00001"}
        self.users: dict[str, str] = {}
        self.problem: Exception | None = None
        self.seconds = 0.0

    def users_lookupByEmail(self, email: str) -> Answer:  # noqa: N802 - Slack's name
        self.asked.append(email)
        self.clock.tick(self.seconds)
        if self.problem is not None:
            raise self.problem
        if email in self.users:
            return Answer({}, user={"id": self.users[email]})
        if not email.startswith("ana@"):
            raise refusal("users_not_found")
        return Answer({}, user=self.user)


class Bench:
    """Owners over a fake Slack."""

    def __init__(self, most_kept: int = 100) -> None:
        self.clock = FakeClock()
        self.slack = FakeSlack(self.clock)
        self.owners = Owners(cast("Any", self.slack), self.clock, most_kept=most_kept)

    def mention(self, owner: str) -> str:
        """One owner as mrkdwn."""
        return self.owners.mentions([owner])[owner]


@pytest.fixture
def bench() -> Bench:
    """Owners over a fake Slack."""
    return Bench()


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("U0ALICE001", "<@U0ALICE001>"),
        ("W012A3CDE", "<@W012A3CDE>"),
        (" S0SECOPS01 ", "<!subteam^S0SECOPS01>"),
        ("SECURITY", "SECURITY"),
        ("WEBPLATFORM", "WEBPLATFORM"),
        ("Team A & B", "Team A &amp; B"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0ALICE001>", "<@U0ALICE001>"),
        ("<@U0ALICE001|alice>", "<@U0ALICE001>"),
        ("<!subteam^S0SECOPS01|@secops>", "<!subteam^S0SECOPS01>"),
        ("@U0ALICE001", "<@U0ALICE001>"),
        ("https://corp.slack.com/team/U0ALICE001", "<@U0ALICE001>"),
        ("U0ALICE001 S0SECOPS01", "<@U0ALICE001>, <!subteam^S0SECOPS01>"),
        ("U0ALICE001:U0ALICE001", "<@U0ALICE001>"),
        ("Payments (on call): S0SECOPS01", "Payments (on call) <!subteam^S0SECOPS01>"),
        ("S0SECOPS01 (on call)", "<!subteam^S0SECOPS01>, (on call)"),
        ("S0SECOPS01 <!channel>", "<!subteam^S0SECOPS01>, &lt;!channel&gt;"),
        ("XU0ALICE001", "XU0ALICE001"),
        ("@corp.example", "@corp.example"),
        ("", ""),
    ],
)
def test_what_needs_no_look(bench: Bench, owner: str, shown: str) -> None:
    """Ids are mentioned; a team's name in capitals is none, and any text is escaped."""
    assert bench.mention(owner) == shown
    assert bench.slack.asked == []


@pytest.mark.parametrize(
    ("owner", "shown"),
    [
        ("ana@a.example:ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example, ana@b.example;", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example;ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example/ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example+ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example-ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example_ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example=ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("ana@a.example.ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("mailto:ana@a.example", "<@U0ANA1>"),
        ("MAILTO:Ana@A.example,mailto:ana@b.example", "<@U0ANA1>, <@U0ANA2>"),
        ("<ana@a.example><ana@b.example>", "<@U0ANA1>, <@U0ANA2>"),
        (
            "Ana Roe <ana@a.example>, Ana Poe (ana@b.example)",
            "Ana Roe <@U0ANA1>, Ana Poe <@U0ANA2>",
        ),
        ("ana@a.example and ana@b.example", "<@U0ANA1>, and <@U0ANA2>"),
        ("ana@a.example:U0ALICE001", "<@U0ANA1>, <@U0ALICE001>"),
        ("ana@a.example:bo@b.example", "<@U0ANA1>, bo@b.example"),
        ("bo@b.example:ana@a.example", "bo@b.example, <@U0ANA1>"),
        ("ana@a.example & bo&co@b.example", "<@U0ANA1>, bo&amp;co@b.example"),
        ("ana@a.example <!channel>", "<@U0ANA1>, &lt;!channel&gt;"),
        ("bo@a.example:bo@b.example", "bo@a.example:bo@b.example"),
        ("ana@a.example:ana@a.example", "<@U0ANA1>"),
    ],
)
def test_each_owner_of_a_tag_is_mentioned(bench: Bench, owner: str, shown: str) -> None:
    """Whatever separates them and stands beside them; who is not found stays an address."""
    bench.slack.users = {"ana@a.example": "U0ANA00001", "ana@b.example": "U0ANA00002"}
    expected = shown.replace("U0ANA1", "U0ANA00001").replace("U0ANA2", "U0ANA00002")
    assert bench.mention(owner) == expected


@given(st.text("aU0S@.-:<>|!^,;+_= \nmailto/&", max_size=60) | st.text(max_size=256))
def test_any_value_is_escaped_but_for_mentions(owner: str) -> None:
    """No value of a tag gets anything into a message but text and mentions of owners."""
    bench = Bench()
    shown = bench.mention(owner)
    rest = re.sub(r"<(@|!subteam\^)[USW][A-Z0-9]+>", "", shown)
    assert "<" not in rest
    assert ">" not in rest


def test_an_address_is_kept_for_an_hour(bench: Bench) -> None:
    """Somebody is looked up once an hour, whatever the case of the address."""
    assert bench.mention("Ana@corp.example") == "<@U0ANA00001>"
    bench.clock.tick(MAX_AGE - 1)
    assert bench.mention("ana@corp.example") == "<@U0ANA00001>"
    assert bench.slack.asked == ["ana@corp.example"]
    bench.clock.tick(1)
    bench.mention("ana@corp.example")
    assert len(bench.slack.asked) == 2


def test_nobody_is_kept_for_less_long(bench: Bench) -> None:
    """An address of nobody's stays a text, and is looked up again after five minutes."""
    assert bench.mention("bo+x@corp.example") == "bo+x@corp.example"
    bench.mention("bo+x@corp.example")
    assert len(bench.slack.asked) == 1
    bench.clock.tick(MAX_AGE_NOBODY)
    bench.mention("bo+x@corp.example")
    assert len(bench.slack.asked) == 2


@pytest.mark.parametrize(
    "user", [{"id": "U0ANA00001", "deleted": True}, {"id": "<!here>"}, {}, None, "U0ANA00001"]
)
def test_who_is_not_mentioned(bench: Bench, user: object) -> None:
    """A deactivated person is not, nor whoever has no id that is one."""
    bench.slack.user = user
    assert bench.mention("ana@corp.example") == "ana@corp.example"


@pytest.mark.parametrize(
    ("problem", "pause"),
    [
        (refusal("missing_scope"), MAX_AGE_NOBODY),
        (refusal("ratelimited", 429), 30),
        (ConnectionResetError("gone"), LOOKUP_TIMEOUT),
    ],
)
def test_what_keeps_all_from_being_found(bench: Bench, problem: Exception, pause: float) -> None:
    """One failure ends the looking up for a while; the addresses are shown as they are."""
    bench.slack.problem = problem
    owners = ["ana@corp.example", "bo@corp.example", "U0ALICE001"]
    assert list(bench.owners.mentions(owners).values()) == [*owners[:2], "<@U0ALICE001>"]
    assert len(bench.slack.asked) == 1
    bench.slack.problem = None
    bench.clock.tick(pause)
    assert bench.mention("ana@corp.example") == "<@U0ANA00001>"


def test_what_is_not_slack(bench: Bench) -> None:
    """An answer that slack_sdk trips over finds nobody, and is not kept."""
    bench.slack.problem = MalformedAnswer("AttributeError")
    assert bench.mention("ana@corp.example") == "ana@corp.example"
    bench.slack.problem = None
    bench.clock.tick(LOOKUP_TIMEOUT)
    assert bench.mention("ana@corp.example") == "<@U0ANA00001>"


def test_lookups_are_bounded(bench: Bench) -> None:
    """For one message so many addresses are looked up at most, and for so many seconds."""
    owners = [f"ana@{number}.example" for number in range(MAX_LOOKUPS + 5)]
    shown = bench.owners.mentions([*owners, *owners])
    assert len(bench.slack.asked) == MAX_LOOKUPS
    assert list(shown.values()) == ["<@U0ANA00001>"] * MAX_LOOKUPS + owners[MAX_LOOKUPS:]
    slow = Bench()
    slow.slack.seconds = 2.0
    slow.owners.mentions(owners)
    assert len(slow.slack.asked) == 3


def test_what_is_kept_is_bounded() -> None:
    """The oldest address goes when there are too many."""
    bench = Bench(most_kept=2)
    owners = [f"ana@{number}.example" for number in range(3)]
    bench.owners.mentions(owners)
    bench.owners.mentions(owners[1:])
    assert len(bench.slack.asked) == 3
    bench.owners.mentions(owners[:1])
    assert len(bench.slack.asked) == 4
