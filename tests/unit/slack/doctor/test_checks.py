"""The doctor's look at Slack where the sandbox does not go: odd answers, and a silent socket."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from altcontact_sandbox.forward_proxy import ForwardProxy
from slack_sdk.errors import SlackApiError

from bot.domain.errors import NotifierError
from bot.services.doctor import CheckResult, State
from bot.services.home import HomeStatus
from bot.slack.doctor.checks import SlackChecks
from bot.slack.doctor.home import check_home
from bot.slack.doctor.proxy import check_proxy
from bot.slack.http_mode import HttpStatus
from bot.slack.scopes import BOT_SCOPES, HOME_MANIFEST
from bot.slack.socket_mode import SocketStatus
from tests.unit.fakes import START, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slack_sdk import WebClient

DATE = "Mon, 05 Jan 2026 09:00:00 GMT"


class Answer(dict[str, Any]):
    """What slack_sdk answers."""

    def __init__(self, headers: dict[str, Any], **members: object) -> None:
        super().__init__(members)
        self.headers = headers
        self.status_code = 429


class FakeClient:
    """A client with a fixed answer, which knows no group."""

    token, base_url, timeout = "xoxb-1", "http://127.0.0.1:9/api/", 1

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer

    def auth_test(self) -> Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def users_info(self, user: str) -> Answer:
        return Answer({}, user={"id": user, "team_id": "T1"})

    def usergroups_users_list(self, usergroup: str) -> Answer:
        raise ConnectionResetError(usergroup)

    def apps_connections_open(self, app_token: str) -> Answer:
        return Answer({}, url="ws://127.0.0.1:9/link?ticket=secret")


def run_checks(
    answer: Answer | Exception,
    *,
    fixers: Sequence[str] | None = ("*",),
    readers: Sequence[str] | None = (),
    connection: SocketStatus | HttpStatus | None = None,
    by_http: bool = False,
    app_token: str | None = None,
    at: datetime = START,
    wants_members: bool = False,
    wants_owners: bool = False,
) -> dict[str, CheckResult]:
    """The lines by name."""
    client = cast("WebClient", FakeClient(answer))
    checks = SlackChecks(
        client,
        FakeClock(at),
        None,
        fixers,
        readers,
        app_token=app_token,
        connection=(lambda: connection) if connection else None,
        by_http=by_http,
        wants_members=wants_members,
        wants_owners=wants_owners,
    )
    return {line.name: line for check in checks.checks() for line in check.run()}


def bot(**headers: object) -> Answer:
    """A token that is a bot's."""
    return Answer({"Date": DATE, **headers}, bot_id="B1", user="altcontact", team="T", team_id="T1")


def test_a_persons_token() -> None:
    """A token of a person is not the bot's, and what needs it is not checked."""
    lines = run_checks(Answer({"Date": DATE}))
    assert lines["Bot token"].state is State.FAILURE
    assert lines["Scopes"].state is State.NOT_TESTED


def test_slack_is_busy() -> None:
    """Being asked too often is no matter of the token."""
    answer = cast("Any", Answer({"Retry-After": "9"}, error="ratelimited"))
    busy = SlackApiError("busy", answer)  # type: ignore[no-untyped-call] # slack_sdk has no types
    line = run_checks(busy)["Bot token"]
    assert line.remedy == "Try again in a minute."


def test_a_fault_of_slacks_own() -> None:
    """It says nothing of the token, which nobody is asked to replace."""
    answer = cast("Any", Answer({}, error="internal_error"))
    answer.status_code = 200
    fault = SlackApiError("fault", answer)  # type: ignore[no-untyped-call] # slack_sdk has no types
    line = run_checks(fault)["Bot token"]
    assert line.message.startswith("Slack had an internal error.")
    assert line.remedy == "Try again in a minute."


def test_scopes_that_are_not_told() -> None:
    """Without the header it is said where to look."""
    assert run_checks(bot())["Scopes"].state is State.WARNING
    lines = run_checks(bot(**{"X-OAuth-Scopes": ["chat:write"]}))
    assert lines["Scopes"].state is State.FAILURE


def refusal(code: str) -> NotifierError:
    """What Slack said instead of showing a Home."""
    return NotifierError("Slack refused.", "Look it up.", code=code)


