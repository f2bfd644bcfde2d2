"""Opens the audit log for the command line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def open_store(database: Path) -> Iterator[SqliteStore]:
    """The database of a bot, which must be there.

    Raises:
        StoreError: there is none, or it can't be used. None is created.
    """
    try:
        is_missing = not database.exists()
    except OSError:
        is_missing = False  # opening it says why
    if is_missing:
        raise StoreError(
            f"There is no database {database}.",
            "Set ALTCONTACT_DATABASE to the database of the bot.",
        )
    with SqliteStore(database, SystemClock()) as store:
        yield store
