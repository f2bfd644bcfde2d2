"""The walk over the workspace's members where the sandbox does not go: odd pages, time, threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError
from structlog.testing import capture_logs

from bot.domain.failures import Failure, FailureCode
from bot.domain.rules.facts import Members, MemberState
from bot.slack.member_walk import MAX_TRIES, PAGE_INTERVAL, PAGE_SIZE
from bot.slack.members import MAX_AGE, MAX_STALE_AGE, RETRY_INTERVAL, WALK_TIMEOUT, SlackMembers
from bot.slack.scopes import granted
from bot.slack.transport_errors import MalformedAnswer
from tests.unit.fakes import PATIENCE, FakeClock, Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from bot.services.ports.slack import MemberDirectory

SCOPES = {"X-OAuth-Scopes": "users:read,users:read.email"}


class Answer:
    """What slack_sdk answers."""

    def __init__(self, data: Any, headers: dict[str, Any] | None = None, status: int = 200) -> None:  # noqa: ANN401 - JSON
        self.data = data
        self.headers = SCOPES if headers is None else headers
        self.status_code = status

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - JSON
        return self.data.get(name, default)


def person(email: object = None, **members: object) -> dict[str, Any]:
    """A member with an address."""
    return {"id": "U1", "profile": {"email": email}, **members}


def page(*members: Any, cursor: str = "", headers: dict[str, Any] | None = None) -> Answer:  # noqa: ANN401 - JSON
    """A page of members."""
    more = {"next_cursor": cursor}
    return Answer({"ok": True, "members": [*members], "response_metadata": more}, headers)


def refusal(code: str, headers: dict[str, Any] | None = None, status: int = 200) -> SlackApiError:
    """What slack_sdk raises where Slack says no."""
    answer = cast("Any", Answer({"ok": False, "error": code}, headers, status))
    return SlackApiError("no: ana@corp.example", answer)  # type: ignore[no-untyped-call] # slack_sdk has no types


def busy(seconds: str) -> SlackApiError:
    """Being told to wait."""
    return refusal("ratelimited", {"Retry-After": seconds}, 429)


class FakeSlack:
    """A client that gives one answer after another, the last one again and again."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.cursors: list[str] = []
        self.before: Callable[[], None] = lambda: None

    def users_list(self, limit: int, cursor: str) -> Answer:
        assert limit == PAGE_SIZE
        self.cursors.append(cursor)
        self.before()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Bench:
    """A directory over a fake Slack, by a clock that waiting moves."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.slack = FakeSlack(*answers)
        self.clock = FakeClock()
        self.waits: list[float] = []
        self.directory = SlackMembers(cast("WebClient", self.slack), self.clock, self._wait)

    def members(self) -> Members:
        """The members, which are available."""
        members = self.directory.members()
        assert isinstance(members, Members)
        return members

    def failure(self) -> Failure:
        """Why there are none."""
        failure = self.directory.members()
        assert isinstance(failure, Failure)
        assert "ana" not in str(failure)
        return failure

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.tick(seconds)


def test_it_is_the_port() -> None:
    """The port is kept to, and nothing is known before the first walk."""
    bench = Bench(page())
    directory: MemberDirectory = bench.directory
    known = directory.known()
    assert isinstance(known, Failure)
    assert known.cause is FailureCode.NOT_ASKED
    assert bench.slack.cursors == []


def test_pages() -> None:
    """A walk goes on while there is a cursor, over an empty page too; an active member wins."""
    bench = Bench(
        page(person("Ana@corp.example"), person("bo@corp.example", deleted=True), cursor="a"),
        page(cursor="b"),
        page(person("ana@corp.example", deleted=True), person("cy@corp.example")),
    )
    members = bench.members()
    assert bench.slack.cursors == ["", "a", "b"]
    assert members.state_of("ANA@corp.example ") is MemberState.ACTIVE
    assert members.state_of("bo@corp.example") is MemberState.DEACTIVATED
    assert members.state_of("cy@corp.example") is MemberState.ACTIVE
    assert members.state_of("di@corp.example") is None
    assert bench.directory.known() is members


def test_what_was_read_too_long_ago_is_not_known() -> None:
    """Members as they were a day ago decide nothing that is asked without a walk."""
    bench = Bench(page(person("ana@corp.example")))
    members = bench.members()
    bench.clock.tick(MAX_STALE_AGE - 1)
    assert bench.directory.known() is members
    bench.clock.tick(1)
    known = bench.directory.known()
    assert isinstance(known, Failure)
    assert known.cause is FailureCode.NOT_ASKED


def test_who_is_left_out() -> None:
    """Bots, and whoever has no address, are no members for a rule; nonsense is none either."""
    members = Bench(
        page(
            person("bot@corp.example", is_bot=True),
            person(),
            person(" "),
            person(5),
            {"id": "U1"},
            {"id": "U1", "profile": []},
            "nobody",
            person("ana@corp.example"),
        )
    ).members()
    assert len(members) == 1


def test_the_last_page_may_say_nothing_of_a_cursor() -> None:
    """No metadata is the end."""
    bench = Bench(Answer({"ok": True, "members": [person("ana@corp.example")]}))
    assert len(bench.members()) == 1


@pytest.mark.parametrize("cursor", ["a", "b"])
def test_a_cursor_that_repeats(cursor: str) -> None:
    """A walk in circles ends."""
    bench = Bench(page(cursor="a"), page(cursor="b"), page(cursor=cursor))
    failure = bench.failure()
    assert (failure.cause, failure.code) == (FailureCode.SLACK_REFUSED, "repeated_cursor")


def test_without_the_scope() -> None:
    """The rules are off where Slack refuses, or where the header lacks the scope of addresses."""
    assert Bench(refusal("missing_scope")).directory.members() is None
    headers = {"X-OAuth-Scopes": ["chat:write, users:read"]}
    assert Bench(page(person(), cursor="a", headers=headers)).directory.members() is None


def test_without_the_header() -> None:
    """Where it is not told, nobody's having an address tells it; nobody at all does not."""
    assert Bench(page(person(), headers={})).directory.members() is None
    assert len(Bench(page(person("ana@corp.example"), headers={})).members()) == 1
    assert len(Bench(page(headers={})).members()) == 0
    assert granted({"x-oauth-scopes": []}) == frozenset()


