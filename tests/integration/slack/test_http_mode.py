"""Slack over HTTP: what Slack signed is acked by its answer, and nothing else does anything."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import pytest
import structlog
from altcontact_sandbox.slack.transport.http_mode import sign

from bot.slack.http_mode import HttpMode
from sandbox.tests.slack.fixtures import slack, slack_server
from tests.integration.slack.bench import (
    ALICE,
    BOB,
    FORM,
    LAKE,
    SHOWN,
    WEB,
    SlackBench,
    shut,
    started,
)
from tests.integration.slack.deliveries import Known, valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

__all__ = ["slack", "slack_server"]

ACCOUNTS: Final = "altcontact_run_accounts"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
WAIT: Final = 60.0


@pytest.fixture
def bench(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot on two accounts, reached by HTTP."""
    yield from started(SlackBench(slack, tmp_path, WEB, LAKE, by_http=True))


def post(
    bench: SlackBench, body: bytes, headers: dict[str, str], content_type: str = FORM_TYPE
) -> tuple[int, str]:
    """Send a request as anybody can: its status, and the answer's body."""
    where = urlsplit(bench.request_url)
    connection = http.client.HTTPConnection(where.netloc, timeout=WAIT)
    try:
        connection.request("POST", where.path, body, {"Content-Type": content_type, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_answered(bench: SlackBench, headers: dict[str, str]) -> None:
    """Wait until it is recorded, soon after the answer, that a request was answered."""
    signature = headers["X-Slack-Signature"]
    while not bench.store.requests.note([signature], [])[signature].is_answered:
        threading.Event().wait(0.05)


def command(bench: SlackBench, text: str = "help") -> bytes:
    """The body of a slash command."""
    trigger = bench.slack.trigger(ALICE)
    payload = valid(Known(), ALICE, trigger)["/help"][1] | {"text": text}
    return urlencode(payload).encode()


@pytest.mark.parametrize("user", [ALICE, BOB], ids=["fixer", "other"])
def test_every_listener_acks_the_first_delivery(bench: SlackBench, user: str) -> None:
    """Commands, buttons, forms, menus and events, for who may and who may not."""
    with structlog.testing.capture_logs() as logged:
        for name in valid(Known(), user, bench.slack.trigger(user)):
            kind, payload = valid(Known(), user, bench.slack.trigger(user))[name]
            told = bench.slack.deliver(payload, kind)
            assert (told["acked"], told["deliveries"]) == (True, 1), name
        bench.stop_connection()
        bench.settle()
    assert [line for line in logged if "exc_info" in line] == []


def test_work_goes_on_after_the_answer(bench: SlackBench) -> None:
    """The form is acked while AWS still hangs in the write, and shows the result afterwards."""
    gate = shut(bench)
    bench.open_form(WEB)
    assert bench.slack.submit(**FORM)["acked"]
    gate.open()
    bench.slack.wait_view("Saved and verified")


def test_a_form_with_mistakes_shows_them(bench: SlackBench) -> None:
    """The answer to a submission carries errors."""
    bench.open_form(WEB)
    assert set(bench.slack.submit(**FORM | {"phone": "12345"})["errors"]) == {"phone"}
    assert SHOWN in str(bench.slack.view())


def test_options_are_found(bench: SlackBench) -> None:
    """The answer to a menu carries options."""
    bench.slack.command("/altcontact fix")
    bench.slack.wait_view(ACCOUNTS)
    assert "Data lake" in str(bench.slack.suggest(ACCOUNTS, "lake"))


def test_a_command_about_a_payload(bench: SlackBench) -> None:
    """Bolt's own parser drops a form that has this word in it."""
    bench.slack.command("/altcontact check payload")
    bench.slack.wait_private("payload")


@pytest.mark.parametrize("kind", ["forged", "other secret", "late", "early", "version", "body"])
def test_what_slack_did_not_sign_is_refused(bench: SlackBench, kind: str) -> None:
    """It gets 401, whatever is wrong with its signature, and nothing is done."""
    body, now = command(bench), time.time()
    headers = {
        "forged": sign(body, now) | {"X-Slack-Signature": f"v0={'0' * 64}"},
        "other secret": sign(body, now, "another"),
        "late": sign(body, now - 301),
        "early": sign(body, now + 330),
        "version": {k: v.replace("v0=", "v1=") for k, v in sign(body, now).items()},
        "body": sign(body + b" ", now),
    }[kind]
    assert refused(bench, body, headers)


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "9" * 30},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0="},
        {"X-Slack-Signature": "v0=" + "\xe9" * 64},
        {"X-Slack-Signature": "v0=" + "0" * 63},
    ],
)
def test_broken_signatures_are_refused(bench: SlackBench, changed: dict[str, str]) -> None:
    """They are no more of an error than wrong ones."""
    body = command(bench)
    assert refused(bench, body, sign(body, time.time()) | changed)


