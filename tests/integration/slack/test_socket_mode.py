"""How a connection is closed for good."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import ConnectionState
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.slack.socket_client import hang_up
from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from slack_sdk.socket_mode.request import SocketModeRequest

slack_server, slack = fixtures.slack_server, fixtures.slack

PATIENCE = 60.0


@pytest.fixture
def client(slack: SlackSandbox) -> Iterator[SocketModeClient]:
    """A connection that acks what it is delivered; the test closes it."""
    environment = slack.environment()

    def listen(client: Any, request: SocketModeRequest) -> None:  # noqa: ANN401 - slack_sdk's own
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    made = SocketModeClient(
        app_token=environment["SLACK_APP_TOKEN"],
        web_client=WebClient(base_url=environment["SLACK_API_URL"]),
        ping_interval=PATIENCE,
    )
    made.proxy = None  # slack_sdk takes a proxy of the machine's, NO_PROXY or not
    made.socket_mode_request_listeners.append(listen)
    made.connect()
    slack.wait_connected()
    yield made
    assert made.closed


def closed(client: SocketModeClient, reader_timeout: float) -> bool:
    """Whether hanging up comes to its end."""
    ending = threading.Thread(target=hang_up, args=(client, reader_timeout), daemon=True)
    ending.start()
    ending.join(PATIENCE)
    return not ending.is_alive()


def test_hanging_up_waits_for_no_message(slack: SlackSandbox, client: SocketModeClient) -> None:
    """The socket is closed though nothing ends the read of it that is under way."""
    session = client.current_session
    assert session is not None
    assert session.sock is not None
    session.sock.settimeout(10 * PATIENCE)
    assert slack.command("/altcontact help")["acked"]  # and now it is read with that timeout
    assert closed(client, reader_timeout=PATIENCE)
    slack.wait(lambda seen: seen["connected"] == 0, name="no connection")


def test_a_reader_that_never_ends_is_left(slack: SlackSandbox, client: SocketModeClient) -> None:
    """Where the thread that reads goes by another state than the client's, nothing waits for it.

    slack_sdk makes it so where the thread finds the new connection before `connect` has set the
    state that goes with it.
    """
    assert slack.command("/altcontact help")["acked"]
    running = client.current_session_state
    client.current_session_state = ConnectionState()  # type: ignore[no-untyped-call]
    assert closed(client, reader_timeout=0.0)
    running.terminated = True
