"""Snapshots of the running bot's database: copied by SQLite's backup API, and compressed."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.audit import GENESIS, AuditAction
from bot.domain.checkpoints import LogHead
from bot.domain.errors import StoreError
from bot.domain.snapshots import NO_DECISIONS
from bot.services.ports.snapshots import TakenSnapshot
from bot.store.audit_log import has_entry
from bot.store.outbox import UNTRIED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader, BytesIO

    from bot.domain.snapshots import SnapshotName
    from bot.services.ports.clock import Clock
    from bot.store.connections import SqliteConnections

LEVEL: Final = 6
"""How hard gzip tries."""

DIGEST: Final = 16
"""Hexadecimal digits of the SHA-256 that a snapshot's name has."""

_ABANDONED: Final = 3600.0
"""Seconds after which a temporary directory is one that a killed process left behind."""

_HEAD: Final = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"

_WAITING: Final = f"SELECT id FROM announcements WHERE {UNTRIED}"  # noqa: S608 - a constant

_RESTORED: Final = "SELECT details FROM audit WHERE action = :action"

_DECISION: Final = f"""
SELECT count(*) AS number FROM (
    SELECT 1 FROM audit WHERE number > :number
        AND action NOT IN ({", ".join(f"'{action.value}'" for action in sorted(NO_DECISIONS))})
    LIMIT 1
)
"""  # noqa: S608 - only constants are put in


class SqliteSnapshots:
    """`SnapshotSource` of a SQLite file.

    Args:
        connections: the database.
        clock: the time.
    """

    def __init__(self, connections: SqliteConnections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    @contextmanager
    def take(self) -> Iterator[TakenSnapshot]:
        """Copy the database as it is now, beside it. See `SnapshotSource.take`."""
        path = self._connections.path
        with temporary_directory(path) as directory:
            copy, packed = directory / "copy.db", directory / "copy.db.gz"
            at = self._clock.now()
            head, waiting = self._copy(copy)
            try:
                digest = _compress(copy, packed)
                copy.unlink()
                size = packed.stat().st_size
            except OSError as error:
                raise disk_error(path, error) from error
            yield TakenSnapshot(packed, size, digest, head, at, waiting)

    def has_decision_after(self, number: int) -> bool:
        """Whether the audit log has a decision after its entry with this number."""
        with self._connections.reading() as db:
            return bool(db.number(_DECISION, number=number))

    def waiting(self) -> frozenset[str]:
        """The ids of the announcements that wait to be posted, and weren't tried yet."""
        with self._connections.reading() as db:
            return frozenset(row["id"] for row in db.rows(_WAITING))

    def has(self, head: LogHead) -> bool:
        """Whether the audit log has this entry."""
        with self._connections.reading() as db:
            return has_entry(db, head)

    def replaces(self, name: SnapshotName) -> bool:
        """Whether this database was restored in the place of a snapshot that isn't intact."""
        with self._connections.reading() as db:
            rows = db.rows(_RESTORED, action=AuditAction.DATABASE_RESTORED)
            return any(json.loads(row["details"]).get("newest") == str(name) for row in rows)

    def _copy(self, copy: Path) -> tuple[LogHead, frozenset[str]]:
        """Copy the database to a file; the end of its audit log, and what waits to be posted."""
        with self._connections.plain() as db, closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA synchronous = OFF")  # it lasts for one upload
            # In one step, which is one read transaction: writers go on, and the copy is consistent.
            db.conn.backup(target)
            last = target.execute(_HEAD).fetchone()
            waiting = frozenset(id_ for (id_,) in target.execute(_WAITING))
        return LogHead(*last) if last is not None else LogHead(0, GENESIS), waiting


def _compress(copy: Path, packed: Path) -> str:
    """Compress a file; equal files become equal, so that an unchanged database shows as such."""
    with (
        copy.open("rb") as source,
        packed.open("wb") as file,
        gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as target,
    ):
        shutil.copyfileobj(source, target, 2**20)
    with packed.open("rb") as content:
        return digest_of(content)


def digest_of(content: BufferedReader | BytesIO) -> str:
    """The beginning of the SHA-256 of a file's content."""
    return hashlib.file_digest(content, "sha256").hexdigest()[:DIGEST]


@contextmanager
def temporary_directory(database: Path) -> Iterator[Path]:
    """A directory beside the database that only the bot's user can read, gone afterwards.

    It is beside the database since that disk has room for one of its size, and since `/tmp` may be
    in memory, or shared. What a killed process left behind is removed.

    Raises:
        StoreError: it can't be made.
    """
    beginning = f".{database.name}-snapshot-"
    with suppress(OSError):
        for left in database.parent.glob(f"{beginning}*"):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
    try:
        made = tempfile.TemporaryDirectory(
            prefix=beginning, dir=database.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise disk_error(database, error) from error
    with made as directory:
        yield Path(directory)


def disk_error(database: Path, error: OSError) -> StoreError:
    """The error to show if a temporary copy can't be written."""
    return StoreError(
        f"The temporary copy of the database in {database.parent} cannot be written: "
        f"{error.strerror or type(error).__name__}.",
        "Free some space on this disk, and let the bot's user write to the directory.",
    )