def test_no_signature_is_refused(bench: SlackBench) -> None:
    """Nor is a body read that nobody signed, however it is built."""
    nested = b'{"a":' * 100_000
    for body, content_type in [
        (command(bench), FORM_TYPE),
        (nested, "application/json"),
        (b"payload=" + nested, FORM_TYPE),
        (b"\xff\xfe", FORM_TYPE),
        (b"", FORM_TYPE),
        (b'{"type":"url_verification","challenge":"x"}', "application/json"),
    ]:
        assert post(bench, body, {}, content_type) == (401, "Unauthorized\n")
    assert post(bench, b"\xff", sign(b"\xff", time.time()))[0] == 401


def refused(bench: SlackBench, body: bytes, headers: dict[str, str]) -> bool:
    """Whether a request gets 401 and the app does nothing, though the next one from Slack works."""
    status, text = post(bench, body, headers)
    bench.slack.command("/altcontact nonsense")
    bench.slack.wait_private("nonsense")
    assert len(bench.slack.private()) == 1
    return (status, text) == (401, "Unauthorized\n")


def test_a_request_that_came_before_is_refused(bench: SlackBench) -> None:
    """Nobody who has seen a request can have it carried out again."""
    body = command(bench)
    headers = sign(body, time.time() - 10)
    assert post(bench, body, headers) == (200, "")
    bench.slack.wait_private("altcontact fix")
    assert post(bench, body, headers)[0] == 401
    assert post(bench, body, headers | {"X-Slack-Retry-Num": "1"}) == (200, "")
    with ThreadPoolExecutor(8) as people:
        body = command(bench, "nonsense")
        headers = sign(body, time.time())
        got = sorted(
            status for status, _ in people.map(lambda _: post(bench, body, headers), range(8))
        )
    assert got == [200] + [401] * 7
    bench.slack.wait_private("nonsense")
    bench.stop_connection()
    bench.settle()
    assert len(bench.slack.private()) == 2


def test_a_request_that_another_replica_answered_is_refused(
    bench: SlackBench, tmp_path: Path
) -> None:
    """Nor on another replica, nor after a restart; Slack's own retry there gets an ack."""
    body = command(bench)
    headers = sign(body, time.time() - 10)
    assert post(bench, body, headers) == (200, "")
    bench.slack.wait_private("altcontact fix")
    wait_answered(bench, headers)
    other = SlackBench(bench.slack, tmp_path, WEB, LAKE, by_http=True)
    other.web.start()
    try:
        assert post(other, body, headers)[0] == 401
        assert post(other, body, headers | {"X-Slack-Retry-Num": "1"}) == (200, "")
        unanswered = command(bench, "nonsense")
        headers = sign(unanswered, time.time())
        bench.store.requests.note([headers["X-Slack-Signature"]], [])
        bench.clock.tick(2)
        other.clock.tick(2)
        # A replica that was killed before it answered; the load balancer tries another one.
        assert post(other, unanswered, headers) == (200, "")
        wait_answered(other, headers)
        assert post(bench, unanswered, headers)[0] == 401
        bench.slack.wait_private("nonsense")
    finally:
        other.web.stop(60)
        other.settle()
        other.store.close()
    bench.stop_connection()
    bench.settle()
    assert len(bench.slack.private()) == 2


