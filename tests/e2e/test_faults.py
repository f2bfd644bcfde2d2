"""What goes wrong around the bot: lost replies, cut sockets, throttling, kills; nothing is lost."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bot.app.clock import SystemClock
from bot.domain.contacts import ContactType
from bot.domain.fixes import FixState
from bot.store import SqliteStore
from tests.e2e.conftest import Bot
from tests.e2e.test_story import ALICE, FORM, WEB, open_form, ready
from tests.launcher import launcher

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["ready"]


INTRODUCTION = "I check that every AWS account has valid alternate contacts"
"""Begins the first message of a new bot."""


def alerts(slack: SlackSandbox) -> list[dict[str, Any]]:
    """The alerts in the channel."""
    return [m for m in slack.messages() if "no security contact" in m["text"]]


def test_a_lost_reply_posts_once(bot: Bot, slack: SlackSandbox) -> None:
    """A post whose reply is lost is found in the channel, and not sent again."""
    slack.fault("chat.postMessage", "lost_reply")
    bot.start()
    bot.wait_log("announcement found in the channel")
    slack.wait_message("can't be checked")
    assert len(alerts(slack)) == 1


def test_a_post_in_doubt_that_did_not_arrive_is_sent_again(bot: Bot, slack: SlackSandbox) -> None:
    """A post that Slack never took is looked for, not found, and sent: late, and once."""
    slack.fault("chat.postMessage", "close")
    bot.start()
    slack.wait_message(INTRODUCTION)
    slack.wait_message("no security contact")
    slack.wait_message("can't be checked")
    assert len(alerts(slack)) == 1
    assert sum(INTRODUCTION in each["text"] for each in slack.messages()) == 1
    assert slack.calls("conversations.history")


@pytest.mark.refused("missing_scope")
def test_where_history_cannot_be_read_a_repeat_says_so(bot: Bot, slack: SlackSandbox) -> None:
    """Without the scope for history, a post in doubt goes out again and says it may be a repeat."""
    slack.settings(scopes=["chat:write", "channels:read", "usergroups:read"])
    slack.fault("chat.postMessage", "lost_reply")
    bot.start()
    repeat = slack.wait_message("may be a repeat")
    assert INTRODUCTION in repeat["text"]
    bot.wait_log("post in doubt, and history unreadable")


def test_throttled_and_failing_slack_is_waited_out(bot: Bot, slack: SlackSandbox) -> None:
    """429 and 500 delay an alert, and neither loses nor doubles it."""
    slack.fault("chat.postMessage", "ratelimited", seconds=2)
    slack.fault("chat.postMessage", "error")
    bot.start()
    slack.wait_message("no security contact")
    slack.wait_message("can't be checked")
    assert len(alerts(slack)) == 1


def test_a_channel_that_cannot_be_posted_to(bot: Bot, slack: SlackSandbox) -> None:
    """It is said at the start with its remedy; what was due goes out when it is fixed."""
    slack.set_channel(has_bot=False)
    bot.start()
    problem = bot.wait_log("alerts can't be posted")
    assert "not in the channel" in problem["problem"]
    assert problem["remedy"]
    bot.wait_log("announcement waits")
    slack.command("/altcontact help", channel="C0GENERAL4")
    slack.wait_private("to be posted since")
    slack.set_channel(has_bot=True)
    slack.wait_message("no security contact")


@pytest.mark.refused("restricted_action_read_only_channel")
def test_alerts_that_slack_refuses_are_the_first_line(
    bot: Bot, slack: SlackSandbox, environment: dict[str, str]
) -> None:
    """A refused post is the first line of help and doctor, of another process's doctor as well."""
    slack.refuse_posts("restricted_action_read_only_channel")
    bot.start()
    waits = bot.wait_log("announcement waits", code="restricted_action_read_only_channel")
    assert waits["level"] == "error"
    assert "read-only" in waits["problem"]
    assert "posting permissions" in waits["remedy"]
    slack.command("/altcontact help")
    shown = slack.wait_private("to be posted since")
    assert "restricted_action_read_only_channel" in str(shown["blocks"][0])
    found = launcher().run("doctor", "--json", environment=environment)
    first = json.loads(found.stdout)["lines"][0]
    assert (first["section"], first["name"], first["state"]) == ("Alerts", "Posting", "failure")
    assert "restricted_action_read_only_channel" in first["words"]
    slack.refuse_posts("")
    slack.wait_message("no security contact")


