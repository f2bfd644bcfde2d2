"""Keeps the bot connected to Slack: connects, notices lost connections, and reconnects."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotifierError
from bot.services.pulse import Pulse
from bot.slack.client import CALL_ERRORS, connecting_error, single_try_client
from bot.slack.socket_client import ConnectFailed, SocketClient, hang_up
from bot.slack.transport_errors import no_websocket, required, transport_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App

    from bot.services.ports.metrics import Metrics
    from bot.slack.token import SlackToken

_log = structlog.get_logger(__name__)

PING_INTERVAL: Final = 2.0
"""Seconds between pings. slack_sdk notices a dead peer after about four of them."""

FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Seconds until the next attempt to connect. They double each time, with jitter of up to half."""

HELLO_TIMEOUT: Final = 10.0
"""Seconds to wait for Slack's hello on a new connection."""

SHORT_LIVED: Final = 3
"""How many connections in a row are lost within `LONGEST_RETRY` before that is logged, once.

One or two mean that Slack restarted, or asked for a new connection.
"""

_AGAIN: Final = "It is tried again by itself."
_STILL: Final = (
    "Checks run as scheduled. Commands and buttons don't work until the bot is connected."
)


@dataclass(frozen=True, slots=True)
class SocketStatus:
    """The state of the connection to Slack.

    Args:
        silence: seconds since Slack's last sign of life; None while not connected.
        problem: why it isn't connected; None if it is, or wasn't tried yet.
        others: connections of the same app that belong to other bots, by the last hello.
    """

    silence: float | None
    problem: NotifierError | None = None
    others: int = 0


