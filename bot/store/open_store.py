"""Opens the database that the settings name: a SQLite file, or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.store.store import CLAIMS, LEAD_LEASE, SqliteStore

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.config.database_url import PostgresUrl
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.store.doctor.database import DatabaseChecks
    from bot.store.store import DatabaseStore


def open_store(
    database: Path | PostgresUrl,
    clock: Clock,
    metrics: Metrics | None = None,
    lead_lease: timedelta = LEAD_LEASE,
) -> DatabaseStore:
    """Open the database, create or migrate its tables, and give access to the repositories.

    Args:
        database: the setting `ALTCONTACT_DATABASE`.
        clock: the time.
        metrics: take how long transactions take.
        lead_lease: how long the lead lasts if it isn't renewed; claims on scans, fixes and runs
            last in proportion.

    Raises:
        StoreError: it can't be used. It was not changed.
    """
    lease = CLAIMS * lead_lease
    if isinstance(database, Path):
        return SqliteStore(database, clock, lease, lead_lease=lead_lease, metrics=metrics)
    from bot.store.postgres.store import PostgresStore  # noqa: PLC0415 - slow to import, and few use it

    return PostgresStore(database, clock, lease, lead_lease=lead_lease, metrics=metrics)


def is_absent(database: Path | PostgresUrl) -> bool:
    """Whether there is certainly no database yet: no file, or no tables.

    If that can't be found out, opening the database says why.
    """
    if isinstance(database, Path):
        try:
            return not database.exists()
        except OSError:
            return False
    from bot.store.postgres.migrate import is_empty  # noqa: PLC0415 - slow to import, and few use it

    return is_empty(database)


def checks_of(database: Path | PostgresUrl) -> DatabaseChecks:
    """The doctor's checks of the database."""
    if isinstance(database, Path):
        from bot.store.doctor.checks import StoreChecks  # noqa: PLC0415 - only the doctor needs it

        return StoreChecks(database)
    from bot.store.postgres.doctor import PostgresChecks  # noqa: PLC0415 - slow to import, and few use it

    return PostgresChecks(database)
