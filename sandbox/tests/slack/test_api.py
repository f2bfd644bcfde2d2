"""The Web API of the sandbox's Slack, called by slack_sdk's own client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from altcontact_sandbox.slack.workspace import (
    ALERTS,
    ALICE,
    ARCHIVED,
    BOB,
    BOT_USER,
    CAROL,
    ELSEWHERE,
    GENERAL,
    GROUP,
)
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.tests.slack import fixtures
from sandbox.tests.slack.fixtures import Node, actions, button, modal, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.sandbox import SlackSandbox

slack_server, slack = fixtures.slack_server, fixtures.slack
client = fixtures.client

METADATA = {"event_type": "alert", "event_payload": {"id": "1"}}
LONG: list[Node] = [{"type": "section", "text": plain("x" * 2700)}] * 5


def refused(call: Callable[..., Any], *args: Any, **given: Any) -> str:  # noqa: ANN401 - slack_sdk's own
    """Slack's word for why it refused a call."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **given)
    return str(caught.value.response["error"])


def test_who_and_where_one_is(slack: SlackSandbox, client: WebClient) -> None:
    """auth.test names the bot; api.test echoes, and fails on demand; calls hold no token."""
    assert client.auth_test()["user_id"] == BOT_USER
    assert client.api_test(foo="bar")["args"] == {"foo": "bar"}
    assert refused(client.api_test, error="my_error") == "my_error"
    assert [call["method"] for call in slack.calls()] == ["auth.test", "api.test"]
    assert "xoxb" not in str(slack.calls())
    assert refused(client.api_call, "chat.dance") == "unknown_method"


def test_posts_and_updates(slack: SlackSandbox, client: WebClient) -> None:
    """A post is shown with blocks and metadata; an update stands in its place and is counted."""
    blocks = [actions(button("go"))]
    answer = client.chat_postMessage(
        channel="#security-alerts", text="One", blocks=blocks, metadata=METADATA
    )
    (seen,) = slack.messages()
    assert (seen["channel"], seen["ts"], seen["user"]) == (ALERTS, answer["ts"], BOT_USER)
    assert (seen["blocks"], seen["metadata"], seen["edits"]) == (blocks, METADATA, 0)
    client.chat_update(channel=ALERTS, ts=answer["ts"], text="Two")
    (after,) = slack.messages()
    assert (after["id"], after["text"], after["blocks"]) == (seen["id"], "Two", [])
    assert (after["metadata"], after["edits"]) == (METADATA, 1)
    history = client.conversations_history(channel=ALERTS)
    assert history["messages"][0]["edited"]["user"] == BOT_USER
    assert refused(client.chat_update, channel=ALERTS, ts="1.0", text="a") == "message_not_found"
    assert refused(client.chat_update, channel="C9", ts="1.0", text="a") == "channel_not_found"


def test_direct_and_ephemeral_messages(slack: SlackSandbox, client: WebClient) -> None:
    """A post to a person is a direct message; an ephemeral one is seen by one person alone."""
    posted = client.chat_postMessage(channel=BOB, text="Direct")
    assert client.conversations_open(users=[BOB])["channel"]["id"] == posted["channel"]
    assert slack.wait_dm("Direct", BOB) == slack.dms(BOB)[0]
    client.chat_postEphemeral(channel=ALERTS, user=CAROL, text="Psst")
    assert slack.wait_private("Psst", CAROL)["to"] == CAROL
    assert slack.private(ALICE) == []
    assert slack.messages() == []
    unseen = client.conversations_history(channel=ALERTS)
    assert unseen["messages"] == []
    assert (
        refused(client.chat_postEphemeral, channel=ALERTS, user="U9", text="a")
        == "user_not_in_channel"
    )
    assert refused(client.conversations_open, users=["U9"]) == "user_not_found"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel": "C9", "text": "a"}, "channel_not_found"),
        ({"channel": "#nowhere", "text": "a"}, "channel_not_found"),
        ({"channel": ARCHIVED, "text": "a"}, "is_archived"),
        ({"channel": ELSEWHERE, "text": "a"}, "not_in_channel"),
        ({"channel": ALERTS, "text": ""}, "no_text"),
        ({"channel": ALERTS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": ALERTS, "text": "a", "blocks": LONG}, "msg_blocks_too_long"),
        ({"channel": ALERTS, "text": "a", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        (
            {"channel": ALERTS, "text": "a", "metadata": {"event_type": "b"}},
            "invalid_metadata_format",
        ),
        (
            {"channel": ALERTS, "text": "a", "metadata": {"event_type": "", "event_payload": {}}},
            "invalid_metadata_format",
        ),
    ],
)
def test_posts_that_are_refused(
    slack: SlackSandbox, client: WebClient, given: Node, error: str
) -> None:
    """A post is refused in Slack's words, and the refusal is kept."""
    assert refused(client.api_call, "chat.postMessage", json=given) == error
    assert slack.refusals()[0]["error"] == error
    assert slack.calls() == []


def test_channels_change_under_the_bot(slack: SlackSandbox, client: WebClient) -> None:
    """A channel may be archived, and the bot put out of it and in again."""
    slack.remove_bot()
    assert refused(client.chat_postMessage, channel=ALERTS, text="a") == "not_in_channel"
    assert refused(client.conversations_history, channel=ALERTS) == "not_in_channel"
    assert not client.conversations_info(channel=ALERTS)["channel"]["is_member"]
    slack.add_bot()
    client.chat_postMessage(channel=ALERTS, text="a")
    slack.archive()
    assert refused(client.chat_postMessage, channel=ALERTS, text="a") == "is_archived"
    slack.set_channel(is_archived=False)
    client.chat_postMessage(channel=ALERTS, text="b")


def test_posts_have_a_rate(slack: SlackSandbox, client: WebClient) -> None:
    """A channel takes a burst and then one post a second; the answer says how long to wait."""
    slack.settings(post_burst=2, post_rate=0.5)
    for number in range(2):
        client.chat_postMessage(channel=ALERTS, text=str(number))
    client.chat_postMessage(channel=GENERAL, text="elsewhere")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=ALERTS, text="3")
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) in {1, 2}
    slack.settings(post_rate=1e9)
    client.chat_postMessage(channel=ALERTS, text="4")


