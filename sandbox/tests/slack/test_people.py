"""What people do in the sandbox's Slack, as a Bolt app over a real WebSocket gets it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.slack.client.client import SlackControl
from altcontact_sandbox.slack.workspace import ALERTS, ALICE, BOB, ENTERPRISE, TEAM
from slack_sdk.errors import SlackApiError

from sandbox.tests.slack import fixtures
from sandbox.tests.slack.fixtures import Node, TinyBot, actions, button, field, menu, modal, plain

if TYPE_CHECKING:
    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk import WebClient

slack_server, slack = fixtures.slack_server, fixtures.slack
client, bot = fixtures.client, fixtures.bot

pytestmark = pytest.mark.usefixtures("slack")


def test_a_command_has_slacks_fields(slack: SlackSandbox, bot: TinyBot) -> None:
    """A slash command reaches the bot with all its fields; the ack's text is shown privately."""
    answer = slack.command("/tiny hello there", user=BOB)
    assert answer["acked"]
    told = bot.told[0]
    assert (told["command"], told["text"], told["user_id"]) == ("/tiny", "hello there", BOB)
    assert (told["channel_id"], told["channel_name"]) == (ALERTS, "security-alerts")
    assert told["trigger_id"] == answer["trigger_id"]
    seen = slack.wait_ephemeral("You said hello there.", BOB)
    assert (seen["channel"], seen["to"]) == (ALERTS, BOB)
    assert slack.ephemerals(BOB) == [seen]
    assert slack.ephemerals(ALICE) == []
    assert slack.messages() == []
    assert [ack["attempt"] for ack in slack.acks()] == [0]
    assert slack.acks()[0]["seconds"] is not None


def test_an_ack_may_speak_to_all(slack: SlackSandbox, bot: TinyBot) -> None:
    """An ack with `in_channel` is shown to everybody; one with wrong blocks is refused."""
    slack.command("/tiny everybody")
    assert slack.messages()[0]["text"] == "For all."
    slack.command("/tiny wrong")
    assert slack.private() == []
    assert slack.refusals()[0]["method"] == "ack"


def test_a_delivery_is_repeated(slack: SlackSandbox, bot: TinyBot) -> None:
    """Any earlier delivery comes again with the same payload."""
    first = slack.command("/tiny one")
    slack.command("/tiny two")
    again = slack.deliver_again(first["handle"])
    assert again["acked"]
    assert bot.told[2] == bot.told[0]
    assert "nothing like that" in slack.deliver_again(9)["error"]