def test_a_scope_that_is_granted_later() -> None:
    """The rules come on by themselves a minute later; that they are off is logged once."""
    bench = Bench(refusal("missing_scope"), refusal("missing_scope"), page(person("a@b.example")))
    with capture_logs() as logs:
        assert bench.directory.members() is None
        assert bench.directory.known() is None
        bench.clock.tick(RETRY_INTERVAL)
        assert bench.directory.members() is None
        bench.clock.tick(RETRY_INTERVAL)
        assert len(bench.members()) == 1
    assert len([log for log in logs if "are off" in log["event"]]) == 1


def test_told_to_wait() -> None:
    """Each page waits for as long as Slack says, as often as it says so."""
    bench = Bench(busy("3"), busy("0"), page(cursor="a"), *[busy("4")] * 9, page(person("a@b.c")))
    assert len(bench.members()) == 1
    assert bench.waits == [3, 1, PAGE_INTERVAL, *[4] * 9]


def test_pages_are_spaced_once_slack_said_to_wait() -> None:
    """Pages follow each other at once until Slack says to wait, and at its pace from then on."""
    last = page(person("a@b.c"))
    bench = Bench(page(cursor="a"), busy("2"), page(cursor="b"), page(cursor="c"), last)
    bench.members()
    assert bench.waits == [2, PAGE_INTERVAL, PAGE_INTERVAL]
    bench.clock.tick(MAX_AGE)
    bench.waits.clear()
    bench.slack.answers = [page(cursor="a"), page(cursor="b"), last]
    bench.members()
    assert bench.waits == []


def test_a_walk_near_its_end_is_not_spaced() -> None:
    """Where the wait would be too long, the next page is asked for at once."""
    bench = Bench(busy("2"), page(cursor="a"), page(person("a@b.c")))
    bench.slack.before = lambda: bench.clock.tick(WALK_TIMEOUT / 2 - PAGE_INTERVAL + 1)
    bench.members()
    assert bench.waits == [2]


