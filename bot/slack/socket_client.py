"""slack_sdk's Socket Mode client, without its own reconnecting, and with reported failures.

By itself, slack_sdk only logs connection failures, retries every other second forever, ignores
NO_PROXY, and uses TLS for everything behind a proxy.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState
from slack_sdk.socket_mode.interval_runner import IntervalRunner

from bot.slack.envelopes import EnvelopeHandler
from bot.slack.proxy import proxy_for

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from slack_bolt import App
    from slack_sdk import WebClient

    from bot.services.ports.metrics import Metrics

READER_TIMEOUT: Final = 5.0
"""Seconds that the reading thread has to end at a stop."""

RECEIVE_BUFFER: Final = 1 << 20
"""Bytes read from the socket at a time.

slack_sdk's reader calls itself for each part of a payload that it reads, and for each payload that
follows at once. With its own 1,024 bytes some payloads that come together exceed Python's limit of
1,000 calls: they are lost, and with them where the next one begins.
"""

WORKERS: Final = 32
"""How many envelopes are handled at once: a form may wait up to 1.5 s of the 3 s for its ack."""


class ConnectFailed(Exception):
    """The WebSocket wasn't opened; `cause` is the exception, None if a server refused."""

    def __init__(self, cause: Exception | None) -> None:
        super().__init__(type(cause).__name__ if cause is not None else "refused")
        self.cause = cause


class OnHello(Protocol):
    """Called with Slack's hello on a new connection."""

    def __call__(self, connections: int) -> None:
        """How many connections this app has according to Slack, including this one."""
        ...


class SocketClient(SocketModeClient):
    """Opens one connection at a time, when the owner asks for it.

    Args:
        app: the Bolt app whose listeners answer.
        client: the Web API client, with the app-level token; the socket gets its TLS settings.
        ping_interval: seconds between pings; a peer counts as dead after about four of them.
        on_hello: called when Slack has said hello.
        on_replace: called when Slack asks for a new connection, or closes this one.
        metrics: take how long each ack takes.
    """

    def __init__(
        self,
        app: App,
        client: WebClient,
        *,
        ping_interval: float,
        on_hello: OnHello,
        on_replace: Callable[[], None],
        metrics: Metrics | None = None,
    ) -> None:
        super().__init__(
            client.token or "",
            logger=_logger(),
            web_client=client,
            auto_reconnect_enabled=False,
            ping_interval=ping_interval,
            receive_buffer_size=RECEIVE_BUFFER,
            concurrency=WORKERS,
            on_error_listeners=[self._keep],
            on_close_listeners=[lambda *_: on_replace()],
        )
        self._on_hello = on_hello
        self._on_replace = on_replace
        self._failure: Exception | None = None
        self._opening = threading.Lock()
        self.socket_mode_request_listeners.append(EnvelopeHandler(app, metrics).handle)
        self.on_message_listeners.append(self._hear)

    def open(self, url: str) -> None:
        """Open a connection, and close the one before it.

        Args:
            url: a `wss://` address with a ticket for one attempt.

        Raises:
            ConnectFailed: it wasn't opened; the previous one stays.
        """
        proxy = proxy_for(url)
        secure: ssl.SSLContext | _NoTls | None = self.web_client.ssl
        if proxy is not None and url.startswith("ws://"):
            secure = _NoTls()
        opened = Connection(
            url=url,
            logger=self.logger,
            ping_interval=self.ping_interval,
            receive_buffer_size=self.receive_buffer_size,
            proxy=proxy.url if proxy is not None else None,
            on_message_listener=self._on_message,
            on_error_listener=self._on_error,
            on_close_listener=self._on_close,
            ssl_context=secure,  # type: ignore[arg-type] # nothing but `wrap_socket` is called
        )
        self._failure = None
        opened.connect()
        if not opened.is_active():
            # slack_sdk raises this where the server's handshake is not that of a WebSocket.
            refused = isinstance(self._failure, SlackClientNotConnectedError)
            raise ConnectFailed(None if refused else self._failure)
        with self._opening:
            if self.closed:
                opened.close()
                raise ConnectFailed(SlackClientNotConnectedError("the bot stops"))
            before, state = self.current_session, self.current_session_state
            # In this order, or the thread that reads might go by the state of the one before.
            self.current_session_state = ConnectionState()  # type: ignore[no-untyped-call]
            self.current_session = opened
        state.terminated = True
        _close(before)

    def drop(self) -> None:
        """Close the connection."""
        self.current_session_state.terminated = True
        _close(self.current_session)

    def check(self) -> bool:
        """Send a ping; whether there is a connection that answered recently."""
        if self.current_session is not None:
            self.current_session.check_state()
        return self.is_connected()

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT002 - slack_sdk's
        """Called by slack_sdk if Slack asks for a new connection: the owner opens it."""
        del force
        self._on_replace()

    def forbid(self) -> None:
        """Abandon a connection that is being opened."""
        with self._opening:
            self.closed = True

    def _keep(self, error: Exception) -> None:
        self._failure = error

    def _hear(self, text: str) -> None:
        if '"hello"' not in text:
            return
        try:
            message: Any = json.loads(text)
        except ValueError:
            return
        if isinstance(message, dict) and message.get("type") == "hello":
            number = message.get("num_connections")
            self._on_hello(connections=number if isinstance(number, int) else 1)


class _NoTls:
    """Replaces TLS: slack_sdk wraps every socket that goes through a proxy."""

    def wrap_socket(self, sock: Any, **_: Any) -> Any:  # noqa: ANN401 - ssl's
        """The unchanged socket."""
        return sock


def _logger() -> logging.Logger:
    """slack_sdk's logger, which only logs bugs of the bot: failures are reported elsewhere."""
    logger = logging.getLogger(f"{__name__}.slack_sdk")
    if not logger.filters:
        logger.addFilter(lambda record: bool(record.exc_info))
    return logger


def hang_up(client: SocketModeClient, reader_timeout: float = READER_TIMEOUT) -> None:
    """Close a connection, and its socket at once.

    slack_sdk's own `close` would wait until running reads time out. And if the first envelope
    arrives during `connect`, the reading thread uses a state that the client no longer has: it
    never ends, and `close` waits for it.
    """
    client.closed = True
    client.auto_reconnect_enabled = False
    client.current_session_state.terminated = True
    client.message_queue.put(None)  # ends a running read of the queue
    _close(client.current_session)
    reader, client.current_session_runner = client.current_session_runner, IntervalRunner(_nothing)
    ending = threading.Thread(target=reader.shutdown, name="hang up", daemon=True)
    ending.start()
    ending.join(reader_timeout)
    client.close()


def _close(session: Connection | None) -> None:
    """Close a connection; the answer to the ping ends a running read of the socket."""
    if session is not None:
        with contextlib.suppress(OSError):
            session.ping("closing")
        session.close()


def _nothing() -> None:
    """The unread bytes."""
