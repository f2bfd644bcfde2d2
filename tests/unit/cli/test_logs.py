"""The logs: one format for all, on standard error, without personal data."""

import json
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from bot.cli import logs
from bot.domain.errors import new_error_id
from tests.unit.loggers import logging_put_back


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """Logging as it was before."""
    with logging_put_back():
        yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The JSON lines on standard error; standard output must be empty."""
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON line holds the event, its values, level, logger, and the time with its offset."""
    logs.configure("json")
    structlog.get_logger("bot.services.scan.scanner").info(
        "scan ended", scan=3, counts={"missing": 2}, cause=None
    )
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "scan ended",
        "scan": 3,
        "counts": {"missing": 2},
        "cause": None,
        "level": "info",
        "logger": "bot.services.scan.scanner",
    }


def test_replicas(capsys: pytest.CaptureFixture[str]) -> None:
    """Where several write to one log, each line says which it is of, also those of libraries."""
    logs.configure("json", replica=logs.this_replica())
    structlog.get_logger("bot.app.bot").info("ready")
    logging.getLogger("urllib3").warning("trouble")
    assert [line["replica"] for line in lines(capsys)] == [logs.this_replica()] * 2
    assert logs.this_replica().endswith(f":{os.getpid()}")
    logs.configure("json")
    structlog.get_logger("bot.app.bot").info("ready")
    assert "replica" not in lines(capsys)[0]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_levels_by_name(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """Lines from that level on are shown; libraries stay at WARNING, or above."""
    logs.configure("json", logs.LEVELS[level])
    for each in logs.LEVELS:
        getattr(structlog.get_logger("bot.app.bot"), each)(each)
        getattr(logging.getLogger("botocore"), each)("the contact of Ana Lima")
    ours = [line["event"] for line in lines(capsys) if line["logger"] == "bot.app.bot"]
    names = list(logs.LEVELS)
    assert ours == names[names.index(level) :]


@pytest.mark.parametrize(
    "name",
    [
        "botocore",
        "botocore.parsers",
        "boto3",
        "urllib3",
        "slack_sdk",
        "slack_bolt",
        "waitress",
        "psycopg",
        "psycopg.pool",
    ],
)
def test_libraries_say_nothing_below_warning_at_debug(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """What they log then are requests and answers."""
    logs.configure("json", logging.DEBUG)
    logging.getLogger(name).debug("Body: {'EmailAddress': 'ana@corp.example', 'Name': 'Ana Lima'}")
    logging.getLogger(name).info("Body: {'EmailAddress': 'ana@corp.example', 'Name': 'Ana Lima'}")
    assert lines(capsys) == []


def test_console(capsys: pytest.CaptureFixture[str]) -> None:
    """A console line is plain text without colour where standard error is no terminal."""
    logs.configure("console")
    structlog.get_logger("bot.app.bot").warning("scans cut off", scans=2)
    said = capsys.readouterr().err
    assert "scans cut off" in said
    assert "scans=2" in said
    assert "\x1b" not in said


def test_configured_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Configuring twice writes a line once, in the format given last."""
    logs.configure("console")
    logs.configure("json")
    structlog.get_logger("bot.app.bot").info("ready")
    assert [line["event"] for line in lines(capsys)] == ["ready"]


def test_levels(capsys: pytest.CaptureFixture[str]) -> None:
    """Libraries are shown from WARNING on, our own lines from INFO or the level asked for."""
    logs.configure("json")
    for name in ("slack_bolt.App", "slack_sdk", "apscheduler", "botocore", "urllib3"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble with %s", "x")
    structlog.get_logger("bot.services.scan.scanner").debug("detail")
    assert [line["event"] for line in lines(capsys)] == ["trouble with x"] * 5
    logs.configure("json", logging.WARNING)
    structlog.get_logger("bot.services.scan.scanner").info("scan started")
    structlog.get_logger("bot.services.scan.scanner").warning("slow")
    assert [line["event"] for line in lines(capsys)] == ["slow"]


@dataclass
class Present:
    """Something with personal data in its representation."""

    email: str


def test_masked(capsys: pytest.CaptureFixture[str]) -> None:
    """Personal data and tokens are masked in events, values of any shape, and keys."""
    logs.configure("json")
    secret = "jo@example.com +44 20 7946 0958 xoxb-1-2"
    structlog.get_logger("bot.x").info(
        f"said {secret}",
        plain=secret,
        nested={"a": [secret, (secret, 1)], secret: None},
        held=Present(secret),
        chosen={secret},
        account="111122223333",
        seconds=1.5,
    )
    logging.getLogger("slack_sdk").warning("to %s", secret, extra={"ticket": secret})
    first, second = lines(capsys)
    said = json.dumps([first, second])
    for part in ("jo@", "7946", "xoxb"):
        assert part not in said
    assert first["plain"] == "[email] [phone] [secret]"
    assert (first["account"], first["seconds"]) == ("111122223333", 1.5)
    assert second["event"] == second["ticket"].join(["to ", ""])


def test_masked_by_key(capsys: pytest.CaptureFixture[str]) -> None:
    """A key that says what its value is decides; an account's id stays, one too short as well."""
    logs.configure("json")
    structlog.get_logger("bot.x").info(
        "said", account="11112222333", contact={"PhoneNumber": "555 12", "email": "jo"}, phone=""
    )
    (line,) = lines(capsys)
    assert line["account"] == "11112222333"
    assert line["contact"] == {"PhoneNumber": "[phone]", "email": "[email]"}
    assert line["phone"] == ""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_proxys_password(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    """User and password of a proxy are in no line: event, value, library's line, traceback."""
    logs.configure(log_format)
    url = "http://bob:hunter2@localhost:8952"
    structlog.get_logger("bot.x").warning(f"via {url}", proxy=url)
    logging.getLogger("slack_bolt.App").error("Failed (proxy: %s, status: 407)", url)
    error = OSError(f"Failed to connect to the proxy (proxy: {url})")
    structlog.get_logger("bot.x").error("failed", exc_info=error)
    said = capsys.readouterr().err
    assert "bob" not in said
    assert "hunter2" not in said
    assert said.count("[secret]@localhost:8952") >= 4


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_exceptions(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    """An exception's text is masked, its causes too, and no local variable is shown."""
    logs.configure(log_format)
    local = "local-value"

    def fail() -> None:
        raise ValueError(f"of {len(local)} +44 20 7946 0958") from KeyError("jo@example.com")

    try:
        fail()
    except ValueError:
        structlog.get_logger("bot.x").exception("failed")
        logging.getLogger("apscheduler").exception("failed too")
    said = capsys.readouterr().err
    assert said.count("KeyError: '[email]'") == 2
    assert said.count("ValueError: of 11 [phone]") == 2
    for part in ("jo@", "+44 20", "local-value"):
        assert part not in said


def test_thread_defect(capsys: pytest.CaptureFixture[str]) -> None:
    """What ends a thread is logged and masked."""

    def work() -> None:
        raise RuntimeError("jo@example.com")

    logs.configure("json")
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()
    (line,) = lines(capsys)
    assert (line["event"], line["thread"]) == ("thread failed", "worker")
    assert "RuntimeError: [email]" in line["exception"]


def test_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    """Python's warnings are log lines as well."""
    logs.configure("json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old jo@example.com", DeprecationWarning, stacklevel=1)
    (line,) = lines(capsys)
    assert line["logger"] == "py.warnings"
    assert "old [email]" in line["event"]


def test_reference() -> None:
    """A reference is short, and never the same twice."""
    made = {new_error_id() for _ in range(100)}
    assert len(made) == 100
    assert {len(each) for each in made} == {8}


def test_broken_format(capsys: pytest.CaptureFixture[str]) -> None:
    """A log line that cannot be formatted stops no work, and its arguments are not shown."""
    logs.configure("json")
    (handler,) = (
        each for each in logging.getLogger().handlers if type(each).__module__ == "bot.cli.logs"
    )
    record = logging.LogRecord("botocore", 30, "file", 1, "%d", ("jo@example.com",), None)
    handler.emit(record)
    assert capsys.readouterr().err == "a log line of botocore was lost (TypeError)\n"
