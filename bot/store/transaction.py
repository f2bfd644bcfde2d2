"""Runs statements within one transaction, and returns rows by column name.

Statements name their values (`:name`), and use only what SQLite and PostgreSQL share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlite_utils import Database

    from bot.services.ports.clock import Clock

Value: TypeAlias = str | int | None
"""The value of a column."""


class Row(Protocol):
    """One row."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - the type depends on the column
        """The value of a column."""
        ...

    def keys(self) -> Iterable[str]:
        """The columns' names."""
        ...


class Transaction(Protocol):
    """The statements of one transaction, which `Connections` begins and ends."""

    def run(self, sql: str, /, **values: Value) -> int:
        """Run a statement; returns how many rows it changed."""
        ...

    def run_each(self, sql: str, rows: Iterable[Mapping[str, Value]]) -> None:
        """Run a statement once with the values of each row; no two concern the same stored row.

        If all values are in one tuple that follows `VALUES`, a server takes many rows at once.
        """
        ...

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """The first row of a statement, if any."""
        ...

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """All rows of a statement."""
        ...

    def stream(self, sql: str, /, **values: Value) -> Iterator[Row]:
        """The rows one by one, for long results. The caller must not write in the meantime."""
        ...

    def number(self, sql: str, /, **values: Value) -> int:
        """The number in the column `number` of a statement's only row."""
        ...

    def now(self, clock: Clock) -> datetime:
        """The time by which leases are measured: the same for all processes on this database.

        Args:
            clock: this process's, where the database has no time of its own.
        """
        ...

    def raw(self, columns: Iterable[str]) -> str:
        """Columns to select, such that also texts that aren't UTF-8 can be read: as bytes."""
        ...


class Connections(Protocol):
    """Begins and ends the transactions. Safe to use from several threads."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """A read transaction: sees one state of the database, and doesn't wait for writers."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """A write transaction: the only writer of this database from its first statement on."""
        ...

    def appending(self) -> AbstractContextManager[Transaction]:
        """A write transaction that may run beside a writer, where the database can do that.

        It depends on nothing that others write: it deletes what is old, and adds rows that nobody
        changes, in the order of their keys, so that no two of these wait for each other.
        """
        ...

    def wiping(self) -> AbstractContextManager[Transaction]:
        """The same; what is wiped in it can't be read from the database's files afterwards."""
        ...

    def close(self) -> None:
        """Wait for running transactions, then close all connections. Safe to call again."""
        ...


class SqliteTransaction:
    """The statements of one transaction, which `Connections` begins and ends.

    Args:
        db: a connection with a transaction open.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def run(self, sql: str, /, **values: Value) -> int:
        """Run a statement; returns how many rows it changed."""
        return self._db.execute(sql, values).rowcount

    def run_each(self, sql: str, rows: Iterable[Mapping[str, Value]]) -> None:
        """Run a statement once with the values of each row."""
        self._db.conn.executemany(sql, rows)

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """The first row of a statement, if any."""
        return next(iter(self.rows(sql, **values)), None)

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """All rows of a statement."""
        return cast("list[Row]", self._db.execute(sql, values).fetchall())

    def stream(self, sql: str, /, **values: Value) -> Iterator[Row]:
        """The rows one by one, for long results. The caller must not write in the meantime."""
        return cast("Iterator[Row]", self._db.execute(sql, values))

    def now(self, clock: Clock) -> datetime:
        """The time by which leases are measured: SQLite has one host, and so one clock."""
        return clock.now()

    def number(self, sql: str, /, **values: Value) -> int:
        """The number in the column `number` of a statement's only row."""
        row = self.row(sql, **values)
        return int(row["number"]) if row is not None else 0

    def raw(self, columns: Iterable[str]) -> str:
        """Columns to select, texts as bytes: Python's sqlite3 fails on one that isn't UTF-8."""
        return ", ".join(
            f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END AS {name}"
            for name in columns
        )