def scopes(*without: str) -> Answer:
    """A token with the scopes of the manifest, but for some."""
    return bot(**{"X-OAuth-Scopes": ",".join(sorted(set(BOT_SCOPES) - set(without)))})


def test_scopes_that_only_some_policies_need() -> None:
    """They may be there or not, where the policy does not need them."""
    line = run_checks(scopes())["Scopes"]
    assert (line.state, line.message) == (
        State.OK,
        "all 11 that the bot needs are granted, and no others.",
    )
    line = run_checks(scopes("users:read.email"))["Scopes"]
    assert line.state is State.OK
    assert line.message.endswith("and no others. The policy doesn't need users:read.email.")
    assert run_checks(scopes(), wants_members=True, wants_owners=True)["Scopes"].state is State.OK


def test_an_app_from_before_it_had_a_home() -> None:
    """Nothing fails without it; the doctor says what is missing, and gives what to paste."""
    line = run_checks(scopes("im:history"))["Home"]
    assert line.state is State.WARNING
    assert "direct messages get no answer" in line.message
    assert line.snippet == HOME_MANIFEST


def test_an_app_from_before_it_attached_results() -> None:
    """Runs work without it; the doctor says what is missing, and gives what to paste."""
    lines = run_checks(scopes("files:write"))
    assert lines["Files"].state is State.WARNING
    assert "results of runs aren't attached" in lines["Files"].message
    assert "      - files:write  # to " in lines["Files"].snippet


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [
        (HomeStatus(START), State.OK, "Slack accepted the last one."),
        (HomeStatus(START, refusal("not_enabled")), State.WARNING, "home_tab_enabled: true"),
        (HomeStatus(START, refusal("invalid_auth")), State.WARNING, "Slack's code: invalid_auth"),
        (HomeStatus(START, refusal("")), State.WARNING, "was not shown."),
    ],
)
def test_home(status: HomeStatus, state: State, says: str) -> None:
    """It reports what became of the last Home, if there was one, without publishing any."""
    assert list(check_home(HomeStatus())) == []
    (line,) = check_home(status)
    assert line.state is state
    assert says in f"{line.message} {line.snippet}"


def test_scopes_that_the_policy_needs() -> None:
    """A rule about members is off without them, and the doctor gives what to paste."""
    line = run_checks(scopes("users:read.email"), wants_members=True)["Scopes"]
    assert line.state is State.WARNING
    assert line.message == (
        "rules member_mailbox and person_left are off: the app lacks users:read.email."
    )
    assert "      - users:read.email  # to " in line.snippet
    line = run_checks(scopes("users:read.email"), wants_owners=True)["Scopes"]
    assert line.message == (
        "owners who are named by an email address aren't mentioned: the app lacks users:read.email."
    )
    assert run_checks(scopes("users:read"))["Scopes"].state is State.FAILURE
    assert run_checks(scopes("chat:write"))["Scopes"].state is State.FAILURE
    assert run_checks(bot(**{"X-OAuth-Scopes": "chat:write"}))["Scopes"].state is State.FAILURE


@pytest.mark.parametrize(
    ("silence", "state"),
    [(None, State.FAILURE), (1.0, State.OK), (31.0, State.WARNING)],
)
def test_the_socket_of_a_running_bot(silence: float | None, state: State) -> None:
    """What matters is how long ago its last message came."""
    line = run_checks(bot(), connection=SocketStatus(silence))["Socket"]
    assert line.state is state
    assert bool(line.remedy) is (state is not State.OK)


def test_a_socket_that_does_not_stand_says_why() -> None:
    """The cause of the last try and its remedy are in the line."""
    problem = NotifierError("The proxy refused.", "Allow it.")
    line = run_checks(bot(), connection=SocketStatus(None, problem))["Socket"]
    assert (line.state, line.remedy) == (State.FAILURE, "Allow it.")
    assert "The proxy refused." in line.message


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (HttpStatus(12.3), State.OK, "the last one 12 seconds ago"),
        (HttpStatus(1.2), State.OK, "the last one 1 second ago"),
        (HttpStatus(None), State.WARNING, "none arrived"),
        (HttpStatus(1.0, refused=1), State.WARNING, "1 request refused"),
        (HttpStatus(None, refused=20), State.WARNING, "20 requests refused"),
        (None, State.NOT_TESTED, "Only the running bot knows"),
    ],
)
def test_requests_by_http(status: HttpStatus | None, state: State, said: str) -> None:
    """When Slack's last one arrived, in the place of the socket; no app-level token is tried."""
    lines = run_checks(bot(), connection=status, by_http=True, app_token="")
    assert lines.keys().isdisjoint({"Socket", "App-level token"})
    assert lines["Requests"].state is state
    assert said in lines["Requests"].message
    assert bool(lines["Requests"].snippet) is (state is not State.OK)


