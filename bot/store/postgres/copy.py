"""PostgreSQL as one end of a copy."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.store.migrations.tables import table_shapes
from bot.store.postgres.address import Address
from bot.store.postgres.connections import BUSY_TIMEOUT, PostgresConnections
from bot.store.postgres.migrate import create_tables, known_version, newest_version
from bot.store.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.config.database_url import PostgresUrl
    from bot.store.transaction import Transaction

COPYING: Final = "altcontact copy"
"""How the connections of a copy call themselves."""

_USERS: Final = """
SELECT count(*) AS number FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'altcontact'
"""


_LAST_NUMBER: Final = """
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(:name, :key)), 0) AS number
"""

_GO_ON: Final = "SELECT setval(pg_get_serial_sequence(:name, :key), :number) AS number"


class PostgresEnd:
    """A PostgreSQL database.

    Args:
        url: `postgresql://…`.
    """

    def __init__(self, url: PostgresUrl | str) -> None:
        self._url = url
        self._name = Address(url, BUSY_TIMEOUT).name

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """One state of a database of this version, which is not changed."""
        with closing(self._connections()) as connections, connections.reading() as db:
            version = known_version(db, self._name, newest_version())
            if version == 0:
                raise StoreError(
                    f"The database {self._name} is empty.", "Name the database of the bot."
                )
            if version != newest_version():
                raise StoreError(
                    f"The database {self._name} is from an older version of altcontact.",
                    "Start this version's bot on it once, which updates it, and stop it again.",
                )
            yield db

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction, in which the tables are created if there are none."""
        with closing(self._connections()) as connections, connections.writing() as db:
            create_tables(db, self._name)
            for table in table_shapes():
                if db.row(f"SELECT 1 AS found FROM {table.name} LIMIT 1") is not None:  # noqa: S608 - names of our own tables
                    raise StoreError(
                        f"The database {self._name} isn't empty, and a copy replaces nothing.",
                        "Name an empty one. Nothing was copied.",
                    )
            yield db

    def user(self) -> str:
        """How many connections bots have to it."""
        with Address(self._url, BUSY_TIMEOUT, COPYING).connected() as connection:
            found = PostgresTransaction(connection).number(_USERS)
        return f"a bot ({found} connection{'' if found == 1 else 's'})" if found else ""

    def numbers(self, db: Transaction) -> Mapping[str, int]:
        """From the sequences."""
        return {
            table: db.number(_LAST_NUMBER, name=table, key=key)
            for table, key in _numbered().items()
        }

    def go_on(self, db: Transaction, numbers: Mapping[str, int]) -> None:
        """By the sequences."""
        for table, key in _numbered().items():
            if numbers.get(table):
                db.number(_GO_ON, name=table, key=key, number=numbers[table])

    def _connections(self) -> PostgresConnections:
        return PostgresConnections(self._url, application=COPYING)


def _numbered() -> dict[str, str]:
    return {table.name: table.key[0] for table in table_shapes() if table.numbers_itself}
