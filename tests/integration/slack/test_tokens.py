"""Tokens that Slack revokes: read again, given to every client, and at most once a minute."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from slack_sdk.errors import SlackApiError

from bot.domain.errors import SettingProblem, SettingsError
from bot.slack.client import retrying_client, short_timeout_client, single_try_client
from bot.slack.token import SlackToken
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.test_connection import connecting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]

PLACE = "the file /run/secrets/token"
LONG = 3600.0


class Place:
    """Where a token is: what is there, and how often it was read."""

    def __init__(self, value: str | Exception) -> None:
        self.value = value
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@contextmanager
def token_of(
    slack: SlackSandbox,
    place: Place,
    name: str = "SLACK_BOT_TOKEN",
    **options: Any,  # noqa: ANN401 - the token's
) -> Iterator[tuple[SlackToken, list[Any]]]:
    """The sandbox's token, to be read again from a place; and what is logged."""
    token = SlackToken(slack.environment()[name], name, place=PLACE, read=place, **options)
    with structlog.testing.capture_logs() as logs:
        try:
            yield token, logs
        finally:
            token.stop()


def test_a_rotated_token(slack: SlackSandbox) -> None:
    """The refused call, even a post, is made again with the new token; other clients have it."""
    url, place = slack.environment()["SLACK_API_URL"], Place("xoxb-2")
    replaced = threading.Event()
    with token_of(slack, place, on_replaced=replaced.set) as (token, logs):
        posting, other = single_try_client(token, url), short_timeout_client(token, url)
        slack.rotate_tokens(bot="xoxb-2")
        posting.chat_postMessage(channel="#security-alerts", text="Once.")
        assert other.token == token.value == "xoxb-2"
        assert retrying_client(token, url).auth_test()["ok"]
        assert replaced.wait(60)
    assert [message["text"] for message in slack.messages()] == ["Once."]
    assert place.reads == 1
    events = [line["event"] for line in logs if line["event"].startswith("token")]
    assert events == ["token refused by Slack", "token replaced"]
    assert "xoxb" not in str(logs)


def test_the_same_token_is_still_there(slack: SlackSandbox) -> None:
    """Then the call fails as before; the status says what to do, and it isn't read at each call."""
    url = slack.environment()["SLACK_API_URL"]
    place = Place(slack.environment()["SLACK_BOT_TOKEN"])
    with token_of(slack, place, interval=LONG) as (token, logs):
        client = single_try_client(token, url)
        assert token.status.code == ""
        slack.revoke_token("account_inactive")
        for _ in range(3):
            with pytest.raises(SlackApiError, match="account_inactive"):
                client.auth_test()
        assert place.reads == 1
        assert token.status.code == "account_inactive"
        assert token.status.problem == (
            f"Slack doesn't accept SLACK_BOT_TOKEN any more, and {PLACE} still has it."
        )
        assert "Put the new token there" in token.status.remedy
        assert [line["event"] for line in logs].count("token not replaced") == 1
        slack.revoke_token("")
        client.auth_test()
        assert token.status.code == ""


def test_a_token_that_comes_late(slack: SlackSandbox) -> None:
    """Nobody has to call Slack for it: the place is read until there is another token."""
    place = Place(SettingsError("x", (SettingProblem("SLACK_BOT_TOKEN", "gone", remedy="Wait."),)))
    replaced = threading.Event()
    with token_of(slack, place, interval=0.01, on_replaced=replaced.set) as (token, logs):
        client = single_try_client(token, slack.environment()["SLACK_API_URL"])
        slack.rotate_tokens(bot="xoxb-2")
        with pytest.raises(SlackApiError, match="token_revoked"):
            client.auth_test()
        assert (token.status.problem, token.status.remedy) == ("SLACK_BOT_TOKEN: gone.", "Wait.")
        place.value = "xoxb-2"
        assert replaced.wait(60)
        client.auth_test()
        assert [line["event"] for line in logs].count("token not replaced") == 1


def test_a_token_that_cannot_change(slack: SlackSandbox) -> None:
    """One from the environment is refused as ever; other refusals concern no token."""
    settings = slack.environment()
    fixed = single_try_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])
    slack.revoke_token("token_revoked")
    with pytest.raises(SlackApiError, match="token_revoked"):
        fixed.auth_test()
    slack.revoke_token("")
    place = Place("xoxb-2")
    with token_of(slack, place) as (token, _):
        client = single_try_client(token, settings["SLACK_API_URL"])
        with pytest.raises(SlackApiError, match="channel_not_found"):
            client.chat_postMessage(channel="#nowhere", text="x")
        with pytest.raises(SlackApiError, match="invalid_auth"):
            client.apps_connections_open(app_token="xapp-other")
    assert place.reads == 0


def test_many_calls_at_once(slack: SlackSandbox) -> None:
    """All that are refused together wait for one reading."""
    place = Place("xoxb-2")
    with token_of(slack, place, interval=LONG) as (token, _):
        client = single_try_client(token, slack.environment()["SLACK_API_URL"])
        slack.rotate_tokens(bot="xoxb-2")
        answers: list[bool] = []
        threads = [
            threading.Thread(target=lambda: answers.append(bool(client.auth_test()["ok"])))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert answers == [True] * 8
    assert place.reads == 1


def test_the_app_level_token(slack: SlackSandbox) -> None:
    """A connection that Slack doesn't open any more is opened with the new app-level token."""
    with ExitStack() as stack:
        token, _ = stack.enter_context(token_of(slack, Place("xapp-2"), "SLACK_APP_TOKEN"))
        tried, _ = stack.enter_context(connecting(slack, app_token=token))
        tried.wait_connected()
        slack.rotate_tokens(app="xapp-2")
        slack.cut_sockets()
        tried.wait_hellos(2)
        assert token.value == "xapp-2"
