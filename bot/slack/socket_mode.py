"""The Socket Mode connection: made however long Slack is away, and closed in order."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from slack_sdk.socket_mode.interval_runner import IntervalRunner

from bot.slack.client import CALL_ERRORS, explain
from bot.slack.envelopes import EnvelopeHandler

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App
    from slack_sdk import WebClient
    from slack_sdk.socket_mode import SocketModeClient

_log = structlog.get_logger(__name__)

PING_INTERVAL: Final = 2
"""Seconds between pings. slack_sdk notices a dead peer after about four of them."""

FIRST_RETRY, LONGEST_RETRY = 1.0, 30.0
"""Seconds until connecting is tried again, growing twofold."""


READER_TIMEOUT: Final = 5.0
"""Seconds that the thread which reads the socket has for ending, at a stop."""


def hang_up(client: SocketModeClient, reader_timeout: float = READER_TIMEOUT) -> None:
    """Close a connection for good, and the socket at once.

    slack_sdk's own `close` would wait until reads that are under way time out. And where the first
    envelope comes while `connect` is still under way, the thread that reads goes by a state that
    the client no longer knows: it never ends, and `close` waits for it.
    """
    client.closed = True
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    # Each of these ends a read that is under way: of the socket, and of the queue.
    if client.current_session is not None:
        with contextlib.suppress(OSError):
            client.current_session.ping("closing")
    client.message_queue.put(None)
    client.disconnect()
    reader, client.current_session_runner = client.current_session_runner, IntervalRunner(_nothing)
    ending = threading.Thread(target=reader.shutdown, name="hang up", daemon=True)
    ending.start()
    ending.join(reader_timeout)
    client.close()


def _nothing() -> None:
    """What there is left to read."""


class SocketModeConnection:
    """Keeps the bot connected to Slack. slack_sdk reconnects; this makes the first connection.

    Args:
        app: the Bolt app whose listeners answer.
        app_token: the app-level token (`xapp-…`).
        client: a client whose calls may be tried again.
        on_connected: called once, when the first connection stands.
    """

    def __init__(
        self, app: App, app_token: str, client: WebClient, on_connected: Callable[[], None]
    ) -> None:
        self._handler = EnvelopeHandler(
            app, app_token, web_client=client, ping_interval=PING_INTERVAL
        )
        self._on_connected = on_connected
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="connect", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more work from Slack, and close the socket."""
        self._stopping.set()
        hang_up(self._handler.client)

    def silence(self) -> float | None:
        """Seconds since Slack answered a ping; None while not connected."""
        session = self._handler.client.current_session
        if session is None or not session.is_active():
            return None
        last = session.last_ping_pong_time
        return max(0.0, time.time() - last) if last is not None else 0.0

    def _connect(self) -> None:
        wait, logged = FIRST_RETRY, ""
        while not self._stopping.is_set():
            try:
                self._handler.client.connect()
            except CALL_ERRORS as error:
                problem = explain(error)
                if logged != str(problem):
                    logged = str(problem)
                    _log.warning("not connected to Slack", problem=logged, mend=problem.remedy)
                # The address was good for one try alone.
                self._handler.client.wss_uri = None
                self._stopping.wait(problem.retry_after or wait)
                wait = min(2 * wait, LONGEST_RETRY)
            else:
                _log.info("connected to Slack")
                self._on_connected()
                return
