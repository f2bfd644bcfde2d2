"""Files in Slack's three steps, against the sandbox's workspace over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import (
    FileGone,
    HistoryUnreadable,
    NotifierError,
    PostInDoubt,
    PostRefused,
)
from bot.services.ports.slack import Posted
from bot.slack.client import retrying_client, single_try_client
from bot.slack.files import SlackFiles
from sandbox.tests.slack.fixtures import slack, slack_server

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]

ALERTS = "C0ALERTS01"
CONTENT = b"account,outcome\n444444444444,verified\n"
SHARE = "files.completeUploadExternal"


@pytest.fixture
def files(slack: SlackSandbox) -> SlackFiles:
    """The bot's files."""
    given = slack.environment()
    token, url = given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"]
    return SlackFiles(retrying_client(token, url), single_try_client(token, url))


@pytest.fixture
def place(slack: SlackSandbox) -> Posted:
    """A message of the bot's in the channel for alerts."""
    given = slack.environment()
    client = single_try_client(given["SLACK_BOT_TOKEN"], given["SLACK_API_URL"])
    posted = client.chat_postMessage(channel=ALERTS, text="Fixed 1 contact")
    return Posted(ALERTS, str(posted["ts"]))


def test_a_file_gets_into_the_thread(slack: SlackSandbox, files: SlackFiles, place: Posted) -> None:
    """With its content as it was sent, and found there afterwards."""
    file_id = files.upload("results.csv", CONTENT)
    assert not files.is_shared(file_id, place)
    files.share(file_id, "Results", place, "Everything is verified.")
    assert files.is_shared(file_id, place)
    seen = slack.wait_message("Everything is verified.")
    assert (seen["thread_ts"], seen["files"][0]["title"]) == (place.ts, "Results")
    assert slack.file(file_id) == CONTENT


def test_a_file_is_found_behind_many_answers(
    slack: SlackSandbox, files: SlackFiles, place: Posted
) -> None:
    """People may talk in the thread."""
    file_id = files.upload("results.csv", CONTENT)
    for number in range(205):
        slack.say(f"Answer {number}", answers={"channel": ALERTS, "ts": place.ts})
    files.share(file_id, "Results", place)
    assert files.is_shared(file_id, place)


def test_a_shared_file_is_not_shared_again(files: SlackFiles, place: Posted) -> None:
    """Nor one that doesn't exist."""
    file_id = files.upload("results.csv", CONTENT)
    files.share(file_id, "Results", place)
    with pytest.raises(FileGone):
        files.share(file_id, "Results", place)
    with pytest.raises(FileGone):
        files.share("F0NOWHERE", "Results", place)


def test_a_lost_answer_leaves_it_in_doubt(
    slack: SlackSandbox, files: SlackFiles, place: Posted
) -> None:
    """It is in the thread all the same."""
    file_id = files.upload("results.csv", CONTENT)
    slack.fault(SHARE, "lost_reply")
    with pytest.raises(PostInDoubt):
        files.share(file_id, "Results", place)
    assert files.is_shared(file_id, place)


def test_a_busy_slack_says_how_long_to_wait(
    slack: SlackSandbox, files: SlackFiles, place: Posted
) -> None:
    """Nothing was shared then."""
    file_id = files.upload("results.csv", CONTENT)
    slack.fault(SHARE, "ratelimited", seconds=7)
    with pytest.raises(PostRefused) as refused:
        files.share(file_id, "Results", place)
    assert refused.value.retry_after == 7.0
    assert not files.is_shared(file_id, place)


def test_a_missing_scope_lasts(slack: SlackSandbox, files: SlackFiles, place: Posted) -> None:
    """What to do about it is said; without the scope of history a thread can't be read."""
    slack.scopes(["chat:write"])
    with pytest.raises(NotifierError) as refused:
        files.upload("results.csv", CONTENT)
    assert refused.value.permanent
    assert refused.value.code == "missing_scope"
    with pytest.raises(HistoryUnreadable):
        files.is_shared("F1", place)


def test_content_that_slack_does_not_take(slack: SlackSandbox, files: SlackFiles) -> None:
    """Its address breaks off, or refuses."""
    for kind in ("error", "close"):
        slack.fault("upload", kind, count=3)
        with pytest.raises(NotifierError):
            files.upload("results.csv", CONTENT)
        slack.clear_faults()
