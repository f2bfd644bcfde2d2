"""The use case *restore*: begin with the newest intact snapshot where there is no database.

A database that is there is never replaced. If it isn't known whether there are snapshots, or if
none is intact, the bot doesn't start: to begin with an empty database would lose decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import GatewayError, StoreError
from bot.domain.snapshots import restore_order

if TYPE_CHECKING:
    from bot.domain.snapshots import SnapshotName
    from bot.services.ports.snapshots import SnapshotFile, SnapshotStorage

_log = structlog.get_logger(__name__)

EMPTY_ON_PURPOSE = (
    "To begin with an empty database instead, remove ALTCONTACT_BACKUP, or give it a new prefix."
)


def restore(storage: SnapshotStorage, file: SnapshotFile, destination: str) -> SnapshotName | None:
    """Restore the newest intact snapshot.

    Args:
        storage: where snapshots are kept.
        file: where there is no database.
        destination: the URL of the storage.

    Returns:
        The snapshot; None if there are none, so that this is a new database.

    Raises:
        StoreError: there are snapshots, or there may be, but none could be restored.
    """
    try:
        pointer = storage.pointer()
        names = restore_order(storage.names(), pointer.newest)
        for name in names:
            content = storage.fetch(name)
            problem = "it is gone"
            if content is not None:
                problem = file.restore(
                    content, name, pointer.newest.name if pointer.newest else names[0]
                )
            if not problem:
                _log.warning("database restored", snapshot=str(name), destination=destination)
                return name
            _log.warning("snapshot skipped", snapshot=str(name), problem=problem)
    except GatewayError as error:
        raise StoreError(
            f"There is no database, and the snapshots at {destination} can't be read: {error}",
            f"{error.remedy} {EMPTY_ON_PURPOSE}".strip(),
        ) from None
    if names or pointer.tag:
        raise StoreError(
            f"There is no database, and none of the snapshots at {destination} is intact.",
            "Restore an older version of a snapshot if the bucket keeps versions. "
            f"{EMPTY_ON_PURPOSE} See docs/backup.md.",
        )
    _log.info("no snapshot yet, beginning with an empty database", destination=destination)
    return None
