"""What people say, press and are suggested in the sandbox's Slack, and how they see it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.workspace import (
    ALERTS,
    ALICE,
    APPROVERS,
    ARCHIVED,
    BOB,
    BOT_USER,
    CAROL,
    GROUP,
)
from slack_sdk.errors import SlackApiError

from sandbox.tests.slack import fixtures
from sandbox.tests.slack.fixtures import Node, TinyBot, actions, button, field, menu, modal

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

slack_server, slack = fixtures.slack_server, fixtures.slack
client, bot = fixtures.client, fixtures.bot

EXTERNAL: Node = {"type": "external_select", "action_id": "ask", "min_query_length": 2}
OPTIONS = menu("x", "one", "two")["options"]


def test_who_and_what_there_is(slack: SlackSandbox) -> None:
    """The state names the bot, the people with their roles, the user groups and the channels."""
    seen = slack.state()
    assert seen["bot"] == {"id": BOT_USER, "name": "altcontact"}
    assert seen["people"] == [
        {"id": ALICE, "name": "alice", "role": "fixer"},
        {"id": BOB, "name": "bob", "role": ""},
        {"id": CAROL, "name": "carol", "role": "fixer"},
    ]
    assert [(g["id"], g["handle"], g["members"]) for g in seen["groups"]] == [
        (GROUP, "secops", [ALICE]),
        (APPROVERS, "approvers", [CAROL]),
    ]
    assert seen["channels"][0] == {
        "id": ALERTS,
        "name": "security-alerts",
        "kind": "public_channel",
        "is_archived": False,
        "members": [ALICE, BOT_USER, BOB, CAROL],
    }
    assert seen["refusals"] == []


def test_groups_change(slack: SlackSandbox, client: WebClient) -> None:
    """A user group may be emptied, and disabled: then it is no longer listed, nor its people."""
    slack.set_group(GROUP, members=[])
    assert client.usergroups_users_list(usergroup=GROUP)["users"] == []
    slack.set_group(APPROVERS, deleted=True)
    assert {person["role"] for person in slack.state()["people"]} == {""}
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        client.usergroups_users_list(usergroup=APPROVERS)
    assert [group["id"] for group in client.usergroups_list()["usergroups"]] == [GROUP]
    disabled = client.usergroups_list(include_disabled=True)["usergroups"][1]
    assert disabled["date_delete"] > 0
    assert [group["id"] for group in slack.state()["groups"]] == [GROUP]
    slack.set_group(APPROVERS, deleted=False)
    assert client.usergroups_users_list(usergroup=APPROVERS)["users"] == [CAROL]
    with pytest.raises(SandboxError, match="no user group"):
        slack.set_group("S9", members=[])


def test_refusals_are_seen(slack: SlackSandbox, client: WebClient) -> None:
    """What was refused is seen with its reasons; a request to wait is no refusal."""
    slack.settings(post_burst=1.0, scopes=["chat:write"])
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        client.chat_postMessage(channel=ALERTS, text="a", blocks=[{"type": "section"}])
    client.chat_postMessage(channel=ALERTS, text="a")
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.chat_postMessage(channel=ALERTS, text="b")
    with pytest.raises(SlackApiError, match="missing_scope"):
        client.users_list()
    first, second = slack.state()["refusals"]
    assert (first["number"], first["method"]) == (1, "chat.postMessage")
    assert (first["error"], first["why"]) == (
        "invalid_blocks",
        ["blocks[0]: neither text nor fields"],
    )
    assert first["at"] > 0
    assert (second["number"], second["error"]) == (3, "missing_scope")
    assert "users:read" in second["why"][0]
    assert slack.refusals()[1]["error"] == "ratelimited"


def test_a_delivery_that_nobody_takes_is_refused(slack: SlackSandbox, bot: TinyBot) -> None:
    """What is never acked is seen as a refusal of what was delivered."""
    slack.settings(ack_within=0.01)
    bot.hold = threading.Event()
    assert not slack.command("/tiny slow")["acked"]
    bot.hold.set()
    (refused,) = slack.state()["refusals"]
    assert (refused["method"], refused["error"]) == ("slash_commands", "no_ack")
    assert "4 times" in refused["why"][0]


def test_people_say_something(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """A person's message and answers are seen, escaped as Slack does; the bot hears nothing."""
    slack.settings(events=[])
    posted = slack.say("Is 1 < 2 & 2 > 1?", user=BOB)
    assert posted["acked"] is None
    (seen,) = slack.messages()
    assert (seen["user"], seen["ts"], seen["thread_ts"]) == (BOB, posted["ts"], "")
    assert seen["text"] == "Is 1 &lt; 2 &amp; 2 &gt; 1?"
    slack.say("Yes", user=ALICE, answers=seen)
    slack.say("So", user=CAROL, answers=slack.wait_message("Yes"))
    assert [m["thread_ts"] for m in slack.messages()] == ["", seen["ts"], seen["ts"]]
    told = client.conversations_history(channel=ALERTS)["messages"]
    assert [(m["user"], m["reply_count"], m["reply_users_count"]) for m in told] == [(BOB, 2, 2)]
    assert "blocks" not in told[0]
    slack.say("Hello", user=BOB, channel=f"D{BOB[1:]}")
    assert slack.dms(BOB)[0]["user"] == BOB
    assert "no such channel" in slack.say("a", user=BOB, channel=f"D{ALICE[1:]}")["error"]
    assert "archived" in slack.say("a", channel=ARCHIVED)["error"]
    assert "nothing to say" in slack.say(" ")["error"]
    assert "no such message" in slack.say("a", answers={**seen, "ts": "1.0"})["error"]
    assert bot.told == []
    for call in (client.chat_update, client.chat_delete):
        with pytest.raises(SlackApiError, match="cant_"):
            call(channel=ALERTS, ts=seen["ts"], text="Mine now")