def test_a_press_in_a_message(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """A press tells where, what and by whom; a choice its option; the message comes along."""
    blocks = [actions(button("gone", "x"), button("go", "acc-1"), menu("menu", "a", "b"))]
    client.chat_postMessage(
        channel="#security-alerts",
        text="T",
        blocks=blocks,
        metadata={"event_type": "alert", "event_payload": {"n": 1}},
    )
    message = slack.wait_message(lambda m: m["text"] == "T")
    assert slack.press("go", message=message, user=BOB)["acked"]
    told = bot.told[0]
    assert told["type"] == "block_actions"
    assert told["user"]["id"] == BOB
    assert told["channel"] == {"id": ALERTS, "name": "security-alerts"}
    assert told["container"]["message_ts"] == message["ts"] == told["message"]["ts"]
    assert told["message"]["blocks"] == blocks
    assert told["response_url"].startswith(slack.url)
    pressed = told["actions"][0]
    assert (pressed["action_id"], pressed["block_id"], pressed["value"]) == ("go", "doing", "acc-1")
    assert pressed["action_ts"]

    slack.press("menu", "b", message=message)
    assert bot.told[1]["actions"][0]["selected_option"]["value"] == "b"
    slack.press(message=message, index=-1)
    assert bot.told[2]["actions"][0]["selected_option"]["value"] == "a"
    assert "no element" in slack.press("other", message=message)["error"]
    assert "no element" in slack.press("menu", "c", message=message)["error"]
    assert "no such message" in slack.press("go", message={**message, "ts": "1.0"})["error"]


def test_a_form_is_filled_and_submitted(slack: SlackSandbox, bot: TinyBot) -> None:
    """Initial values stand in the form; a submission carries the state; an empty ack closes it."""
    bot.form = modal(
        field(
            "name", {"type": "plain_text_input", "action_id": "value", "initial_value": "Security"}
        ),
        field("kind", menu("kind", "a", "b", initial_option=menu("x", "a")["options"][0])),
        field("boxes", {**menu("boxes", "x", "y"), "type": "checkboxes"}, optional=True),
        actions(menu("menu", "1", "2"), block_id="more"),
        private_metadata="kept",
    )
    slack.command("/tiny form")
    view = slack.wait_view("Form")
    assert view["values"] == {"name": "Security", "kind": "a", "boxes": [], "more/menu": ""}
    assert slack.press("menu", "2")["acked"]
    assert bot.told[-1]["container"] == {"type": "view", "view_id": view["id"]}
    assert "message" not in bot.told[-1]
    assert slack.submit(kind="b", boxes=["y"])["closed"]
    told = bot.told[-1]["view"]
    assert (told["id"], told["hash"]) == (view["id"], view["hash"])
    assert (told["callback_id"], told["private_metadata"]) == ("form", "kept")
    values = told["state"]["values"]
    assert values["name"]["value"] == {"type": "plain_text_input", "value": "Security"}
    assert values["kind"]["kind"]["selected_option"]["value"] == "b"
    assert [o["value"] for o in values["boxes"]["boxes"]["selected_options"]] == ["y"]
    assert values["more"]["menu"]["selected_option"]["value"] == "2"
    assert slack.view() is None
    assert slack.refusals() == []


def test_a_press_tells_what_is_typed_by_then(slack: SlackSandbox, bot: TinyBot) -> None:
    """With a press in a form the app hears what stands in the inputs, which stays there."""
    bot.form = modal(field("name"), actions(button("go")))
    slack.command("/tiny form")
    slack.wait_view("Form")
    assert slack.press("go", values={"name": "Half"})["acked"]
    told = bot.told[-1]["view"]["state"]["values"]
    assert told["name"]["value"] == {"type": "plain_text_input", "value": "Half"}
    assert slack.press("go", values={"nothing": "X"})["error"] == "the form has no input nothing"
    view = slack.view()
    assert view is not None
    assert view["values"] == {"name": "Half"}


def test_other_inputs(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """Menus of people, dates and inputs that dispatch tell what was chosen in Slack's members."""
    date = {"type": "datepicker", "action_id": "menu", "initial_date": "2026-01-31"}
    chosen = menu("boxes", "x", "y")
    chosen |= {"type": "multi_static_select", "initial_options": chosen["options"][:1]}
    bot.form = modal(
        field("who", {"type": "users_select", "action_id": "go"}, dispatch_action=True),
        field("boxes", chosen),
        {"type": "section", "block_id": "when", "text": plain("When"), "accessory": date},
    )
    slack.command("/tiny form")
    view = slack.wait_view("Form")
    assert view["values"] == {"who": "", "boxes": ["x"], "when/menu": "2026-01-31"}
    slack.press("go", BOB)
    assert bot.told[-1]["actions"][0]["selected_user"] == BOB
    assert slack.submit()["closed"]
    values = bot.told[-1]["view"]["state"]["values"]
    assert values["who"]["go"] == {"type": "users_select", "selected_user": BOB}
    assert values["when"]["menu"]["selected_date"] == "2026-01-31"
    many = {**menu("menu", "xy", "x"), "type": "checkboxes"}
    client.chat_postMessage(channel=ALERTS, text="M", blocks=[actions(many)])
    slack.press("menu", "x", message=slack.wait_message(lambda m: m["text"] == "M"))
    assert [o["value"] for o in bot.told[-1]["actions"][0]["selected_options"]] == ["x"]
    plain_button = {"type": "button", "action_id": "go", "text": plain("Go")}
    client.chat_postMessage(channel=ALERTS, text="T", blocks=[actions(plain_button)])
    slack.press(message=slack.wait_message("T"))
    assert "value" not in bot.told[-1]["actions"][0]


def test_an_ephemeral_message_is_not_sent_along(
    slack: SlackSandbox, bot: TinyBot, client: WebClient
) -> None:
    """A press in an ephemeral message carries no message, and only its reader can press there."""
    client.chat_postEphemeral(channel=ALERTS, user=BOB, text="T", blocks=[actions(button("go"))])
    seen = slack.wait_ephemeral("T", BOB)
    slack.press("go", message=seen, user=BOB)
    told = bot.told[-1]
    assert told["container"]["is_ephemeral"]
    assert "message" not in told
    httpx.post(told["response_url"], json={"text": "U", "replace_original": True})
    assert [m["text"] for m in slack.ephemerals(BOB)] == ["U"]
    assert "no such message" in slack.press("go", message=seen)["error"]


def test_errors_keep_the_form_open(slack: SlackSandbox, bot: TinyBot) -> None:
    """Errors stand under their fields until the view changes; what was typed stays."""
    slack.command("/tiny form")
    slack.wait_view("Form")
    assert set(slack.submit()["errors"]) == {"name"}
    assert len(bot.told) == 1
    bot.answer = {"response_action": "errors", "errors": {"name": "Not that."}}
    assert slack.submit(name="X")["errors"] == {"name": "Not that."}
    view = slack.view()
    assert view is not None
    assert (view["errors"], view["values"]) == ({"name": "Not that."}, {"name": "X"})
    bot.answer = {"response_action": "errors", "errors": {"other": "What?"}}
    slack.submit()
    assert "other" in str(slack.refusals())
    bot.answer = {"response_action": "update", "view": modal(field("name"), title="Next")}
    assert slack.submit()["view"]["title"]["text"] == "Next"
    after = slack.view()
    assert after is not None
    assert (after["id"], after["errors"], after["values"]) == (view["id"], {}, {"name": "X"})
    assert after["hash"] != view["hash"]


def test_the_stack(slack: SlackSandbox, bot: TinyBot) -> None:
    """A push stands on top, three at most; closing shows the one below; `clear` closes all."""
    bot.form = modal(title="One", notify_on_close=True)
    slack.command("/tiny form")
    slack.wait_view("One")
    bot.answer = {"response_action": "push", "view": modal(title="Two", notify_on_close=True)}
    slack.submit()
    slack.submit()
    assert [v["view"]["title"]["text"] for v in slack.views()] == ["One", "Two", "Two"]
    assert slack.views()[1]["previous"] == slack.views()[0]["id"]
    assert "trouble" in slack.submit()["error"]
    assert "push_limit_reached" in str(slack.refusals())
    assert slack.close()["acked"]
    assert bot.told[-1]["type"] == "view_closed"
    bot.answer = {"response_action": "clear"}
    assert slack.submit()["closed"]
    assert slack.views() == []
    assert "no modal" in slack.close()["error"]
    assert "no modal" in slack.submit()["error"]
    assert "no modal" in slack.press("go")["error"]


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "update", "view": {"type": "modal", "blocks": []}},
        {"response_action": "explode"},
    ],
)
def test_a_wrong_ack_is_refused(slack: SlackSandbox, bot: TinyBot, answer: Node) -> None:
    """A view that Slack would not take, and an unknown response_action, are trouble."""
    slack.command("/tiny form")
    slack.wait_view("Form")
    bot.answer = answer
    assert "trouble" in slack.submit(name="X")["error"]
    assert slack.refusals()[0]["method"] == "ack"
    assert slack.view() is not None


