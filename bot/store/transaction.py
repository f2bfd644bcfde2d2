"""The seam to the database: statements within one transaction, and rows by column name.

Statements name their values (`:name`), and keep to what SQLite and PostgreSQL share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlite_utils import Database

Value: TypeAlias = str | int | None
"""What a column holds."""


class Row(Protocol):
    """One row."""

    def __getitem__(self, column: str, /) -> Any:  # noqa: ANN401 - a column's type is its table's affair
        """The value of a column."""
        ...

    def keys(self) -> Iterable[str]:
        """The columns' names."""
        ...


class Transaction:
    """What may be done within one transaction; `Connections` begins and ends it.

    Args:
        db: a connection with a transaction open.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def run(self, sql: str, /, **values: Value) -> int:
        """Run a statement; how many rows it changed."""
        return self._db.execute(sql, values).rowcount

    def run_each(self, sql: str, rows: Iterable[Mapping[str, Value]]) -> None:
        """Run a statement once with the values of each row."""
        self._db.conn.executemany(sql, rows)

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """The first row that a statement gives, if any."""
        return next(iter(self.rows(sql, **values)), None)

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """All rows that a statement gives."""
        return cast("list[Row]", self._db.execute(sql, values).fetchall())

    def stream(self, sql: str, /, **values: Value) -> Iterator[Row]:
        """The rows one by one, where they are many; nothing is to be written meanwhile."""
        return cast("Iterator[Row]", self._db.execute(sql, values))

    def number(self, sql: str, /, **values: Value) -> int:
        """The one number, in the column `number`, that a statement gives."""
        row = self.row(sql, **values)
        return int(row["number"]) if row is not None else 0
