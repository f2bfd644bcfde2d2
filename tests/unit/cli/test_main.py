"""The command line: what it starts, what it says where, and with which status it ends."""

import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog
from altcontact_sandbox.run import Options

from bot import __version__, cli
from bot.app import bot, one_shot
from bot.app.settings import StartSettings
from bot.cli import check
from bot.cli.audit import AuditCommands
from bot.cli.lazy_group import LazyGroup
from bot.cli.main import Commands
from bot.cli.policy import PolicyCommands
from bot.config import policy_file
from bot.config.load import Settings
from bot.domain.errors import SettingsError, StoreError
from bot.domain.failures import FailureCode
from bot.domain.readings import Absent
from bot.domain.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind
from tests.unit.loggers import logging_put_back
from tests.unit.reports import DENIED, HELD, STARTED, account, every_state, report

SLACK: Final = {
    "SLACK_BOT_TOKEN": "xoxb-1-abc",
    "SLACK_APP_TOKEN": "xapp-1-def",
    "ALTCONTACT_CHANNEL": "#alerts",
}
Capture = pytest.CaptureFixture[str]


class FakeScan:
    """Stands for `once.check_once`: hands back a report, or raises; may be joined."""

    def __init__(self, outcome: ScanReport | BaseException, joined: Scan | None = None) -> None:
        self.outcome = outcome
        self.joined = joined
        self.settings = Settings()

    def __call__(
        self,
        settings: Settings,
        on_progress: Callable[[int, int | None], None],
        on_joined: Callable[[Scan], None],
    ) -> ScanReport:
        self.settings = settings
        if self.joined is not None:
            on_joined(self.joined)
        on_progress(0, 0)
        on_progress(1, 2)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty folder, no setting, and logging put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith(("ALTCONTACT_", "SLACK_"))]:
        monkeypatch.delenv(name)
    with logging_put_back():
        yield


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeScan]:
    """`scan(outcome, joined)` puts a fake in the place of `once.check_once`."""

    def put(outcome: ScanReport | BaseException, joined: Scan | None = None) -> FakeScan:
        fake = FakeScan(outcome, joined)
        monkeypatch.setattr(one_shot, "check_once", fake)
        return fake

    return put


def test_version(capsys: Capture) -> None:
    """`--version` says the version on standard output."""
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"altcontact {__version__}\n"


HEAVY: Final = {
    *("boto3", "botocore", "structlog", "slack_sdk", "slack_bolt", "sqlite_utils"),
    *("rich", "apscheduler", "phonenumbers", "altcontact_sandbox"),
    *("bot.app", "bot.aws", "bot.config", "bot.services", "bot.slack", "bot.store"),
}
"""What takes long to import, and our own that import such."""


@pytest.mark.parametrize(
    ("arguments", "status"), [("--version", 0), ("--help", 0), ("policy --help", 0), ("chek", 2)]
)
def test_nothing_heavy_is_imported_where_no_command_is_called(arguments: str, status: int) -> None:
    """The version, the list of commands and a typo import no command, by `python -m bot` either."""
    # Where there is more to parse typer imports pydantic itself.
    heavy = HEAVY | ({"pydantic"} if arguments.startswith("--") else set())
    code = (
        f"import runpy, sys; sys.argv = ['bot', *{arguments.split()}]\n"
        "try: runpy.run_module('bot', run_name='__main__')\n"
        f"except SystemExit as end: assert end.code == {status}\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith("[]\n")
    assert done.stdout.startswith(f"altcontact {__version__}\n") is (arguments == "--version")


def test_policy_is_checked_without_adapters(tmp_path: Path) -> None:
    """`altcontact policy check` starts quickly: it is for CI and editors."""
    code = (
        "import sys; from bot import cli\n"
        "cli.main(['policy', 'check', 'nothing.toml'])\n"
        "print({'boto3', 'slack_sdk', 'sqlite_utils'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "nothing.toml: file not found\nset()\n"


@pytest.mark.parametrize("group", [Commands, PolicyCommands, AuditCommands])
def test_commands_are_listed_as_they_say_themselves(group: type[LazyGroup]) -> None:
    """The list, which imports no command, has the first line of each command's own help."""
    for name, command in group.lazy.items():
        assert command.load().help.split("\n\n")[0].replace("\n", " ") == command.summary, name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_a_command_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, number: signal.Signals
) -> None:
    """A one-shot command that is stopped before it began says so."""

    class Slow:
        """A finder that is stopped while it looks."""

        def find_spec(self, name: str, *_: object) -> None:
            if name == "bot.cli.check":
                signal.raise_signal(number)

    monkeypatch.delitem(sys.modules, "bot.cli.check")
    monkeypatch.setattr(sys, "meta_path", [Slow(), *sys.meta_path])
    # A process that a shell started in the background is told to ignore SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert cli.main(["check"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "Stopped.\n"


@pytest.mark.parametrize("arguments", [["--help"], ["check", "-h"], ["run", "--help"]])
def test_help(capsys: Capture, arguments: list[str]) -> None:
    """Help goes to standard output and is no error."""
    assert cli.main(arguments) == 0
    assert "Usage: altcontact" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek"],
        ["check", "--jsn"],
        ["check", "extra"],
        ["sandbox", "--aws-port", "x"],
        ["sandbox", "--slack-port", "65536"],
    ],
)
def test_usage(capsys: Capture, arguments: list[str]) -> None:
    """Wrong usage ends with 2, and says how it is used on standard error."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: altcontact" in err


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (report([account(1, "a", HELD), account(2, "b", state="CLOSED")]), 0),
        (report([]), 0),
        (report(every_state()), 1),
        (report([account(1, "a", Absent())], ScanState.INCOMPLETE, FailureCode.THROTTLED), 1),
        (report([account(1, "a", HELD), account(2, "b", DENIED)]), 3),
        (report([account(1, "a", HELD)], ScanState.INCOMPLETE, FailureCode.CREDENTIALS_EXPIRED), 3),
        (report([], ScanState.FAILED, FailureCode.CREDENTIALS_MISSING), 2),
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_check_status(
    scan: Callable[..., FakeScan],
    capsys: Capture,
    made: ScanReport,
    status: int,
    more: list[str],
) -> None:
    """Compliant, non-compliant and couldn't be checked have exit statuses of their own."""
    scan(made)
    assert cli.main(["check", *more]) == status
    out, err = capsys.readouterr()
    if more:
        given = json.loads(out)
        assert given["summary"]["accounts"] == len(made.results)
        failure = made.scan.failure
        assert (given["error"] or {}).get("message") == (failure.message if failure else None)
    if made.scan.state is ScanState.FAILED:
        assert "0 accounts" not in err
        assert more or out == ""
    assert ("The check " in err) is (made.scan.state is not ScanState.COMPLETE)


