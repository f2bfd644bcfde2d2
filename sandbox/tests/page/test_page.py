"""The page's server: what it tells and when, what it passes on, and whom it answers."""

from __future__ import annotations

import contextlib
import posixpath
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from altcontact_sandbox.bot_process import BotProcess
from altcontact_sandbox.page.masking import MASKED
from altcontact_sandbox.page.server import STATIC, PageServer

from sandbox.tests.page.fixtures import (
    CONTACT,
    PATIENCE,
    FakeServer,
    account,
    entry,
    events,
    message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = "There is no such call."


@pytest.fixture
def slack() -> Iterator[FakeServer]:
    """Stands for Slack."""
    server = FakeServer(connected=0, messages=[message(1)], refusals=[], modals={}).start()
    yield server
    server.stop()


@pytest.fixture
def aws() -> Iterator[FakeServer]:
    """Stands for AWS."""
    server = FakeServer(accounts=[account(1, CONTACT), account(2)], settings={}).start()
    yield server
    server.stop()


@pytest.fixture
def bot(tmp_path: Path) -> BotProcess:
    """The place of a bot that is not started."""
    return BotProcess(tmp_path / "bot.log")


@pytest.fixture
def unconnected(bot: BotProcess, slack: FakeServer, aws: FakeServer) -> Iterator[PageServer]:
    """A page that does not know where the servers are yet; stopped before they are."""
    with PageServer(bot) as page:
        yield page


@pytest.fixture
def page(unconnected: PageServer, slack: FakeServer, aws: FakeServer) -> PageServer:
    """A page in front of both."""
    unconnected.connect(slack.url, aws.url)
    return unconnected


def following(page: PageServer) -> tuple[dict[str, Any], Iterator[tuple[str, Any]]]:
    """All of it, and what comes after."""
    stream = events(page.url)
    name, state = next(stream)
    assert name == "state"
    return state, stream


def test_all_of_it_comes_first(page: PageServer) -> None:
    """The stream begins with everything, which `state` gives as well."""
    state, _ = following(page)
    assert [each["id"] for each in state["slack"]["messages"]] == ["C1/1"]
    assert [each["id"] for each in state["aws"]["accounts"]] == ["1", "2"]
    assert state["bot"]["running"] is False
    assert state["wire"] == []
    commands = state["app"]["commands"]
    assert {"check", "fix", "help"} <= {command["words"] for command in commands}
    assert httpx.get(f"{page.url}/control/state").json() == state


def test_changes_come_alone(page: PageServer, slack: FakeServer, aws: FakeServer) -> None:
    """Of messages, refusals and accounts the changed and new ones alone are reported."""
    _, stream = following(page)
    refusal = {"number": 1, "error": "invalid_blocks"}
    slack.show(messages=[message(1), message(2)], refusals=[refusal], connected=1)
    name, part = next(stream)
    assert name == "slack"
    assert [each["id"] for each in part["messages"]] == ["C1/2"]
    assert part["refusals"] == [refusal]
    assert part["connected"] == 1
    slack.show(messages=[message(1, "edited"), message(2)])
    name, part = next(stream)
    assert (part["messages"], part["refusals"]) == ([message(1, "edited")], [])
    aws.show(accounts=[account(1), account(3)])
    name, part = next(stream)
    assert name == "aws"
    assert [each["id"] for each in part["accounts"]] == ["1", "3"]
    assert part["removed"] == ["2"]


@pytest.mark.parametrize("gone", ["messages", "refusals"])
def test_where_something_is_gone_all_of_it_comes_again(
    page: PageServer, slack: FakeServer, gone: str
) -> None:
    """A reset takes messages or refusals away, which no change of single ones could tell."""
    slack.show(refusals=[{"number": 1}], connected=1)
    state, stream = following(page)
    while not state["slack"]["connected"]:
        _, part = next(stream)
        state = {"slack": part}
    slack.show(**{gone: []})
    name, state = next(stream)
    assert name == "state"
    assert state["slack"][gone] == []


def test_the_wire_is_told_masked(page: PageServer, slack: FakeServer, aws: FakeServer) -> None:
    """Entries come with ids of their own and without personal data, also when told later."""
    _, stream = following(page)
    slack.entries = [entry(1, "set by Ida Lys"), entry(2)]
    name, entries = next(stream)
    assert name == "wire"
    assert [each["id"] for each in entries] == ["slack-1", "slack-2"]
    assert entries[0]["sent"]["text"] == f"set by {MASKED}"
    aws.entries = [entry(1, "root1@example.com", "sts:GetCallerIdentity")]
    name, entries = next(stream)
    assert [each["id"] for each in entries] == ["aws-1"]
    assert MASKED in entries[0]["sent"]["text"]
    state, _ = following(page)
    assert [each["id"] for each in state["wire"]] == ["slack-1", "slack-2", "aws-1"]


def test_what_the_bot_has_just_read_is_known_before_it_shows(
    page: PageServer, slack: FakeServer, aws: FakeServer
) -> None:
    """An entry of Slack's with what AWS has only just answered is masked all the same."""
    _, stream = following(page)
    read = entry(1, name="account:GetAlternateContact")
    aws.entries = [{**read, "answered": {"AlternateContact": {"Name": "Olaf Berg"}}}]
    slack.entries = [entry(1, "held by Olaf Berg")]
    told = [each for _ in range(2) for each in next(stream)[1]]
    assert {each["id"] for each in told} == {"aws-1", "slack-1"}
    assert "Olaf" not in str(told)


def test_a_wire_that_begins_anew_is_followed(page: PageServer, slack: FakeServer) -> None:
    """After a reset a server counts from one again."""
    _, stream = following(page)
    slack.entries = [entry(number) for number in range(1, 6)]
    assert len(next(stream)[1]) == 5
    slack.entries = [entry(1, "anew")]
    _, entries = next(stream)
    assert [each["sent"]["text"] for each in entries] == ["anew"]


def test_a_page_that_does_not_keep_up_is_dropped(
    bot: BotProcess, slack: FakeServer, aws: FakeServer
) -> None:
    """A stream that is behind by too much ends; the browser then comes for all of it again."""
    with PageServer(bot, backlog=1) as page:
        page.connect(slack.url, aws.url)
        _, stream = following(page)
        large = "x" * 1_000_000
        for number in range(40):
            slack.show(messages=[message(1, f"{number}{large}")])
            wait_shown(page, str(number))
        seen = sum(1 for _ in stream)
    assert seen < 40


def wait_shown(page: PageServer, begins: str) -> None:
    """Wait until the page shows a text."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = httpx.get(f"{page.url}/control/state", timeout=PATIENCE).json()
        if state["slack"]["messages"][0]["text"].startswith(f"{begins}x"):
            return
    pytest.fail(f"never shown: {begins}")


def test_the_bot_is_told(page: PageServer, bot: BotProcess) -> None:
    """What changes with the bot comes by itself."""
    _, stream = following(page)
    bot.tell({"SLACK_API_URL": "http://127.0.0.1:1/api/"})
    name, part = next(stream)
    assert name == "bot"
    assert part["environment"]["SLACK_API_URL"] == "http://127.0.0.1:1/api/"
    assert part["next_check"] is None


def test_the_page_can_be_opened_before_the_servers_run(
    unconnected: PageServer, slack: FakeServer, aws: FakeServer
) -> None:
    """Files are served at once, calls are put off, and the state comes when it is known."""
    assert "<html" in httpx.get(unconnected.url).text
    assert httpx.get(f"{unconnected.url}/control/aws/stats").status_code == 503
    states: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: states.append(following(unconnected)[0]))
    waiting.start()
    unconnected.connect(slack.url, aws.url)
    waiting.join(PATIENCE)
    assert states[0]["aws"]["accounts"]


def test_a_stop_ends_streams_and_calls(page: PageServer, aws: FakeServer) -> None:
    """Streams end, and a call under way is answered in words; a second stop does nothing."""
    _, stream = following(page)
    answers: list[httpx.Response] = []
    url = f"{page.url}/control/aws/hang"
    call = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=PATIENCE)))
    call.start()
    assert aws.held.wait(PATIENCE)
    page.stop()
    assert list(stream) == []
    call.join(PATIENCE)
    assert answers[0].status_code == 503
    page.stop()


def test_a_stop_answers_who_waits_for_the_state(unconnected: PageServer) -> None:
    """Who waits for a state that will never be known hears that."""
    answers: list[httpx.Response] = []
    url = f"{unconnected.url}/control/state"

    def ask() -> None:
        with contextlib.suppress(httpx.TransportError):  # where the stop was quicker than this
            answers.append(httpx.get(url, timeout=PATIENCE))

    call = threading.Thread(target=ask)
    call.start()
    unconnected.stop()
    call.join(PATIENCE)
    assert not answers or answers[0].status_code == 503


# What is passed on


def test_calls_are_passed_on(page: PageServer, aws: FakeServer, slack: FakeServer) -> None:
    """Method, path, query and body reach the server; status and answer come back."""
    answer = httpx.put(f"{page.url}/control/aws/contacts/1/SECURITY?a=b%20c", json=CONTACT)
    assert (answer.status_code, answer.json()) == (400, {"error": "no", "remedy": "do"})
    method, path, query, body = aws.calls[-1]
    assert (method, path, query) == ("PUT", "contacts/1/SECURITY", "a=b%20c")
    assert b"Ida Lys" in body
    assert httpx.delete(f"{page.url}/control/aws/contacts/1/BILLING").status_code == 204
    file = httpx.get(f"{page.url}/control/slack/files/F1")
    assert file.text == "a,b"
    assert file.headers["content-type"].startswith("text/csv")
    assert file.headers["content-disposition"] == 'attachment; filename="a.csv"'
    assert "sandbox" in file.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("slack/act/submit", {"values": {"name": "Olaf Berg"}}),
        ("aws/contacts/1/SECURITY", {**CONTACT, "Name": "Olaf Berg"}),
        ("aws/accounts/new", {"name": "x", "email": "Olaf Berg"}),
    ],
)
def test_what_passes_is_learned(
    page: PageServer, slack: FakeServer, path: str, body: object
) -> None:
    """What a person sets or types is masked on the wire from the moment it passes."""
    _, stream = following(page)
    httpx.put(f"{page.url}/control/{path}", json=body)
    slack.entries = [entry(1, "now Olaf Berg!")]
    _, entries = next(stream)
    assert entries[0]["sent"]["text"] == f"now {MASKED}!"


@pytest.mark.parametrize("body", [b"no json", b"[1]"])
def test_bodies_are_passed_on_as_they_are(page: PageServer, aws: FakeServer, body: bytes) -> None:
    """What is no JSON object is for the server to refuse."""
    httpx.put(f"{page.url}/control/aws/quotas", content=body)
    assert aws.calls[-1][3] == body


@pytest.mark.parametrize(
    "path", ["slack/..%2fx", "aws/a/%2e%2e/b", "aws//x", "slack/", "aws/wire", "slack/wire"]
)
def test_paths_stay_inside(page: PageServer, path: str) -> None:
    """Nothing but the control interface is reached, and of that not the wire unmasked."""
    answer = httpx.get(f"{page.url}/control/{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, EMPTY)


def test_a_server_that_is_gone_is_said(unconnected: PageServer, slack: FakeServer) -> None:
    """Where a server does not answer, the page's own answer says so."""
    unconnected.connect(slack.url, "http://127.0.0.1:9")
    answer = httpx.get(f"{unconnected.url}/control/aws/stats")
    assert answer.status_code == 502
    assert answer.json()["error"]


# Whom it answers


@pytest.mark.parametrize("host", ["127.0.0.1:8700", "localhost:8700", "[::1]:8700", "localhost"])
def test_loopback_names_are_answered(page: PageServer, host: str) -> None:
    """Every name of loopback is good, on any port: it may be forwarded."""
    same = {"Host": host, "Origin": f"http://{host}"}
    assert httpx.get(f"{page.url}/control/state", headers=same).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:x", ""])
def test_other_names_are_refused(page: PageServer, host: str) -> None:
    """A name that somebody made lead here is refused, files included."""
    for path in ("", "/control/state"):
        answer = httpx.get(f"{page.url}{path}", headers={"Host": host})
        assert answer.status_code == 403
        assert answer.json()["remedy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/control/events"), ("POST", "/control/bot/check"), ("PUT", "/control/aws/x")],
)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:8700"])
def test_other_origins_are_refused(page: PageServer, method: str, path: str, origin: str) -> None:
    """A page of another origin may neither act nor listen."""
    answer = httpx.request(method, f"{page.url}{path}", headers={"Origin": origin})
    assert answer.status_code == 403


