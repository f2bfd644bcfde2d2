"""Opening, using and closing the file: whatever is wrong is said plainly, and nothing is harmed."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import AltcontactError, StoreError
from bot.domain.findings import Outcome
from bot.store import SqliteStore
from bot.store.errors import store_error
from tests.integration.store.databases import query
from tests.integration.store.fixtures import (
    SetClock,
    account,
    claimed,
    ended,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture(autouse=True)
def database() -> str:
    """These tests are about the file."""
    return "sqlite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@contextmanager
def unprivileged() -> Iterator[None]:
    """Act as a user to whom file modes apply; root's tests would write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


def refused(path: Path, clock: SetClock | None = None) -> StoreError:
    """How a file that cannot be used is refused."""
    with pytest.raises(StoreError) as caught:
        SqliteStore(path, clock or SetClock(), busy_timeout=0.05)
    assert caught.value.remedy
    return caught.value


def test_opens_again_with_what_was_kept(path: Path) -> None:
    """What one process kept the next one finds, in a file that its owner alone can read."""
    with SqliteStore(str(path), SetClock()) as store:
        store.accounts.remember([account(1)])
        assert query(path, "PRAGMA journal_mode") == [("wal",)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with SqliteStore(path, SetClock()) as store:
        assert store.accounts.get(account(1).id) == account(1)


def test_directory_that_does_not_exist(path: Path) -> None:
    """No directory is made where there is none."""
    assert "does not exist" in str(refused(path / "bot.db"))
    assert not path.exists()


def test_path_is_a_directory(tmp_path: Path) -> None:
    """A directory in the file's place is named as what it is."""
    assert "is a directory" in str(refused(tmp_path))


def test_name_that_no_file_can_have(tmp_path: Path) -> None:
    """What the operating system says of a name is passed on in words."""
    assert "cannot be made" in str(refused(tmp_path / ("x" * 300)))


def test_not_a_database(path: Path) -> None:
    """A file of another kind is left as it is."""
    text = b"ALTCONTACT_TYPES = SECURITY\n" * 99
    path.write_bytes(text)
    assert "is not a database" in str(refused(path))
    assert path.read_bytes() == text


def test_database_of_another_program(path: Path) -> None:
    """Another program's database is left as it is."""
    query(path, "CREATE TABLE photos (id INTEGER)")
    before = path.read_bytes()
    assert "another program" in str(refused(path))
    assert path.read_bytes() == before


def test_database_of_a_newer_version(path: Path) -> None:
    """A newer version's database is left as it is, and what to do is said."""
    SqliteStore(path, SetClock()).close()
    query(path, "INSERT INTO _sqlite_migrations VALUES (99, 'altcontact', 'm999_later', '')")
    before = path.read_bytes()
    error = refused(path)
    assert "newer version" in str(error)
    assert "later one" in error.remedy
    assert path.read_bytes() == before


def test_file_that_cannot_be_written(place: Path) -> None:
    """A read-only file is said to be so, and not touched."""
    path = place / "bot.db"
    SqliteStore(path, SetClock()).close()
    query(path, "PRAGMA journal_mode = delete")
    path.chmod(0o444)
    place.chmod(0o777)
    before = path.read_bytes()
    with unprivileged():
        assert "read-only" in str(refused(path))
    assert path.read_bytes() == before


def test_file_that_cannot_be_read(place: Path) -> None:
    """A file that another user keeps to themselves cannot be opened."""
    path = place / "bot.db"
    SqliteStore(path, SetClock()).close()
    path.chmod(0)
    with unprivileged():
        assert "cannot be opened" in str(refused(path))


def test_directory_that_cannot_be_written(place: Path) -> None:
    """Neither a new file nor an existing one's log can be made in a read-only directory."""
    path = place / "bot.db"
    SqliteStore(path, SetClock()).close()
    path.chmod(0o666)
    place.chmod(0o555)
    with unprivileged():
        assert "cannot be made: Permission denied" in str(refused(place / "new.db"))
        assert "database" in str(refused(path))
    assert [found.name for found in place.iterdir()] == ["bot.db"]


def test_full_disk_keeps_nothing_of_the_call(path: Path) -> None:
    """A scan that does not fit is not recorded in part, and is once there is room again."""
    with SqliteStore(path, SetClock()) as store:
        scan_once(store, result(1, Outcome.MISSING))
        found = [result(n, Outcome.MISSING) for n in range(1, 500)]
        scan = claimed(store)
        with store.connections.plain() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(StoreError, match="disk is full") as caught:
            store.scans.record(ended(scan, *found), found)
        assert "space" in caught.value.remedy
        assert store.accounts.get(account(400).id) is None
        assert len(store.announcements.due()) == 1
        with store.connections.plain() as db:
            db.execute("PRAGMA max_page_count = 1000000")
        assert len(store.scans.record(ended(scan, *found), found).opened) == 498


def test_locked_for_too_long(path: Path) -> None:
    """Another program's lock is waited for, but not for ever; reading goes on meanwhile."""
    with (
        SqliteStore(path, SetClock(), busy_timeout=0.05) as store,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process"):
            store.deliveries.is_first("x")
        assert store.accounts.names() == []
        other.execute("ROLLBACK")
        assert store.deliveries.is_first("x")


def test_busy_within_the_process(path: Path) -> None:
    """A thread that waits too long for another one's transaction hears that."""
    with SqliteStore(path, SetClock(), busy_timeout=0.05) as store, ThreadPoolExecutor(1) as pool:
        with store.connections.writing():
            waiting = pool.submit(store.deliveries.is_first, "x")
            with pytest.raises(StoreError, match="The bot itself"):
                waiting.result()
        assert store.deliveries.is_first("x")


def test_logging_ahead_waits_for_readers(path: Path) -> None:
    """Write-ahead logging is turned on as soon as no other program reads, or not at all."""
    SqliteStore(path, SetClock()).close()
    query(path, "PRAGMA journal_mode = delete")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM accounts").fetchall()
        assert "locked" in str(refused(path))
        waited: list[float] = []

        def let_go(seconds: float) -> None:
            waited.append(seconds)
            reader.execute("ROLLBACK")

        SqliteStore(path, SetClock(), busy_timeout=0.3, sleep=let_go).close()
        assert len(waited) == 1


def test_closed_store_says_so(path: Path) -> None:
    """After closing, every call is refused; closing again is harmless."""
    store = SqliteStore(path, SetClock())
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.accounts.names()


def test_close_does_not_pull_a_connection_away(path: Path) -> None:
    """A transaction under way at closing ends in peace."""
    store = SqliteStore(path, SetClock(), close_timeout=0)
    with store.connections.writing() as db:
        store.close()
        db.run("INSERT INTO deliveries VALUES ('x', '')")
    store.close()
    assert query(path, "SELECT key FROM deliveries") == [("x",)]


def test_each_thread_has_its_own_connection(path: Path) -> None:
    """Threads share no connection, and one that ended leaves none open."""
    with SqliteStore(path, SetClock()) as store:
        for _ in range(3):
            worker = threading.Thread(target=store.accounts.names)
            worker.start()
            worker.join()
        assert len(store.connections._open) == 2


def test_file_that_was_moved_away_is_missed(path: Path) -> None:
    """Nothing is written where nobody would read it again, nor to a new, empty file."""
    away = path.with_suffix(".old")
    with SqliteStore(path, SetClock()) as store, ThreadPoolExecutor(1) as pool:
        path.rename(away)
        for names in (store.accounts.names, pool.submit(store.accounts.names).result):
            with pytest.raises(StoreError, match="moved or deleted"):
                names()
        assert not path.exists()
        away.rename(path)
        store.accounts.remember([account(1)])
        assert store.accounts.names() == ["Account 1"]


def test_file_that_cannot_be_reached_is_named(path: Path) -> None:
    """A directory that turned into something else is reported by the system's own word."""
    folder = path.parent / "data"
    folder.mkdir()
    with SqliteStore(folder / "bot.db", SetClock()) as store:
        folder.rename(path.parent / "away")
        folder.touch()
        with pytest.raises(StoreError, match="Not a directory"):
            store.accounts.names()


def test_file_that_was_replaced_is_not_written(path: Path) -> None:
    """A file that was put in place of the bot's is left as it is until the bot is restarted."""
    other = path.with_suffix(".other")
    SqliteStore(other, SetClock()).close()
    with SqliteStore(path, SetClock()) as store:
        other.replace(path)
        with pytest.raises(StoreError, match="another file"):
            store.accounts.remember([account(1)])
    with SqliteStore(path, SetClock()) as store:
        assert store.accounts.names() == []


def test_error_in_a_transaction_undoes_it(path: Path) -> None:
    """Whatever is raised within a transaction leaves nothing of it."""
    with SqliteStore(path, SetClock()) as store:
        with suppress(KeyError), store.connections.writing() as db:
            db.run("INSERT INTO deliveries VALUES ('x', '')")
            raise KeyError
        assert store.deliveries.is_first("x")


def test_damaged_file(path: Path) -> None:
    """A damaged file is named as such."""
    with SqliteStore(path, SetClock()) as store:
        store.accounts.remember([account(n) for n in range(1, 200)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert "damaged" in str(refused(path))


def test_any_other_error_is_told_by_its_code(path: Path) -> None:
    """An error of SQLite's that nobody foresaw keeps its own text, and its values, to itself."""
    with SqliteStore(path, SetClock()) as store:
        query(path, "DROP TABLE deliveries")
        with pytest.raises(StoreError, match=r"failed \(SQLITE_ERROR\)") as caught:
            store.deliveries.is_first("secret")
        assert isinstance(caught.value, AltcontactError)
    told = store_error(sqlite3.ProgrammingError("ana@example.com"), path)
    assert "(ProgrammingError)" in str(told)
    assert "ana" not in f"{told} {told.remedy}"


def test_who_queues_behind_another_process_is_told_so(path: Path) -> None:
    """Where a backup holds the database, nobody hears that the bot itself does."""
    with (
        SqliteStore(path, SetClock(), busy_timeout=0.2) as store,
        ThreadPoolExecutor(4) as pool,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        asked = [pool.submit(store.deliveries.is_first, str(n)) for n in range(4)]
        told = {str(each.exception(60)) for each in asked}
    assert told == {f"The database {path} was locked by another process for too long."}