def test_check_settings(
    scan: Callable[..., FakeScan], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """`check` needs no Slack setting, and takes those that concern it."""
    fake = scan(report([]))
    monkeypatch.setenv("ALTCONTACT_DATABASE", "other.db")
    assert cli.main(["check"]) == 0
    assert fake.settings.database == Path("other.db")
    assert capsys.readouterr().out == ""


def test_wrong_settings(
    scan: Callable[..., FakeScan], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Wrong settings end with 2 and words, as JSON too, and nothing is scanned."""
    scan(AssertionError("scanned"))
    monkeypatch.setenv("ALTCONTACT_SCOPE", "galaxy")
    assert cli.main(["check", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "settings"
    assert "ALTCONTACT_SCOPE: “galaxy”" in error["message"]
    assert cli.main(["check"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("A setting is invalid or missing:\n  ALTCONTACT_SCOPE: “galaxy”")


def test_joined(scan: Callable[..., FakeScan], capsys: Capture) -> None:
    """Who started the running scan is said on standard error."""
    running = Scan(1, Trigger(TriggerKind.SCHEDULE), ScanState.RUNNING, STARTED)
    scan(report([]), running)
    assert cli.main(["check", "--json"]) == 0
    assert "started by the bot's schedule" in capsys.readouterr().err


def test_store_error(scan: Callable[..., FakeScan], capsys: Capture) -> None:
    """A database that cannot be used ends with 2, in words with its remedy."""
    scan(StoreError("The database is read-only.", "Make it writable."))
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "The database is read-only.\nMake it writable.\n"
    assert cli.main(["check", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "code": "database",
            "message": "The database is read-only.",
            "remedy": "Make it writable.",
        }
    }


def test_error_without_mend(scan: Callable[..., FakeScan], capsys: Capture) -> None:
    """An error without a remedy is one line."""
    scan(StoreError("The disk is full."))
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "The disk is full.\n"


def test_defect(scan: Callable[..., FakeScan], capsys: Capture) -> None:
    """An unexpected error ends with 70 and a reference that is in the log, masked."""
    scan(RuntimeError("jo@example.com"))
    assert cli.main(["check", "--json"]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    reference = re.search(r"under reference (\w{8})\.\n$", err)
    assert reference is not None
    assert f"reference={reference[1]}" in err
    assert "RuntimeError: [email]" in err


def test_defect_before_logging(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The log is there even for what fails before it was configured."""

    def fail(*_: object, **__: object) -> Settings:
        raise RuntimeError("early")

    monkeypatch.setattr(check, "load_settings", fail)
    structlog.reset_defaults()  # a test before this one may have left it configured
    assert cli.main(["check"]) == 70
    assert "RuntimeError: early" in capsys.readouterr().err


def test_interrupted(scan: Callable[..., FakeScan], capsys: Capture) -> None:
    """Ctrl-C ends a check with 130, in words."""
    scan(KeyboardInterrupt())
    assert cli.main(["check"]) == 130
    assert capsys.readouterr().err.startswith("Stopped.")


def test_terminated(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM ends a check as Ctrl-C does, and is left as it was afterwards."""
    before = signal.getsignal(signal.SIGTERM)

    def terminate(*_: object) -> ScanReport:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("went on")

    monkeypatch.setattr(one_shot, "check_once", terminate)
    assert cli.main(["check"]) == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_interrupted_process(
    scan: Callable[..., FakeScan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is interrupted does not wait for calls that hang."""
    left: list[int] = []
    scan(KeyboardInterrupt())
    monkeypatch.setattr(sys, "argv", ["altcontact", "check"])
    monkeypatch.setattr(os, "_exit", left.append)
    assert cli.main() == 130
    assert left == [130]


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


def test_terminal(scan: Callable[..., FakeScan], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there is a table, and progress on standard error."""
    scan(report(every_state()))
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.main(["check"]) == 1
    assert "Findings" in out.getvalue()
    assert "Checking accounts" in err.getvalue()
    assert "Checking accounts" not in out.getvalue()


def test_closed_pipe(scan: Callable[..., FakeScan], monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that goes away (`| head`) ends it quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    scan(report(every_state()))
    with open(writer, "w", encoding="utf-8") as out:  # noqa: PTH123 - a file descriptor
        monkeypatch.setattr(sys, "stdout", out)
        assert cli.main(["check"]) == 141
        monkeypatch.undo()


def test_run(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`run` hands the settings to the bot, and ends as it ends."""
    given: list[Settings] = []

    def run(start: StartSettings, load: object) -> int:
        given.append(start.settings)
        return 0

    monkeypatch.setattr(bot, "run", run)
    assert cli.main(["run"]) == 2
    assert "SLACK_BOT_TOKEN: is not set" in capsys.readouterr().err
    for name, value in SLACK.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["run"]) == 0
    assert [settings.channel for settings in given] == ["#alerts"]


def test_run_reloads_no_file_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that was there at the start must be there at a reload; one that comes later counts."""
    loads: list[Callable[[], Settings]] = []

    def run(_: StartSettings, load: Callable[[], Settings]) -> int:
        loads.append(load)
        return 0

    monkeypatch.setattr(bot, "run", run)
    monkeypatch.chdir(tmp_path)
    for name, value in SLACK.items():
        monkeypatch.setenv(name, value)
    cli.main(["run"])
    file = tmp_path / "altcontact.toml"
    file.write_text("[policy]\nsecurity = 'optional'\n")
    cli.main(["run"])
    for load in loads:
        assert policy_file.count(load().policy) == 1
    file.unlink()
    without, with_file = loads
    assert policy_file.count(without().policy) == 0
    with pytest.raises(SettingsError, match="file not found"):
        with_file()


def test_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sandbox` takes its options, and ends as the sandbox ends."""
    given: list[Options] = []

    def run(options: Options) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr("altcontact_sandbox.run.run", run)
    assert cli.main(["sandbox"]) == 0
    assert cli.main(["sandbox", "--aws-port", "0", "--slack-port", "9000", "--headless"]) == 0
    assert cli.main(["sandbox", "--port=8900", "--accounts=500", "--seed=7", "--no-bot"]) == 0
    assert cli.main(["sandbox", "--terminal"]) == 0
    assert given == [
        Options(8700),
        Options(8700, 0, 9000, headless=True),
        Options(8900, accounts=500, seed=7, bot=False),
        Options(8700, terminal=True),
    ]


@pytest.mark.parametrize(("missing", "status"), [("starlette.routing", 2), ("bot.nothing", 70)])
def test_sandbox_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, missing: str, status: int
) -> None:
    """Where the extra is not installed it is said how to; a defect of our own stays one."""

    class Absentee:
        """A finder that does not find what the sandbox needs."""

        def find_spec(self, name: str, *_: object) -> None:
            if name == "altcontact_sandbox.run":
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.delitem(sys.modules, "altcontact_sandbox.run", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Absentee(), *sys.meta_path])
    importlib.invalidate_caches()
    assert cli.main(["sandbox"]) == status
    assert ("pip install 'altcontact[sandbox]'" in capsys.readouterr().err) is (status == 2)


@pytest.mark.parametrize(
    ("arguments", "group"),
    [
        (["--help"], Commands),
        (["policy", "--help"], PolicyCommands),
        (["audit", "--help"], AuditCommands),
    ],
)
@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_list_of_commands_is_whole(
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    group: type[LazyGroup],
    width: int,
) -> None:
    """What does not fit into a line goes on in the next, rather than being cut off."""
    monkeypatch.setenv("COLUMNS", str(width))
    assert cli.main(arguments) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, command in group.lazy.items():
        assert f"{name} {command.summary}" in shown
    assert "..." not in shown.partition("Commands:")[2]


def test_a_line_of_the_log_stays_whole_beside_the_progress_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However narrow the terminal is, JSON stays JSON, and stands in a line of its own."""

    def logging_scan(
        _settings: Settings, on_progress: Callable[[int, int | None], None], _on_joined: object
    ) -> ScanReport:
        on_progress(1, 2)
        structlog.get_logger("bot.x").warning("wordy " * 40, account="111122223333")
        return report([])

    monkeypatch.setattr(one_shot, "check_once", logging_scan)
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("ALTCONTACT_LOG_FORMAT", "json")
    assert cli.main(["check"]) == 0
    lines = [line for line in re.split(r"\n|\r|\x1b\[2K", err.getvalue()) if "wordy" in line]
    assert [json.loads(line)["account"] for line in lines] == ["111122223333"]
