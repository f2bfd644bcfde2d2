"""Connections to PostgreSQL, with transactions that apply completely or not at all."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import DictRow
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.domain.errors import StoreError
from bot.store.postgres.address import BOT, Address
from bot.store.postgres.errors import translated
from bot.store.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from bot.config.database_url import PostgresUrl

BUSY_TIMEOUT: Final = 10.0
"""Seconds to wait for another writer, and for a free connection."""

CLOSE_TIMEOUT: Final = 3.0
"""Seconds that running transactions have at `close`; stopping the bot has 10 s in all."""

POOL_SIZE: Final = 16
"""The most connections of one bot; PostgreSQL allows 100 by default."""

_RECONNECT: Final = 5.0
"""Seconds after which the pool stops trying to connect; the next transaction makes it try again.

Left alone, the pool tries less and less often: it would notice minutes later that it can.
"""

WRITER: Final = 0x616C74636F6E
"""The key of the lock that the only writer holds, in each database by itself."""

_BEGIN_WRITING: Final = """
SELECT set_config('idle_in_transaction_session_timeout', %s, true),
    pg_advisory_xact_lock(%s), pg_current_xact_id()::text AS number
"""


class _Pooled(Connection[DictRow]):
    """A connection that the pool makes, with the login that is valid now."""

    @classmethod
    def connect(cls, conninfo: str = "", *, address: Address, **options: Any) -> Self:  # type: ignore[override]  # noqa: ANN401 - psycopg's
        """Connect to an address; see `Address.connect`."""
        del conninfo  # the address has it
        return address.connect(super().connect, **options)


class PostgresConnections:
    """A pool of connections. Safe to use from several threads.

    There is one writer at a time, as with SQLite, over all bots with this database: what a
    transaction has read is still true when it writes. A writer that does nothing for half of
    `busy_timeout`, such as a process that was stopped, is cut off, so that the others go on.

    Args:
        url: `postgresql://…`; settings in its query go before the ones used here.
        busy_timeout: seconds to wait for another writer, and for a free connection.
        close_timeout: seconds that running transactions have at `close`.
        application: how the connections call themselves in `pg_stat_activity`.

    Raises:
        StoreError: the database can't be reached.
    """

    def __init__(
        self,
        url: PostgresUrl | str,
        busy_timeout: float = BUSY_TIMEOUT,
        close_timeout: float = CLOSE_TIMEOUT,
        application: str = BOT,
    ) -> None:
        self._address = Address(url, busy_timeout, application)
        self.name = self._address.name
        self._begin = (f"{int(busy_timeout * 500)}ms", WRITER)
        self._busy_timeout = busy_timeout
        self._close_timeout = close_timeout
        self._pool: ConnectionPool[_Pooled] = ConnectionPool(
            connection_class=_Pooled,
            min_size=1,
            max_size=POOL_SIZE,
            timeout=busy_timeout,
            reconnect_timeout=_RECONNECT,
            kwargs={"address": self._address},
            open=False,
        )
        try:
            # Fails at once, with the cause, where the pool would try again in silence.
            with self._address.connected():
                pass
            self._pool.open()
        except BaseException:
            self._pool.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        """A read transaction: sees one state of the database, and doesn't wait for writers."""
        with self._lent() as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            try:
                with connection.transaction():
                    yield PostgresTransaction(connection)
            finally:
                if not connection.closed:
                    connection.isolation_level = None
                    connection.read_only = None

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        """A write transaction: the only writer of this database from its first statement on."""
        with self._lent() as connection:
            number, committing = "", False
            try:
                with connection.transaction():
                    row = connection.execute(_BEGIN_WRITING, self._begin).fetchone()
                    number = str(row["number"]) if row is not None else ""
                    yield PostgresTransaction(connection)
                    committing = True
            except psycopg.Error:
                # The answer to the commit may be what was lost.
                if not committing or not self._was_committed(number):
                    raise

    @contextmanager
    def appending(self) -> Iterator[PostgresTransaction]:
        """A write transaction beside the writer's; see `Connections.appending`."""
        with self._lent() as connection, connection.transaction():
            yield PostgresTransaction(connection)

    @contextmanager
    def wiping(self) -> Iterator[PostgresTransaction]:
        """The same; the old versions of what is wiped are removed afterwards.

        Backups and the server's write-ahead log keep them for as long as they are kept.
        """
        with self.writing() as transaction:
            yield transaction
        with self._address.connected() as connection:
            connection.execute("VACUUM audit")

    def close(self) -> None:
        """Wait for running transactions, then close all connections. Safe to call again."""
        self._pool.close(self._close_timeout)

    @contextmanager
    def _lent(self) -> Iterator[_Pooled]:
        """A connection of the pool.

        Raises:
            StoreError: there is none; the error of the last attempt to connect, if it failed.
        """
        with translated(self.name):
            connection = self._usable()
            try:
                with connection:
                    yield connection
            finally:
                self._pool.putconn(connection)

    def _usable(self) -> _Pooled:
        """A connection of the pool that the server still knows.

        After a restart it knows none of them. The pool, left to check them itself, would wait ever
        longer after each one that is broken.
        """
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                connection = self._pool.getconn(max(deadline - time.monotonic(), 0.0))
            except PoolTimeout:
                # The pool connects in threads of its own, and keeps the cause to itself.
                if (why := self._address.failure) is None:
                    raise
                raise StoreError(str(why), why.remedy) from None
            try:
                ConnectionPool.check_connection(connection)
            except psycopg.Error:
                self._pool.putconn(connection)  # which replaces it
            except BaseException:
                self._pool.putconn(connection)
                raise
            else:
                return connection

    def _was_committed(self, number: str) -> bool:
        """Whether PostgreSQL committed a transaction.

        Raises:
            StoreError: that can't be found out: it can't be reached.
        """
        try:
            with self._address.connected() as connection, connection.transaction():
                # The lock is held until the transaction in doubt has ended.
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
                row = connection.execute(
                    "SELECT pg_xact_status(%s::xid8) AS status", (number,)
                ).fetchone()
        except StoreError as error:
            raise StoreError(
                f"{error} It is not known whether the last change was stored.", error.remedy
            ) from None
        return row is not None and row["status"] == "committed"