def test_a_bot_that_cannot_connect(
    bot: Bot, slack: SlackSandbox, environment: dict[str, str]
) -> None:
    """Behind a dead proxy it is not ready, says why without the password, and checks anyway."""
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        environment.pop(name, None)
    environment["HTTPS_PROXY"] = "http://bob:hunter2@localhost:9"
    bot.start()
    problem = bot.wait_log("not connected to Slack")
    assert "connection was refused" in problem["problem"]
    assert problem["remedy"]
    bot.wait_log("scan ended")
    found = launcher().run("doctor", "--json", environment=environment)
    line = next(each for each in json.loads(found.stdout)["lines"] if each["name"] == "Proxy")
    assert line["state"] == "failure"
    assert "localhost:9 (HTTPS_PROXY)" in line["words"]
    assert bot.lines("ready") == bot.lines("connected to Slack") == []
    assert len(bot.lines("not connected to Slack")) == 1
    assert slack.state()["connected"] == 0
    assert "hunter2" not in bot.log + found.stdout + found.stderr


def test_another_bot_on_the_same_app(
    bot: Bot, slack: SlackSandbox, environment: dict[str, str]
) -> None:
    """What Slack's hello counts besides this bot is in the log, and among the doctor's lines."""
    slack.settings(ghost_connections=1)
    bot.start()
    bot.wait_log("ready")
    assert bot.wait_log("another bot on this Slack app")["connections"] == 1
    found = launcher().run("doctor", "--json", environment=environment)
    line = next(each for each in json.loads(found.stdout)["lines"] if each["name"] == "Other bots")
    assert (line["section"], line["state"]) == ("Alerts", "warning")
    assert "SLACK_APP_TOKEN" in line["words"]


@pytest.mark.refused("token_revoked")
def test_a_revoked_token_is_told_and_outlived(bot: Bot, slack: SlackSandbox) -> None:
    """A revoked token is said with its remedy; checks go on, and are announced when they can be."""
    slack.settings(token_problem="token_revoked")
    bot.start()
    assert "token" in bot.wait_log("alerts can't be posted")["problem"]
    bot.wait_log("scan ended", state="complete")
    slack.settings(token_problem="")
    slack.wait_message("no security contact")


def test_a_cut_socket_is_made_again(ready: Bot, slack: SlackSandbox) -> None:
    """After a cut and a while without Slack, commands are answered again."""
    slack.cut_sockets(refuse_for=2.0)
    slack.wait(lambda seen: seen["connected"] == 0, name="no connection")
    slack.wait_connected()
    slack.command("/altcontact check data lake")
    slack.wait_private("Data lake")
    assert ready.terminate() == 0


