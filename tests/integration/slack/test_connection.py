"""How the bot comes to be connected to Slack, what it says where it is not, and what it tries."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.forward_proxy import ForwardProxy
from slack_bolt import App
from structlog.testing import capture_logs

from bot.app.clock import SystemClock
from bot.domain.announcements import AnnouncementKind
from bot.services.other_bots import OtherBotsWatch
from bot.slack.client import single_try_client
from bot.slack.socket_client import ConnectFailed, SocketClient, hang_up
from bot.slack.socket_mode import SHORT_LIVED, SocketModeConnection
from bot.store import SqliteStore
from sandbox.tests.slack.fixtures import slack, slack_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]

PATIENCE = 60.0


class Tried:
    """A connection, what was logged, and how often it stood."""

    def __init__(self, settings: dict[str, str], **options: Any) -> None:  # noqa: ANN401 - its own
        self.counted: list[int] = []
        self._more = threading.Condition()
        self._connected = 0
        token, url = settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"]
        app = App(client=single_try_client(token, url), token_verification_enabled=False)
        app.command("/tiny")(lambda ack: ack("Heard."))
        recount = options.pop("recount", None)

        def count(others: int) -> float | None:
            with self._more:
                self.counted.append(others)
                self._more.notify_all()
            return recount(others) if recount else None

        self.connection = SocketModeConnection(
            app,
            options.pop("app_token", settings["SLACK_APP_TOKEN"]),
            url,
            on_connected=self._stood,
            count_others=count,
            **{"first_retry": 0.02, "ping_interval": 0.05, **options},
        )

    def _stood(self) -> None:
        with self._more:
            self._connected += 1
            self._more.notify_all()

    def wait_connected(self) -> None:
        """Wait until the first connection stood."""
        self.wait(lambda: self._connected > 0)

    def wait_hellos(self, number: int) -> None:
        """Wait until Slack has said hello so often."""
        self.wait(lambda: len(self.counted) >= number)

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until something is so, looking often."""
        with self._more:
            for _ in range(int(PATIENCE / 0.02)):
                if what():
                    return
                self._more.wait(0.02)
        raise AssertionError(self.connection.status())


@contextmanager
def connecting(slack: SlackSandbox, **options: Any) -> Iterator[tuple[Tried, list[Any]]]:  # noqa: ANN401
    """A connection that begins, and its log."""
    tried = Tried(slack.environment(), **options)
    with capture_logs() as logs:
        tried.connection.start()
        try:
            yield tried, logs
        finally:
            tried.connection.stop()


def told(logs: list[Any], event: str = "not connected to Slack") -> list[Any]:
    """The lines of an event."""
    return [line for line in logs if line["event"] == event]


def test_connected_means_that_slack_said_hello(slack: SlackSandbox) -> None:
    """An open socket alone is no connection; the bot says so, and is connected once hello comes."""
    slack.settings(says_hello=False)
    with connecting(slack, hello_timeout=0.05) as (tried, logs):
        tried.wait(lambda: bool(told(logs)))
        assert tried.connection.status().silence is None
        assert told(logs, "connected to Slack") == []
        slack.settings(says_hello=True)
        tried.wait_connected()
        assert tried.connection.status().silence is not None
        assert tried.connection.status().problem is None
    (line,) = told(logs)
    assert "Slack says nothing on it" in line["problem"]
    assert line["remedy"]
    assert "Checks run" in line["meanwhile"]


def test_a_stop_is_no_hello(slack: SlackSandbox) -> None:
    """Who stops the bot while it waits for Slack's hello is not told that it is connected."""
    slack.settings(says_hello=False)
    with connecting(slack) as (tried, logs):
        tried.wait(lambda: slack.state()["connected"] > 0)
        tried.connection.stop()
        tried.wait(lambda: all(each.name != "connect" for each in threading.enumerate()))
    assert [line for line in logs if line["log_level"] != "debug"] == []


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ({"kind": "error"}, "internal error"),
        ({"kind": "close"}, "broke off"),
        ({"kind": "html"}, "come from Slack"),
        ({"kind": "malformed"}, "come from Slack"),
        ({"kind": "bare"}, "come from Slack"),
        ({"kind": "refused", "code": "invalid_auth"}, "does not accept the app-level token"),
        ({"kind": "refused", "code": "not_allowed_token_type"}, "accept the app-level token"),
        ({"kind": "refused", "code": "missing_scope"}, "lacks the scope connections:write"),
        ({"kind": "refused", "code": "socket_mode_not_enabled"}, "Socket Mode is off"),
        ({"kind": "refused", "code": "a_code_of_next_year"}, "a_code_of_next_year"),
    ],
)
def test_an_outage_is_said_once(slack: SlackSandbox, fault: dict[str, Any], part: str) -> None:
    """However often it is tried, one line says why, with the remedy; then one that it is over."""
    slack.fault("apps.connections.open", count=5, **fault)
    with connecting(slack) as (tried, logs):
        tried.wait_connected()
    (line,) = told(logs)
    assert part in line["problem"]
    assert line["remedy"]
    (line,) = told(logs, "connected to Slack")
    assert line["after_seconds"] >= 0


