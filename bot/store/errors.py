"""Turns SQLite's errors into `StoreError`, so that none of them leaves this package."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SPACE: Final = "Free some space on its disk. No data was lost."

_LOCKED: Final = (
    "was locked by another process for too long",
    "Find the program that keeps it open, such as a backup or a database browser.",
)

_ERRORS: Final[tuple[tuple[str, str, str], ...]] = (
    ("SQLITE_FULL", "cannot be written: the disk is full", _SPACE),
    ("SQLITE_BUSY", *_LOCKED),
    (
        "SQLITE_READONLY_DBMOVED",
        "was deleted or moved while the bot was running",
        "Restore it, from a backup if necessary, then restart the bot.",
    ),
    (
        "SQLITE_READONLY",
        "cannot be written: it is read-only",
        "Give the bot's user write access to the file and its directory.",
    ),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened",
        "Let the bot's user read and write the file and the directory that it is in.",
    ),
    (
        "SQLITE_PERM",
        "cannot be opened",
        "Let the bot's user read and write the file and the directory that it is in.",
    ),
    (
        "SQLITE_NOTADB",
        "is not a database",
        "Set ALTCONTACT_DATABASE to another file. This one was not changed.",
    ),
    (
        "SQLITE_CORRUPT",
        "is damaged",
        "Restore it from a backup, or move it away to start with an empty database.",
    ),
    (
        "SQLITE_IOERR",
        "cannot be read or written: the disk failed",
        "Check its disk for errors and free space.",
    ),
)
"""Prefixes of SQLite's error names, https://www.sqlite.org/rescode.html."""


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The error to show. It omits SQLite's own text, which may quote stored data."""
    code = getattr(error, "sqlite_errorname", "") or type(error).__name__
    for beginning, problem, remedy in _ERRORS:
        if code.startswith(beginning):
            return StoreError(f"The database {path} {problem}.", remedy)
    return StoreError(
        f"The database {path} failed ({code}).",
        "Check the bot's log. Nothing was stored.",
    )


def locked_error(path: Path) -> StoreError:
    """The error if another process keeps the database locked."""
    problem, remedy = _LOCKED
    return StoreError(f"The database {path} {problem}.", remedy)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into `StoreError`."""
    try:
        yield
    except sqlite3.Error as exc:
        raise store_error(exc, path) from exc
