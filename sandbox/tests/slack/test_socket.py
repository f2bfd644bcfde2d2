"""Socket Mode of the sandbox's Slack, with slack_sdk's builtin client and Bolt's."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.client.client import SlackControl
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.slack.socket_client import hang_up
from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk.socket_mode.request import SocketModeRequest

    from sandbox.tests.slack.fixtures import Node, TinyBot

slack_server, slack = fixtures.slack_server, fixtures.slack
bot = fixtures.bot


def address(slack: SlackSandbox) -> str:
    """A WebSocket address with a fresh ticket."""
    environment = slack.environment()
    web = WebClient(base_url=environment["SLACK_API_URL"])
    return str(web.apps_connections_open(app_token=environment["SLACK_APP_TOKEN"])["url"])


@contextmanager
def connected(slack: SlackSandbox) -> Iterator[tuple[ClientConnection, Node]]:
    """A connection of one's own, with its hello."""
    with connect(address(slack), proxy=None) as socket:
        yield socket, json.loads(socket.recv(10))


class Typing:
    """Somebody who types a command and waits for the ack, in a thread."""

    def __init__(self, slack: SlackSandbox) -> None:
        self.answer: Node = {}
        self._thread = threading.Thread(target=self._type, args=(slack,), daemon=True)
        self._thread.start()

    def _type(self, slack: SlackSandbox) -> None:
        control = SlackControl(slack.url)
        self.answer = control.command("/tiny hello")
        control.hang_up()

    def done(self) -> Node:
        """What came of it."""
        self._thread.join(60)
        return self.answer


def test_the_builtin_client_acks(slack: SlackSandbox) -> None:
    """slack_sdk's builtin client says hello, is delivered an envelope, and acks it."""
    environment = slack.environment()
    heard: list[SocketModeRequest] = []

    def listen(client: Any, request: SocketModeRequest) -> None:  # noqa: ANN401 - slack_sdk's own
        heard.append(request)
        client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload={"text": "Heard."})
        )

    client = SocketModeClient(
        app_token=environment["SLACK_APP_TOKEN"],
        web_client=WebClient(base_url=environment["SLACK_API_URL"]),
        ping_interval=1,
    )
    client.proxy = None  # slack_sdk takes a proxy of the machine's, NO_PROXY or not
    client.socket_mode_request_listeners.append(listen)
    client.connect()
    try:
        slack.wait_connected()
        assert slack.command("/tiny hello")["acked"]
        slack.wait_ephemeral("Heard.")
    finally:
        hang_up(client)
    slack.wait(lambda seen: seen["connected"] == 0)
    (request,) = heard
    assert (request.type, request.accepts_response_payload) == ("slash_commands", True)
    assert (request.retry_attempt, request.retry_reason) == (0, "")


def test_an_envelope_comes_again_where_no_ack_does(slack: SlackSandbox) -> None:
    """An envelope that is not acked in time comes again, counted, with the same payload."""
    slack.settings(ack_within=0.2)
    with connected(slack) as (socket, hello):
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        person = Typing(slack)
        first, second = json.loads(socket.recv(10)), json.loads(socket.recv(10))
        socket.send("nonsense")
        socket.send(json.dumps({"envelope_id": second["envelope_id"]}))
        assert person.done()["acked"]
    assert first["payload"] == second["payload"]
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert [ack["seconds"] is None for ack in slack.acks()] == [True, False]


def test_each_envelope_goes_to_one_of_ten(slack: SlackSandbox) -> None:
    """Ten connections are taken; an envelope goes to one of them; a ticket is good once."""
    slack.settings(ack_within=0.05)
    with ExitStack() as stack:
        sockets = [stack.enter_context(connected(slack)) for _ in range(10)]
        assert [hello["num_connections"] for _, hello in sockets] == list(range(1, 11))
        with pytest.raises(InvalidStatus), connect(address(slack), proxy=None):
            pass
        slack.command("/tiny hello")
    with (
        pytest.raises(InvalidStatus),
        connect(address(slack).replace("ticket=", "ticket=x"), proxy=None),
    ):
        pass
    assert len(slack.acks()) == 4


def test_sockets_are_cut(slack: SlackSandbox, bot: TinyBot) -> None:
    """Cut connections are gone at once; the bot comes again and hears what is said then."""
    slack.cut_sockets()
    slack.wait_connected()
    assert slack.command("/tiny hello")["acked"]


def test_new_connections_are_refused_for_a_while(slack: SlackSandbox) -> None:
    """While connections are refused, none is taken; afterwards they are."""
    slack.refuse_connections(60)
    with pytest.raises(InvalidStatus), connect(address(slack), proxy=None):
        pass
    slack.refuse_connections(0)
    with connected(slack):
        slack.cut_sockets(refuse_for=60)
    with pytest.raises(InvalidStatus), connect(address(slack), proxy=None):
        pass
    slack.reset()
    with connected(slack):
        pass


def test_slack_asks_to_come_anew(slack: SlackSandbox) -> None:
    """A disconnect is announced with its reason."""
    with connected(slack) as (socket, _):
        slack.disconnect_sockets("warning")
        told = json.loads(socket.recv(10))
    assert (told["type"], told["reason"]) == ("disconnect", "warning")


def test_bolt_comes_anew_when_asked(slack: SlackSandbox, bot: TinyBot) -> None:
    """After a disconnect the bot has a connection that hears."""
    before = slack.state()["accepted"]
    slack.disconnect_sockets()
    slack.wait(lambda seen: seen["accepted"] > before)
    assert slack.command("/tiny hello")["acked"]


def test_a_ping_is_answered(slack: SlackSandbox) -> None:
    """A ping gets its pong."""
    with connected(slack) as (socket, _):
        assert socket.ping(b"here").wait(60)


def test_a_dead_peer_is_silent(slack: SlackSandbox) -> None:
    """A dead connection stays open, answers no ping, and swallows what is delivered to it."""
    slack.settings(ack_within=0.05)
    with connected(slack) as (socket, _):
        slack.deaden_sockets()
        pong = socket.ping(b"here")
        assert not slack.command("/tiny hello")["acked"]
        assert not pong.is_set()
        assert slack.state()["connected"] == 1
        slack.cut_sockets()


def test_bolt_leaves_a_dead_peer(slack: SlackSandbox, bot: TinyBot) -> None:
    """The bot gives a dead connection up by itself, and hears again on a new one."""
    before = slack.state()["accepted"]
    slack.deaden_sockets()
    slack.wait(lambda seen: seen["accepted"] > before, timeout=60)
    assert slack.state()["connected"] >= 1


def test_an_envelope_is_acked_once(slack: SlackSandbox) -> None:
    """A second ack of one envelope is refused; the first one counts."""
    with connected(slack) as (socket, _):
        slack.wait_connected()
        typing = Typing(slack)
        envelope = json.loads(socket.recv(10))
        ack = json.dumps({"envelope_id": envelope["envelope_id"]})
        socket.send(ack)
        socket.send(ack)
        assert typing.done()["acked"]
        slack.wait(lambda _: [each["error"] for each in slack.refusals()] == ["acked_twice"])