def test_every_answer_is_protected(page: PageServer) -> None:
    """Files and calls carry the policy; calls are not stored, files are asked for again."""
    for path, store in (("/", "no-cache"), ("/control/state", "no-store"), ("/x", "no-cache")):
        headers = httpx.get(f"{page.url}{path}").headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == store


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        ("js", "text/javascript"),
        ("css", "text/css"),
        ("svg", "image/svg+xml"),
        ("html", "text/html"),
    ],
)
def test_files_have_their_types(page: PageServer, suffix: str, kind: str) -> None:
    """Types do not hang on what the machine takes them for."""
    file = next(STATIC.rglob(f"*.{suffix}"))
    address = f"{page.url}/{file.relative_to(STATIC)}"
    answer = httpx.get(address)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.content == file.read_bytes()
    again = httpx.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_page_leads_to_every_file_of_its_own(page: PageServer) -> None:
    """What the page and its modules name is there, and no file is there that none of them names."""
    named = re.compile(r'(?:href|src|from|import)(?:=|:? )"([^":]+\.(?:js|css|svg))"')
    seen: set[str] = set()
    ahead = ["index.html"]
    while ahead:
        path = ahead.pop()
        seen.add(path)
        answer = httpx.get(f"{page.url}/{path}")
        assert answer.status_code == 200, path
        # The address of an image counts from the page, that of a module from the module.
        start = posixpath.dirname(path) if path.endswith(".js") else ""
        for found in named.findall(answer.text):
            at = "" if found.endswith(".svg") else start
            target = posixpath.normpath(posixpath.join(at, found))
            if target not in seen:
                ahead.append(target)
    files = {str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.is_file()}
    assert seen == files


