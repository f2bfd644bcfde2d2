"""Opens the audit log for the command line, also if other settings are wrong."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.app.settings import SecretReader
from bot.config.load import load_lenient, valid
from bot.config.secret_references import DATABASE
from bot.domain.errors import StoreError
from bot.store import is_absent, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.config.database_url import PostgresUrl
    from bot.config.load import Settings
    from bot.store.store import DatabaseStore


def load_needed(*names: str) -> Settings:
    """The settings as far as they are valid: the log can be read whatever the policy file says.

    Args:
        names: the settings that must be valid.

    Raises:
        SettingsError: one of those is invalid.
    """
    loaded = load_lenient(
        os.environ, needs_slack=False, read_secret=SecretReader(), secrets=DATABASE
    )
    return loaded.settings if loaded.wrong.isdisjoint(names) else valid(loaded)


@contextmanager
def open_audit_log(database: Path | PostgresUrl) -> Iterator[DatabaseStore]:
    """The database of a bot, which must be there.

    Raises:
        StoreError: there is none, or it can't be used. None is created.
    """
    if is_absent(database):
        raise StoreError(
            f"There is no database {database}.",
            "Set ALTCONTACT_DATABASE to the database of the bot.",
        )
    with open_store(database, SystemClock()) as store:
        yield store
