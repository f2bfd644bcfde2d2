"""The story once more over HTTP: signed requests, their answers as acks, and a stop that drains."""

from __future__ import annotations

import http.client
import re
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from altcontact_sandbox.servers import HOST, listen
from altcontact_sandbox.slack.transport.http_mode import REQUEST_PATH, sign

from tests.e2e import conftest, test_home, test_many, test_story
from tests.launcher import launcher
from tests.postgres import query, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

ready, many = test_story.ready, test_many.many
PEOPLE = 200
WAIT = 60.0

# Commands, buttons, forms, menus, events, an approval, pages, and a stop.
test_from_alert_to_confirmed = test_story.test_from_alert_to_confirmed
test_one_account_and_its_button = test_story.test_one_account_and_its_button
test_a_compliant_contact = test_story.test_a_compliant_contact_is_not_overwritten_unseen
test_from_one_account_to_the_next = test_story.test_from_one_account_to_the_next
test_home_from_an_open_to_a_fix = test_home.test_home_from_an_open_to_a_fix
test_pages_and_the_form_from_a_page = test_many.test_pages_and_the_form_from_a_page
test_stops_in_order = test_story.test_stops_in_order


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with listen(0, "bot") as listener:
        found: int = listener.getsockname()[1]
    return found


@pytest.fixture
def environment(
    environment: dict[str, str], slack: SlackSandbox, port: int
) -> Iterator[dict[str, str]]:
    """The bot's settings, for HTTP; Slack knows where it will listen."""
    environment.pop("SLACK_APP_TOKEN")
    slack.use_http(f"http://{HOST}:{port}{REQUEST_PATH}")
    yield {**environment, **slack.http_environment(port), "ALTCONTACT_HTTP_DRAIN": "0.5"}
    slack.use_http()