# The bot


def test_a_bot_of_ones_own_is_not_asked(tmp_path: Path) -> None:
    """Without a bot of the sandbox's a check is refused, with what to do instead."""
    with PageServer(BotProcess(tmp_path / "bot.log", managed=False)) as page:
        answer = httpx.post(f"{page.url}/control/bot/check")
    assert answer.status_code == 409
    assert "SIGUSR1" in answer.json()["remedy"]


class Watched(threading.Event):
    """Tells that somebody looked whether it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = threading.Event()

    def is_set(self) -> bool:
        self.looked.set()
        return super().is_set()


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[BotProcess]:
    """A bot that never gets ready."""
    command = (sys.executable, "-c", "import signal; signal.pause()")
    bot = BotProcess(tmp_path / "bot.log", command=command)
    bot.ready = Watched()
    bot.start()
    yield bot
    bot.stop()


@pytest.mark.parametrize("ends", ["bot", "page"])
def test_a_bot_that_starts_is_waited_for_no_longer_than_it_runs(
    starting: BotProcess, ends: str
) -> None:
    """Where the bot ends, that is answered; and a page that is stopped waits for nothing."""
    assert isinstance(starting.ready, Watched)
    with ThreadPoolExecutor() as pool, PageServer(starting) as page:
        asked = pool.submit(httpx.post, f"{page.url}/control/bot/check", timeout=60)
        assert starting.ready.looked.wait(60)
        if ends == "bot":
            starting.stop()
            assert asked.result().status_code == 409
            return
        page.stop()
        with pytest.raises(httpx.TransportError):
            asked.result()


def test_a_bot_that_does_not_run_is_not_asked(page: PageServer) -> None:
    """A bot that has ended, or was never started, cannot check."""
    answer = httpx.post(f"{page.url}/control/bot/check")
    assert answer.status_code == 409
    assert "isn't running" in answer.json()["error"]


def test_the_page_knows_every_emoji_of_the_bot() -> None:
    """Slack shows them as pictures; one that the page doesn't know stays a word in colons."""
    known = (STATIC / "blocks/emoji.js").read_text(encoding="utf-8")
    files = (Path(__file__).parents[3] / "bot/slack").rglob("*.py")
    used = {
        name
        for file in files
        for name in re.findall(r"(?<!\w):([a-z][a-z_]+):(?=[\s\"*{])", file.read_text("utf-8"))
    }
    assert "stethoscope" in used
    assert [name for name in sorted(used) if f"{name}: " not in known] == []
