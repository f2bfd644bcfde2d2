"""Files, threads and deletions in the sandbox's Slack, by slack_sdk's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.web_api.files import MAX_FILE_SIZE
from altcontact_sandbox.slack.workspace import ALERTS, ALICE, ARCHIVED, BOB, ELSEWHERE
from slack_sdk.errors import SlackApiError

from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

slack_server, slack = fixtures.slack_server, fixtures.slack
client = fixtures.client


def refused(call: Callable[..., Any], **given: Any) -> str:  # noqa: ANN401 - slack_sdk's own
    """Slack's word for why it refused a call."""
    with pytest.raises(SlackApiError) as caught:
        call(**given)
    return str(caught.value.response["error"])


def test_a_file_is_shared(slack: SlackSandbox, client: WebClient) -> None:
    """A file stands in a message, in a thread where asked, and its content can be read."""
    first = client.chat_postMessage(channel=ALERTS, text="Report")["ts"]
    answer = client.files_upload_v2(
        content="a,b\n1,2\n",
        filename="a.csv",
        title="Accounts",
        channel=ALERTS,
        thread_ts=first,
        initial_comment="Here it is.",
    )
    seen = slack.wait_message("Here it is.")
    assert seen["thread_ts"] == first
    identity = answer["file"]["id"]
    assert seen["files"] == [
        {
            "id": identity,
            "name": "a.csv",
            "title": "Accounts",
            "mimetype": "text/csv",
            "size": 8,
            "url": f"/files/{identity}",
        }
    ]
    assert slack.file(identity) == b"a,b\n1,2\n"
    told = client.conversations_replies(channel=ALERTS, ts=first)["messages"]
    assert [m.get("files", [{}])[0].get("title") for m in told] == [None, "Accounts"]
    assert slack.refusals() == []


