"""Copies a database into an empty one: a SQLite file into PostgreSQL, or the other way round."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.errors import StoreError
from bot.store.audit_log import record
from bot.store.columns import time_text
from bot.store.copy_file import FileEnd
from bot.store.migrations.tables import table_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from bot.config.database_url import PostgresUrl
    from bot.services.ports.clock import Clock
    from bot.store.migrations.tables import TableShape
    from bot.store.transaction import Row, Transaction

TOGETHER: Final = 1000
"""Rows that are read before they are written, so that large tables need little memory."""

_COUNT: Final = "SELECT count(*) AS number FROM {table}"
_LAST_ENTRY: Final = "SELECT coalesce(max(number), 0) AS number FROM audit"
_LEADER: Final = "SELECT count(*) AS number FROM leader WHERE lease_until > :now"


class End(Protocol):
    """One of the two databases. Errors are `StoreError`."""

    def read(self) -> AbstractContextManager[Transaction]:
        """One state of a database of this version, to copy from. Nothing is changed in it.

        Raises:
            StoreError: there is none, or it is of another version.
        """
        ...

    def write(self) -> AbstractContextManager[Transaction]:
        """One transaction with all tables of this version, empty, to copy to.

        Raises:
            StoreError: there is something already.
        """
        ...

    def user(self) -> str:
        """What uses the database, such as `process 4711`; empty if nothing is known to."""
        ...

    def numbers(self, db: Transaction) -> Mapping[str, int]:
        """The highest number that each table that numbers itself has ever had."""
        ...

    def go_on(self, db: Transaction, numbers: Mapping[str, int]) -> None:
        """Let each table that numbers itself go on after its highest number."""
        ...


def copy_database(
    source: Path | PostgresUrl,
    target: Path | PostgresUrl,
    clock: Clock,
    actor: str,
    on_progress: Callable[[str, int, int], None] = lambda _table, _done, _all: None,
) -> dict[str, int]:
    """Copy everything, or nothing; the audit log of the copy says so at its end.

    Args:
        source: a database of this version that no bot uses. It isn't changed.
        target: a file that doesn't exist, or a PostgreSQL database without rows.
        clock: the time.
        actor: who copies, for the audit log.
        on_progress: called with (table, rows of it that were copied, all rows of it).

    Returns:
        The number of rows of each table.

    Raises:
        StoreError: one of them can't be used for this. The target is as it was.
    """
    if source == target:
        raise StoreError("Both databases are the same one.", "Name another one to copy to.")
    origin, copy = _end(source), _end(target)
    _require_unused(origin, source)
    with origin.read() as old:
        if _is_led(old, clock):
            raise _in_use(source, "a bot")
        with copy.write() as new:
            rows = {
                table.name: _copy_table(table, old, new, on_progress) for table in table_shapes()
            }
            copy.go_on(new, origin.numbers(old))
            # What was written since the copy began isn't in it.
            _require_unused(origin, source)
            with origin.read() as now:
                if now.number(_LAST_ENTRY) != old.number(_LAST_ENTRY):
                    raise _in_use(source, "a bot")
            entry = AuditEntry(AuditAction.COMMAND, actor, details={"command": "database copy"})
            record(new, entry, clock.now())
    return rows


def _end(database: Path | PostgresUrl) -> End:
    if isinstance(database, Path):
        return FileEnd(database)
    from bot.store.postgres.copy import PostgresEnd  # noqa: PLC0415 - slow to import, and few use it

    return PostgresEnd(database)


def _require_unused(end: End, database: Path | PostgresUrl) -> None:
    if user := end.user():
        raise _in_use(database, user)


def _in_use(database: Path | PostgresUrl, user: str) -> StoreError:
    return StoreError(
        f"The database {database} is in use by {user}. What it writes during a copy would be lost.",
        "Stop the bot and every replica of it, then copy again. Nothing was copied.",
    )


def _is_led(db: Transaction, clock: Clock) -> bool:
    if not any(table.name == "leader" for table in table_shapes()):
        return False
    return db.number(_LEADER, now=time_text(clock.now())) > 0


def _copy_table(
    table: TableShape,
    old: Transaction,
    new: Transaction,
    on_progress: Callable[[str, int, int], None],
) -> int:
    """Copy the rows of a table. References to its own rows follow, since those may come later."""
    total = old.number(_COUNT.format(table=table.name))
    order = ", ".join(table.key)
    columns = [name for name in table.columns if name not in table.own_references]
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    insert = f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608 - names of our own tables
    done = 0
    select = f"SELECT {names} FROM {table.name} ORDER BY {order}"  # noqa: S608 - the same
    for batch in _batches(old.stream(select)):
        new.run_each(insert, ({name: row[name] for name in columns} for row in batch))
        done += len(batch)
        on_progress(table.name, done, total)
    for column in table.own_references:
        where = " AND ".join(f"{name} = :{name}" for name in table.key)
        update = f"UPDATE {table.name} SET {column} = :{column} WHERE {where}"  # noqa: S608 - the same
        select = (
            f"SELECT {order}, {column} FROM {table.name} WHERE {column} IS NOT NULL "  # noqa: S608 - the same
            f"ORDER BY {order}"
        )
        for batch in _batches(old.stream(select)):
            new.run_each(update, (_values(row) for row in batch))
    copied = new.number(_COUNT.format(table=table.name))
    if copied != total:
        raise StoreError(
            f"Only {copied:,} of {total:,} rows of {table.name} were copied.",
            "Copy again. Nothing was kept.",
        )
    return copied


def _values(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in row.keys()}  # noqa: SIM118 - SQLite's rows iterate over values


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, TOGETHER)):
        yield batch