def test_told_to_wait_too_long() -> None:
    """A walk that would take too long is given up without the wait."""
    bench = Bench(busy("30"))
    failure = bench.failure()
    assert (failure.cause, failure.code) == (FailureCode.SLACK_REFUSED, "ratelimited")
    assert sum(bench.waits) <= WALK_TIMEOUT
    again = Bench(busy(str(int(WALK_TIMEOUT) + 1)))
    again.failure()
    assert again.waits == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (URLError("no route"), ""),
        (ConnectionResetError("gone"), ""),
        (refusal("fatal_error"), "fatal_error"),
        (refusal("", status=503), ""),
    ],
)
def test_trying_again(error: Exception, code: str) -> None:
    """What may pass is tried again, a few times."""
    bench = Bench(error, error, page(person("ana@corp.example")))
    assert len(bench.members()) == 1
    assert bench.waits == [2, 4]
    bench = Bench(error)
    failure = bench.failure()
    assert (failure.cause, failure.code) == (FailureCode.SLACK_UNREACHABLE, code)
    assert len(bench.slack.cursors) == MAX_TRIES


@pytest.mark.parametrize("code", ["invalid_auth", "team_access_not_granted"])
def test_a_refusal(code: str) -> None:
    """What Slack refuses for good is not tried again."""
    bench = Bench(refusal(code))
    failure = bench.failure()
    assert (failure.cause, failure.code) == (FailureCode.SLACK_REFUSED, code)
    assert failure.remedy
    assert len(bench.slack.cursors) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"zip"),
        Answer({"ok": True}),
        Answer({"ok": True, "members": "all"}),
        MalformedAnswer("AttributeError"),
    ],
)
def test_what_is_not_slack(answer: Answer | Exception) -> None:
    """An answer that cannot be understood is no list of members, and not an empty one."""
    failure = Bench(answer).failure()
    assert failure.cause is FailureCode.SLACK_UNREACHABLE
    assert "isn't from Slack" in failure.message


def test_a_walk_is_kept_for_an_hour() -> None:
    """Slack is asked once an hour."""
    bench = Bench(page(person("ana@corp.example")))
    first = bench.members()
    bench.clock.tick(MAX_AGE - 1)
    assert bench.members() is first
    bench.clock.tick(1)
    assert bench.members() is not first
    assert len(bench.slack.cursors) == 2


def test_an_older_walk_is_used_for_a_day() -> None:
    """Where no new walk can be made the old one counts, and that is logged; a day later none."""
    bench = Bench(page(person("ana@corp.example")), refusal("account_inactive"))
    first = bench.members()
    bench.clock.tick(MAX_AGE)
    with capture_logs() as logs:
        assert bench.members() is first
        assert bench.members() is first
    assert [log["event"] for log in logs] == ["members not refreshed"]
    assert logs[0]["minutes"] == 60
    assert len(bench.slack.cursors) == 2
    bench.clock.tick(RETRY_INTERVAL)
    assert bench.members() is first
    bench.clock.tick(MAX_STALE_AGE)
    assert bench.failure().code == "account_inactive"
    assert isinstance(bench.directory.known(), Failure)


def test_a_failure_is_kept_for_a_minute() -> None:
    """Slack is not asked again at once after it did not say."""
    bench = Bench(refusal("invalid_auth"), page(person("ana@corp.example")))
    assert bench.failure() is bench.failure()
    bench.clock.tick(RETRY_INTERVAL)
    assert len(bench.members()) == 1


def test_one_walk_at_a_time() -> None:
    """Who asks while a walk is under way waits for it, and gets what it found."""
    bench, gate = Bench(page(person("ana@corp.example"))), Gate()
    bench.slack.before = gate.stand
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(bench.directory.members())) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    gate.await_reached()
    assert isinstance(bench.directory.known(), Failure)
    gate.open()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(bench.slack.cursors) == 1
    assert len(found) == 5
    assert len({id(each) for each in found}) == 1


def test_a_stop_ends_a_wait() -> None:
    """A walk that waits has no effect once it is stopped."""
    slack, gate = FakeSlack(busy("300")), Gate()
    directory = SlackMembers(cast("WebClient", slack), FakeClock())
    slack.before = gate.stand
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(directory.members()))
    thread.start()
    gate.await_reached()
    gate.open()
    directory.stop()
    thread.join(PATIENCE)
    (why,) = found
    assert isinstance(why, Failure)
    assert why.cause is FailureCode.NOT_REACHED
    assert len(slack.cursors) == 1


def test_nothing_personal_is_logged() -> None:
    """Neither a walk nor its failure logs an address."""
    with capture_logs() as logs:
        Bench(page(person("ana@corp.example"))).members()
        Bench(refusal("odd")).failure()
    assert len(logs) == 2
    assert "ana" not in str(logs)
