"""`altcontact audit`: what is listed how, for whom, and with which status a verification ends."""

from __future__ import annotations

import csv
import getpass
import io
import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot import cli
from bot.app.clock import SystemClock
from bot.app.terminal_user import terminal_actor
from bot.cli import audit_output
from bot.domain.accounts import Account
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.contacts import AlternateContact, ContactType
from bot.store import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

ONE: Final = "111111111111"
TWO: Final = "222222222222"
BEFORE: Final = AlternateContact("=HYPERLINK(1)", "Lead", "old@example.com", "+351 210 000 000")
AFTER: Final = AlternateContact("Bo Berg", "Lead", "new@example.com", "+46 8 000 00")
PERSONAL: Final = ("HYPERLINK", "old@example.com", "210 000", "Bo Berg", "new@example.com", "+46")

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with a command, a write and a refusal on record."""
    path = tmp_path / "bot.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALTCONTACT_DATABASE", str(path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    with SqliteStore(path, SystemClock()) as store:
        store.accounts.remember([Account(ONE, "Web production"), Account(TWO, "Web test")])
        store.audit.record(AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"}))
        store.audit.record(
            AuditEntry(
                AuditAction.WRITE_SENT,
                "U1",
                account_id=ONE,
                type=ContactType.SECURITY,
                fix_id=3,
                before=BEFORE,
                after=AFTER,
                request_id="aws-1",
            )
        )
        reason = {"reason": "@evil\x1b[31m\n=1+1"}
        store.audit.record(AuditEntry(AuditAction.REFUSED, "U2", account_id=TWO, details=reason))
    return path


def run(capsys: Capture, *arguments: str, status: int = 0) -> str:
    """What `altcontact audit` with these arguments writes."""
    assert cli.main(["audit", *arguments]) == status
    return capsys.readouterr().out


def tamper(path: Path, sql: str) -> None:
    """Change the file as somebody who owns it can."""
    with closing(sqlite3.connect(path)) as db, db:
        for name in ("audit_appends", "audit_stays", "audit_wipes"):
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
        db.execute(sql)


def test_lines_hide_contacts(database: Path, capsys: Capture) -> None:
    """One line an entry, with tabs; control characters are escaped, contacts hidden."""
    lines = [line.split("\t") for line in run(capsys).splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4"]
    assert [line[2:4] for line in lines] == [
        ["U1", "Command"],
        ["U1", "Write sent"],
        ["U2", "Refused"],
        [terminal_actor(), "Command"],
    ]
    assert lines[1][4] == f"{ONE} Security"
    assert lines[1][5] == "fix 3; changes name, email, phone; AWS request aws-1"
    assert lines[2][5] == r"reason: @evil\x1b[31m\n=1+1"
    assert lines[3][5] == "audit"
    assert not any(text in run(capsys) for text in PERSONAL)


def test_a_table_on_a_terminal(
    database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest entries, and how many there are."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(audit_output, "MOST_ROWS", 2)
    monkeypatch.setenv("COLUMNS", "160")
    shown = run(capsys)
    assert "Refused" in shown
    assert "Write sent" not in shown
    assert "4 entries; the newest 2 are shown. Use --since, --json or --csv for more." in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--csv",)])
def test_contacts_are_shown_on_request_and_that_is_recorded(
    database: Path, capsys: Capture, arguments: tuple[str, ...]
) -> None:
    """Nobody reads personal data from the log without being on it."""
    assert not any(text in run(capsys, *arguments) for text in PERSONAL)
    shown = run(capsys, "--show-contacts", *arguments)
    assert all(text in shown for text in ("HYPERLINK", *PERSONAL[3:]))
    last = json.loads(run(capsys, "--json"))["entries"][-2]
    assert (last["actor"], last["details"]) == (
        terminal_actor(),
        {"command": "audit --show-contacts"},
    )


def test_json(database: Path, capsys: Capture) -> None:
    """One object; hidden contacts are there as such, and the hashes to compare."""
    found = json.loads(run(capsys, "--json"))["entries"]
    first, write, *_ = found
    assert write["before"] == dict.fromkeys(("name", "title", "email", "phone"), "[hidden]")
    assert write["changed"] == ["name", "email", "phone"]
    assert (write["account_id"], write["type"], write["fix_id"]) == (ONE, "SECURITY", 3)
    assert write["previous"] == first["hash"]
    assert (first["before"], first["after"], first["redacted"]) == (None, None, False)
    shown = json.loads(run(capsys, "--json", "--show-contacts"))["entries"]
    assert shown[1]["after"]["email"] == "new@example.com"


def test_csv_has_no_formulas(database: Path, capsys: Capture) -> None:
    """Names and reasons from outside are text in a spreadsheet."""
    rows = list(csv.DictReader(io.StringIO(run(capsys, "--csv", "--show-contacts"))))
    assert rows[1]["before_name"] == "'=HYPERLINK(1)"
    assert rows[1]["before_phone"] == "'+351 210 000 000"
    assert rows[1]["changed"] == "name email phone"
    assert rows[2]["details"] == "reason=@evil\x1b[31m =1+1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["--account", ONE], ["2", "4"]),
        (["--account", "web production"], ["2", "4"]),
        (["--account", "1111-1111-1111"], ["2", "4"]),
        (["--account", "333333333333"], ["4"]),
        (["--since", "1h"], ["1", "2", "3", "4"]),
        (["--since", "2020-01-01"], ["1", "2", "3", "4"]),
        (["--since", f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}"], []),
        (["--since", "2999-01-01T00:00:00+02:00"], []),
    ],
)
def test_filters(database: Path, capsys: Capture, arguments: list[str], numbers: list[str]) -> None:
    """By account, by id or name, and by time; the command itself is about the account too."""
    found = [line.split("\t")[0] for line in run(capsys, *arguments).splitlines()]
    assert found == numbers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--account", "web"], "matches several accounts"),
        (["--account", "nobody"], "no known account matches"),
        (["--since", "yesterday"], "must be a day such as"),
        (["--since", "9999999w"], "must be a day such as"),
        (["--json", "--csv"], "not both"),
        (["--json", "verify"], "put options after"),
        (["redact"], "Missing option '--before'"),
        (["verify", "--json"], "No such option"),
    ],
)
def test_wrong_usage(database: Path, capsys: Capture, arguments: list[str], message: str) -> None:
    """It says what is wrong, and nothing is listed."""
    assert cli.main(["audit", *arguments]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


@pytest.mark.parametrize("arguments", [[], ["verify"], ["redact", "--before", "1d"]])
def test_a_database_that_is_not_there_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, arguments: list[str]
) -> None:
    """An empty log would look intact."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["audit", *arguments]) == 2
    assert "There is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_intact_log(database: Path, capsys: Capture) -> None:
    """It says how far the log goes, and adds nothing to it."""
    first, last = run(capsys, "verify").splitlines()
    assert first == "The audit log is intact: 3 entries checked."
    assert last.startswith("Last entry: 3, hash ")
    assert run(capsys, "verify").splitlines()[1] == last


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE audit SET actor = 'U9' WHERE number = 2", "Entry 2: its content was changed"),
        (
            "DELETE FROM audit WHERE number = 2",
            "Entry 3: one or more entries before it are missing",
        ),
        ("UPDATE audit SET after = '[]' WHERE number = 2", "Entry 2: a contact in it was changed"),
        ("UPDATE audit SET before = NULL, after = NULL, salt = NULL", "Entry 2: its contacts were"),
        ("UPDATE audit SET previous = hash WHERE number = 3", "Entry 3: it doesn't continue"),
        (
            "UPDATE audit SET actor = CAST(x'55ff31' AS TEXT) WHERE number = 2",
            "Entry 2: its content was changed",
        ),
        (
            "UPDATE audit SET after = CAST(x'ff' AS TEXT) WHERE number = 2",
            "Entry 2: a contact in it was changed",
        ),
        ("UPDATE audit SET details = x'00ff' WHERE number = 1", "Entry 1: its content was changed"),
        ("UPDATE audit SET number = -7 WHERE number = 1", "Entry -7: it is out of order"),
        ("UPDATE audit SET fix_id = '3x' WHERE number = 2", "Entry 2: its content was changed"),
    ],
)
def test_a_log_that_was_tampered_with(
    database: Path, capsys: Capture, sql: str, message: str
) -> None:
    """The entry's number and what is wrong with it, and the exit status of a finding."""
    tamper(database, sql)
    shown = run(capsys, "verify", status=1)
    assert shown.startswith(message)
    assert "The audit log was tampered with" in shown
    for arguments in ((), ("--json",), ("--csv",), ("--show-contacts",)):
        assert run(capsys, *arguments)


