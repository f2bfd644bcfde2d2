"""`altcontact database copy`: whole or not at all, from SQLite to PostgreSQL and back."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.cli.exit_status import Exit
from bot.cli.main import main
from bot.config.database_url import PostgresUrl
from bot.domain.audit_chain import verify
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from bot.store import SqliteStore
from bot.store.migrations.tables import table_shapes
from bot.store.postgres.store import PostgresStore
from tests import postgres
from tests.integration.store.fixtures import (
    SECURITY,
    account,
    proven_clock,
    request,
    result,
    scan_once,
    send,
)
from tests.unit.loggers import logging_put_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.store.store import DatabaseStore

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Logging as it was: a command configures it for its process."""
    with logging_put_back():
        yield


@pytest.fixture
def url() -> Iterator[str]:
    """The address of a PostgreSQL database without tables."""
    server = postgres.server()
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with something in most tables, also a fix that was undone and one that is gone."""
    path = tmp_path / "bot.db"
    clock = proven_clock()
    with SqliteStore(path, clock) as store:
        scan_once(store, *(result(n, Outcome.MISSING, Outcome.UNKNOWN) for n in range(1, 8)))
        for due in store.announcements.due():
            send(store, due.id)
        first, _ = store.fixes.plan(request(), "Account 1")
        store.fixes.advance(first.id, FixState.CONFIRMED, ended=True)
        second, _ = store.fixes.plan(request("form-2", 2), "Account 2")
        whose = (account(3).id, SECURITY, Rule.MISSING)
        until = clock.now().replace(year=clock.now().year + 1)
        asked = ExemptionRequest(ExemptionKind.EXEMPTION, *whose, "For “é” 🦊.", "U1", until)
        store.exemptions.grant([asked], "Account 3")
    with closing(sqlite3.connect(path)) as connection, connection:
        # An earlier row that refers to a later one, as an undone fix does.
        connection.execute("UPDATE fixes SET undone_by = ? WHERE id = ?", (second.id, first.id))
        connection.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'exemptions'")
    return path


def rows_of(place: Path | str) -> Rows:
    """Every row of every table."""
    found: Rows = {}
    for table in table_shapes():
        columns, key = ", ".join(table.columns), ", ".join(table.key)
        sql = f"SELECT {columns} FROM {table.name} ORDER BY {key}"  # noqa: S608 - our own tables
        if isinstance(place, Path):
            with closing(sqlite3.connect(place)) as connection:
                found[table.name] = connection.execute(sql).fetchall()
        else:
            found[table.name] = postgres.query(place, sql)
    return found


def without_last_entry(rows: Rows) -> Rows:
    """The rows without the entry that a copy adds to its own audit log."""
    return {**rows, "audit": rows["audit"][:-1]}


def plan_another(store: DatabaseStore) -> tuple[int, int]:
    """The numbers of the next fix and of the next exemption."""
    fix, _ = store.fixes.plan(request("form-9", 6), "Account 6")
    whose = (account(5).id, SECURITY, Rule.MISSING)
    until = proven_clock().now().replace(year=proven_clock().now().year + 1)
    asked = ExemptionRequest(ExemptionKind.EXEMPTION, *whose, "A reason.", "U1", until)
    (made,) = store.exemptions.grant([asked], "Account 5")
    return fix.id, made.id


def test_there_and_back(
    file: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row arrives, the audit log verifies, and numbers go on where they were."""
    before = rows_of(file)
    assert main(["database", "copy", str(file), url.replace("altcontact@", "altcontact:pw@")]) == 0
    shown = capsys.readouterr()
    where = f"127.0.0.1:{postgres.server().port}"
    assert f"Copied {file} to postgresql://{where}" in shown.out
    assert "  accounts" in shown.out
    assert f"{sum(map(len, before.values())):,} rows in {len(before)} tables." in shown.out
    assert ":pw@" not in shown.out + shown.err
    assert rows_of(file) == before
    copied = rows_of(url)
    assert without_last_entry(copied) == before
    back = tmp_path / "back.db"
    assert main(["database", "copy", url, str(back)]) == 0
    assert without_last_entry(rows_of(back)) == copied
    assert back.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "partial" in path.name) == []
    for store in (PostgresStore(url, proven_clock()), SqliteStore(back, proven_clock())):
        with closing(store):
            assert verify(store.audit.entries()).is_intact
            assert plan_another(store) == (3, 41)


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """What a copy says that isn't made."""
    status = main(["database", "copy", *map(str, arguments)])
    assert status == Exit.USAGE
    return capsys.readouterr().err


