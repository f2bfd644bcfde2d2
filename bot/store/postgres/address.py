"""Where a PostgreSQL database is, and how the bot connects to it."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg
from psycopg import ClientCursor
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from bot.config.database_url import PostgresUrl
from bot.domain.errors import StoreError
from bot.store.postgres.errors import is_login_refused, store_error, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

_Connection = TypeVar("_Connection")

BOT: Final = "altcontact"
"""How the bot's connections call themselves, so that a copy finds a bot that runs."""

_PARAMETERS: Final = {
    "connect_timeout": "5",
    # A server that is gone without a word is noticed within about ten seconds.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS"""

_OPTIONS: Final = (
    # The server notices as soon that a bot is gone, so that its transaction blocks nobody. A paused
    # bot still answers keepalives, but takes no more of an answer: then tcp_user_timeout ends it.
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=8000"
    " -c statement_timeout={longest}ms -c lock_timeout={busy}ms"
    r" -c default_transaction_isolation=read\ committed -c timezone=UTC"
)

_LONGEST_STATEMENT: Final = 60.0
"""Seconds that one statement may take; recording a scan of 10,000 accounts takes less in all."""


class Address:
    """Where a database is, and how to connect to it. Safe to use from several threads.

    Args:
        url: `postgresql://…`; settings in its query go before the ones used here.
        busy_timeout: seconds to wait for a lock.
        application: how its connections call themselves in `pg_stat_activity`.

    Raises:
        StoreError: the address can't be used, or its password file can't.
    """

    def __init__(self, url: PostgresUrl | str, busy_timeout: float, application: str = BOT) -> None:
        self._url = PostgresUrl(url) if isinstance(url, str) else url
        self._busy_timeout = busy_timeout
        self._application = application
        self.failure: StoreError | None = None
        """Why the last attempt to connect failed; None if it didn't."""
        given = _parameters(self._url.get_secret_value())
        self.host = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST", "")
        self.name = _name(given, self.host)
        """The database for messages, without user and password: `bots at db.example:5432`."""
        self._passfile = given.get("passfile") or os.environ.get("PGPASSFILE", "")
        _check_passfile(self._passfile)
        if "password" in given:
            self._passfile = ""  # it is not used

    @property
    def is_local(self) -> bool:
        """Whether the connection doesn't leave this machine."""
        hosts = (self.host or "localhost").split(",")
        return all(
            host in {"localhost", "::1"} or host.startswith(("127.", "/", "@")) for host in hosts
        )

    @contextmanager
    def connected(self) -> Iterator[Connection[DictRow]]:
        """A connection for one purpose, without a transaction.

        Raises:
            StoreError: the database can't be reached, or a statement failed.
        """
        with (
            translated(self.name),
            self.connect(psycopg.Connection[DictRow].connect, autocommit=True) as connection,
        ):
            yield connection

    def connect(self, connect: Callable[..., _Connection], **options: object) -> _Connection:
        """Connect. If the server refuses the login, read it again, and try the other one.

        Args:
            connect: psycopg's function.
            options: its arguments.

        Raises:
            StoreError: the database can't be reached.
        """
        options = {"row_factory": dict_row, "cursor_factory": ClientCursor, **options}
        used = self._url.get_secret_value()
        try:
            try:
                connected = connect(self.conninfo(used), **options)
            except psycopg.Error as error:
                other = self._url.renewed(used) if is_login_refused(error) else None
                if other is None:
                    raise
                connected = connect(self.conninfo(other), **options)
        except psycopg.Error as error:
            self.failure = store_error(error, self.name)
            if is_login_refused(error):
                self.failure = StoreError(str(self.failure), self._login_remedy())
            # Not `from error`, whose text has the user.
            raise self.failure from None
        self.failure = None
        return connected

    def conninfo(self, url: str) -> str:
        """All parameters of a connection: of an address, and the bot's own. It is secret."""
        given = _parameters(url)
        if "," in self.host:
            given.setdefault("target_session_attrs", "read-write")
        options = _OPTIONS.format(
            busy=int(self._busy_timeout * 1000), longest=int(_LONGEST_STATEMENT * 1000)
        )
        given["options"] = f"{options} {given.get('options', '')}".strip()
        given["application_name"] = self._application
        return make_conninfo("", **{**_PARAMETERS, **given})

    def _login_remedy(self) -> str:
        if self._passfile:
            return (
                f"Correct the password in the file {self._passfile}, or the user in "
                "ALTCONTACT_DATABASE. The file is read for each connection."
            )
        return self._url.login_remedy


def _parameters(url: str) -> dict[str, str]:
    try:
        return {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.Error:  # whose text may repeat the password
        raise StoreError(
            "The address of the database can't be used.",
            "Write ALTCONTACT_DATABASE as postgresql://user@host:5432/name, with special "
            "characters of the password as % and two digits.",
        ) from None


def _name(given: dict[str, str], host: str) -> str:
    port = f":{given['port']}" if given.get("port") else ""
    return (
        f"{given.get('dbname') or given.get('user') or 'postgres'} at {host or 'localhost'}{port}"
    )


def _check_passfile(passfile: str) -> None:
    """Refuse a password file that PostgreSQL's library would skip in silence."""
    if not passfile:
        return
    problem = ""
    try:
        mode = Path(passfile).stat().st_mode
        if not stat.S_ISREG(mode):
            problem = "is not a file"
        elif mode & (stat.S_IRWXG | stat.S_IRWXO):
            problem = "can be read by others than its owner, so PostgreSQL's library ignores it"
        elif not os.access(passfile, os.R_OK):
            problem = "can't be read"
    except OSError as error:
        problem = f"can't be read ({error.strerror})"
    if problem:
        raise StoreError(
            f"The password file {passfile} {problem}.",
            "Let only the bot's user read it (chmod 600), or correct passfile in "
            "ALTCONTACT_DATABASE.",
        )
