"""Announcements to channels that the policy names, and what happens where those are closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bot.domain.announcements import AnnouncementContent, AnnouncementKind
from bot.domain.errors import HistoryUnreadable, PostInDoubt, PostRefused
from bot.slack.channels import AlertChannel, NoSuchChannel
from bot.slack.client import single_try_client
from bot.slack.notifier import SlackNotifier
from bot.slack.owners import Owners
from bot.slack.row_links import RowLinkResolver
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.unit.fakes import FakeClock
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

__all__ = ["slack", "slack_server"]

ALERTS, GENERAL, ELSEWHERE = "C0ALERTS01", "C0GENERAL4", "C0ELSEWH03"
LONG_AGO = data.NOW - timedelta(days=9999)


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """A client of the workspace, with room to post."""
    slack.settings(post_rate=1000.0, post_burst=1000.0)
    settings = slack.environment()
    return single_try_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])


@pytest.fixture
def notifier(client: WebClient) -> SlackNotifier:
    """A notifier whose channel for alerts is `#security-alerts`."""
    return SlackNotifier(client, client, AlertChannel(client, "#security-alerts"))


def meant_for(channel: str, **members: Any) -> AnnouncementContent:  # noqa: ANN401 - any member
    """An alert that the policy sends to a channel."""
    return data.mixed(data.finding(1), channel=channel, first_tried_at=LONG_AGO, **members)


def test_an_announcement_goes_where_the_policy_has_it(
    slack: SlackSandbox, notifier: SlackNotifier
) -> None:
    """A channel is found once, by name or id; the message is found, and edited, there."""
    content = meant_for("#general")
    posted = notifier.post(content)
    assert posted.channel_id == GENERAL
    assert notifier.find(content.announcement) == posted
    notifier.post(meant_for(GENERAL))
    assert len(slack.calls("conversations.list")) == 1
    sent = replace(content.announcement, channel_id=GENERAL, ts=posted.ts)
    notifier.update(replace(content, announcement=sent))
    assert "meant for" not in str(slack.wait_message("no security contact", GENERAL)["blocks"])


@pytest.mark.parametrize(
    ("channel", "why"),
    [
        ("#nowhere", "no such channel"),
        ("C0NOWHERE9", "no such channel"),
        ("#old-alerts", "it is archived"),
        (ELSEWHERE, "the bot is not in it. In that channel, type: /invite"),
    ],
)
def test_a_closed_channel_sends_it_to_the_one_for_alerts(
    slack: SlackSandbox, notifier: SlackNotifier, channel: str, why: str
) -> None:
    """The message says why and how to fix it, also once it is edited; the log says it once."""
    content = meant_for(channel)
    with structlog.testing.capture_logs() as logged:
        posted = notifier.post(content)
        notifier.post(meant_for(channel, id="b" * 32))
    assert len([line for line in logged if line["event"].startswith("a channel")]) == 1
    assert posted.channel_id == ALERTS
    assert notifier.find(content.announcement) == posted
    sent = replace(content.announcement, channel_id=ALERTS, ts=posted.ts)
    notifier.update(replace(content, announcement=sent))
    shown = next(each for each in slack.messages() if each["ts"] == posted.ts)
    assert shown["edits"] == 1
    assert f"This was meant for {channel}" in str(shown["blocks"])
    assert why in str(shown["blocks"])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("restricted_action_read_only_channel", "it is read-only for the bot."),
        ("restricted_action_of_next_year", "(restricted_action_of_next_year)"),
        ("a_code_of_next_year", "refused: a_code_of_next_year"),
    ],
)
def test_a_channel_that_refuses_sends_it_to_the_one_for_alerts(
    slack: SlackSandbox, notifier: SlackNotifier, code: str, why: str
) -> None:
    """Whatever the code by which Slack refuses, the message says why it is in another channel."""
    slack.refuse_posts(code, GENERAL)
    posted = notifier.post(meant_for(GENERAL))
    assert posted.channel_id == ALERTS
    shown = str(slack.wait_message("no security contact")["blocks"])
    assert f"This was meant for {GENERAL}" in shown
    assert why in shown


@pytest.mark.parametrize("code", ["team_access_not_granted", "token_revoked", "invalid_blocks"])
def test_what_any_channel_would_refuse_waits(
    slack: SlackSandbox, notifier: SlackNotifier, code: str
) -> None:
    """A refusal that has nothing to do with the channel is posted nowhere else."""
    slack.refuse_posts(code, GENERAL)
    with pytest.raises(PostRefused) as caught:
        notifier.post(meant_for(GENERAL))
    assert (caught.value.permanent, caught.value.code) == (True, code)
    assert slack.messages() == []


def test_a_channel_that_closes_later_sends_it_to_the_one_for_alerts(
    slack: SlackSandbox, notifier: SlackNotifier
) -> None:
    """A channel that was found before is found out to be closed by the post itself."""
    assert notifier.post(meant_for(GENERAL)).channel_id == GENERAL
    slack.remove_bot(GENERAL)
    posted = notifier.post(meant_for(GENERAL, id="b" * 32))
    assert posted.channel_id == ALERTS
    slack.add_bot(GENERAL)
    sent = meant_for(GENERAL, channel_id=ALERTS, ts=posted.ts)
    notifier.update(sent)
    assert "could not be posted to then" in str(slack.wait_message("meant for")["blocks"])


def test_the_channel_for_alerts_under_another_name_is_no_other(
    slack: SlackSandbox, notifier: SlackNotifier
) -> None:
    """Where the policy names the channel for alerts itself, nothing is said of it."""
    posted = notifier.post(meant_for(ALERTS))
    notifier.update(meant_for(ALERTS, channel_id=ALERTS, ts=posted.ts))
    assert "meant for" not in str(slack.wait_message("no security contact")["blocks"])
    assert notifier.find(replace(meant_for(ALERTS).announcement, id="c" * 32)) is None


def test_what_is_no_fault_of_the_channel_waits(
    slack: SlackSandbox, notifier: SlackNotifier
) -> None:
    """Slack being away, a limit, and a lost answer send nothing to another channel."""
    slack.fault("conversations.list", "error")
    with pytest.raises(PostRefused):
        notifier.post(meant_for("#general"))
    slack.clear_faults()
    slack.fault("chat.postMessage", "ratelimited")
    with pytest.raises(PostRefused) as caught:
        notifier.post(meant_for(ALERTS))
    assert caught.value.retry_after is not None
    slack.clear_faults()
    slack.fault("chat.postMessage", "error")
    with pytest.raises(PostInDoubt):
        notifier.post(meant_for(ALERTS))
    slack.clear_faults()
    assert slack.messages() == []
    slack.settings(scopes=["chat:write", "channels:read", "groups:read"])
    with pytest.raises(HistoryUnreadable):
        notifier.find(meant_for(ALERTS).announcement)


def test_no_channel_at_all(client: WebClient) -> None:
    """Where the channel for alerts is closed as well, it waits; an edit still is made."""
    lost = SlackNotifier(client, client, AlertChannel(client, "#nowhere"))
    with pytest.raises(PostRefused, match="no channel #nowhere"):
        lost.post(meant_for("#old-alerts"))
    here = SlackNotifier(client, client, AlertChannel(client, ALERTS))
    posted = here.post(data.content(1))
    lost.update(meant_for("#old-alerts", channel_id=ALERTS, ts=posted.ts))


def test_a_misspelled_channel(client: WebClient) -> None:
    """The error knows the closest channel, but doesn't name it, since everybody sees the error."""
    with pytest.raises(NoSuchChannel, match="no channel #elsewheer") as caught:
        AlertChannel(client, "#elsewheer").id()
    assert caught.value.closest == "#elsewhere"
    assert "elsewhere" not in f"{caught.value} {caught.value.remedy}"
    with pytest.raises(NoSuchChannel) as caught:
        AlertChannel(client, "#nothing-like-it").id()
    assert caught.value.closest == ""


def test_owners_are_mentioned(slack: SlackSandbox, client: WebClient) -> None:
    """The alert mentions an account's owner by their address."""
    row_links = RowLinkResolver("https://docs.corp.internal/rules", Owners(client, FakeClock()))
    notifier = SlackNotifier(client, client, AlertChannel(client, ALERTS), row_links)
    member = next(each for each in client.users_list()["members"] if each["name"] == "alice")
    owner = member["profile"]["email"]
    notifier.post(data.mixed(data.finding(1, owner=owner)))
    shown = str(slack.wait_message("no security contact")["blocks"])
    assert f"· <@{member['id']}>" in shown or f"  <@{member['id']}>" in shown
    kept = row_links.for_findings(
        [data.finding(1, owner=owner), data.finding(2, owner="bob@x.internal")], ask=False
    )
    assert kept.owners == {owner: f"<@{member['id']}>", "bob@x.internal": "bob@x.internal"}


def test_exemptions_that_end_are_announced(slack: SlackSandbox, notifier: SlackNotifier) -> None:
    """A notice is posted as an alert is."""
    content = data.notice(AnnouncementKind.ENDING, exemptions=[data.exemption(1)])
    notifier.post(content)
    slack.wait_message("ends within a week")
    assert slack.refusals() == []