def test_a_target_that_is_not_empty(
    file: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is replaced: neither a file, nor rows, nor tables of another program."""
    other = tmp_path / "other.db"
    SqliteStore(other, SystemClock()).close()
    assert "exists, and a copy replaces nothing" in refused(capsys, file, other)
    with closing(PostgresStore(url, SystemClock())) as store:
        store.deliveries.is_first("x")
    before = rows_of(url)
    assert "isn't empty, and a copy replaces nothing" in refused(capsys, file, url)
    assert rows_of(url) == before
    assert "the same one" in refused(capsys, file, file)


def test_a_source_that_cannot_be_copied(
    file: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """None, one of another program, an older and a newer one; the target stays as it was."""
    assert "There is no database" in refused(capsys, tmp_path / "none.db", url)
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as connection, connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    assert "belongs to another program" in refused(capsys, foreign, url)
    with closing(sqlite3.connect(file)) as connection, connection:
        newest = "SELECT max(name) FROM _sqlite_migrations"
        connection.execute(f"DELETE FROM _sqlite_migrations WHERE name = ({newest})")  # noqa: S608 - as above
    assert "from an older version" in refused(capsys, file, url)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('altcontact', 'm999_later', '')"
        )
    assert "newer version" in refused(capsys, file, url)
    assert "is empty" in refused(capsys, url, tmp_path / "copy.db")
    assert postgres.query(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [
        (0,)
    ]
    assert not (tmp_path / "copy.db").exists()


HOLDING = """
import sys
from bot.app.clock import SystemClock
from bot.store import SqliteStore
with SqliteStore(sys.argv[1], SystemClock()) as store:
    store.scans.last()
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_a_file_that_a_bot_uses(file: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the bot writes meanwhile would be lost."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(file)], stdin=pipe, stdout=pipe, text=True
    ) as bot:
        assert bot.stdout is not None
        assert bot.stdout.readline() == "open\n"
        message = refused(capsys, file, url)
        assert f"in use by process {bot.pid}" in message
        assert "Stop the bot and every replica" in message
        bot.communicate("end\n")
    assert main(["database", "copy", str(file), url]) == 0


def test_a_server_that_a_bot_uses(
    file: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each replica counts, whichever leads."""
    assert main(["database", "copy", str(file), url]) == 0
    with closing(PostgresStore(url, SystemClock())) as store:
        store.scans.last()
        assert "in use by a bot" in refused(capsys, url, tmp_path / "copy.db")
    assert main(["database", "copy", url, str(tmp_path / "copy.db")]) == 0


def test_a_copy_that_fails_in_the_middle(
    file: Path, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whole or not at all: neither tables nor a file are left."""
    assert main(["database", "copy", str(file), url]) == 0
    postgres.query(url, "ALTER TABLE audit RENAME COLUMN hash TO hashed")
    assert "failed (42703)" in refused(capsys, url, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy")) == []
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE findings SET account_id = 'gone' WHERE id = 1")
    server = postgres.server()
    empty = server.create()
    try:
        refused(capsys, file, empty)
        found = postgres.query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert found == [(0,)]
    finally:
        server.drop(empty)


@pytest.mark.parametrize("value", ["mysql://u:hunter2@h/x", "postgresql://u:hunter2@h"])
def test_a_wrong_address_is_not_repeated(
    value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have a password."""
    assert "hunter2" not in refused(capsys, tmp_path / "x.db", value)


def test_many_rows_are_shown_as_they_go(
    file: Path, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, for tables that take a while."""
    monkeypatch.setattr("bot.cli.database_copy._WORTH_SHOWING", 5)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["database", "copy", str(file), url]) == 0
    assert "accounts: 7 of 7 rows\n" in capsys.readouterr().err
    assert repr(PostgresUrl(url)) != url