def test_history_is_read_in_pages(slack: SlackSandbox, client: WebClient) -> None:
    """History is newest first, in pages, within its bounds; metadata comes where asked for."""
    slack.settings(post_burst=9)
    posted = [
        client.chat_postMessage(channel=ALERTS, text=str(n), metadata=METADATA)["ts"]
        for n in range(3)
    ]
    page = client.conversations_history(channel=ALERTS, limit=2)
    assert [m["text"] for m in page["messages"]] == ["2", "1"]
    assert page["has_more"]
    assert "metadata" not in page["messages"][0]
    cursor = page["response_metadata"]["next_cursor"]
    last = client.conversations_history(
        channel=ALERTS, limit=2, cursor=cursor, include_all_metadata=True
    )
    assert ([m["text"] for m in last["messages"]], last["has_more"]) == (["0"], False)
    assert last["messages"][0]["metadata"] == METADATA

    def between(**bounds: Any) -> list[str]:  # noqa: ANN401 - slack_sdk's own
        found = client.conversations_history(channel=ALERTS, **bounds)["messages"]
        return [message["text"] for message in found]

    assert between(oldest=posted[0]) == ["2", "1"]
    assert between(latest=posted[2]) == ["1", "0"]
    assert between(oldest=posted[0], latest=posted[1], inclusive=True) == ["1", "0"]
    assert refused(client.conversations_history, channel=ALERTS, cursor="x") == "invalid_cursor"
    assert refused(client.conversations_history, channel=ALERTS, limit=1001) == "invalid_limit"
    assert refused(client.conversations_history, channel="C9") == "channel_not_found"