def test_what_a_form_does_not_let_in(slack: SlackSandbox, bot: TinyBot) -> None:
    """Texts of the wrong length, options that are not offered, and unknown inputs stay out."""
    short = {"type": "plain_text_input", "action_id": "v", "min_length": 2, "max_length": 3}
    bot.form = modal(field("name", short), field("kind", menu("kind", "a"), optional=True))
    slack.command("/tiny form")
    slack.wait_view("Form")
    assert "At most 3" in slack.submit(name="abcd")["errors"]["name"]
    assert "At least 2" in slack.submit(name="a")["errors"]["name"]
    assert "does not offer" in slack.submit(kind="b")["error"]
    assert "no input" in slack.submit(other="b")["error"]
    assert slack.submit(name="abc")["closed"]
    assert slack.close()["error"]


def test_closing_quietly(slack: SlackSandbox, bot: TinyBot) -> None:
    """The bot hears nothing of a modal that is closed unless it asked to."""
    slack.command("/tiny form")
    slack.wait_view("Form")
    assert slack.close() == {"closed": True}
    assert len(bot.told) == 1


def test_response_urls_are_used_up(slack: SlackSandbox, bot: TinyBot) -> None:
    """A response_url answers privately or to all, in place, or deletes; five times, then never."""
    slack.command("/tiny hello")
    url = bot.told[0]["response_url"]
    assert httpx.post(url, json={"text": "One"}).text == "ok"
    first = slack.wait_ephemeral("One")
    httpx.post(url, json={"text": "Two", "replace_original": True})
    changed = slack.wait_ephemeral("Two")
    assert (changed["id"], changed["edits"]) == (first["id"], 1)
    httpx.post(url, json={"text": "All", "response_type": "in_channel"})
    slack.wait_message("All")
    httpx.post(url, json={"delete_original": True})
    assert [m["text"] for m in slack.ephemerals()] == ["You said hello."]
    assert httpx.post(url, json={"text": ""}).status_code == 400
    assert httpx.post(url, json={"text": "a", "blocks": [{}]}).status_code == 400
    httpx.post(url, json={"delete_original": True})
    used = httpx.post(url, json={"text": "Six"})
    assert (used.status_code, used.json()["error"]) == (404, "used_url")
    assert httpx.post(f"{url}x", json={"text": "a"}).json()["error"] == "invalid_url"
    assert slack.refusals()[-2]["error"] == "used_url"