def test_a_press_names_one_element(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """A block and a whole action_id name one element; without them the first that begins so."""
    link = {**button("go"), "url": "https://example.com"}
    blocks = [actions(button("go:1"), block_id="one"), actions(link, block_id="two")]
    client.chat_postMessage(channel=ALERTS, text="T", blocks=blocks)
    message = slack.wait_message("T")
    assert "no element" in slack.press("g", message=message, exact=True)["error"]
    assert "no element" in slack.press("go", message=message, block_id="three")["error"]
    assert slack.press("go", message=message, block_id="two", exact=True)["acked"]
    assert bot.told[0]["actions"][0]["block_id"] == "two"


def test_what_is_chosen_in_a_message_stays(
    slack: SlackSandbox, bot: TinyBot, client: WebClient
) -> None:
    """A choice in a message is seen and told with the next press, until its menu goes."""
    blocks = [actions(menu("menu", "a", "b"), button("go"))]
    posted = client.chat_postMessage(channel=ALERTS, text="T", blocks=blocks)
    message = slack.wait_message("T")
    assert message["values"] == {"doing/menu": ""}
    slack.press("menu", "b", message=message)
    assert slack.messages()[0]["values"] == {"doing/menu": "b"}
    slack.press("go", message=message)
    told = bot.told[-1]["state"]["values"]["doing"]["menu"]
    assert told["selected_option"]["value"] == "b"
    client.chat_update(channel=ALERTS, ts=posted["ts"], text="U", blocks=blocks)
    assert slack.messages()[0]["values"] == {"doing/menu": "b"}
    client.chat_update(channel=ALERTS, ts=posted["ts"], text="U", blocks=[])
    assert slack.messages()[0]["values"] == {}


def test_options_are_suggested(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """The app is asked for options while somebody types, and what it gave can be chosen."""
    bot.options = {"options": OPTIONS}
    bot.form = modal(field("ask", {**EXTERNAL, "type": "multi_external_select"}))
    slack.command("/tiny form")
    view = slack.wait_view("Form")
    assert "before 2 characters" in slack.suggest("ask", "o")["error"]
    assert "no menu" in slack.suggest("other", "one")["error"]
    assert "does not offer" in slack.submit(ask=["one"])["error"]
    assert slack.suggest("ask", "on", block_id="ask")["options"] == OPTIONS
    told = bot.told[-1]
    assert (told["type"], told["value"], told["action_id"]) == ("block_suggestion", "on", "ask")
    assert (told["block_id"], told["container"]["view_id"]) == ("ask", view["id"])
    assert slack.submit(ask=["one", "two"])["closed"]
    chosen = bot.told[-1]["view"]["state"]["values"]["ask"]["ask"]["selected_options"]
    assert chosen == OPTIONS
    client.chat_postMessage(channel=ALERTS, text="T", blocks=[actions(EXTERNAL)])
    message = slack.wait_message("T")
    bot.options = {"option_groups": [{"label": OPTIONS[0]["text"], "options": OPTIONS}]}
    assert slack.suggest("ask", "tw", message=message)["option_groups"][0]["options"] == OPTIONS
    assert bot.told[-1]["message"]["ts"] == message["ts"]
    assert "response_url" not in bot.told[-1]
    assert "no element" in slack.press("ask", "three", message=message)["error"]
    slack.press("ask", "two", message=message)
    assert bot.told[-1]["actions"][0]["selected_option"] == OPTIONS[1]
    (seen,) = slack.messages()
    assert (seen["values"], seen["suggested"]) == ({"doing/ask": "two"}, {"doing/ask": OPTIONS})
    assert "no such message" in slack.suggest("ask", "x", message={**message, "ts": "1"})["error"]
    assert slack.refusals() == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"options": menu("x", *map(str, range(101)))["options"]}, "101 options"),
        ({"options": [{"value": "a"}]}, "no text object"),
        ({"options": [{"text": {"type": "plain_text", "text": "x" * 76}, "value": "a"}]}, "75"),
        ({"text": "What?"}, "neither options nor option_groups"),
        ({"option_groups": []}, "option_groups are not 1 to 100"),
    ],
)
def test_wrong_options_are_refused(
    slack: SlackSandbox, bot: TinyBot, answer: Node, why: str
) -> None:
    """Options that Slack would not show are refused as a wrong ack."""
    bot.options = answer
    bot.form = modal(field("ask", EXTERNAL))
    slack.command("/tiny form")
    slack.wait_view("Form")
    assert "could not be shown" in slack.suggest("ask", "on")["error"]
    (refused,) = slack.state()["refusals"]
    assert refused["method"] == "ack"
    assert why in refused["why"][0]


