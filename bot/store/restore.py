"""Puts a snapshot in the place of a database that doesn't exist yet."""

from __future__ import annotations

import errno
import gzip
import io
import os
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from bot.domain.audit_entries import database_restored
from bot.domain.errors import StoreError
from bot.store.audit_log import record
from bot.store.columns import time_text
from bot.store.errors import store_error
from bot.store.migrations.migrate import is_newer
from bot.store.snapshot import digest_of, disk_error, temporary_directory
from bot.store.transaction import SqliteTransaction

if TYPE_CHECKING:
    from bot.domain.snapshots import SnapshotName
    from bot.services.ports.clock import Clock

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
"""SQLite's codes for a file that is no intact database; others are about this machine."""

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems say that can't link files."""

_PREPARE: Final = (
    # May have been posted since: looked for in the channel before it is posted.
    """
    UPDATE announcements SET
        state = 'sending', in_doubt = 1, first_tried_at = coalesce(first_tried_at, created_at)
    WHERE state IN ('pending', 'sending')
    """,
    # May have been sent to AWS since: recovery reads the contact before it decides.
    """
    UPDATE fixes SET in_doubt_since = coalesce(in_doubt_since, :now), instance = ''
    WHERE ended_at IS NULL
    """,
    # Their owners are gone with the disk, and so is who led, on whatever host that was.
    "UPDATE leader SET lease_until = ''",
    "DELETE FROM replicas",
    "UPDATE runs SET instance = '' WHERE ended_at IS NULL",
    "UPDATE scans SET instance = '' WHERE state = 'running'",
)
"""What a bot has to know that continues with a snapshot: the world went on after it was taken."""


class SqliteSnapshotFile:
    """`SnapshotFile` for a SQLite database.

    Args:
        path: where the database will be.
        clock: the time.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = path.resolve()
        self._clock = clock

    def is_vacant(self) -> bool:
        """Whether there is no database yet: no file, or an empty one in an existing directory."""
        try:
            return self._file.stat().st_size == 0
        except FileNotFoundError:
            return self._file.parent.is_dir()
        except OSError:
            return False  # opening it says why

    def restore(self, content: bytes, name: SnapshotName, newest: SnapshotName) -> str:
        """Put a snapshot in place. See `SnapshotFile.restore`."""
        if digest_of(io.BytesIO(content)) != name.digest:
            return "its content doesn't match its name"
        with temporary_directory(self._file) as directory:
            copy = directory / "restored.db"
            problem = _unpack(content, copy) or self._inspect(copy, name)
            if not problem:
                self._prepare(copy, name, newest)
                self._install(copy)
        return problem

    def discard(self) -> None:
        """Remove what was just restored, and not used yet."""
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(self._file, error) from error

    def _inspect(self, copy: Path, name: SnapshotName) -> str:
        """Why a copy isn't an intact database of altcontact; empty if it is one.

        Raises:
            StoreError: it is from a newer version, or can't be examined here.
        """
        try:
            with closing(sqlite3.connect(copy)) as connection:
                found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
                if found != "ok":
                    return "it is damaged"
                connection.row_factory = sqlite3.Row
                db = Database(connection, execute_plugins=False)
                if is_newer(db):
                    raise StoreError(
                        f"The snapshot {name} was made by a newer version of altcontact.",
                        "Run that version or a later one, so that no decision is lost.",
                    )
                if not db.table("audit").exists():
                    return "it is not a database of altcontact"
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
                return "it is damaged"
            raise store_error(error, copy) from error
        return ""

    def _prepare(self, copy: Path, name: SnapshotName, newest: SnapshotName) -> None:
        """Note in a copy what may have happened since, and put on record that it was restored."""
        now = self._clock.now()
        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode = DELETE")  # the copy is one file
                connection.execute("BEGIN IMMEDIATE")
                db = SqliteTransaction(Database(connection, execute_plugins=False))
                for statement in _PREPARE:
                    values = {"now": time_text(now)} if ":now" in statement else {}
                    db.run(statement, **values)
                record(db, database_restored(str(name), str(newest)), now)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise store_error(error, copy) from error

    def _install(self, copy: Path) -> None:
        """Move a copy into its place. A database that appeared there meanwhile stays.

        Raises:
            StoreError: it can't be moved there.
        """
        try:
            copy.chmod(0o600)
            _flush(copy)
            # Of a database that is gone: SQLite must not apply them to this one.
            for suffix in ("-wal", "-shm", "-journal"):
                Path(f"{self._file}{suffix}").unlink(missing_ok=True)
            try:
                os.link(copy, self._file)
            except OSError as error:
                if not isinstance(error, FileExistsError) and error.errno not in _NO_LINKS:
                    raise
                if not self.is_vacant():
                    raise StoreError(
                        f"The database {self._file} was made while a snapshot was restored.",
                        "Check which process uses it, then start the bot again.",
                    ) from None
                copy.replace(self._file)
            with suppress(OSError):
                _flush(self._file.parent)
        except OSError as error:
            raise disk_error(self._file, error) from error


def _unpack(content: bytes, copy: Path) -> str:
    """Decompress a snapshot; returns why that isn't possible, or nothing.

    Raises:
        StoreError: the copy can't be written.
    """
    try:
        with gzip.open(io.BytesIO(content)) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return "it can't be decompressed"
    except OSError as error:
        raise disk_error(copy, error) from error
    return ""


def _flush(path: Path) -> None:
    """Have a file or a directory on disk, before the bot relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
