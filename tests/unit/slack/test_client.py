"""What Slack's refusals and silences mean, above all whether a post was made."""

from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.domain.errors import (
    HistoryUnreadable,
    MessageGone,
    NotifierError,
    PostInDoubt,
    PostRefused,
)
from bot.slack import client
from bot.slack.client import retrying_client, short_timeout_client, single_try_client
from bot.slack.views.problem import note


def refused(code: str, status: int = 200, headers: dict[str, Any] | None = None) -> SlackApiError:
    """The error of a call that Slack answered."""
    response = SlackResponse(
        client=WebClient(),
        http_verb="POST",
        api_url="https://slack.example/api/x",
        req_args={},
        data={"ok": False, "error": code},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("refused", response)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "error",
    [
        refused("not_in_channel"),
        refused("ratelimited", 429, {"Retry-After": "7"}),
        refused("invalid_blocks"),
        URLError(ConnectionRefusedError()),
        URLError(socket.gaierror()),
        ssl.SSLCertVerificationError(),
    ],
)
def test_a_post_that_was_surely_not_made(error: client.CallError) -> None:
    """An answer that says no, and a connection never made, leave no doubt."""
    assert isinstance(client.post_error(error), PostRefused)


@pytest.mark.parametrize(
    "error",
    [
        refused("internal_error"),
        refused("fatal_error"),
        refused("not_in_channel", 503),
        refused("Received a response in a non-JSON format: <html>"),
        TimeoutError(),
        ConnectionResetError(),
        IncompleteRead(b""),
        URLError(TimeoutError()),
    ],
)
def test_a_post_that_may_have_been_made(error: client.CallError) -> None:
    """A lost or broken answer, and Slack's own faults, leave it open."""
    assert isinstance(client.post_error(error), PostInDoubt)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": ["3"]}, 3.0),
        ({}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "²"}, 1.0),
        ({"Retry-After": "99999999999"}, client.LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_kept(headers: dict[str, Any], seconds: float) -> None:
    """How long Slack asks to wait is handed on, a second where it does not say."""
    assert client.post_error(refused("ratelimited", 429, headers)).retry_after == seconds


def test_only_a_429_has_a_retry_after() -> None:
    """Other failures say nothing of when."""
    assert client.explain(refused("not_in_channel")).retry_after is None
    assert client.explain(TimeoutError()).retry_after is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("token_revoked", "token"),
        ("account_inactive", "token"),
        ("invalid_auth", "token"),
        ("not_in_channel", "not in the channel"),
        ("is_archived", "archived"),
        ("channel_not_found", "does not exist"),
        ("missing_scope", "scope"),
        ("expired_trigger_id", "window couldn't open"),
        ("exchanged_trigger_id", "window couldn't open"),
        ("invalid_trigger_id", "window couldn't open"),
        ("not_found", "window was closed"),
        ("hash_conflict", "window was closed"),
        ("push_limit_reached", "at most three"),
    ],
)
def test_what_a_person_must_fix(code: str, told: str) -> None:
    """A refusal that only a person can fix is permanent, in words, with the next step."""
    problem = client.explain(refused(code), "Try again.")
    assert problem.permanent
    assert problem.code == code
    assert told in str(problem)
    assert code not in str(problem)
    assert problem.remedy


def test_other_refusals_and_silence() -> None:
    """Other refusals give Slack's code; silence says that Slack was not reached."""
    assert "some_code" in str(client.explain(refused("some_code")))
    assert "could not be reached" in str(client.explain(TimeoutError()))


@pytest.mark.parametrize(
    "code",
    [
        "restricted_action_read_only_channel",
        "restricted_action_non_threadable_channel",
        "team_access_not_granted",
        "message_limit_exceeded",
        "invalid_blocks",
        "a_code_of_next_year",
    ],
)
def test_a_refusal_is_permanent_unless_it_is_known_to_pass(code: str) -> None:
    """A code that nobody knows needs a person as well, who learns where to look."""
    problem = client.post_error(refused(code))
    assert isinstance(problem, PostRefused)
    assert problem.permanent
    assert problem.remedy
    assert "tried again by itself" not in problem.remedy


@pytest.mark.parametrize(
    "code", ["ratelimited", "internal_error", "fatal_error", "service_unavailable", "rollup_error"]
)
def test_a_refusal_that_passes(code: str) -> None:
    """Slack being busy, or having a fault, needs nobody."""
    problem = client.post_error(refused(code))
    assert not problem.permanent
    assert "tried again by itself" in problem.remedy


def test_an_unknown_code_that_a_person_meets() -> None:
    """Who just pressed a button is asked to try again, and not to look up a code."""
    assert client.explain(refused("odd"), client.TRY_AGAIN).remedy == client.TRY_AGAIN


def test_nothing_but_a_code_is_passed_on() -> None:
    """What Slack answers may hold anything: only what looks like a code is repeated."""
    assert client.code_of(refused("secret <b> text")) == ""
    assert "secret" not in str(client.explain(refused("secret <b> text")))


def test_updates_and_history() -> None:
    """A message that is gone, a history that cannot be read, and what passes by itself."""
    assert isinstance(client.update_error(refused("message_not_found")), MessageGone)
    assert not isinstance(client.update_error(refused("ratelimited", 429)), MessageGone)
    assert isinstance(client.history_error(refused("missing_scope")), HistoryUnreadable)
    assert isinstance(client.history_error(refused("a_code_of_next_year")), HistoryUnreadable)
    assert isinstance(client.history_error(refused("internal_error")), PostRefused)
    assert isinstance(client.history_error(TimeoutError()), PostRefused)


def test_the_client_that_posts_never_tries_again() -> None:
    """slack_sdk's retries are off where a message is posted, and on elsewhere."""
    assert single_try_client("xoxb-1", "http://127.0.0.1/api/").retry_handlers == []
    assert short_timeout_client("xoxb-1", "http://127.0.0.1/api/").retry_handlers == []
    assert len(retrying_client("xoxb-1", "http://127.0.0.1/api/").retry_handlers) == 3


def test_a_reply_that_slack_cannot_take() -> None:
    """An answer to a `response_url` that nobody listens at is an error in words."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotifierError, match="could not be reached"):
        client.Reply(f"http://127.0.0.1:{port}/x")(note("Hello."))