def test_a_socket_that_cannot_be_reached() -> None:
    """The host is shown, but not the ticket."""
    line = run_checks(bot(), app_token="xapp-1")["Socket"]
    assert line.state is State.FAILURE
    assert "couldn't reach 127.0.0.1. Slack could not be reached: the conn" in line.message
    assert "secret" not in str(line)


@pytest.mark.parametrize(
    ("date", "off", "state"),
    [
        (DATE, 60, State.OK),
        (DATE, 61, State.WARNING),
        (DATE, -241, State.FAILURE),
        ("Mon, 05 Jan 2026 09:00:00 -0000", 0, State.OK),
        ("once upon a time", 0, State.NOT_TESTED),
    ],
)
def test_the_clock(date: str, off: float, state: State) -> None:
    """Over a minute is a warning and over four a failure, either way."""
    answer = bot()
    answer.headers["Date"] = date
    assert run_checks(answer, at=START + timedelta(seconds=off))["Clock"].state is state
    assert START.tzinfo is UTC


def test_fixers() -> None:
    """Everyone, users by id, a group that cannot be asked about, and settings that are wrong."""
    everyone = run_checks(bot())["Fixers"]
    assert "everyone" in everyone.message
    assert (everyone.state, everyone.snippet[:25]) == (State.WARNING, "export ALTCONTACT_FIXERS=")
    assert run_checks(bot(), fixers=("U1", "U2"))["Fixers"].message == (
        "2 users are members of the workspace: U1, U2."
    )
    unread = run_checks(bot(), fixers=("S1",))["Fixers"]
    assert unread.message.startswith("couldn't read user group S1. Slack could not be reached: ")
    assert run_checks(bot(), fixers=None)["Fixers"].state is State.NOT_TESTED


@pytest.mark.parametrize(
    ("user", "refuse", "state", "told"),
    [
        ("", 0, State.OK, "reached 127.0.0.1 through {host} (HTTPS_PROXY)."),
        (
            "",
            403,
            State.FAILURE,
            "through {host} (HTTPS_PROXY). Slack could not be reached",
        ),
        ("bob", 0, State.FAILURE, "asks for a user name and a password"),
    ],
)
def test_the_way_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, user: str, refuse: int, state: State, told: str
) -> None:
    """It is tried, and named without its password."""
    clear_proxies(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as slack, ForwardProxy(user, "x", refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"bob:hunter2@{proxy.host}")
        url = f"http://127.0.0.1:{slack.getsockname()[1]}/api/"
        (line,) = check_proxy(url, 10)
    assert line.state is state
    assert told.format(host=proxy.host) in line.message
    assert "hunter2" not in str(line)
    assert bool(line.remedy) is (state is State.FAILURE)


def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy is named as the problem; with NO_PROXY there is nothing to say."""
    clear_proxies(monkeypatch)
    monkeypatch.setenv("ALL_PROXY", "socks5://bob:hunter2@proxy:1080")
    (line,) = check_proxy("https://slack.com/api/", 1)
    assert line.state is State.FAILURE
    assert "socks5" in line.message
    assert "hunter2" not in str(line)
    monkeypatch.setenv("NO_PROXY", "slack.com")
    assert list(check_proxy("https://slack.com/api/", 1)) == []


def clear_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the one that a test sets."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_readers() -> None:
    """Everyone, which is no warning, users by id, and settings that are wrong."""
    for readers in ((), ("*",)):
        everyone = run_checks(bot(), readers=readers)["Readers"]
        assert everyone.state is State.OK
        assert everyone.message.startswith(
            "everyone in the workspace, including guests, can see the names"
        )
    assert run_checks(bot(), readers=("U1",))["Readers"].message == (
        "1 user is a member of the workspace: U1."
    )
    unread = run_checks(bot(), readers=("S1",))["Readers"]
    assert unread.message.startswith("couldn't read user group S1. Slack could not be reached")
    assert run_checks(bot(), readers=None)["Readers"].state is State.NOT_TESTED