@pytest.mark.parametrize(
    ("name", "mimetype", "how"),
    [
        ("a.txt", "text/plain; charset=utf-8", "inline"),
        ("a.png", "image/png", "inline"),
        ("a b.zip", "application/zip", "attachment"),
        ("nothing", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_cannot_do_anything(
    slack: SlackSandbox, client: WebClient, name: str, mimetype: str, how: str
) -> None:
    """Texts and pictures are shown, the rest is saved, and nothing in them is run."""
    shared = client.files_upload_v2(content=b"content", filename=name)
    answer = httpx.get(f"{slack.url}/_sandbox/files/{shared['file']['id']}")
    assert answer.headers["content-type"] == mimetype
    assert answer.headers["content-disposition"].startswith(how)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert slack.messages() == []


def test_uploads_that_are_refused(slack: SlackSandbox, client: WebClient) -> None:
    """What is announced, uploaded or shared wrongly is refused; the old method is gone."""
    slack.settings(tier4=0)
    url, done = client.files_getUploadURLExternal, client.files_completeUploadExternal
    assert refused(client.api_call, api_method="files.upload") == "method_deprecated"
    assert refused(url, filename="", length=1) == "invalid_arguments"
    assert refused(url, filename="a", length=0) == "invalid_arguments"
    assert refused(url, filename="a", length=MAX_FILE_SIZE + 1) == "file_upload_size_restricted"
    announced = client.files_getUploadURLExternal(filename="a.txt", length=3)
    files: list[dict[str, str | None]] = [{"id": announced["file_id"]}]
    assert refused(done, files=files) == "file_not_found"
    with pytest.raises(SandboxError, match="no such file"):
        slack.file(announced["file_id"])
    assert httpx.post(announced["upload_url"], content=b"four").text == "length_mismatch"
    assert httpx.post(f"{announced['upload_url']}x", content=b"a").text == "invalid_url"
    assert httpx.post(announced["upload_url"], content=b"abc").text == "OK - 3"
    assert refused(done, files=[]) == "invalid_arguments"
    assert refused(client.api_call, api_method="files.completeUploadExternal", json={}) == (
        "invalid_arguments"
    )
    assert refused(
        client.api_call, api_method="files.completeUploadExternal", json={"files": ["a"]}
    ) == ("invalid_arguments")
    assert refused(done, files=files, channels=[ALERTS]) == "invalid_arguments"
    for place, error in (
        ("#security-alerts", "channel_not_found"),
        (ARCHIVED, "is_archived"),
        (ELSEWHERE, "not_in_channel"),
    ):
        assert refused(done, files=files, channel_id=place) == error
    wrong = {"files": files, "channel_id": ALERTS}
    assert refused(done, **wrong, thread_ts="1.0") == "thread_not_found"
    assert refused(done, **wrong, initial_comment="x" * 40_001) == "msg_too_long"
    client.files_completeUploadExternal(files=files, channel_id=ALERTS)
    assert refused(done, files=files) == "file_not_found"
    assert httpx.post(announced["upload_url"], content=b"abc").status_code == 400
    slack.scopes(["chat:write"])
    assert refused(url, filename="a", length=1) == "missing_scope"


def test_uploads_that_fail_on_the_way(slack: SlackSandbox, client: WebClient) -> None:
    """An upload can be refused by the network, and kept although its answer is lost."""
    announced = client.files_getUploadURLExternal(filename="a.txt", length=3)
    slack.fault("upload", "error")
    assert httpx.post(announced["upload_url"], content=b"abc").status_code == 500
    files: list[dict[str, str | None]] = [{"id": announced["file_id"]}]
    assert refused(client.files_completeUploadExternal, files=files) == "file_not_found"
    slack.fault("upload", "lost_reply")
    with pytest.raises(httpx.HTTPError):
        httpx.post(announced["upload_url"], content=b"abc")
    client.files_completeUploadExternal(files=files, channel_id=ALERTS)
    assert slack.file(announced["file_id"]) == b"abc"


def test_uploads_have_a_rate_limit(slack: SlackSandbox, client: WebClient) -> None:
    """Slack counts the calls that share files, as those of its tier 4."""
    slack.settings(call_burst=1, tier4=1)
    client.files_getUploadURLExternal(filename="a.txt", length=3)
    url = client.files_getUploadURLExternal
    assert refused(url, filename="a.txt", length=3) == "ratelimited"


def test_edits_have_a_rate_limit(slack: SlackSandbox, client: WebClient) -> None:
    """Changing messages is limited over all channels, as by Slack's tier 3."""
    slack.settings(call_burst=1, tier3=1)
    ts = client.chat_postMessage(channel=ALERTS, text="First")["ts"]
    client.chat_update(channel=ALERTS, ts=ts, text="Second")
    assert refused(client.chat_update, channel=ALERTS, ts=ts, text="Third") == "ratelimited"


def test_answers_in_threads(slack: SlackSandbox, client: WebClient) -> None:
    """An answer stands in its thread, and in the channel too where that is asked for."""
    slack.settings(post_burst=9)
    first = client.chat_postMessage(channel=ALERTS, text="First")["ts"]
    second = client.chat_postMessage(channel=ALERTS, text="Second", thread_ts=first)
    assert second["message"]["thread_ts"] == first
    client.chat_postMessage(
        channel=ALERTS, text="Third", thread_ts=second["ts"], reply_broadcast=True
    )
    client.chat_postEphemeral(channel=ALERTS, user=ALICE, text="Psst", thread_ts=first)
    seen = [(m["text"], m["thread_ts"], m["broadcast"]) for m in slack.messages()]
    assert seen == [("First", "", False), ("Second", first, False), ("Third", first, True)]
    history = client.conversations_history(channel=ALERTS)["messages"]
    assert [(m["text"], m.get("subtype")) for m in history] == [
        ("Third", "thread_broadcast"),
        ("First", None),
    ]
    assert (history[1]["reply_count"], history[1]["latest_reply"]) == (2, history[0]["ts"])
    for ts in (first, second["ts"]):
        replies = client.conversations_replies(channel=ALERTS, ts=ts, limit=2)
        assert [m["text"] for m in replies["messages"]] == ["First", "Second"]
        assert replies["has_more"]
    asked = slack.say("Who?", BOB)["ts"]
    answer = client.chat_postMessage(channel=ALERTS, text="I.", thread_ts=asked)["message"]
    assert answer["parent_user_id"] == BOB
    post = client.chat_postMessage
    assert refused(post, channel=ALERTS, text="a", thread_ts="1.0") == "thread_not_found"
    assert refused(client.conversations_replies, channel=ALERTS, ts="1.0") == "thread_not_found"
    assert refused(client.conversations_replies, channel=ELSEWHERE, ts=first) == "not_in_channel"


def test_messages_are_deleted(slack: SlackSandbox, client: WebClient) -> None:
    """The bot deletes what it posted, once; a message has its link while it stands."""
    ts = client.chat_postMessage(channel=ALERTS, text="First")["ts"]
    link = client.chat_getPermalink(channel=ALERTS, message_ts=ts)["permalink"]
    assert str(link).endswith(f"/{ALERTS}/p{ts.replace('.', '')}")
    client.chat_delete(channel=ALERTS, ts=ts)
    assert slack.messages() == []
    assert refused(client.chat_delete, channel=ALERTS, ts=ts) == "message_not_found"
    assert refused(client.chat_delete, channel="C9", ts=ts) == "channel_not_found"
    link_of = client.chat_getPermalink
    assert refused(link_of, channel=ALERTS, message_ts=ts) == "message_not_found"
    assert refused(link_of, channel="C9", message_ts=ts) == "channel_not_found"
    assert slack.state()["messages"][0]["deleted"]
