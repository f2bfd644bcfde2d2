"""The tables of this version, in an order in which references find their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlite_utils import Database

from bot.store.migrations.migrate import migrate


@dataclass(frozen=True, slots=True)
class TableShape:
    """One table, the same in SQLite and in PostgreSQL.

    `key` is its primary key. `own_references` are the columns that refer to rows of the same table.
    `numbers_itself` says whether its key continues after the highest number that it ever had.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    own_references: tuple[str, ...]
    numbers_itself: bool


@cache
def table_shapes() -> tuple[TableShape, ...]:
    """The tables of this version; those that others refer to come first."""
    db = Database(memory=True)
    try:
        migrate(db)
        names = [name for name in db.table_names() if "sqlite" not in name]
        ordered: list[str] = []
        while names:
            free = [name for name in names if _referred(db, name) <= {name, *ordered}]
            ordered += free
            names = [name for name in names if name not in free]
        return tuple(_shape(db, name) for name in ordered)
    finally:
        db.close()


def _referred(db: Database, name: str) -> set[str]:
    return {key.other_table for key in db.table(name).foreign_keys}


def _shape(db: Database, name: str) -> TableShape:
    table = db.table(name)
    return TableShape(
        name,
        tuple(column.name for column in table.columns),
        tuple(table.pks),
        tuple(key.column for key in table.foreign_keys if key.other_table == name and key.column),
        "AUTOINCREMENT" in table.schema,
    )