def test_response_urls_expire_and_fail(slack: SlackSandbox, bot: TinyBot) -> None:
    """A response_url is good for its time alone, and may run into a fault."""
    slack.command("/tiny answer")
    slack.wait_ephemeral("Answered.")
    url = bot.told[0]["response_url"]
    slack.fault("response_url", "error")
    assert httpx.post(url, json={"text": "a"}).status_code == 500
    slack.settings(response_life=0.0)
    late = httpx.post(url, json={"text": "a"})
    assert (late.status_code, late.json()["error"]) == (404, "expired_url")


def test_triggers_open_one_modal_at_once(
    slack: SlackSandbox, bot: TinyBot, client: WebClient
) -> None:
    """A trigger_id opens one modal, within its time; a push needs one too."""
    view = modal(field("name"))
    trigger = slack.command("/tiny hello")["trigger_id"]
    opened = client.views_open(trigger_id=trigger, view=view)["view"]
    assert (opened["state"]["values"]["name"]["value"]["value"], opened["root_view_id"]) == (
        None,
        opened["id"],
    )
    for wrong, given in (("exchanged_trigger_id", trigger), ("invalid_trigger_id", "1.2")):
        with pytest.raises(SlackApiError) as refused:
            client.views_open(trigger_id=given, view=view)
        assert refused.value.response["error"] == wrong
    for _ in range(2):
        client.views_push(trigger_id=slack.command("/tiny hello")["trigger_id"], view=view)
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        client.views_push(trigger_id=slack.command("/tiny hello")["trigger_id"], view=view)
    slack.settings(trigger_life=0.0)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=slack.command("/tiny hello")["trigger_id"], view=view)