def test_a_refused_handshake_is_no_connection(slack: SlackSandbox) -> None:
    """What answers without opening a WebSocket is reported as such, and tried again."""
    slack.refuse_connections(PATIENCE)
    with connecting(slack) as (tried, logs):
        tried.wait(lambda: bool(told(logs)))
        assert "WebSocket" in str(tried.connection.status().problem)
        slack.refuse_connections(0)
        tried.wait_connected()


def test_a_handshake_that_is_not_slacks(slack: SlackSandbox) -> None:
    """A server that switches protocols without having read the key is no WebSocket server."""
    settings = slack.environment()
    web = single_try_client(settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"])
    client = SocketClient(
        App(client=web, token_verification_enabled=False),
        web,
        ping_interval=PATIENCE,
        on_hello=lambda _: None,
        on_replace=lambda: None,
    )
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.callback(hang_up, client)

        def answer() -> None:
            with listening.accept()[0] as accepted:
                accepted.recv(1 << 16)
                head = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"
                accepted.sendall(head.encode())

        server = threading.Thread(target=answer)
        server.start()
        stack.callback(server.join)
        with pytest.raises(ConnectFailed) as raised:
            client.open(f"ws://127.0.0.1:{listening.getsockname()[1]}/link")
    assert raised.value.cause is None


def test_connections_that_do_not_last_are_told_once(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each is closed soon after its hello, the log says so once, and when one lasts again."""
    with connecting(slack) as (tried, logs):
        for number in range(1, 2 * SHORT_LIVED + 1):
            tried.wait_hellos(number)
            slack.disconnect_sockets("link_disabled")
        tried.wait_hellos(2 * SHORT_LIVED + 1)
        assert len(told(logs, "connected to Slack")) == SHORT_LIVED
        monkeypatch.setattr("bot.slack.socket_mode.LONGEST_RETRY", 0.0)
        tried.wait(lambda: len(told(logs, "connected to Slack")) > SHORT_LIVED)
    (line,) = told(logs)
    assert "soon after it is opened" in line["problem"]
    assert "Socket Mode is on" in line["remedy"]


def test_tries_become_rarer(slack: SlackSandbox) -> None:
    """The time between tries grows."""
    slack.fault("apps.connections.open", "refused", count=1000, code="internal_error")
    waits: list[float] = []
    with connecting(slack) as (tried, _):
        tried.wait(lambda: len(calls(slack)) >= 5)
        at = [call["at"] for call in calls(slack)]
        waits = [later - before for before, later in pairwise(at)]
    # A doubled wait is longer than the one before, whatever chance takes of both; the machine's
    # own slowness adds to each, so only two that are far apart are compared.
    assert waits[3] > 0.02 * 8 * 0.5


def calls(slack: SlackSandbox) -> list[dict[str, Any]]:
    """What the bot asked for a connection with."""
    entries = slack.wire()["entries"]
    return [entry for entry in entries if entry["name"] == "apps.connections.open"]


@pytest.mark.parametrize("how", ["cut", "disconnect", "deaden"])
def test_a_lost_connection_is_made_again(slack: SlackSandbox, how: str) -> None:
    """Cut, asked to go, or dead without a word: a new one stands, and work is taken on it."""
    with connecting(slack) as (tried, _):
        tried.wait_connected()
        assert slack.command("/tiny")["acked"]
        before = slack.state()["accepted"]
        if how == "deaden":
            slack.deaden_sockets()
        if how == "disconnect":
            slack.disconnect_sockets()
        else:
            slack.cut_sockets()
        slack.wait(lambda seen: seen["accepted"] > before, name="another connection")
        tried.wait(lambda: tried.connection.status().silence is not None)
        slack.wait_connected()
        assert slack.command("/tiny")["acked"]


def test_stopped_while_it_cannot_connect(slack: SlackSandbox) -> None:
    """A stop waits for no further try."""
    slack.fault("apps.connections.open", "refused", count=1000, code="internal_error")
    with connecting(slack, first_retry=PATIENCE) as (tried, logs):
        tried.wait(lambda: bool(told(logs)))
    assert tried.connection.status().silence is None


@pytest.mark.parametrize("user", ["", "bob"])
def test_the_socket_goes_through_the_proxy(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    """A proxy without a scheme, with a login or without, is used as the Web API uses it."""
    clear_proxies(monkeypatch)
    host = slack.url.removeprefix("http://")
    with ForwardProxy(user, "p/w@x") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://"))
        with connecting(slack) as (tried, _):
            tried.wait_connected()
            assert slack.command("/tiny")["acked"]
        passed = {(each.method, each.target) for each in proxy.passed}
    assert ("CONNECT", host) in passed
    assert ("POST", f"{slack.url}/api/apps.connections.open") in passed


def test_no_proxy_holds_for_the_socket(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What NO_PROXY excludes is reached directly by Web API and socket alike."""
    clear_proxies(monkeypatch)
    with ForwardProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with connecting(slack) as (tried, _):
            tried.wait_connected()
        assert proxy.passed == []


@pytest.mark.parametrize(
    ("refuse", "part"), [(407, "a user name and a password"), (403, "come from Slack")]
)
def test_a_proxy_that_refuses(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, refuse: int, part: str
) -> None:
    """The proxy's refusal is reported in words, without its password; no line is slack_sdk's."""
    clear_proxies(monkeypatch)
    with ForwardProxy(refuse=refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bob:hunter2@{proxy.host}")
        with connecting(slack) as (tried, logs):
            tried.wait(lambda: bool(told(logs)))
            proxy.refuse = 0
            tried.wait_connected()
    (line,) = told(logs)
    assert part in line["problem"]
    assert "hunter2" not in str(logs)


def test_a_dead_proxy(
    slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing listens at the proxy: one line of ours, and none of slack_sdk's own."""
    clear_proxies(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://bob:hunter2@localhost:{port}")
    with connecting(slack) as (tried, logs):
        tried.wait(lambda: bool(told(logs)))
        assert tried.connection.status().silence is None
    assert "connection was refused" in told(logs)[0]["problem"]
    assert caplog.records == []


def test_connections_that_are_not_the_bots_own(slack: SlackSandbox) -> None:
    """Slack's count is reported without the bot's own connections, and again on request."""
    slack.settings(ghost_connections=1)
    with connecting(slack, recount=lambda others: 0.0 if others else None) as (tried, _):
        tried.wait(lambda: len(tried.counted) >= 2)
        assert tried.counted[:2] == [1, 1]
        slack.settings(ghost_connections=0)
        tried.wait(lambda: tried.counted[-1] == 0)
        before = len(tried.counted)
        slack.disconnect_sockets()  # the old one is still counted while the new one is made
        tried.wait(lambda: len(tried.counted) > before)
        assert tried.counted[-1] == 0
        assert tried.connection.status().others == 0


def test_two_bots_on_two_databases(slack: SlackSandbox, tmp_path: Path) -> None:
    """The later bot notices at once, the earlier one at its next hello; so they do its end."""

    def bot(name: str, stack: ExitStack) -> tuple[Tried, SqliteStore, threading.Event]:
        store = stack.enter_context(SqliteStore(tmp_path / f"{name}.db", SystemClock()))
        news = threading.Event()
        watch = OtherBotsWatch(store.slack_health, news.set, SystemClock(), recount=0.0)
        tried, _ = stack.enter_context(connecting(slack, recount=watch.count))
        tried.wait_connected()
        return tried, store, news

    def noticed(store: SqliteStore, news: threading.Event) -> None:
        assert news.wait(PATIENCE)
        others = store.slack_health.others()
        assert others is not None
        assert others.lasting
        assert [due.kind for due in store.announcements.due()] == [AnnouncementKind.OTHER_BOTS]

    with ExitStack() as stack:
        first, earlier, news = bot("one", stack)
        second, later, later_news = bot("two", stack)
        noticed(later, later_news)
        assert not news.is_set()
        slack.disconnect_sockets()
        noticed(earlier, news)
        second.connection.stop()
        slack.wait(lambda seen: seen["connected"] == 1, name="one connection")
        slack.disconnect_sockets()
        first.wait(lambda: earlier.slack_health.others() is None)


def clear_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy but the one that a test sets."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
