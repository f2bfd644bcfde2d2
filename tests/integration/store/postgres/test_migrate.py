"""Tables are created and migrated once, whoever comes first, and others' are left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.store.postgres.connections import PostgresConnections
from bot.store.postgres.migrate import STEPS, is_empty, migrate, newest_version
from bot.store.postgres.store import PostgresStore
from tests import postgres
from tests.postgres import query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NEXT = {
    **STEPS,
    newest_version() + 1: (
        "CREATE TABLE later (id BIGINT PRIMARY KEY)",
        "INSERT INTO later (id) VALUES (1)",
    ),
}


def migrate_at(url: str, steps: Mapping[int, Sequence[str]] | None = None) -> None:
    """What a start does first."""
    connections = PostgresConnections(url)
    with closing(connections):
        migrate(connections, steps)


def test_a_later_step_runs_once(empty: str) -> None:
    """On an empty database after the first tables, and on one of the version before."""
    migrate_at(empty)
    assert query(empty, "SELECT version FROM altcontact") == [(newest_version(),)]
    migrate_at(empty, NEXT)
    migrate_at(empty, NEXT)
    assert query(empty, "SELECT id FROM later") == [(1,)]
    assert query(empty, "SELECT version FROM altcontact") == [(newest_version() + 1,)]


def test_a_new_database_gets_all_steps(empty: str) -> None:
    """The first tables, and each step after them."""
    migrate_at(empty, NEXT)
    assert query(empty, "SELECT id FROM later") == [(1,)]


def test_a_step_that_fails_changes_nothing(empty: str) -> None:
    """All steps are one transaction: the version before still opens it."""
    broken = {**NEXT, newest_version() + 2: ("SELECT no_such_function()",)}
    with pytest.raises(StoreError, match="42883"):
        migrate_at(empty, broken)
    assert is_empty(empty)
    migrate_at(empty)


def test_replicas_that_start_together_take_turns(empty: str) -> None:
    """Four of them, on a database without tables: one creates them, all can use them."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(migrate_at, empty, NEXT) for _ in range(4)]:
            done.result()
    assert query(empty, "SELECT id FROM later") == [(1,)]


def test_a_newer_database_is_refused(empty: str) -> None:
    """It is left as it was, and the message says what to do."""
    migrate_at(empty, NEXT)
    with pytest.raises(StoreError, match="newer version of altcontact") as refused:
        PostgresStore(empty, SystemClock())
    assert "Run that version or a later one" in refused.value.remedy
    assert query(empty, "SELECT version FROM altcontact") == [(newest_version() + 1,)]


def test_a_database_of_another_program_is_refused(empty: str) -> None:
    """Nothing is created in it; a schema of the bot's own in the same database is fine."""
    query(empty, "CREATE TABLE orders (id BIGINT)")
    with pytest.raises(StoreError, match="tables of another program") as refused:
        PostgresStore(empty, SystemClock())
    assert "search_path" in refused.value.remedy
    assert not is_empty(empty)
    query(empty, "CREATE SCHEMA bot")
    PostgresStore(f"{empty}?options=-csearch_path%3Dbot", SystemClock()).close()
    found = query(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert found == [(1,)]


def test_texts_must_be_utf8() -> None:
    """Names of accounts are in any script."""
    server = postgres.server()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
        )
    try:
        with pytest.raises(StoreError, match="doesn't store texts as UTF-8"):
            PostgresStore(server.url("ascii"), SystemClock())
    finally:
        server.drop(server.url("ascii"))