def command(slack: SlackSandbox, text: str) -> bytes:
    """The body of a slash command of alice's."""
    trigger = slack.trigger(test_story.ALICE)
    return urlencode(
        {
            "command": "/altcontact",
            "text": text,
            "team_id": "T0SANDBOX1",
            "user_id": test_story.ALICE,
            "channel_id": "C0ALERTS01",
            "api_app_id": "A0SANDBOX1",
            **trigger,
        }
    ).encode()


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    """The status of a request that anybody can send."""
    connection = http.client.HTTPConnection(HOST, port, timeout=WAIT)
    try:
        connection.request("POST", REQUEST_PATH, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_slack_did_not_sign_does_nothing(bot: Bot, slack: SlackSandbox, port: int) -> None:
    """Forged, replayed, late and unsigned commands are refused, and start no check."""
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    body, now = command(slack, "check"), time.time()
    for headers in [
        {},
        sign(body, now, "guessed"),
        sign(body, now, " "),
        sign(body, now - 301),
        {k: v.replace("v0=", "v1=") for k, v in sign(body, now).items()},
    ]:
        assert post(port, body, headers) == 401
    once = command(slack, "nonsense")
    signed = sign(once, time.time())
    assert [post(port, once, signed) for _ in range(2)] == [200, 401]
    slack.wait_private("nonsense")
    assert bot.terminate() == 0
    assert len(bot.lines("scan started")) == 1
    assert len(slack.private()) == 1
    assert len(bot.lines("request refused")) == 1


def test_two_hundred_commands_at_once_while_a_scan_runs(
    bot: Bot, slack: SlackSandbox, aws: AwsSandbox
) -> None:
    """Each is acked on its only delivery, and each gets its answer once."""
    aws.seed_many(300)
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    aws.latency(2000)
    slack.command("/altcontact check")
    bot.wait_log("scan started", number=2)
    slack.settings(ack_within=30.0)  # how soon acks come is measured by `make bench`
    before = len(slack.acks())
    told = slack.commands(PEOPLE, "/altcontact nonsense")
    assert len(bot.lines("scan ended")) == 1, "the scan was over before the commands were"
    assert [each["acked"] for each in told] == [True] * PEOPLE
    acks = slack.acks()[before:]
    assert [ack["attempt"] for ack in acks] == [0] * PEOPLE
    slack.wait(lambda seen: len(answers(seen)) >= PEOPLE, WAIT, "an answer each")
    assert len(answers(slack.state())) == PEOPLE
    aws.latency(0)


def answers(seen: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to nonsense."""
    return [each for each in seen["messages"] if "nonsense" in each["text"]]


@pytest.fixture
def replicas(
    environment: dict[str, str], slack: SlackSandbox, port: int
) -> Iterator[dict[int, conftest.Bot]]:
    """Two replicas by port on one PostgreSQL, not started yet, with a load balancer before them."""
    with listen(0, "bot") as listener:
        ports = [port, int(listener.getsockname()[1])]
    environment |= {"ALTCONTACT_DATABASE": server().with_tables(), "ALTCONTACT_LEASE": "3"}
    made = {
        each: conftest.Bot({**environment, "ALTCONTACT_HTTP": f"{HOST}:{each}"}) for each in ports
    }
    slack.use_http(*(f"http://{HOST}:{each}{REQUEST_PATH}" for each in ports))
    yield made
    for each in made.values():
        each.stop()


def test_the_leader_is_killed_while_two_hundred_commands_come(
    replicas: dict[int, conftest.Bot],
    slack: SlackSandbox,
    aws: AwsSandbox,
    environment: dict[str, str],
) -> None:
    """While it scans. The other one acks what it didn't, takes the lead, and repeats nothing.

    Nor does it do what the leader did already, whoever sends it a copy.
    """
    (port, leader), (other_port, other) = replicas.items()
    aws.seed_many(300)
    leader.start().wait_log("this process leads")
    other.start().wait_log("another process leads, this one answers Slack")
    leader.wait_log("scan ended")
    slack.wait_connected(2)
    url = environment["ALTCONTACT_DATABASE"]

    body = command(slack, "nonsense-0")
    copied = sign(body, time.time())
    assert post(port, body, copied) == 200
    answered = f"answered:{copied['X-Slack-Signature']}"
    while not query(url, "SELECT 1 FROM deliveries WHERE key = ?", answered):
        threading.Event().wait(0.05)

    aws.latency(2000)
    leader.send_signal(signal.SIGUSR1)
    leader.wait_log("scan started", number=2)
    slack.settings(ack_within=30.0)  # how soon acks come is measured by `make bench`
    with ThreadPoolExecutor(1) as pool:
        before = len(slack.acks())
        typing = pool.submit(slack.commands, PEOPLE, "/altcontact nonsense-{n}")
        slack.wait(lambda _: len(slack.acks()) > before + 20, WAIT, "acks")
        leader.kill()
        told = typing.result(WAIT)
    assert [each["acked"] for each in told] == [True] * PEOPLE
    assert len(leader.lines("scan ended")) == 1, "the scan was over before the commands were"
    other.wait_log("this process leads")
    aws.latency(0)

    assert post(other_port, body, copied) == 401
    assert slack.command("/altcontact nonsense-201")["acked"]
    slack.wait(lambda seen: "nonsense-201" in str(answers(seen)), WAIT, "an answer")
    other.terminate()  # which finishes what it took
    told_of = Counter(
        found[0] for m in answers(slack.state()) if (found := re.search(r"nonsense-\d+", m["text"]))
    )
    assert set(told_of.values()) == {1}
    assert told_of.keys() >= {"nonsense-0", "nonsense-201"}


def test_a_stop_drains(bot: Bot, slack: SlackSandbox, port: int) -> None:
    """After SIGTERM the bot serves on and closes connections, then ends; nobody gets no answer."""
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    over = threading.Event()
    heard: list[bool] = []

    def type_on() -> None:
        while not over.is_set():
            heard.append(slack.command("/altcontact nonsense")["acked"])

    with ThreadPoolExecutor(1) as pool:
        typing = pool.submit(type_on)
        slack.wait(lambda seen: len(answers(seen)) > 2, WAIT, "answers")
        connection = http.client.HTTPConnection(HOST, port, timeout=WAIT)
        ending = threading.Thread(target=bot.terminate)
        ending.start()
        bot.wait_log("draining")
        connection.request("GET", REQUEST_PATH)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (405, "close")
        connection.close()
        connection.request("GET", "/readyz")
        assert connection.getresponse().status == 503
        over.set()
        typing.result(WAIT)
        ending.join(WAIT)
    assert heard == [True] * len(heard)
    bot.wait_log("stopped")


@pytest.mark.refused("no_ack")
def test_a_killed_bot_answers_once_it_is_back(bot: Bot, slack: SlackSandbox) -> None:
    """What Slack sends meanwhile is lost to it, after three more tries of an event."""
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    bot.kill()
    slack.say("hello", channel=f"D{test_story.ALICE[1:]}")
    slack.wait(lambda seen: seen["refusals"], WAIT, "an event given up")
    assert [ack["attempt"] for ack in slack.acks() if ack["seconds"] is None] == [0, 1, 2, 3]
    bot.start()
    slack.wait_connected()
    slack.say("hello again", channel=f"D{test_story.ALICE[1:]}")
    slack.wait_dm("altcontact fix")


def test_a_port_that_is_taken(environment: dict[str, str], port: int, slack: SlackSandbox) -> None:
    """The bot says so, and how to go on, and doesn't start."""
    slack.use_http()  # or Slack would ask the one that took it
    with listen(port, "test"):
        ended = launcher().run("run", environment=environment)
    assert ended.returncode == 2
    assert f"can't listen on {HOST}:{port}: Address already in use" in ended.stderr
    assert "free port" in ended.stderr


@pytest.mark.refused("no_ack")
def test_the_doctor_and_a_rotated_secret(
    environment: dict[str, str], bot: Bot, slack: SlackSandbox, tmp_path: Path
) -> None:
    """Outside of the bot it tries no app-level token; inside it knows Slack's last request.

    The signing secret is regenerated: the bot reads its file again, and nothing restarts.
    """
    file = tmp_path / "signing-secret"
    file.write_text(environment.pop("SLACK_SIGNING_SECRET"))
    file.chmod(0o600)
    environment["SLACK_SIGNING_SECRET_FILE"] = str(file)
    bot.start()
    slack.wait_connected()
    bot.wait_log("scan ended")
    ended = launcher().run("doctor", "--all", environment=environment)
    assert "App-level token" not in ended.stdout
    assert "Only the running bot knows" in ended.stdout
    slack.command("/altcontact doctor")
    told = slack.wait_private("checks passed")
    slack.press("altcontact_doctor_show_all", message=told)
    slack.wait_view("arrive by HTTP; the last one")
    new = "feedface" * 4
    file.write_text(new)
    slack.rotate_tokens(signing=new)
    while not slack.command("/altcontact help")["acked"]:  # at once, if reading it isn't slow
        threading.Event().wait(0.1)
    bot.wait_log("signing secret replaced", place=f"the file {file}")
    assert new not in bot.log
