"""The Slack adapter's pieces against the sandbox's workspace, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from altcontact_sandbox.slack.blocks import problems
from altcontact_sandbox.slack.sandbox import SlackSandbox
from slack_sdk.errors import SlackApiError

from bot.domain.contacts import ContactType
from bot.domain.errors import (
    FixUnderWay,
    HistoryUnreadable,
    MessageGone,
    NotAllowed,
    PostRefused,
    StoreError,
)
from bot.slack.background import BackgroundTasks
from bot.slack.channels import AlertChannel
from bot.slack.client import retrying_client
from bot.slack.direct_messages import DirectMessages
from bot.slack.listeners.scan_progress import RESPONSE_URL_LIFE, ScanReporter
from bot.slack.modals import Modals, SubmissionResult
from bot.slack.notifier import SlackNotifier
from bot.slack.views import fix_modal
from bot.slack.views.problem import note
from tests.unit.fakes import FakeClock
from tests.unit.slack.heard import Heard, ticket
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_bolt import Ack
    from slack_sdk import WebClient

    from bot.domain.announcements import AnnouncementContent
    from bot.slack.views.message import Message

ALICE, BOB, GROUP, ALERTS, ELSEWHERE = (
    "U0ALICE001",
    "U0BOB00002",
    "S0SECOPS01",
    "C0ALERTS01",
    "C0ELSEWH03",
)


@pytest.fixture(scope="module")
def server() -> Iterator[SlackSandbox]:
    """One workspace for these tests."""
    with SlackSandbox() as slack:
        yield slack


@pytest.fixture
def slack(server: SlackSandbox) -> SlackSandbox:
    """The workspace as on the first day, with room to post."""
    server.reset()
    server.settings(post_rate=1000.0, post_burst=1000.0)
    return server


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """A client of the workspace."""
    settings = slack.environment()
    return retrying_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])


def notifier(client: WebClient, channel: str = "#security-alerts") -> SlackNotifier:
    """A notifier for a channel."""
    return SlackNotifier(client, client, AlertChannel(client, channel))


def posted_later(content: AnnouncementContent, **changed: Any) -> AnnouncementContent:  # noqa: ANN401 - any member
    """A content whose announcement has other members."""
    return replace(content, announcement=replace(content.announcement, **changed))


def test_a_post_is_found_by_its_id_over_pages_of_history(
    slack: SlackSandbox, client: WebClient
) -> None:
    """An announcement is found among hundreds of messages, and one never posted is not."""
    content = data.content(1)
    posted = notifier(client).post(content)
    for number in range(250):
        client.chat_postMessage(channel=ALERTS, text=f"Chatter {number}")
    long_ago = posted_later(content, first_tried_at=data.NOW - timedelta(days=9999))
    assert notifier(client).find(long_ago.announcement) == posted
    other = posted_later(content, id="b" * 32, first_tried_at=data.NOW - timedelta(days=9999))
    assert notifier(client).find(other.announcement) is None
    assert slack.refusals() == []


def test_updates_in_place_and_a_message_that_is_gone(
    slack: SlackSandbox, client: WebClient
) -> None:
    """An update edits the message; where there is none it says so."""
    channel = notifier(client)
    posted = channel.post(data.content(2))
    shown = posted_later(data.content(2, resolved=2), channel_id=posted.channel_id, ts=posted.ts)
    channel.update(shown)
    assert slack.wait_message("all fixed")["edits"] == 1
    with pytest.raises(MessageGone):
        channel.update(posted_later(shown, ts="1.000001"))


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("#nowhere", "no channel #nowhere"),
        ("C0NOWHERE9", "does not exist"),
        ("#old-alerts", "archived"),
        ("#elsewhere", "not in the channel"),
        (ELSEWHERE, "not in the channel"),
    ],
)
def test_channels_that_cannot_be_had(client: WebClient, channel: str, told: str) -> None:
    """Each is refused in words with its remedy, and surely nothing was posted."""
    with pytest.raises(PostRefused, match=told) as caught:
        notifier(client, channel).post(data.content(1))
    assert caught.value.permanent
    assert caught.value.remedy


def test_history_that_cannot_be_read(slack: SlackSandbox, client: WebClient) -> None:
    """Without the scope, a post in doubt cannot be looked for."""
    slack.settings(scopes=["chat:write", "channels:read", "groups:read"])
    with pytest.raises(HistoryUnreadable):
        notifier(client).find(data.content(1).announcement)


def test_a_channel_is_looked_for_again_when_forgotten(
    slack: SlackSandbox, client: WebClient
) -> None:
    """The id is kept until it is forgotten."""
    channel = AlertChannel(client, "#security-alerts")
    assert channel.id() == channel.id() == ALERTS
    assert len(slack.calls("conversations.list")) == 1
    channel.forget()
    assert channel.id() == ALERTS
    assert len(slack.calls("conversations.list")) == 2


@pytest.fixture
def tasks() -> Iterator[BackgroundTasks]:
    """Background threads, stopped after the test."""
    made = BackgroundTasks()
    yield made
    made.stop()


@pytest.fixture
def messages(client: WebClient) -> DirectMessages:
    """Messages to single persons."""
    return DirectMessages(client)


def test_one_person_is_told_in_the_channel_or_directly(
    slack: SlackSandbox, messages: DirectMessages
) -> None:
    """Ephemeral where the person is, a direct message where that cannot be, else the log."""
    messages.send_ephemeral(ALICE, ALERTS, note("Here."))
    assert slack.wait_private("Here.")["channel"] == ALERTS
    messages.send_ephemeral(ALICE, ELSEWHERE, note("There."))
    assert slack.wait_private("There.")["channel"].startswith("D")
    slack.settings(token_problem="token_revoked")
    messages.send(ALICE, note("Nowhere."))


def test_after_thirty_minutes_or_five_uses_the_result_is_ephemeral(
    slack: SlackSandbox, tasks: BackgroundTasks, messages: DirectMessages
) -> None:
    """Where the `response_url` is not taken any more, the person gets an answer beside it."""
    used_up = messages.reply_to(
        {
            "response_url": f"{slack.url}/respond/used-up",
            "user_id": ALICE,
            "channel_id": ALERTS,
        }
    )

    def reporter(clock: FakeClock, reply: Callable[[Message], None]) -> ScanReporter:
        return ScanReporter(reply, tasks, messages, clock, user_id=ALICE, channel_id=ALERTS)

    running = ticket()
    reporter(FakeClock(), used_up).started(running)
    slack.wait_private("Checking")
    clock, heard, late = FakeClock(), Heard(), ticket()
    told = reporter(clock, heard)
    told.started(late)
    heard.wait()
    clock.tick(RESPONSE_URL_LIFE)
    late.report.set_result(data.report(2, 0, 0))
    slack.wait_private("2 of 2 accounts need attention")
    assert len(heard.messages) == 1
    running.report.set_result(data.report(0, 0, 1))
    slack.wait_private("No account needs attention")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ZeroDivisionError(), "reference"),
        (StoreError("The disk is full.", "Make room."), "The disk is full."),
        (NotAllowed("You don't have permission.", "Ask", ("U1",)), "have permission"),
        (FixUnderWay("Another fix is under way.", "Look in a minute."), "under way"),
    ],
)
def test_a_submission_is_answered_whatever_fails(
    client: WebClient,
    tasks: BackgroundTasks,
    messages: DirectMessages,
    error: Exception,
    told: str,
) -> None:
    """A defect, a full disk, a refusal: each is said in the window, and none leaves it waiting."""
    acked: list[dict[str, Any]] = []

    def ack(**answer: Any) -> None:  # noqa: ANN401 - Bolt's signature
        acked.append(answer)

    def fail() -> SubmissionResult:
        raise error

    body = {"view": {"id": "V1", "hash": "1"}, "user": {"id": ALICE}}
    Modals(client, tasks, messages, answer_within=60).answer(
        cast("Ack", ack),
        body,
        fail,
        lambda message: fix_modal.message_view(message, ContactType.SECURITY),
        lambda: fix_modal.saving_view("Web", "555555555555", ContactType.SECURITY),
    )
    (answer,) = acked
    assert answer["response_action"] == "update"
    assert problems(answer["view"], surface="modal") == []
    assert told in str(answer["view"])


def test_slack_tells_its_time(slack: SlackSandbox) -> None:
    """The `Date` of each answer is handed on, also of one that refuses."""
    seen: list[str | None] = []
    settings = slack.environment()
    observed = retrying_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"], seen.append)
    observed.ask_time()
    slack.settings(clock_skew=-400 * 86_400)
    with pytest.raises(SlackApiError):
        observed.chat_postMessage(channel="C0NOWHERE00", text="Hello")
    times = [parsedate_to_datetime(date or "") for date in seen]
    assert abs(times[0] - times[1] - timedelta(days=400)) < timedelta(minutes=5)
    nobody = retrying_client("xoxb-1", "http://127.0.0.1:9/api/", seen.append)
    nobody.retry_handlers.clear()
    nobody.ask_time()
    assert len(seen) == 2
