"""The doctor's checks of PostgreSQL: they create no tables and write nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from bot.domain.errors import StoreError
from bot.services.doctor import Check, Section, State
from bot.store.doctor.database import DatabaseChecks, check_result
from bot.store.postgres.address import Address
from bot.store.postgres.connections import WRITER
from bot.store.postgres.errors import translated
from bot.store.postgres.migrate import known_version, newest_version
from bot.store.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.config.database_url import PostgresUrl
    from bot.services.doctor import CheckResult
    from bot.store.transaction import Transaction

_Found = TypeVar("_Found")

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another writer: recording ten thousand accounts takes about this long."""

OLDEST: Final = 14
"""The oldest major version of PostgreSQL that is supported."""

_SERVER: Final = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted
"""

_TABLE: Final = """
SELECT count(*) AS number FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name = :table
"""


class PostgresChecks(DatabaseChecks):
    """The checks of one database.

    Args:
        url: `postgresql://…`.
        busy_timeout: seconds to wait for another writer.
    """

    def __init__(self, url: PostgresUrl | str, busy_timeout: float = BUSY_TIMEOUT) -> None:
        self._url = url
        self._busy_timeout = busy_timeout
        self._is_usable = False
        self._is_reached = False

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        checks = (
            ("Server", self._check_server),
            ("Schema", self._check_schema),
            ("Writing", self._check_writing),
        )
        return tuple(Check(Section.DATABASE, name, run) for name, run in checks)

    def _read(self, table: str, read: Callable[[Transaction], _Found | None]) -> _Found | None:
        """Read something; None if there are no tables yet."""
        with self._reading() as (db, name):
            known_version(db, name, newest_version())
            return read(db) if db.number(_TABLE, table=table) else None

    def _check_server(self) -> Iterator[CheckResult]:
        try:
            address = Address(self._url, self._busy_timeout)
            with address.connected() as connection:
                row = connection.execute(_SERVER).fetchone() or {}
        except StoreError as error:
            yield _failed("Server", error)
            return
        major, encrypted = row["major"], row["is_encrypted"]
        if major < OLDEST:
            message = f"{address.name} is PostgreSQL {major}, which isn't supported."
            remedy = f"Upgrade it to PostgreSQL {OLDEST} or newer."
            yield check_result("Server", State.FAILURE, message, remedy)
            return
        self._is_reached = True
        yield check_result("Server", State.OK, f"{address.name} is PostgreSQL {major}.")
        if encrypted:
            yield check_result("TLS", State.OK, "the connection is encrypted.")
        elif address.is_local:
            message = "isn't used; the connection doesn't leave this machine."
            yield check_result("TLS", State.OK, message)
        else:
            remedy = (
                "Add sslmode=verify-full and sslrootcert=FILE to ALTCONTACT_DATABASE; "
                "sslmode=require encrypts without checking the server's certificate."
            )
            message = "isn't used: names, emails and phones cross the network unencrypted."
            yield check_result("TLS", State.WARNING, message, remedy)

    def _check_schema(self) -> Iterator[CheckResult]:
        if not self._is_reached:
            yield _not_tested("Schema")
            return
        try:
            with self._reading() as (db, name):
                version = known_version(db, name, newest_version())
        except StoreError as error:
            yield _failed("Schema", error)
            return
        self._is_usable = True
        message = "is up to date."
        if version != newest_version():
            message = "is empty or from an older version; the next start updates it."
        yield check_result("Schema", State.OK, message)

    def _check_writing(self) -> Iterator[CheckResult]:
        if not self._is_usable:
            yield _not_tested("Writing")
            return
        try:
            address = Address(self._url, self._busy_timeout)
            with address.connected() as connection, connection.transaction(force_rollback=True):
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITER,))
                # What the bot needs to create tables, and to write: none of it stays.
                connection.execute("CREATE TABLE altcontact_doctor (id BIGINT)")
        except StoreError as error:
            yield _failed("Writing", error)
            return
        yield check_result("Writing", State.OK, "works. A transaction was started and rolled back.")

    @contextmanager
    def _reading(self) -> Iterator[tuple[PostgresTransaction, str]]:
        address = Address(self._url, self._busy_timeout)
        # The transaction's errors are translated within the connection's block.
        with (
            address.connected() as connection,
            translated(address.name),
            connection.transaction(),
        ):
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresTransaction(connection), address.name


def _failed(name: str, error: StoreError) -> CheckResult:
    return check_result(name, State.FAILURE, str(error), error.remedy)


def _not_tested(name: str) -> CheckResult:
    return check_result(name, State.NOT_TESTED, "the database can't be used.")
