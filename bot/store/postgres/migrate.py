"""Creates the tables in PostgreSQL, and migrates those of an older version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.store.migrations import step_16_leader, step_17_despite
from bot.store.postgres.address import Address
from bot.store.postgres.functions import AUDIT_TRIGGERS, FUNCTIONS
from bot.store.postgres.indexes import INDEXES
from bot.store.postgres.tables import TABLES
from bot.store.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.config.database_url import PostgresUrl
    from bot.store.postgres.connections import PostgresConnections
    from bot.store.transaction import Transaction

FIRST: Final = 15
"""The version of `TABLES`, with which the bot began to use PostgreSQL: a step's number."""

STEPS: Final[Mapping[int, Sequence[str]]] = {
    16: step_16_leader.POSTGRES,
    17: step_17_despite.POSTGRES,
}
"""The statements of each later step, by its number: `POSTGRES` of the module of that step."""

CHECK_SECONDS: Final = 5.0
"""Seconds to wait for a lock while looking whether there are tables."""

_IS_EMPTY: Final = """
SELECT count(*) = 0 AS number FROM information_schema.tables
WHERE table_schema = current_schema()
"""

_IS_OURS: Final = """
SELECT count(*) AS number FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name = 'altcontact'
"""

_ENCODING: Final = """
SELECT (current_setting('server_encoding') != 'UTF8')::int AS number
"""


def migrate(
    connections: PostgresConnections, steps: Mapping[int, Sequence[str]] | None = None
) -> None:
    """Bring the tables to this version, in one transaction. Bots that start together take turns.

    Args:
        connections: the database.
        steps: the steps after `FIRST`; `STEPS` by default.

    Raises:
        StoreError: a newer version, or another program, made them. Nothing was changed.
    """
    with connections.writing() as db:
        create_tables(db, connections.name, steps)


def create_tables(
    db: Transaction, name: str, steps: Mapping[int, Sequence[str]] | None = None
) -> None:
    """The same within a write transaction.

    Args:
        db: the transaction.
        name: the database, for messages.
        steps: the steps after `FIRST`; `STEPS` by default.
    """
    steps = STEPS if steps is None else steps
    newest = max((FIRST, *steps))
    version = known_version(db, name, newest)
    if version == newest:
        return
    if version == 0:
        _create(db, name)
    for number in range(max(version, FIRST) + 1, newest + 1):
        for sql in steps[number]:
            db.run(sql)
    db.run("DELETE FROM altcontact")
    db.run("INSERT INTO altcontact (version) VALUES (:version)", version=newest)


def newest_version() -> int:
    """The version of the tables that this version of the bot needs."""
    return max((FIRST, *STEPS))


def known_version(db: Transaction, name: str, newest: int) -> int:
    """The version of the tables; 0 if there are none. Writes nothing.

    Raises:
        StoreError: a newer version, or another program, made them.
    """
    if not db.number(_IS_OURS):
        if not db.number(_IS_EMPTY):
            raise StoreError(
                f"The database {name} has tables of another program.",
                "Give the bot a database of its own, or a schema: add "
                "?options=-csearch_path%3DNAME to ALTCONTACT_DATABASE. This one was left as it is.",
            )
        return 0
    version = db.number("SELECT version AS number FROM altcontact")
    if version > newest:
        raise StoreError(
            f"The database {name} was made by a newer version of altcontact.",
            "Run that version or a later one, or name another database in ALTCONTACT_DATABASE; "
            "this one was left as it is.",
        )
    return version


def is_empty(url: PostgresUrl | str) -> bool:
    """Whether there are certainly no tables yet."""
    try:
        with Address(url, CHECK_SECONDS).connected() as connection:
            return PostgresTransaction(connection).number(_IS_EMPTY) > 0
    except StoreError:
        return False


def _create(db: Transaction, name: str) -> None:
    if db.number(_ENCODING):
        raise StoreError(
            f"The database {name} doesn't store texts as UTF-8.",
            "Create one that does: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0.",
        )
    db.run("CREATE TABLE altcontact (version BIGINT NOT NULL)")
    for sql in (*FUNCTIONS, *TABLES.split(";"), *INDEXES.split(";"), *AUDIT_TRIGGERS):
        if sql.strip():
            db.run(sql)