class SocketModeConnection:
    """The connection, on its own thread.

    It counts as connected after Slack's hello: an open socket may be a proxy's.

    Args:
        app: the Bolt app whose listeners answer.
        app_token: the app-level token (`xapp-…`).
        base_url: of the Web API.
        on_connected: called once, after the first connection.
        count_others: called at each hello with how many connections of the same app belong to other
            bots; returns after how many seconds to count them again, if at all.
        metrics: take the calls to Slack, and how long each ack takes.
        first_retry: seconds until the first retry.
        ping_interval: seconds between pings.
        hello_timeout: seconds to wait for Slack's hello.
    """

    def __init__(
        self,
        app: App,
        app_token: str | SlackToken,
        base_url: str,
        *,
        on_connected: Callable[[], None],
        count_others: Callable[[int], float | None] = lambda _: None,
        metrics: Metrics | None = None,
        first_retry: float = FIRST_RETRY,
        ping_interval: float = PING_INTERVAL,
        hello_timeout: float = HELLO_TIMEOUT,
    ) -> None:
        self._web = single_try_client(app_token, base_url, metrics)
        self._client = SocketClient(
            app,
            self._web,
            ping_interval=ping_interval,
            on_hello=self._greeted,
            on_replace=self._replace,
            metrics=metrics,
        )
        self._on_connected = on_connected
        self._count_others = count_others
        self._first_retry = first_retry
        self._ping_interval = ping_interval
        self._hello_timeout = hello_timeout
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._hello = threading.Event()
        self._problem: NotifierError | None = None
        self._wait = first_retry
        self._short_lived = 0
        self._own = 1
        self._others = 0
        self.pulse = Pulse("connect")
        self._thread = threading.Thread(target=self._run, name="connect", daemon=True)

    def start(self) -> None:
        """Start to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more work from Slack, and close the socket."""
        self._stopping.set()
        self._woken.set()
        self._hello.set()
        self._client.forbid()
        hang_up(self._client)

    def status(self) -> SocketStatus:
        """The current state."""
        session = self._client.current_session
        if session is None or not session.is_active() or not self._hello.is_set():
            return SocketStatus(None, self._problem, self._others)
        last = session.last_ping_pong_time
        silence = max(0.0, time.time() - last) if last is not None else 0.0
        return SocketStatus(silence, None, self._others)

    def _run(self) -> None:
        with self.pulse.lasting():
            self._keep_connected()

    def _keep_connected(self) -> None:
        while not self._stopping.is_set():
            self._connect()
            connected_at = time.monotonic()
            recount = None if self._stopping.is_set() else self._count_others(self._others)
            if self._watch(recount):
                # The previous connection is closed first, so that Slack doesn't count it.
                self._client.drop()
            elif time.monotonic() - connected_at < LONGEST_RETRY:
                self._report_short_lived()
                self._pause()
            else:
                self._wait = self._first_retry
                self._short_lived = 0

    def _report_short_lived(self) -> None:
        """Log once that connections don't last, however often it happens."""
        self._short_lived += 1
        if self._short_lived < SHORT_LIVED or self._stopping.is_set():
            return
        self._problem = _short_lived()
        if self._short_lived == SHORT_LIVED:
            _log.warning(
                "not connected to Slack",
                problem=str(self._problem),
                remedy=self._problem.remedy,
                code="",
                meanwhile=_STILL,
            )

    def _connect(self) -> None:
        """Connect, with retries without limit; returns when connected, or when the bot stops."""
        logged, began = "", time.monotonic()
        while not self._stopping.is_set():
            self.pulse.beat()
            try:
                self._open()
            except NotifierError as problem:
                if self._stopping.is_set():
                    return
                self._problem = problem
                if logged != str(problem):
                    logged = str(problem)
                    _log.warning(
                        "not connected to Slack",
                        problem=logged,
                        remedy=problem.remedy,
                        code=problem.code,
                        meanwhile=_STILL,
                    )
                self._pause(problem.retry_after or 0.0)
            else:
                self._connected(time.monotonic() - began if logged else 0.0)
                return

    def _pause(self, at_least: float = 0.0) -> None:
        """Wait longer each time, with jitter."""
        self.pulse.rest()
        chance = 0.5 + secrets.randbelow(501) / 1000
        self._stopping.wait(max(at_least, self._wait * chance))
        self._wait = min(2 * self._wait, LONGEST_RETRY)

    def _connected(self, outage: float) -> None:
        first, self._problem = self._on_connected, None
        if outage:
            _log.info("connected to Slack", after_seconds=round(outage, 1))
        elif self._short_lived < SHORT_LIVED:
            _log.info("connected to Slack")
        self._on_connected = lambda: None
        first()

    def _open(self) -> None:
        """Open one connection, and wait for Slack's hello.

        Raises:
            NotifierError: it failed.
        """
        self._woken.clear()
        self._hello.clear()
        # Slack may still count the connection that this one replaces.
        self._own = 2 if self._client.is_connected() else 1
        try:
            # slack_sdk's own method would take a token that is never replaced.
            answer = self._web.api_call("apps.connections.open")
            self._client.open(required(answer, "url", str))
        except CALL_ERRORS as error:
            raise connecting_error(error) from error
        except ConnectFailed as error:
            raise _problem(error.cause) from error
        if not self._hello.wait(self._hello_timeout):
            self._client.drop()
            raise NotifierError(
                "Slack could not be reached: the connection is open, but Slack says nothing on it.",
                f"Look for a proxy or a firewall that holds back WebSocket messages. {_AGAIN}",
            )
        if self._stopping.is_set():  # ends that wait without a hello
            raise NotifierError("The bot stops.")

    def _watch(self, recount: float | None) -> bool:
        """Return when the connection is lost, or must be replaced.

        Args:
            recount: seconds until connections must be counted again; None for never. Returns:
                Whether it is time to count, which Slack only does on a new connection.
        """
        began = time.monotonic()
        due = began + recount if recount is not None else None
        while not self._stopping.is_set():
            self.pulse.beat()
            if self._woken.wait(self._ping_interval):
                return False
            if not self._client.check():
                if self._short_lived < SHORT_LIVED:
                    _log.info("connection to Slack lost")
                return False
            if self._short_lived >= SHORT_LIVED and time.monotonic() - began >= LONGEST_RETRY:
                self._short_lived = 0
                _log.info("connected to Slack")
            if due is not None and time.monotonic() >= due:
                return True
        return False

    def _greeted(self, connections: int) -> None:
        self._others = max(0, connections - self._own)
        self._hello.set()

    def _replace(self) -> None:
        self._woken.set()


def _short_lived() -> NotifierError:
    return NotifierError(
        "Each connection to Slack is closed soon after it is opened, by Slack or a proxy.",
        "Check that Socket Mode is on at https://api.slack.com/apps (the app, Socket Mode), and "
        f"that no proxy or firewall closes WebSocket connections. {_AGAIN}",
    )


def _problem(cause: Exception | None) -> NotifierError:
    problem = transport_problem(cause) if cause is not None else no_websocket()
    return NotifierError(problem.message, f"{problem.remedy} {_AGAIN}".strip())