def test_views_are_updated_with_their_hash(
    slack: SlackSandbox, bot: TinyBot, client: WebClient
) -> None:
    """An update needs an open view, and its hash where one is given; external ids are taken."""
    slack.command("/tiny form")
    view = slack.wait_view("Form")
    after = client.views_update(
        view_id=view["id"], hash=view["hash"], view=modal(title="Next", external_id="mine")
    )["view"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert client.views_update(external_id="mine", view=modal())["view"]["id"] == after["id"]
    slack.close()
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(view_id=view["id"], view=modal())
    assert "not_found" not in [
        each["error"] for each in slack.state()["refusals"]
    ]  # a person may close what an app still works on
    with pytest.raises(SlackApiError, match="not_found"):
        client.views_update(view_id="V0NOBODY", view=modal())
    assert "not_found" in [each["error"] for each in slack.state()["refusals"]]
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        client.views_update(view_id=view["id"], view={"type": "modal", "blocks": []})


def test_home_tabs(slack: SlackSandbox, client: WebClient) -> None:
    """A home tab is shown to one person, and is replaced with its hash."""
    slack.settings(tier4=0)
    home = {"type": "home", "blocks": [{"type": "section", "text": plain("Home")}]}
    shown = client.views_publish(user_id=ALICE, view=home)["view"]
    again = client.views_publish(user_id=ALICE, view=home, hash=shown["hash"])["view"]
    assert again["id"] == shown["id"]
    seen = slack.home()
    assert seen is not None
    assert (seen["id"], slack.home(BOB)) == (shown["id"], None)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_publish(user_id=ALICE, view=home, hash=shown["hash"])
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_publish(user_id=BOB, view=home, hash="of nothing")
    for refused in (
        {**home, "type": "modal", "title": plain("Home")},
        {**home, "blocks": [{"type": "divider"}] * 101},
    ):
        with pytest.raises(SlackApiError, match="invalid_arguments"):
            client.views_publish(user_id=BOB, view=refused)
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.views_publish(user_id="U0NOBODY99", view=home)


def test_slow_acks_are_redelivered(slack: SlackSandbox, bot: TinyBot) -> None:
    """What is not acked in time comes again, three times at most, with the same payload."""
    slack.settings(ack_within=0.05)
    bot.hold = threading.Event()
    answer = slack.command("/tiny slow")
    assert not answer["acked"]
    assert [(ack["attempt"], ack["seconds"]) for ack in slack.acks()] == [
        (n, None) for n in range(4)
    ]
    bot.hold.set()
    assert all(told == bot.told[0] for told in bot.told)


def test_the_control_says_what_is_wrong(slack: SlackSandbox) -> None:
    """Unknown people, faults, settings and channels, and a sandbox that is away, are errors."""
    with pytest.raises(SandboxError, match="has no user"):
        slack.command("/tiny", user="U0NOBODY99")
    with pytest.raises(SandboxError, match="No such fault"):
        slack.fault("chat.update", "explode")
    with pytest.raises(SandboxError, match="no setting"):
        slack.settings(colour="red")
    with pytest.raises(SandboxError, match="no channel"):
        slack.archive("C0NOWHERE9")
    with pytest.raises(SandboxError, match="no setting"):
        slack._set("weather")
    with pytest.raises(SandboxError, match="cannot dance"):
        slack._act("dance")
    with pytest.raises(SandboxError, match="Nothing found"):
        slack.wait_message("never", timeout=0.05)
    away = SlackControl("http://127.0.0.1:9")
    with pytest.raises(SandboxError, match="Nothing responds"):
        away.state()
    away.hang_up()


FOREIGN = "T0FOREIGN1"


def test_people_of_other_workspaces(slack: SlackSandbox, bot: TinyBot) -> None:
    """Who comes through Slack Connect acts with their own workspace's id in the payload."""
    slack.people([{"id": "U0DANA0001", "name": "Dana Roe", "team_id": FOREIGN}])
    slack.command("/tiny form", user="U0DANA0001")
    assert bot.told[0]["team_id"] == FOREIGN
    slack.wait_view("Form", "U0DANA0001")
    slack.submit("U0DANA0001", name="Dana")
    told = bot.told[1]
    assert (told["team"]["id"], told["user"]["team_id"]) == (TEAM, FOREIGN)
    assert (told["user"]["name"], told["enterprise"]) == ("dana.roe", None)


def test_an_origin_is_changed(slack: SlackSandbox, bot: TinyBot) -> None:
    """A payload says of somebody what a test wants, whatever is known of them."""
    slack.set_origin(ALICE, team_id=FOREIGN, enterprise_id="E0FOREIGN1")
    slack.command("/tiny form")
    assert (bot.told[0]["team_id"], bot.told[0]["enterprise_id"]) == (FOREIGN, "E0FOREIGN1")
    slack.wait_view("Form")
    slack.submit(ALICE, name="Alice")
    team = bot.told[1]["team"]
    assert (team["id"], team["enterprise_id"]) == (FOREIGN, "E0FOREIGN1")
    with pytest.raises(SandboxError, match="planet"):
        slack.set_origin(ALICE, planet="Mars")


def test_enterprise_grid(slack: SlackSandbox, bot: TinyBot, client: WebClient) -> None:
    """A workspace of Grid says so everywhere; an app installed for all of it hears no team."""
    slack.settings(enterprise_id=ENTERPRISE, is_org_wide=True)
    about = client.auth_test()
    assert (about["enterprise_id"], about["is_enterprise_install"]) == (ENTERPRISE, True)
    slack.command("/tiny form")
    command = bot.told[0]
    assert (command["enterprise_id"], command["is_enterprise_install"]) == (ENTERPRISE, "true")
    slack.wait_view("Form")
    slack.submit(ALICE, name="Alice")
    assert (bot.told[1]["team"], bot.told[1]["enterprise"]["id"]) == (None, ENTERPRISE)
    grid = client.users_info(user=ALICE)["user"]["enterprise_user"]
    assert grid == {"id": ALICE, "enterprise_id": ENTERPRISE, "teams": [TEAM]}
