"""Opens the database of a bot that keeps snapshots: restored first, if there is none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from bot import __version__
from bot.app.snapshot_checks import SnapshotChecks
from bot.aws.snapshots import S3SnapshotStorage
from bot.domain.errors import StoreError
from bot.domain.s3_destination import S3Destination
from bot.services.restore import restore
from bot.services.snapshots import SnapshotService
from bot.store import SqliteStore, is_absent, open_store
from bot.store.restore import SqliteSnapshotFile
from bot.store.snapshot import SqliteSnapshots
from bot.store.store import CLAIMS as LEASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.config.settings import Settings
    from bot.domain.failures import FailureCode
    from bot.domain.snapshots import SnapshotStatus
    from bot.services.doctor import Check
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.services.ports.snapshots import Pointer
    from bot.store.doctor.database import DatabaseChecks
    from bot.store.store import DatabaseStore

_log = structlog.get_logger(__name__)

CLAIMS: Final = 3
"""How often a database is restored again, because another bot saved a newer snapshot meanwhile."""


def open_with_snapshots(
    settings: Settings,
    clock: Clock,
    on_date: Callable[[str | None], object] = lambda _: None,
    metrics: Metrics | None = None,
    *,
    open_file: Callable[..., SqliteStore] = SqliteStore,
) -> tuple[DatabaseStore, SnapshotService | None]:
    """Open the database, and build what keeps snapshots of it, which isn't started yet.

    If there is no database, the newest snapshot is restored, and one of the result is saved at
    once: from then on, a bot that still runs elsewhere can't save any.

    Args:
        settings: the settings.
        clock: the time.
        on_date: called with each `Date` header from AWS.
        metrics: take each call to AWS, and how long transactions take.
        open_file: opens a database that is a file.

    Returns:
        The database, and what keeps snapshots; None if no place for them is set.

    Raises:
        StoreError: the database can't be used, or not restored.
    """
    lead_lease = timedelta(seconds=settings.lease)
    if not settings.backup or not isinstance(settings.database, Path):
        return open_store(settings.database, clock, metrics, lead_lease), None
    destination = S3Destination.parse(settings.backup)
    storage = S3SnapshotStorage(destination, on_date=on_date, metrics=metrics)
    file = SqliteSnapshotFile(settings.database, clock)
    for claim in range(CLAIMS):
        restored = restore(storage, file, destination.url) if file.is_vacant() else None
        store = open_file(
            settings.database, clock, LEASES * lead_lease, lead_lease=lead_lease, metrics=metrics
        )
        service = SnapshotService(
            SqliteSnapshots(store.connections, clock),
            storage,
            clock,
            destination=destination.url,
            keep=settings.backup_keep,
            version=__version__,
        )
        if restored is None:
            break
        service.save()
        if not service.status().is_superseded or claim == CLAIMS - 1:
            break
        _log.warning("another bot saved a newer snapshot, restoring again", snapshot=str(restored))
        store.close()
        file.discard()
    return store, service


def require_restored(settings: Settings) -> None:
    """Let no command make a database where the bot's next start restores one.

    Raises:
        StoreError: there is no database yet, though the settings name a place for snapshots.
    """
    if settings.backup and is_absent(settings.database):
        raise StoreError(
            f"There is no database {settings.database}, and ALTCONTACT_BACKUP is set.",
            "Start the bot first (altcontact run): it restores the newest snapshot.",
        )


def snapshot_checks(
    settings: Settings,
    store: DatabaseChecks,
    clock: Clock,
    status: Callable[[], SnapshotStatus | None],
    *,
    seconds: float,
    tries: Mapping[FailureCode, int],
) -> Sequence[Check]:
    """The doctor's checks of snapshots, if they have a destination.

    Args:
        settings: the settings.
        store: reads the audit log.
        clock: the time.
        status: how saving them goes in this process; None if it isn't the bot.
        seconds: how long to wait for AWS.
        tries: how often a call is made before a failure with this cause counts.
    """
    destination = S3Destination.parse(settings.backup)

    def read() -> tuple[Pointer, int]:
        storage = S3SnapshotStorage(
            destination, connect_seconds=seconds, read_seconds=seconds, tries=tries
        )
        try:
            return storage.pointer(), len(storage.names())
        finally:
            storage.close()

    return SnapshotChecks(destination.url, read, store.has_entry, status, clock).checks()