def test_places_and_people(client: WebClient) -> None:
    """Channels, their members, people and user groups are listed, in pages where long."""
    listed: list[str] = []
    cursor = ""
    while True:
        page = client.conversations_list(limit=3, cursor=cursor)
        listed += [channel["id"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert listed == [ALERTS, ARCHIVED, ELSEWHERE, GENERAL]
    current = client.conversations_list(exclude_archived=True)["channels"]
    assert ARCHIVED not in [channel["id"] for channel in current]
    assert client.conversations_list(types="private_channel")["channels"] == []
    assert client.conversations_members(channel=ELSEWHERE)["members"] == [ALICE, BOB, CAROL]
    assert client.users_info(user=ALICE)["user"]["name"] == "alice"
    assert [user["id"] for user in client.users_list()["members"]][-1] == BOT_USER
    assert client.usergroups_list()["usergroups"][0]["id"] == GROUP
    assert client.usergroups_users_list(usergroup=GROUP)["users"] == [ALICE]
    assert refused(client.users_info, user="U9") == "user_not_found"
    assert refused(client.usergroups_users_list, usergroup="S9") == "no_such_subteam"
    assert refused(client.conversations_info, channel="#security-alerts") == "channel_not_found"


@pytest.mark.parametrize("problem", ["token_revoked", "account_inactive", "invalid_auth"])
def test_tokens_go_bad(slack: SlackSandbox, client: WebClient, problem: str) -> None:
    """A token that was taken back is refused in the words that are set, until it is good again."""
    slack.revoke_token(problem)
    assert refused(client.auth_test) == problem
    slack.revoke_token("")
    client.auth_test()


def test_tokens_are_looked_at(slack: SlackSandbox, client: WebClient) -> None:
    """No token, another token, and the wrong kind of token are refused."""
    base = slack.environment()["SLACK_API_URL"]
    assert httpx.post(f"{base}auth.test").json()["error"] == "not_authed"
    assert refused(WebClient("xoxb-other", base_url=base).auth_test) == "invalid_auth"
    wrong = client.token or ""
    assert refused(client.apps_connections_open, app_token=wrong) == "invalid_auth"


def test_bodies_are_read_strictly(slack: SlackSandbox) -> None:
    """A body that is no JSON, or no object, is refused."""
    url = f"{slack.environment()['SLACK_API_URL']}api.test"
    json = {"content-type": "application/json; charset=utf-8"}
    assert httpx.post(url, content=b"{", headers=json).json()["error"] == "invalid_json"
    assert httpx.post(url, content=b"[]", headers=json).json()["error"] == "json_not_object"
    assert httpx.post(url, data={"blocks": "[{"}).json()["error"] == "invalid_json"
    view = f"{slack.environment()['SLACK_API_URL']}views.open"
    token = {"authorization": f"Bearer {slack.environment()['SLACK_BOT_TOKEN']}"}
    assert httpx.post(view, headers=token).json()["error"] == "invalid_arguments"


def test_scopes_are_needed(slack: SlackSandbox, client: WebClient) -> None:
    """A method needs its scope; the answer says which is needed and which are provided."""
    slack.scopes(["chat:write", "groups:read"])
    client.chat_postMessage(channel=ALERTS, text="a")
    with pytest.raises(SlackApiError) as caught:
        client.conversations_history(channel=ALERTS)
    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:history")
    assert answer["provided"] == "chat:write,groups:read"
    assert refused(client.conversations_list) == "missing_scope"
    assert refused(client.users_list) == "missing_scope"
    client.conversations_list(types="private_channel")
    slack.scopes(None)
    client.users_list()


def test_the_manifests_scopes(slack: SlackSandbox, client: WebClient) -> None:
    """The scopes of a manifest are granted: the shipped one reads people, and no shared files."""
    manifest = yaml.safe_load((Path(__file__).parents[3] / "manifest.yml").read_text("utf-8"))
    slack.scopes(manifest)
    client.conversations_history(channel=ALERTS)
    client.usergroups_users_list(usergroup=GROUP)
    client.users_list()
    assert refused(client.conversations_open, users=ALICE) == "missing_scope"


def test_faults_count_down(slack: SlackSandbox, client: WebClient) -> None:
    """A method fails so many times as was set, and then no more; others do not."""
    slack.fault("chat.postMessage", "ratelimited", count=2, seconds=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel=ALERTS, text="a")
        assert caught.value.response.headers["Retry-After"] == "7"
        client.auth_test()
    client.chat_postMessage(channel=ALERTS, text="b")
    slack.fault("*", "error")
    with pytest.raises(SlackApiError) as caught:
        client.auth_test()
    assert caught.value.response.status_code == 500
    slack.fault("auth.test", "error", count=99)
    slack.clear_faults()
    client.auth_test()


@pytest.mark.parametrize(("kind", "done"), [("close", 0), ("lost_reply", 1), ("hang", 0)])
def test_connections_break(slack: SlackSandbox, kind: str, done: int) -> None:
    """A connection breaks before the call is done, or after: then only the reply is lost."""
    slack.fault("chat.postMessage", kind, seconds=0.01)
    token = {"authorization": f"Bearer {slack.environment()['SLACK_BOT_TOKEN']}"}
    url = f"{slack.environment()['SLACK_API_URL']}chat.postMessage"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url, headers=token, json={"channel": ALERTS, "text": "a"})
    assert len(slack.messages()) == done


def test_slow_answers(slack: SlackSandbox, client: WebClient) -> None:
    """A slow answer comes late, after the call was done; so does any while there is latency."""
    slack.fault("chat.postMessage", "slow", seconds=0.05)
    slack.settings(latency=0.01)
    assert client.chat_postMessage(channel=ALERTS, text="a")["ok"]
    assert slack.wait_message("a")


def test_what_is_shown_can_be_waited_for(slack: SlackSandbox, client: WebClient) -> None:
    """A wait takes a text, which may stand in a block, or a predicate; the newest is given."""
    client.chat_postMessage(channel=ALERTS, text="a", blocks=[actions(button("first"))])
    client.chat_postMessage(channel=ALERTS, text="a", blocks=[actions(button("second"))])
    assert "second" in str(slack.wait_message("a")["blocks"])
    assert "first" in str(slack.wait_message("first")["blocks"])
    assert "first" in str(slack.wait_message(lambda m: "first" in str(m))["blocks"])


def test_blocks_are_named(slack: SlackSandbox, client: WebClient) -> None:
    """Blocks that come without a block_id are given one that no other has."""
    blocks = [{"type": "divider"}, {"type": "divider", "block_id": "b0"}, {"type": "divider"}]
    client.chat_postMessage(channel=ALERTS, text="a", blocks=blocks)
    names = [block["block_id"] for block in slack.messages()[0]["blocks"]]
    assert len(set(names)) == 3
    assert names[1] == "b0"


def test_views_need_a_trigger(client: WebClient) -> None:
    """A modal cannot be opened without somebody who acted."""
    assert refused(client.views_open, trigger_id="", view=modal()) == "invalid_trigger_id"
