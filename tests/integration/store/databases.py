"""The databases that the store's tests run on: each test on SQLite, and again on PostgreSQL.

A test names a file, as it always did. On PostgreSQL a database takes that file's place: `open_at`
and `query` find it by the file's path, and `place` is what another process is given.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import psycopg

from bot.store import SqliteStore
from bot.store.doctor.checks import StoreChecks
from bot.store.postgres.doctor import PostgresChecks
from bot.store.postgres.store import PostgresStore
from tests.sqlite import with_tables

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock
    from bot.store.doctor.database import DatabaseChecks
    from bot.store.store import DatabaseStore
    from tests.postgres import Server

REFUSED = (sqlite3.IntegrityError, psycopg.errors.RaiseException)
"""What a trigger raises, beside the store."""


class Databases:
    """Where the databases of the test are that runs now. `server` is None for SQLite."""

    server: Server | None = None
    is_prepared = False
    """Whether new files have all tables at once. Not so in the processes that a test starts."""

    def __init__(self) -> None:
        self._urls: dict[Path, str] = {}
        self.spoilt: set[str] = set()
        """The addresses of databases whose tables a test changed."""
        self.places: WeakKeyDictionary[DatabaseStore, str] = WeakKeyDictionary()

    def place(self, path: Path | str) -> str:
        """The file, or the address of the database in its place."""
        if self.server is None or str(path).startswith("postgresql://"):
            return str(path)
        file = Path(path).absolute()
        if file not in self._urls:
            self._urls[file] = self.server.borrow()
        return self._urls[file]

    def end(self) -> None:
        """Give back what the test used."""
        while self._urls and self.server is not None:
            _, url = self._urls.popitem()
            (self.server.drop if url in self.spoilt else self.server.give_back)(url)
        self.server = None


current = Databases()


def place(path: Path | str) -> str:
    """The file, or the address of the PostgreSQL database in its place, for another process."""
    return current.place(path)


def open_at(path: Path | str, clock: Clock, *arguments: Any, **options: Any) -> DatabaseStore:  # noqa: ANN401 - as the stores take them
    """Open the store of a test: a SQLite file, or the PostgreSQL database in its place."""
    where = place(path)
    kind = PostgresStore if where.startswith("postgresql://") else SqliteStore
    if kind is SqliteStore and current.is_prepared and Path(where).parent.is_dir():
        with_tables(Path(where))
    store = kind(where, clock, *arguments, **options)
    current.places[store] = where
    return store


def place_of(store: DatabaseStore) -> str:
    """Where a store is that `open_at` opened, or that is a file."""
    if isinstance(store, SqliteStore):
        return str(store.connections.path)
    return current.places[store]


def query(path: Path | str, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Rows read, or one statement run, beside the store; `?` stands for a value."""
    where = place(path)
    if where.startswith("postgresql://"):
        with psycopg.connect(where) as session:
            cursor = session.execute(sql.replace("?", "%s").encode(), values or None)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []
    with closing(sqlite3.connect(where)) as connection, connection:
        return connection.execute(sql, values).fetchall()


def refuse_audit_entries(path: Path | str) -> None:
    """Let the database refuse every entry of the audit log from now on."""
    where = place(path)
    if not where.startswith("postgresql://"):
        query(path, "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
        return
    current.spoilt.add(where)
    query(path, "ALTER TABLE audit ADD CONSTRAINT no CHECK (false) NOT VALID")


def checks_at(path: Path | str) -> DatabaseChecks:
    """The doctor's checks of a database."""
    where = place(path)
    return PostgresChecks(where) if where.startswith("postgresql://") else StoreChecks(Path(where))


def is_intact(path: Path | str) -> bool:
    """Whether the file is intact; PostgreSQL's have their own checks."""
    if place(path).startswith("postgresql://"):
        return True
    return query(path, "PRAGMA integrity_check") == [("ok",)]
