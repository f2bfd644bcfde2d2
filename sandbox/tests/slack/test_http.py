"""HTTP mode of the sandbox's Slack: what it signs and sends, and what it takes for an ack."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from altcontact_sandbox.slack.workspace import SIGNING_SECRET
from slack_sdk.signature import SignatureVerifier

from sandbox.tests.slack import fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altcontact_sandbox.slack.sandbox import SlackSandbox

slack_server, slack = fixtures.slack_server, fixtures.slack

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (200, {}, b"")
JSON = {"Content-Type": "application/json"}


class App:
    """An app at a request URL, which answers as the test says and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], Answer] = lambda _: OK
        self.challenge: Callable[[str], str] = lambda challenge: challenge
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, content = app.take(dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - http.server's
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/slack/events"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def take(self, headers: dict[str, str], body: bytes) -> Answer:
        """Answer a request."""
        if b"url_verification" in body:
            challenge = self.challenge(json.loads(body)["challenge"])
            return 200, JSON, json.dumps({"challenge": challenge}).encode()
        self.got.append((headers, body))
        return self.answer(len(self.got))

    def stop(self) -> None:
        """Listen no more."""
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def listening(slack: SlackSandbox, number: int = 1) -> Iterator[list[App]]:
    """Apps at the workspace's request URLs, known to answer."""
    apps = [App() for _ in range(number)]
    try:
        slack.use_http(*(app.url for app in apps))
        slack.wait_connected(number)
        yield apps
    finally:
        slack.use_http()
        for app in apps:
            app.stop()


@pytest.fixture
def app(slack: SlackSandbox) -> Iterator[App]:
    """An app at the workspace's request URL."""
    with listening(slack) as (made,):
        yield made


def test_payloads_and_signatures(slack: SlackSandbox, app: App) -> None:
    """A command is a form, an interaction a form with JSON, an event JSON; all are signed."""
    assert slack.command("/tiny a&b=c é")["deliveries"] == 1
    assert slack.open_home()["acked"]
    slack.deliver({"type": "block_actions", "n": 1})
    (command, event, action) = app.got
    form = parse_qs(command[1].decode())
    assert (form["command"], form["text"]) == (["/tiny"], ["a&b=c é"])
    assert json.loads(event[1])["event"]["type"] == "app_home_opened"
    assert json.loads(parse_qs(action[1].decode())["payload"][0])["n"] == 1
    verifier = SignatureVerifier(SIGNING_SECRET)
    for headers, body in app.got:
        assert verifier.is_valid_request(body, headers)
        assert not verifier.is_valid_request(body + b" ", headers)
        assert "X-Slack-Retry-Num" not in headers
    assert [headers["Content-Type"] for headers, _ in app.got] == [
        "application/x-www-form-urlencoded",
        "application/json",
        "application/x-www-form-urlencoded",
    ]
    assert {entry["kind"] for entry in slack.wire()["entries"][-3:]} == {"http"}


def test_events_are_delivered_again(slack: SlackSandbox, app: App) -> None:
    """Three times, with number and reason; then Slack gives up. Other payloads come once."""
    app.answer = lambda _: (500, {}, b"")
    assert slack.open_home() | {"handle": 0} == {
        "acked": False,
        "deliveries": 4,
        "handle": 0,
        "trigger_id": "",
    }
    retries = [headers.get("X-Slack-Retry-Num") for headers, _ in app.got]
    assert retries == [None, "1", "2", "3"]
    assert app.got[1][0]["X-Slack-Retry-Reason"] == "http_error"
    assert len({body for _, body in app.got}) == 1
    assert slack.command("/tiny")["deliveries"] == 1
    assert [each["error"] for each in slack.refusals()] == ["no_ack", "no_ack"]


def test_an_app_may_want_no_retry(slack: SlackSandbox, app: App) -> None:
    """A header says so."""
    app.answer = lambda _: (500, {"X-Slack-No-Retry": "1"}, b"")
    assert slack.open_home()["deliveries"] == 1


def test_an_event_that_is_acked_in_the_end(slack: SlackSandbox, app: App) -> None:
    """It isn't delivered once more."""
    app.answer = lambda number: OK if number >= 3 else (500, {}, b"")
    told = slack.open_home()
    assert (told["acked"], told["deliveries"]) == (True, 3)
    assert slack.deliver_again()["acked"]
    assert app.got[-1][0]["X-Slack-Retry-Reason"] == "http_timeout"


def test_late_answers_are_none(slack: SlackSandbox, app: App) -> None:
    """What comes after three seconds doesn't count."""
    slack.settings(ack_within=0.2)
    held = threading.Event()

    def answer(_: int) -> Answer:
        held.wait(60)
        return OK

    app.answer = answer
    assert not slack.command("/tiny")["acked"]
    held.set()
    assert slack.acks()[-1]["seconds"] is None


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}, b""),
        (302, {"Location": "/elsewhere"}, b""),
        (201, {}, b""),
        (200, {"Content-Type": "text/html"}, b"<p>ok</p>"),
        (200, JSON, b"[]"),
        (200, JSON, b"{"),
        (200, {"Content-Type": "text/plain"}, b'{"response_action": "clear"}'),
    ],
)
def test_what_is_no_ack(slack: SlackSandbox, app: App, answer: Answer) -> None:
    """Another status, or a body that isn't a JSON object of that type."""
    app.answer = lambda _: answer
    assert not slack.deliver({"type": "view_submission"})["acked"]


def test_answers(slack: SlackSandbox, app: App) -> None:
    """JSON is what the ack carries; of a command, text is a message."""
    app.answer = lambda _: (200, JSON, b'{"options": []}')
    assert slack.deliver({"type": "block_suggestion"})["answer"] == {"options": []}
    app.answer = lambda _: (200, {"Content-Type": "text/plain; charset=utf-8"}, b"Hello.")
    slack.command("/tiny")
    assert slack.ephemerals()[-1]["text"] == "Hello."


def test_a_wrong_challenge(slack: SlackSandbox) -> None:
    """The URL isn't taken for the app's."""
    app = App()
    app.challenge = lambda _: "another"
    try:
        slack.use_http(app.url)
        slack.wait(lambda seen: seen["refusals"], name="a refusal")
        assert slack.state()["connected"] == 0
        assert slack.refusals()[-1]["method"] == "url_verification"
    finally:
        slack.use_http()
        app.stop()


def test_several_replicas(slack: SlackSandbox) -> None:
    """Each gets its turn, and another one what the first can't be given any more."""
    with listening(slack, 2) as (one, other):
        for _ in range(4):
            assert slack.command("/tiny")["acked"]
        assert (len(one.got), len(other.got)) == (2, 2)
        one.stop()
        for _ in range(4):
            assert slack.command("/tiny")["acked"]
        assert len(other.got) == 6
        assert slack.state()["connected"] == 1