def test_redact(database: Path, capsys: Capture) -> None:
    """Contacts are wiped, the log stays intact and says by whom, and which fields had changed."""
    wiped = run(capsys, "redact", "--before", "2020-01-01")
    assert wiped == "No entries before 2020-01-01 00:00 UTC have any left.\n"
    assert run(capsys, "redact", "--before", "0h", "--account", "web test").startswith("No entries")
    assert run(capsys, "redact", "--before", "0h") == "Wiped the contact details of 1 entry.\n"
    assert "intact: 4 entries checked, 1 redacted." in run(capsys, "verify")
    shown = json.loads(run(capsys, "--json", "--show-contacts"))["entries"]
    assert (shown[1]["before"], shown[1]["redacted"]) == (None, True)
    assert shown[1]["changed"] == ["name", "email", "phone"]
    assert (shown[3]["action"], shown[3]["actor"]) == ("redacted", terminal_actor())
    assert "contact details redacted" in run(capsys)
    for file in database.parent.iterdir():
        assert b"Bo Berg" not in file.read_bytes()


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("\n", 2)])
def test_a_person_confirms_a_redaction(
    database: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    status: int,
) -> None:
    """Who sits at a terminal is asked first, since it can't be undone."""
    typed: Any = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    assert cli.main(["audit", "redact", "--before", "0h"]) == status
    assert "can't be undone" in capsys.readouterr().err
    with SqliteStore(database, SystemClock()) as store:
        assert any(each.is_wiped for each in store.audit.entries()) is (status == 0)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the number of a user may have no name."""

    def fail() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", fail)
    assert terminal_actor().startswith("cli:")


def test_a_broken_policy_file_keeps_nobody_from_the_log(
    database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it may be what says where the database is."""
    file = database.parent / "altcontact.toml"
    file.write_text("[policy]\nsecurity = 1\n")
    assert "intact" in run(capsys, "verify")
    assert "Write sent" in run(capsys)
    file.write_text("[policy")
    assert "intact" in run(capsys, "verify")
    monkeypatch.delenv("ALTCONTACT_DATABASE")
    assert cli.main(["audit", "verify"]) == 2
    assert "is not valid TOML" in capsys.readouterr().err