def test_options_that_never_come(slack: SlackSandbox) -> None:
    """A menu that asks in vain says that nothing was acked."""
    bot = TinyBot(slack)
    bot.form = modal(field("ask", EXTERNAL))
    bot.start()
    slack.command("/tiny form")
    slack.wait_view("Form")
    slack.settings(ack_within=0.01)
    slack.deaden_sockets()
    assert slack.suggest("ask", "on")["acked"] is False
    slack.cut_sockets()
    bot.stop()


def test_the_home_is_opened(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """An app that subscribes to it hears who opens its Home; it can be pressed in."""
    assert "no home tab" in slack.press("go", home=True)["error"]
    slack.settings(events=[])
    assert slack.open_home()["acked"] is None
    slack.settings(events=["app_home_opened"])
    assert slack.open_home()["acked"]
    assert "view" not in bot.wait_event(lambda event: event["user"] == ALICE)
    home = {"type": "home", "blocks": [actions(button("go"), menu("menu", "a", "b"))]}
    shown = client.views_publish(user_id=ALICE, view=home)["view"]
    slack.open_home()
    assert bot.wait_event(lambda event: "view" in event)["view"]["id"] == shown["id"]
    assert slack.press("menu", "b", home=True)["acked"]
    assert bot.told[-1]["container"] == {"type": "view", "view_id": shown["id"]}
    seen = slack.home()
    assert seen is not None
    assert seen["values"] == {"doing/menu": "b"}
    assert slack.open_home(tab="messages")["acked"]
    assert "view" not in bot.wait_event(lambda event: event.get("tab") == "messages")
    slack.settings(has_home=False)
    assert "no home tab" in slack.open_home()["error"]
    with pytest.raises(SlackApiError, match="not_enabled"):
        client.views_publish(user_id=ALICE, view=home)


def test_direct_messages_reach_the_app(slack: SlackSandbox, bot: TinyBot) -> None:
    """An app that subscribes to them, and has the scope, hears what people write to it."""
    direct = f"D{BOB[1:]}"
    slack.scopes(["chat:write"])
    assert "handle" not in slack.say("Anybody?", BOB, direct)
    slack.scopes(["chat:write", "im:history"])
    said = slack.say("Is 1 < 2?", BOB, direct)
    told = bot.wait_event(lambda event: event["type"] == "message")
    assert (told["user"], told["channel"], told["channel_type"]) == (BOB, direct, "im")
    assert (told["text"], told["ts"]) == ("Is 1 &lt; 2?", said["ts"])
    assert slack.deliver_again(said["handle"])["acked"]
    slack.say("In the channel", BOB)
    slack.say("In a thread", BOB, answers=slack.dms(BOB)[0])
    bot.wait_event(lambda event: "thread_ts" in event)
    assert "In the channel" not in str(bot.told)


@pytest.mark.parametrize(
    ("verb", "call", "body", "why"),
    [
        ("POST", "act/say", b"{", "isn't JSON"),
        ("POST", "act/say", b"[]", "isn't a JSON object"),
        ("POST", "act/say", b"{}", "Missing a required argument"),
        (
            "POST",
            "act/say",
            b'{"user": 1, "channel": "C1", "text": "a"}',
            "user is of another type",
        ),
        ("POST", "act/dance", b"{}", "cannot dance"),
        ("POST", "set/settings", b'{"latency": "slow"}', "Invalid value"),
        ("POST", "set/refuse", b"{}", "'seconds' is missing"),
        ("POST", "set/weather", b"{}", "no setting weather"),
        ("GET", "state?since=now", b"", "are numbers"),
        ("GET", "wire?timeout=long", b"", "are numbers"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    slack: SlackSandbox, verb: str, call: str, body: bytes, why: str
) -> None:
    """A call that is wrong is answered 400 with what is wrong."""
    answer = httpx.request(verb, f"{slack.url}/_sandbox/{call}", content=body)
    assert answer.status_code == 400
    assert why in answer.json()["error"]
    assert isinstance(answer.json()["remedy"], str)


def test_a_payload_of_any_shape_is_delivered(slack: SlackSandbox, bot: TinyBot) -> None:
    """It comes as it is, with a trigger that opens a modal, and the ack's answer is given back."""
    trigger = slack.trigger()
    payload = {"command": "/tiny", "text": "form", "strange": None, **trigger}
    told = slack.deliver(payload, "slash_commands")
    assert told["acked"]
    assert bot.told[-1]["strange"] is None
    slack.wait_view("Form")
    said = slack.deliver({**payload, "text": "hello"}, "slash_commands")
    assert said["answer"] == {"text": "You said hello."}
    with pytest.raises(SandboxError):
        slack.trigger("U0NOBODY01")
