"""Runs statements within one transaction, and returns rows by column name.

Statements name their values (`:name`), and use only what SQLite and PostgreSQL share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlite_utils import Database

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


class Transaction:
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

    def number(self, sql: str, /, **values: Value) -> int:
        """The number in the column `number` of a statement's only row."""
        row = self.row(sql, **values)
        return int(row["number"]) if row is not None else 0