def test_every_cause_is_told_apart_from_missing(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """Denied, broken, malformed and throttled accounts are unknown by their cause, none missing."""
    operation = "GetAlternateContact"
    aws.fault("error", operation, account_id="444444444444")
    aws.fault("html", operation, account_id="555555555555")
    aws.fault("throttle", operation, account_id="666666666666")
    aws.deny("account:GetAlternateContact", "888888888888", by="iam")
    bot.start()
    ended = bot.wait_log("scan ended")
    assert (ended["missing"], ended["unknown"]) == (2, 5)
    for said in ("internal error", "come from AWS", "throttling", "IAM policy", "service control"):
        assert "can't be checked" in slack.wait_message(said)["text"]
    causes = [seen for seen in slack.messages() if "can't be checked" in seen["text"]]
    assert len(causes) == 5
    aws.clear_faults()
    slack.command("/altcontact check")
    slack.wait_private("5 of 15 accounts need attention")
    slack.wait_message("Checks restored: ")


def test_credentials_that_expire_midway_conclude_nothing(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """Such a check is incomplete, told once, and neither resolves nor finds anything unseen."""
    aws.fault("expire", "GetAlternateContact", count=1, after=3)
    slack.command("/altcontact check")
    slack.wait_private("Incomplete")
    slack.wait_message("Checks are failing")
    slack.command("/altcontact check")
    slack.wait_private("The check failed")
    assert len([m for m in slack.messages() if "Checks are failing" in m["text"]]) == 1
    assert len(alerts(slack)) == 1
    assert "6 accounts have no security contact" in alerts(slack)[0]["text"]
    assert "fixed: " not in str(alerts(slack)[0]["blocks"])


def test_killed_between_post_and_record(bot: Bot, slack: SlackSandbox) -> None:
    """Killed after Slack took the alert and before that was recorded, it is not posted again."""
    slack.fault("chat.postMessage", "lost_reply", seconds=30)
    bot.start()
    slack.wait_message("no security contact")
    bot.kill()
    slack.settings(clear_faults=True)
    bot.start()
    bot.wait_log("announcement found in the channel")
    slack.wait_message("can't be checked")
    assert len(alerts(slack)) == 1


def test_killed_in_the_middle_of_a_scan(bot: Bot, slack: SlackSandbox, aws: AwsSandbox) -> None:
    """A scan cut off is marked so and made again at once; its findings are announced once."""
    aws.fault("hang", "GetAlternateContact", account_id=WEB)
    bot.start()
    bot.wait_log("scope found")
    bot.kill()
    aws.clear_faults()
    bot.start()
    bot.wait_log("an earlier check was interrupted", scans=1)
    slack.wait_message("no security contact")
    slack.wait_message("can't be checked")
    assert len(alerts(slack)) == 1


def test_killed_between_write_and_record(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """A fix whose process died after AWS was asked is found out, recorded and shown."""
    open_form(slack)
    aws.fault("hang", "PutAlternateContact", seconds=30)
    person = threading.Thread(target=lambda: slack.submit(**FORM))
    person.start()
    ready.wait_log("fix planned")
    slack.wait_view("Saving and verifying")
    ready.kill()
    aws.clear_faults()
    person.join(60)
    ready.start()
    ready.wait_log("fix ended", state="confirmed")
    slack.wait_message(f"(<@{ALICE}>)")
    assert aws.contact(WEB, "SECURITY") is not None
    with closing(SqliteStore(environment["ALTCONTACT_DATABASE"], SystemClock())) as store:
        fix = store.fixes.latest(WEB, ContactType.SECURITY)
    assert fix is not None
    assert fix.state is FixState.CONFIRMED
    assert fix.request.user_id == ALICE
    assert len(alerts(slack)) == 1


@pytest.mark.refused("no_ack")
def test_killed_before_aws_took_the_write(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """A fix that never reached AWS is recorded as failed after the restart, not forgotten."""
    open_form(slack)
    aws.fault("close", "PutAlternateContact", count=1000)
    aws.latency(400)
    person = threading.Thread(target=lambda: slack.submit(**FORM))
    person.start()
    ready.wait_log("fix planned")
    ready.kill()
    aws.latency(0)
    aws.clear_faults()
    person.join(60)
    ready.start()
    ready.wait_log("fix ended", state="failed")
    assert aws.contact(WEB, "SECURITY") is None
    assert "6 accounts have no security contact" in alerts(slack)[0]["text"]


def test_a_second_bot_leaves_a_fix_to_the_first(
    ready: Bot, slack: SlackSandbox, aws: AwsSandbox, environment: dict[str, str]
) -> None:
    """While AWS takes its time over a fix, another bot on the database does not end it."""
    open_form(slack)
    hang = aws.fault("hang", "PutAlternateContact")
    person = threading.Thread(target=lambda: slack.submit(**FORM))
    person.start()
    ready.wait_log("fix planned")
    slack.wait_view("Saving and verifying")
    second = Bot({**environment, "ALTCONTACT_CONFIRM_TIMEOUT": "0.1"})
    try:
        second.start()
        second.wait_log("ready")
        second.send_signal(signal.SIGUSR1)
        second.wait_log("scan ended")
        aws.clear_faults(hang)
        ready.wait_log("fix ended", state="confirmed")
        person.join(60)
        assert second.lines("fix ended") == []
    finally:
        second.stop()
    slack.wait_message(f"(<@{ALICE}>)")