def test_a_database_that_is_locked_keeps_no_ack_waiting(
    slack: SlackSandbox, tmp_path: Path
) -> None:
    """The request is acked, and the person told that nothing was done."""
    for bench in started(SlackBench(slack, tmp_path, WEB, by_http=True, busy_timeout=0.6)):
        bench.lock_database()
        assert bench.slack.command("/altcontact help")["acked"]
        bench.slack.wait_private("Nothing was done")


def test_an_event_that_is_delivered_again_acts_once(bench: SlackBench) -> None:
    """Slack signs it again, and says that it is a retry."""
    bench.slack.say("hello", ALICE, f"D{ALICE[1:]}")
    bench.slack.wait_dm("altcontact fix")
    assert bench.slack.deliver_again()["acked"]
    bench.stop_connection()
    bench.settle()
    assert len([each for each in bench.slack.dms() if "altcontact fix" in str(each)]) == 1


def test_slack_checks_the_url(bench: SlackBench) -> None:
    """The challenge comes back as JSON; a check of the certificate gets 200, signed or not."""
    body = json.dumps({"type": "url_verification", "challenge": 'a"b', "token": "x"}).encode()
    status, text = post(bench, body, sign(body, time.time()), "application/json")
    assert (status, json.loads(text)) == (200, {"challenge": 'a"b'})
    check = b"ssl_check=1&token=x"
    assert post(bench, check, {}) == (200, "")
    assert post(bench, check, sign(check, time.time())) == (200, "")


def test_a_command_that_says_it_is_a_check_does_nothing(bench: SlackBench) -> None:
    """An unsigned request can't get past the signature so."""
    body = command(bench) + b"&ssl_check=1"
    assert post(bench, body, {}) == (200, "")
    bench.slack.command("/altcontact nonsense")
    bench.slack.wait_private("nonsense")
    assert len(bench.slack.private()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"type": "event_callback"', 400),
        (b"payload=%5B%5D", 400),
        (b"payload=", 400),
        (b'{"a":' * 100_000, 400),
        (b"{}", 200),
        (b"", 200),
        (b"a=b", 200),
        (b'{"type": "event_callback", "event": 5}', 200),
    ],
)
def test_payloads_that_nobody_can_read(bench: SlackBench, body: bytes, status: int) -> None:
    """They are answered, and the bot goes on."""
    assert post(bench, body, sign(body, time.time()))[0] == status
    assert bench.slack.command("/altcontact help")["acked"]


def test_limits(bench: SlackBench) -> None:
    """Over 1 MiB, other methods, other paths."""
    where = urlsplit(bench.request_url)
    connection = http.client.HTTPConnection(where.netloc, timeout=WAIT)
    for method, path, status in [("GET", where.path, 405), ("POST", "/", 404)]:
        connection.request(method, path)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (status, True)
    connection.putrequest("POST", where.path)
    connection.putheader("Content-Length", str(1024 * 1024 + 1))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    large = command(bench) + b"&padding=" + b"x" * 1_000_000
    assert post(bench, large, sign(large, time.time())) == (200, "")


def test_two_hundred_commands_at_once(bench: SlackBench) -> None:
    """Each is acked on its only delivery, and each person gets an answer."""
    bench.slack.settings(ack_within=30.0)  # how soon acks come is measured by `make bench`
    told = bench.slack.commands(200, "/altcontact nonsense")
    assert [each["acked"] for each in told] == [True] * 200
    bench.slack.wait(
        lambda seen: len([m for m in seen["messages"] if m["to"] == ALICE]) == 200, WAIT, "answers"
    )


def test_what_is_known_of_requests(bench: SlackBench) -> None:
    """Slack's last one counts, and refused ones since then; the log has one line of them."""
    mode = bench.connection
    assert isinstance(mode, HttpMode)
    silence = mode.status().silence
    assert silence is not None
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            assert post(bench, b"token=xoxb-secret&user=dana@corp.example", {})[0] == 401
    assert mode.status().refused == 3
    (line,) = [line for line in logged if line["event"] == "request refused"]
    assert "dana" not in str(line)
    bench.slack.command("/altcontact help")
    assert mode.status().refused == 0
