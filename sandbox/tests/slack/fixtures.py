"""A running Slack sandbox, slack_sdk's client of it, and a small Bolt app connected to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.sandbox import SlackSandbox
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.slack.socket_client import hang_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Node = dict[str, Any]


def plain(text: str) -> Node:
    """A plain text."""
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str = "1") -> Node:
    """A button."""
    return {"type": "button", "action_id": action_id, "text": plain("Go"), "value": value}


def menu(action_id: str, *values: str, **members: object) -> Node:
    """A menu."""
    options = [{"text": plain(value), "value": value} for value in values]
    return {"type": "static_select", "action_id": action_id, "options": options, **members}


def field(block_id: str, element: Node | None = None, **members: object) -> Node:
    """An input block; a text input where no other element is given."""
    held = element or {"type": "plain_text_input", "action_id": "value"}
    return {"type": "input", "block_id": block_id, "label": plain("L"), "element": held, **members}


def modal(*blocks: Node, title: str = "Form", **members: object) -> Node:
    """A modal with a submit button."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Save"),
        "blocks": list(blocks),
        **members,
    }


def actions(*elements: Node, block_id: str = "doing") -> Node:
    """An actions block."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


class TinyBot:
    """A Bolt app over Socket Mode that keeps what it got, and does as the test sets it.

    `form` is the modal that `/tiny form` opens; `answer` what a submission is acked with, and
    `options` what is suggested for the menu `ask`.
    """

    def __init__(self, slack: SlackSandbox) -> None:
        self.slack = slack
        self.form: Node = modal(field("name"))
        self.answer: Node = {}
        self.options: Node = {}
        self.told: list[Node] = []
        self.hold: threading.Event | None = None
        self._more = threading.Condition()
        environment = slack.environment()
        self._client = WebClient(
            environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"], proxy=None
        )
        app = App(client=self._client, process_before_response=False)
        app.command("/tiny")(self._command)
        app.action({"action_id": "go"})(self._press)
        app.action({"action_id": "menu"})(self._press)
        app.action({"action_id": "ask"})(self._press)
        app.options("ask")(self._suggest)
        app.event("app_home_opened")(self._press)
        app.event("message")(self._press)
        app.view("form")(self._submitted)
        app.view_closed("form")(self._closed)
        self._handler = SocketModeHandler(
            app,
            environment["SLACK_APP_TOKEN"],
            web_client=WebClient(base_url=environment["SLACK_API_URL"]),
            ping_interval=1,
        )
        self._handler.client.proxy = (
            None  # slack_sdk takes a proxy of the machine's, NO_PROXY or not
        )

    def start(self) -> None:
        """Connect."""
        self._handler.connect()  # type: ignore[no-untyped-call]
        self.slack.wait_connected()

    def stop(self) -> None:
        """Leave."""
        if self.hold is not None:
            self.hold.set()
        hang_up(self._handler.client)

    def wait_event(self, fits: Callable[[Node], bool]) -> Node:
        """Wait for an event that fits: Bolt acks it before its listener has run."""

        def found() -> Node | None:
            events = (each["event"] for each in reversed(self.told) if "event" in each)
            return next(filter(fits, events), None)

        with self._more:
            event = self._more.wait_for(found, 60)
        assert event is not None
        return event

    def _keep(self, body: Node) -> None:
        with self._more:
            self.told.append(body)
            self._more.notify_all()

    def _command(self, ack: Any, body: Node, respond: Any) -> None:  # noqa: ANN401 - Bolt's own
        self._keep(body)
        hold = self.hold
        if hold is not None:
            hold.wait(60)
        if body["text"] == "form":
            ack()
            self._client.views_open(trigger_id=body["trigger_id"], view=self.form)
        elif body["text"] == "answer":
            ack()
            respond(text="Answered.")
        elif body["text"] == "everybody":
            ack(text="For all.", response_type="in_channel")
        elif body["text"] == "wrong":
            ack(text="Wrong.", blocks=[{"type": "section"}])
        else:
            ack(text=f"You said {body['text']}.")

    def _press(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        self._keep(body)
        ack()

    def _suggest(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        self._keep(body)
        ack(self.options)

    def _submitted(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        self._keep(body)
        ack(**self.answer)

    def _closed(self, ack: Any, body: Node) -> None:  # noqa: ANN401 - Bolt's own
        self._keep(body)
        ack()


@pytest.fixture(scope="session")
def slack_server() -> Iterator[SlackSandbox]:
    """One Slack sandbox for a test process."""
    with SlackSandbox() as slack:
        yield slack


@pytest.fixture
def slack(slack_server: SlackSandbox) -> Iterator[SlackSandbox]:
    """The Slack sandbox as on the first day, with nobody connected, and every scope granted."""
    slack_server.reset()
    slack_server.scopes(None)
    yield slack_server
    slack_server.cut_sockets()


@pytest.fixture
def client(slack: SlackSandbox) -> WebClient:
    """slack_sdk's client with the bot's token; it never tries again."""
    environment = slack.environment()
    return WebClient(
        environment["SLACK_BOT_TOKEN"],
        base_url=environment["SLACK_API_URL"],
        retry_handlers=[],
        timeout=10,
    )


@pytest.fixture
def bot(slack: SlackSandbox) -> Iterator[TinyBot]:
    """A small bot, connected."""
    tiny = TinyBot(slack)
    try:
        tiny.start()
        yield tiny
    finally:
        tiny.stop()
