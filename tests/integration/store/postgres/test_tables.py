"""PostgreSQL's tables are SQLite's, column by column and index by index."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from bot.app.clock import SystemClock
from bot.store import SqliteStore
from bot.store.postgres.migrate import newest_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COLUMNS: Final = """
SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, collation_name
FROM information_schema.columns WHERE table_schema = 'public' AND table_name != 'altcontact'
ORDER BY table_name, ordinal_position
"""

_FOREIGN_KEYS: Final = """
SELECT conrelid::regclass::text AS source, a.attname AS of,
    confrelid::regclass::text AS target, f.attname AS key
FROM pg_constraint JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = conkey[1]
JOIN pg_attribute AS f ON f.attrelid = confrelid AND f.attnum = confkey[1]
WHERE contype = 'f'
"""

_INDEXES: Final = """
SELECT indrelid::regclass::text AS on_table, relname, indisunique, indisprimary,
    array(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS k (num, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = num ORDER BY place) AS columns,
    pg_get_expr(indpred, indrelid) AS predicate
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'public'::regnamespace
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file with all tables of this version."""
    path = tmp_path / "bot.db"
    SqliteStore(path, SystemClock()).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


@pytest.fixture
def server(url: str) -> Iterator[psycopg.Connection[Any]]:
    """PostgreSQL with all tables of this version."""
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        yield connection


def tables(file: sqlite3.Connection) -> list[str]:
    """SQLite's tables, without its own."""
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%sqlite%'"
    return sorted(row["name"] for row in file.execute(sql))


def plain(expression: str | None) -> str:
    """A condition or default without what each database adds to it."""
    without_types = re.sub(r"::\w+", "", expression or "")
    return re.sub(r"[()\s]", "", without_types).lower().replace("<>", "!=")


def test_the_columns_are_the_same(
    file: sqlite3.Connection, server: psycopg.Connection[Any]
) -> None:
    """Names in order, types, defaults, what may be empty, and what numbers itself."""
    expected = []
    for table in tables(file):
        sql = file.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
        for column in file.execute(f"PRAGMA table_info({table})"):
            is_key = bool(column["pk"])
            expected.append(
                (
                    table,
                    column["name"],
                    {"TEXT": "text", "INTEGER": "bigint"}[column["type"]],
                    "NO" if column["notnull"] or is_key else "YES",
                    plain(column["dflt_value"]),
                    "YES" if is_key and "AUTOINCREMENT" in sql else "NO",
                    "C" if column["type"] == "TEXT" else None,
                )
            )
    found = [
        (*row[:4], plain(row.column_default), row.is_identity, row.collation_name)
        for row in server.execute(_COLUMNS)
    ]
    assert found == expected


def test_the_references_are_the_same(
    file: sqlite3.Connection, server: psycopg.Connection[Any]
) -> None:
    """Each reference of a column to another table."""
    expected = {
        (table, key["from"], key["table"], key["to"])
        for table in tables(file)
        for key in file.execute(f"PRAGMA foreign_key_list({table})")
    }
    assert {tuple(row) for row in server.execute(_FOREIGN_KEYS)} == expected


def test_the_indexes_are_the_same(
    file: sqlite3.Connection, server: psycopg.Connection[Any]
) -> None:
    """Their names, what they contain and which rows; primary keys and what must be unique too."""
    expected = set()
    for table in tables(file):
        keys = [row for row in file.execute(f"PRAGMA table_info({table})") if row["pk"]]
        keys.sort(key=lambda row: row["pk"])
        expected.add((table, "", "primary", tuple(row["name"] for row in keys), ""))
        for index in file.execute(f"PRAGMA index_list({table})"):
            if index["origin"] == "pk":
                continue
            rows = file.execute(f"PRAGMA index_info({index['name']})")
            columns = tuple(row["name"] for row in rows)
            own = index["origin"] == "c"
            kind = "unique" if index["unique"] else "index"
            name = index["name"] if own else ""
            where = ""
            if own:
                made = file.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name])
                where = plain(made.fetchone()[0].partition(" WHERE ")[2])
            expected.add((table, name, kind, columns, where))
    of_file = {row[1] for row in expected}
    found = set()
    for row in server.execute(_INDEXES):
        kind = "primary" if row.indisprimary else "unique" if row.indisunique else "index"
        name = row.relname if row.relname in of_file else ""
        found.add((row.on_table, name, kind, tuple(row.columns), plain(row.predicate)))
    assert found == expected


def test_both_have_the_same_steps(file: sqlite3.Connection) -> None:
    """A step that was written for SQLite alone would be missed here."""
    (applied,) = file.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()
    assert newest_version() == applied
