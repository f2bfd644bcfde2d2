"""What answers is not Slack, and a proxy is on the way: the clients against real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.forward_proxy import ForwardProxy
from slack_sdk.errors import SlackApiError

from bot.domain.errors import NotifierError, PostInDoubt, PostRefused
from bot.slack.channels import AlertChannel
from bot.slack.client import (
    CALL_ERRORS,
    LONGEST_RETRY_AFTER,
    TRY_AGAIN,
    Reply,
    explain,
    retrying_client,
    single_try_client,
)
from bot.slack.notifier import SlackNotifier
from bot.slack.views.problem import note
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.unit.reported_metrics import ReportedMetrics
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

__all__ = ["slack", "slack_server"]

CLIENTS = [single_try_client, retrying_client]


def made(slack: SlackSandbox, make: object = single_try_client) -> WebClient:
    """A client of the workspace."""
    settings = slack.environment()
    client: WebClient = make(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])  # type: ignore[operator]
    return client


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the one that a test sets."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("make", CLIENTS)
@pytest.mark.parametrize("kind", ["html", "malformed", "charset"])
def test_what_answers_is_not_slack(slack: SlackSandbox, kind: str, make: object) -> None:
    """A page, JSON of another shape, a wrong character set: each is a failed call, in words."""
    slack.fault("auth.test", kind)
    with pytest.raises(CALL_ERRORS) as caught:
        made(slack, make).auth_test()
    assert "come from Slack" in str(explain(caught.value))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["html", "malformed", "charset", "bare"])
def test_a_post_whose_answer_is_not_slacks_is_in_doubt(slack: SlackSandbox, kind: str) -> None:
    """Nobody knows whether it was posted."""
    client = made(slack)
    notifier = SlackNotifier(client, client, AlertChannel(client, "C0ALERTS01"))
    slack.fault("chat.postMessage", kind)
    with pytest.raises(PostInDoubt, match="come from Slack"):
        notifier.post(data.content(1))


@pytest.mark.parametrize("setting", ["#security-alerts", "C0ALERTS01"])
def test_a_channel_of_an_answer_without_one(slack: SlackSandbox, setting: str) -> None:
    """An answer that lacks what Slack always tells says nothing of whether the channel exists."""
    slack.fault("*", "bare")
    with pytest.raises(NotifierError, match="come from Slack"):
        AlertChannel(made(slack), setting).id()


def test_a_history_of_an_answer_without_one(slack: SlackSandbox) -> None:
    """Nor whether a post stands there."""
    client = made(slack)
    notifier = SlackNotifier(client, client, AlertChannel(client, "C0ALERTS01"))
    slack.fault("conversations.history", "bare")
    with pytest.raises(PostRefused, match="come from Slack"):
        notifier.find(data.content(1).announcement)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("charset", "come from Slack"), ("close", "broke off"), ("error", "HTTP 500")],
)
def test_an_answer_to_a_command_that_fails(slack: SlackSandbox, kind: str, told: str) -> None:
    """A `response_url` has its own client, and its failures are reported alike."""
    slack.fault("response_url", kind)
    with pytest.raises(NotifierError, match=told) as caught:
        Reply(f"{slack.url}/respond/nothing")(note("Hello."))
    assert caught.value.remedy


def test_calls_go_through_the_proxy(slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its login, written without a scheme; NO_PROXY takes a host out."""
    with ForwardProxy("bob", "p/w@x") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://"))
        assert made(slack).auth_test()["ok"]
        assert [each.target for each in proxy.passed] == [f"{slack.url}/api/auth.test"]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert made(slack).auth_test()["ok"]
        assert len(proxy.passed) == 1


@pytest.mark.parametrize(
    ("refuse", "user", "told"),
    [(407, "", "user name"), (0, "bob", "user name"), (403, "", "come from Slack")],
)
def test_a_proxy_that_refuses(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, refuse: int, user: str, told: str
) -> None:
    """The proxy's refusal is not taken for Slack's, and its password is reported nowhere."""
    with ForwardProxy(user, "right", refuse=refuse) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://bob:hunter2@{proxy.host}")
        client = made(slack)
        with pytest.raises(PostRefused, match=told) as caught:
            SlackNotifier(client, client, AlertChannel(client, "C0ALERTS01")).post(data.content(1))
    assert "hunter2" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("seconds", [7, 86_400])
def test_a_window_is_not_opened_after_its_trigger_lapsed(slack: SlackSandbox, seconds: int) -> None:
    """Where Slack asks to wait for longer than a trigger lasts, the person hears so at once."""
    slack.fault("views.open", "ratelimited", seconds=seconds)
    with pytest.raises(SlackApiError) as caught:
        made(slack, retrying_client).views_open(trigger_id="1.2", view={"type": "modal"})
    problem = explain(caught.value, TRY_AGAIN)
    assert (problem.code, problem.remedy) == ("ratelimited", TRY_AGAIN)


def test_no_call_waits_for_a_day(slack: SlackSandbox) -> None:
    """How long Slack asks to wait is handed on where it is more than a call may take."""
    slack.fault("auth.test", "ratelimited", seconds=86_400)
    with pytest.raises(SlackApiError) as caught:
        made(slack, retrying_client).auth_test()
    assert explain(caught.value).retry_after == LONGEST_RETRY_AFTER


def test_each_call_is_reported(slack: SlackSandbox) -> None:
    """With its outcome; and each 429, also one that is retried."""
    metrics = ReportedMetrics()
    settings = slack.environment()
    token, url = settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"]
    client = retrying_client(token, url, metrics=metrics)
    client.auth_test()
    slack.fault("auth.test", "ratelimited")
    client.auth_test()
    assert metrics.limited == ["auth.test"]
    once = single_try_client(token, url, metrics)
    slack.fault("auth.test", "ratelimited")
    with pytest.raises(SlackApiError):
        once.auth_test()
    slack.fault("auth.test", "html")
    with pytest.raises(CALL_ERRORS):
        once.auth_test()
    with pytest.raises(SlackApiError):
        client.conversations_info(channel="C0NOWHERE1")
    assert metrics.slack == [
        ("auth.test", "ok"),
        ("auth.test", "ok"),
        ("auth.test", "ratelimited"),
        ("auth.test", "unreachable"),
        ("conversations.info", "refused"),
    ]
    assert metrics.limited == ["auth.test", "auth.test"]
