"""Runs statements within one transaction of PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg import ClientCursor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import LiteralString

    from psycopg import Connection, Cursor
    from psycopg.rows import DictRow

    from bot.services.ports.clock import Clock
    from bot.store.transaction import Row, Value

TOGETHER: Final = 500
"""Rows that are sent at once. More would save few ways to the server, and take more memory."""

STREAMED: Final = 2000
"""Rows of a long result that are in memory at once."""

_TOKEN: Final = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):([a-zA-Z_]\w*)|%")
"""A text, which is kept; the name of a value; and a sign that psycopg reads as one."""

_VALUES: Final = re.compile(r"\bVALUES\s*(?=\()")
_BRACKET: Final = re.compile(r"'(?:[^']|'')*'|[()]")


class PostgresTransaction:
    """The statements of one transaction; see `bot.store.transaction.Transaction`.

    Args:
        connection: a connection with a transaction open.
    """

    def __init__(self, connection: Connection[DictRow]) -> None:
        self._connection = connection
        self._cursor = ClientCursor(connection)
        self._streams = 0

    def run(self, sql: str, /, **values: Value) -> int:
        """Run a statement; returns how many rows it changed."""
        return self._execute(sql, values).rowcount

    def run_each(self, sql: str, rows: Iterable[Mapping[str, Value]]) -> None:
        """Run a statement once with the values of each row, many on one way to the server."""
        before, repeated, after, between = in_parts(sql)
        waiting = iter(rows)
        while batch := list(islice(waiting, TOGETHER)):
            together = between.join(self._cursor.mogrify(repeated, adapted(row)) for row in batch)
            self._connection.execute(f"{before}{together}{after}")

    def row(self, sql: str, /, **values: Value) -> Row | None:
        """The first row of a statement, if any."""
        return next(iter(self.rows(sql, **values)), None)

    def rows(self, sql: str, /, **values: Value) -> list[Row]:
        """All rows of a statement."""
        return cast("list[Row]", self._execute(sql, values).fetchall())

    def stream(self, sql: str, /, **values: Value) -> Iterator[Row]:
        """The rows one by one, for long results. The caller must not write in the meantime."""
        self._streams += 1
        name = f"stream{self._streams}"
        self._execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}", values)
        while rows := self.rows(f"FETCH {STREAMED} FROM {name}"):
            yield from rows
            if len(rows) < STREAMED:
                break
        self.run(f"CLOSE {name}")

    def number(self, sql: str, /, **values: Value) -> int:
        """The number in the column `number` of a statement's only row."""
        row = self.row(sql, **values)
        return int(row["number"]) if row is not None else 0

    def _execute(self, sql: str, values: Mapping[str, Value]) -> Cursor[DictRow]:
        return self._connection.execute(statement(sql), adapted(values))

    def now(self, clock: Clock) -> datetime:  # noqa: ARG002 - the server has a time of its own
        """The server's time, so that clocks of hosts don't matter."""
        (row,) = self.rows("SELECT clock_timestamp() AS now")
        now: datetime = row["now"]
        return now.astimezone(UTC)

    def raw(self, columns: Iterable[str]) -> str:
        """Columns to select as they are: PostgreSQL stores no text that isn't UTF-8."""
        return ", ".join(columns)


@lru_cache(maxsize=64)
def in_parts(sql: str) -> tuple[str, LiteralString, str, str]:
    """A statement for many rows: what comes before them, for each, after, and between two.

    The tuple that follows VALUES is repeated, which takes PostgreSQL a fraction of the time of many
    statements. It is the whole statement that is repeated if there are values elsewhere.
    """
    if found := _VALUES.search(sql):
        start = end = found.end()
        depth = 0
        for token in _BRACKET.finditer(sql, start):
            depth += {"(": 1, ")": -1}.get(token[0], 0)
            if not depth:
                end = token.end()
                break
        before, after = sql[:start], sql[end:]
        if not any(name[1] for part in (before, after) for name in _TOKEN.finditer(part)):
            return before, statement(sql[start:end]), after, ", "
    return "", statement(sql), "", ";\n"


@lru_cache(maxsize=1024)
def statement(sql: str) -> LiteralString:
    """A statement with its values named as psycopg wants them: `%(name)s` instead of `:name`."""

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return f"%({found[1]})s"
        return found[0].replace("%", "%%")

    return _TOKEN.sub(replaced, sql)


def adapted(values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as the columns have them: truth values are 0 and 1, as in SQLite."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: object) -> object:
    if value is None or type(value) is int:
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Enum):
        value = value.value
    # PostgreSQL accepts no NUL in texts.
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
