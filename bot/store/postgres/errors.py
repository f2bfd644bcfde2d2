"""Turns psycopg's errors into `StoreError`, so that none of them leaves this package."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNREACHABLE: Final = (
    "cannot be reached",
    "Check that PostgreSQL is running, and that the bot can connect to its host and port.",
)
_ERRORS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "55P03",
        "was kept busy by another bot for too long",
        "Check that no transaction hangs in it (pg_stat_activity).",
    ),
    (
        "25P03",
        "ended a transaction because the bot had stopped for some seconds",
        "Check the load of the bot's host. Nothing was stored.",
    ),
    ("57014", "took too long to answer", "Check the load of the database server."),
    (
        "53100",
        "cannot be written: its disk is full",
        "Free some space on its disk. No data was lost.",
    ),
    ("53200", "is out of memory", "Give the database server more memory."),
    ("53300", "has no free connection", "Raise max_connections, or run fewer replicas."),
    (
        "25006",
        "cannot be written: it is read-only",
        "Name the primary server in ALTCONTACT_DATABASE, not a standby.",
    ),
    ("28", "refused the bot's login", "Check the user and the password in ALTCONTACT_DATABASE."),
    ("3D", "does not exist", "Create it, or correct its name in ALTCONTACT_DATABASE."),
    (
        "42501",
        "doesn't allow the bot's user to do this",
        "Let that user create tables in its schema, or make it the owner of the database.",
    ),
    ("57P", "was shut down or is starting", "Wait until PostgreSQL accepts connections again."),
    ("08", *_UNREACHABLE),
    (
        "TLS",
        "can't be reached over TLS",
        "Check sslmode and sslrootcert in ALTCONTACT_DATABASE, and the server's certificate.",
    ),
    (
        "HOST",
        "cannot be reached: its host name is unknown",
        "Correct the host in ALTCONTACT_DATABASE, or check the name server.",
    ),
)
"""Beginnings of SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html."""

_AT_CONNECTING: Final = (
    ("could not translate host name", "HOST"),
    ("failed to resolve host", "HOST"),
    ("authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("too many clients", "53300"),
    ("too many connections", "53300"),
    ("remaining connection slots", "53300"),
    ("role ", "28000"),
    ("does not exist", "3D000"),
    ("the database system is", "57P03"),
    ("session is read-only", "25006"),
    ("hot standby", "25006"),
    ("certificate", "TLS"),
    ("SSL", "TLS"),
)
"""Words of messages about a failed connection, which come without their code."""


def store_error(error: psycopg.Error, name: str) -> StoreError:
    """The error to show. It omits PostgreSQL's own text, which may quote stored data.

    Args:
        error: psycopg's error.
        name: the database, without user and password.
    """
    code = _code_of(error)
    for beginning, problem, remedy in _ERRORS:
        if code.startswith(beginning):
            return StoreError(f"The database {name} {problem}.", remedy)
    return StoreError(
        f"The database {name} failed ({code}).",
        "Look for that code in PostgreSQL's log. Nothing was stored.",
    )


def is_login_refused(error: psycopg.Error) -> bool:
    """Whether the server refused the user or the password."""
    return _code_of(error).startswith("28")


def _code_of(error: psycopg.Error) -> str:
    return error.sqlstate or _code_by_words(error)


def _code_by_words(error: psycopg.Error) -> str:
    if isinstance(error, PoolTimeout | TooManyRequests):
        return "08"
    text = str(error)
    return next((code for words, code in _AT_CONNECTING if words in text), "08")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn psycopg's errors into `StoreError`."""
    try:
        yield
    except PoolClosed as exc:
        raise StoreError("The database is closed.", "Start the bot again.") from exc
    except psycopg.Error as exc:
        # Not `from exc`: its text may quote stored data, and tracebacks show it.
        raise store_error(exc, name) from None
