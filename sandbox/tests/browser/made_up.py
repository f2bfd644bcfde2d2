"""A made-up app on Socket Mode that posts one of each block, and keeps what it hears."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.slack.socket_client import hang_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.slack.sandbox import SlackSandbox

Node = dict[str, Any]

CHANNEL = "C0ALERTS01"
TEAMS = ("Payments", "Platform", "Data", "Search", "Security")


def plain(text: str) -> Node:
    """A plain text."""
    return {"type": "plain_text", "text": text}


def option(value: str) -> Node:
    """An option whose text is its value."""
    return {"text": plain(value), "value": value}


def field(block_id: str, label: str, element: Node, **members: object) -> Node:
    """An input block."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": block_id, **element},
        **members,
    }


def modal(title: str, *blocks: Node, **members: object) -> Node:
    """A modal with a submit button."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Save"),
        "blocks": list(blocks),
        **members,
    }


def pressed(action_id: str, **members: object) -> Node:
    """An element of an actions block."""
    return {"action_id": action_id, **members}


class MadeUpApp:
    """Bolt with a listener for everything.

    `form` is the modal that a press of `open` shows, or pushes where one is shown; `answer` what a
    submission is acked with; `offered` what a menu of its own is answered with.
    """

    def __init__(self, slack: SlackSandbox) -> None:
        environment = slack.environment()
        self.form: Node = {}
        self.answer: Node = {}
        self.offered: list[str] = list(TEAMS)
        self.client = WebClient(
            environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"], retry_handlers=[]
        )
        self._told: list[Node] = []
        self._more = threading.Condition()
        app = App(client=self.client)
        app.action("open")(self._open)
        app.action(re.compile("(?!open$)"))(self._keep)
        app.options("team")(self._offer)
        app.view("form")(self._submitted)
        app.view_closed("form")(self._keep)
        app.event("app_home_opened")(self._home)
        self._handler = SocketModeHandler(
            app,
            environment["SLACK_APP_TOKEN"],
            web_client=WebClient(base_url=environment["SLACK_API_URL"]),
            ping_interval=1,
        )
        self._handler.client.proxy = None  # slack_sdk takes the machine's, NO_PROXY or not

    def start(self, slack: SlackSandbox) -> None:
        """Connect, with every scope granted."""
        slack.scopes(None)
        self._handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()

    def stop(self) -> None:
        """Leave."""
        hang_up(self._handler.client)

    def post(self, *blocks: Node, text: str = "Made up", **members: Any) -> str:  # noqa: ANN401 - slack_sdk's own
        """Post a message; its `ts`."""
        posted = self.client.chat_postMessage(
            channel=CHANNEL, text=text, blocks=list(blocks) or None, **members
        )
        return str(posted["ts"])

    def told(self, what: Callable[[Node], bool], timeout: float = 20.0) -> Node:
        """Wait until the app heard something like that; the newest of it."""

        def found() -> Node | None:
            return next((each for each in reversed(self._told) if what(each)), None)

        with self._more:
            assert self._more.wait_for(lambda: found() is not None, timeout), "not told"
        known = found()
        assert known is not None
        return known

    def action(self, action_id: str) -> Node:
        """Wait until an element was pressed; the action."""
        body = self.told(
            lambda each: (
                each["type"] == "block_actions" and each["actions"][0]["action_id"] == action_id
            )
        )
        action: Node = body["actions"][0]
        return action

    def presses(self) -> list[str]:
        """The action ids of all presses so far."""
        with self._more:
            return [
                each["actions"][0]["action_id"]
                for each in self._told
                if each["type"] == "block_actions"
            ]

    def _remember(self, body: Node) -> None:
        with self._more:
            self._told.append(body)
            self._more.notify_all()

    def _keep(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        ack()
        self._remember(body)

    def _open(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        ack()
        if body.get("view"):
            self.client.views_push(trigger_id=body["trigger_id"], view=self.form)
        else:
            self.client.views_open(trigger_id=body["trigger_id"], view=self.form)
        self._remember(body)

    def _offer(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        fits = [each for each in self.offered if body["value"].lower() in each.lower()]
        ack(options=[option(each) for each in fits])
        self._remember({**body, "type": "block_suggestion"})

    def _submitted(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        ack(**self.answer)
        self._remember(body)

    def _home(self, event: Node) -> None:
        button = {"type": "button", "action_id": "home", "text": plain("Press me at home")}
        view = {
            "type": "home",
            "blocks": [
                {"type": "header", "text": plain("Welcome home")},
                {"type": "actions", "block_id": "doing", "elements": [button]},
            ],
        }
        self.client.views_publish(user_id=event["user"], view=view)
