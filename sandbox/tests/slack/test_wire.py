"""What the sandbox's Slack keeps of the wire, and the headers that it answers with."""

from __future__ import annotations

import json
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from altcontact_sandbox.slack.client.client import SlackControl
from altcontact_sandbox.slack.workspace import ALERTS, GROUP
from slack_sdk.errors import SlackApiError

from bot.slack.scopes import BOT_SCOPES
from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

    from sandbox.tests.slack.fixtures import TinyBot

slack_server, slack = fixtures.slack_server, fixtures.slack
client, bot = fixtures.client, fixtures.bot


def entries(slack: SlackSandbox, since: int = 0) -> list[dict[str, Any]]:
    """What went over the wire."""
    found: list[dict[str, Any]] = slack.wire(since)["entries"]
    return found


def test_calls_are_kept(slack: SlackSandbox, client: WebClient) -> None:
    """Each call is kept with what was sent and answered, whatever came of it, and no token."""
    started = time.time()
    client.chat_postMessage(channel=ALERTS, text="a")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C9", text="a")
    slack.fault("auth.test", "error")
    with pytest.raises(SlackApiError):
        client.auth_test()
    slack.fault("auth.test", "ratelimited")
    with pytest.raises(SlackApiError):
        client.auth_test()
    slack.fault("auth.test", "close")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{slack.url}/api/auth.test")
    httpx.post(f"{slack.url}/api/api.test", data={"token": client.token, "blocks": "["})
    kept = entries(slack)
    assert [(e["number"], e["name"], e["status"], e["ok"]) for e in kept] == [
        (1, "chat.postMessage", "ok", True),
        (2, "chat.postMessage", "channel_not_found", False),
        (3, "auth.test", "http_500", False),
        (4, "auth.test", "ratelimited", False),
        (5, "auth.test", "close", False),
        (6, "api.test", "invalid_json", False),
    ]
    assert {entry["kind"] for entry in kept} == {"web_api"}
    assert kept[0]["sent"] == {"channel": ALERTS, "text": "a"}
    assert kept[0]["answered"]["channel"] == ALERTS
    assert kept[4]["answered"] is None
    assert kept[0]["milliseconds"] >= 0
    assert started <= kept[0]["at"] <= time.time()
    assert "xoxb" not in json.dumps(kept)


def test_deliveries_are_kept(slack: SlackSandbox, bot: TinyBot) -> None:
    """A delivery is kept with its ack, an answer to it too, and no ticket of a connection."""
    slack.command("/tiny hello")
    url = bot.told[0]["response_url"]
    httpx.post(url, json={"text": "a"})
    httpx.post(url, json={"text": ""})
    httpx.post(url, content=b"{")
    slack.fault("response_url", "error")
    httpx.post(url, json={"text": "a"})
    kept = entries(slack)
    opened = next(entry for entry in kept if entry["name"] == "apps.connections.open")
    assert opened["answered"]["url"].endswith("/link")
    told = next(entry for entry in kept if entry["kind"] == "socket")
    assert (told["name"], told["ok"]) == ("slash_commands", True)
    assert (told["sent"]["text"], told["answered"]) == ("hello", {"text": "You said hello."})
    answers = [entry for entry in kept if entry["kind"] == "response_url"]
    assert [a["status"] for a in answers] == ["ok", "no_text", "invalid_payload", "http_500"]
    assert answers[0]["sent"] == {"text": "a"}


def test_silence_is_kept(slack: SlackSandbox, bot: TinyBot) -> None:
    """A delivery that is not acked is kept each time it was tried."""
    slack.settings(ack_within=0.01)
    bot.hold = threading.Event()
    slack.command("/tiny slow")
    bot.hold.set()
    told = [e for e in entries(slack) if e["kind"] == "socket"]
    assert [(e["status"], e["answered"]) for e in told] == [("no_ack", None)] * 4


def test_the_wire_is_waited_for(slack: SlackSandbox, client: WebClient) -> None:
    """Who waits gets what comes after an entry; one of before a reset gives all."""
    assert slack.wire() == {"last": 0, "entries": []}
    heard: list[dict[str, Any]] = []

    def listen() -> None:
        control = SlackControl(slack.url)
        heard.append(control.wire(0, 20.0))
        control.hang_up()

    listener = threading.Thread(target=listen)
    listener.start()
    client.auth_test()
    listener.join(60)
    assert [entry["name"] for entry in heard[0]["entries"]] == ["auth.test"]
    client.api_test()
    assert [entry["name"] for entry in entries(slack, 1)] == ["api.test"]
    assert entries(slack, 2) == []
    assert [entry["number"] for entry in entries(slack, 99)] == [1, 2]
    slack.reset()
    assert slack.wire(2, 20.0) == {"last": 0, "entries": []}


def test_of_a_long_payload_the_beginning_is_kept(slack: SlackSandbox, client: WebClient) -> None:
    """A payload that is very long is cut, and says so."""
    client.api_test(foo="x" * 70_000)
    sent = entries(slack)[0]["sent"]
    assert set(sent) == {"cut", "text"}
    assert "70" in sent["cut"]
    assert len(sent["text"]) < 65_000


def test_scopes_are_told(slack: SlackSandbox, client: WebClient) -> None:
    """Each answer to the bot names the scopes that were granted: at first those of the manifest."""

    def told() -> list[str]:
        return str(client.auth_test().headers["x-oauth-scopes"]).split(",")

    slack.reset()
    assert told() == sorted(BOT_SCOPES)
    slack.scopes(["users:read", "chat:write"])
    assert told() == ["chat:write", "users:read"]
    with pytest.raises(SlackApiError) as caught:
        client.usergroups_users_list(usergroup=GROUP)
    assert caught.value.response.headers["x-oauth-scopes"] == "chat:write,users:read"
    opened = client.apps_connections_open(app_token=slack.environment()["SLACK_APP_TOKEN"])
    assert opened.headers["x-oauth-scopes"] == "connections:write"
    assert "x-oauth-scopes" not in httpx.post(f"{slack.url}/api/auth.test").headers


def test_the_clock_is_told(slack: SlackSandbox) -> None:
    """Each answer has one date, by a clock that can be set wrong."""
    for skew in (0.0, -3600.0):
        slack.settings(clock_skew=skew)
        started = time.time()
        (date,) = httpx.post(f"{slack.url}/api/api.test").headers.get_list("date")
        told = parsedate_to_datetime(date).timestamp()
        # A date has no fractions of a second.
        assert int(started + skew) <= told <= time.time() + skew


def test_connections_are_refused_to_a_token(slack: SlackSandbox, client: WebClient) -> None:
    """The app's token may be taken back, or lack its scope."""
    token = slack.environment()["SLACK_APP_TOKEN"]
    slack.settings(app_token_problem="not_allowed_token_type")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token=token)
    slack.settings(app_token_problem="")
    client.apps_connections_open(app_token=token)


def test_tokens_are_rotated(slack: SlackSandbox, client: WebClient) -> None:
    """After a rotation the new tokens are taken, and the former ones are refused as revoked."""
    app = slack.environment()["SLACK_APP_TOKEN"]
    slack.rotate_tokens(bot="xoxb-2", app="xapp-2")
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.auth_test()
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.apps_connections_open(app_token=app)
    client.token = "xoxb-2"
    client.auth_test()
    client.apps_connections_open(app_token="xapp-2")
    client.token = "xoxb-3"
    with pytest.raises(SlackApiError, match="invalid_auth"):
        client.auth_test()
