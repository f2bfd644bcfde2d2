"""Databases that fail as a test says: SQLite's file, and a PostgreSQL server of its own."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from signal import SIGQUIT
from typing import TYPE_CHECKING, Any, Final, Protocol

import psycopg

from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.store.postgres.connections import WRITER
from bot.store.postgres.store import PostgresStore
from bot.store.store import SqliteStore
from tests.postgres import Server, query

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from bot.store.store import DatabaseStore

BUSY: Final = 3.0
"""Seconds that the bot waits for the database; 10 by default."""

_FULL: Final = """
CREATE FUNCTION full_disk() RETURNS TRIGGER LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON fixes EXECUTE FUNCTION full_disk();
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON scans EXECUTE FUNCTION full_disk();
CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON deliveries EXECUTE FUNCTION full_disk();
"""


class FailingDatabase(Protocol):
    """A database, and its faults."""

    @property
    def says(self) -> dict[str, str]:
        """What is said of each fault, as a pattern."""
        ...

    store: DatabaseStore

    def strike(self, fault: str) -> None:
        """Let it fail so."""
        ...

    def lift(self) -> None:
        """Let it work again."""
        ...

    def close(self) -> None:
        """Remove it."""
        ...


class FailingFile:
    """A SQLite file.

    It has no server to be restarted. Only root can fill a disk or turn a mount read-only, so the
    connections raise SQLite's error for a full disk at the commit, and have `query_only` set.
    """

    says: Final = {
        "gone": r"was moved or deleted\..*Put it back",
        "read-only": r"cannot be written: it is read-only\..*write access",
        "full": r"the disk is full\..*Free some space",
        "slow": r"was locked by another process for too long\..*Find the program",
    }

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self._path, self._away = path, path.with_suffix(".away")
        self._other = sqlite3.connect(":memory:")
        self._fault = ""
        real, uri, owner = sqlite3.connect, f"{path.as_uri()}?mode=rw", self

        class Failing(sqlite3.Connection):
            """A connection of the bot's."""

            _writes = False

            def execute(self, sql: str, /, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3's
                if sql == "BEGIN IMMEDIATE":
                    self._writes = True
                    super().execute(f"PRAGMA query_only = {int(owner._fault == 'read-only')}")
                elif sql == "COMMIT" and self._writes:
                    self._writes = False
                    if owner._fault == "full":
                        error = sqlite3.OperationalError("database or disk is full")
                        error.sqlite_errorname = "SQLITE_FULL"
                        raise error
                return super().execute(sql, *values)

        def connect(database: str, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - as sqlite3's
            if database == uri:
                options["factory"] = Failing
            made: sqlite3.Connection = real(database, **options)
            return made

        self._connect = real
        patch.setattr(sqlite3, "connect", connect)
        self.store: DatabaseStore = SqliteStore(path, SystemClock(), busy_timeout=BUSY)

    def strike(self, fault: str) -> None:
        """Let it fail so."""
        self._fault = fault
        if fault == "gone":
            self._path.rename(self._away)
        elif fault == "slow":
            self._other = self._connect(self._path, isolation_level=None, timeout=60)
            self._other.execute("BEGIN IMMEDIATE")

    def lift(self) -> None:
        """Let it work again."""
        self._fault = ""
        if self._away.exists():
            self._away.rename(self._path)
        self._other.close()

    def close(self) -> None:
        """Remove it: pytest does."""


class FailingServer:
    """A database on a PostgreSQL server.

    Its disk is full for the tables that fixes, scans and deliveries are written to. What else
    PostgreSQL does is tested without Slack and AWS, in `test_connections.py`.
    """

    _AWAY: Final = r"(cannot be reached|was shut down or is starting)\..*PostgreSQL"

    says: Final = {
        "gone": _AWAY,
        "read-only": r"cannot be written: it is read-only\..*primary",
        "full": r"its disk is full\..*Free some space",
        "slow": r"was kept busy by another bot for too long\..*pg_stat_activity",
    }

    def __init__(self) -> None:
        self._server = Server()
        self._server.start()
        self._url = self._server.create()
        self._fault = ""
        self._other: psycopg.Connection[Any] | None = None
        self.store: DatabaseStore = PostgresStore(self._url, SystemClock(), busy_timeout=BUSY)

    def strike(self, fault: str) -> None:
        """Let it fail so."""
        self._fault = fault
        match fault:
            case "gone":
                self._server.stop()
            case "restarted":
                self._server.stop(SIGQUIT)
                self._server.start()
            case "read-only":
                self._read_only("on")
            case "full":
                query(self._url, _FULL)
            case "slow":
                self._other = psycopg.connect(self._url, autocommit=True)
                self._other.execute("SELECT pg_advisory_lock(%s)", (WRITER,))

    def lift(self) -> None:
        """Let it work again."""
        fault, self._fault = self._fault, ""
        match fault:
            case "gone":
                self._server.start()
            case "read-only":
                self._read_only("off")
            case "full":
                query(self._url, "DROP FUNCTION full_disk CASCADE")
            case "slow" if self._other is not None:
                self._other.close()
        deadline = time.monotonic() + 60
        while True:
            with suppress(StoreError):
                self.store.scans.last()
                return
            assert time.monotonic() < deadline

    def close(self) -> None:
        """Remove it."""
        self._server.close()

    def _read_only(self, value: str) -> None:
        """Let every session write, or not; the server signals the open ones before any new one."""
        url = self._server.url("postgres")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
            admin.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 60
        while query(url, "SHOW default_transaction_read_only") != [(value,)]:
            assert time.monotonic() < deadline
