"""One SQLite connection per thread, with transactions that apply completely or not at all."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from bot.domain.errors import StoreError
from bot.store.columns import folded
from bot.store.errors import locked_error, translated
from bot.store.transaction import SqliteTransaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

BUSY_TIMEOUT: Final = 10.0
"""Seconds to wait for another writer: recording a scan of 10,000 accounts takes two to five."""

CLOSE_TIMEOUT: Final = 3.0
"""Seconds that running transactions have at `close`; stopping the bot has 10 s in all."""


class SqliteConnections:
    """Gives each thread its own connection.

    Args:
        path: an existing file, absolute.
        busy_timeout: seconds to wait for another writer, in this process or another.
        close_timeout: seconds that running transactions have at `close`.
    """

    def __init__(
        self, path: Path, busy_timeout: float = BUSY_TIMEOUT, close_timeout: float = CLOSE_TIMEOUT
    ) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        self._close_timeout = close_timeout
        self._file: tuple[int, int] | None = None
        self._open: dict[threading.Thread, Database] = {}
        self._in_use = 0
        self._closed = False
        self._changed = threading.Condition()
        # SQLite waits by polling, which is unfair to some threads: they queue here instead.
        self._writer = threading.Lock()
        self._writing = False

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """A read transaction: sees one state of the database, and doesn't wait for writers."""
        with self._held(), translated(self.path), self._transaction("BEGIN") as db:
            yield SqliteTransaction(db)

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """A write transaction: the only writer of this file from its first statement on.

        `BEGIN IMMEDIATE`, since SQLite refuses the first write of a transaction that began by
        reading if another process wrote in between.
        """
        with self.migrating() as db:
            yield SqliteTransaction(db)

    def appending(self) -> AbstractContextManager[SqliteTransaction]:
        """A write transaction like others: SQLite has one writer at a time."""
        return self.writing()

    @contextmanager
    def wiping(self) -> Iterator[SqliteTransaction]:
        """The same; what is wiped in it can't be read from the file afterwards."""
        with self.plain() as db:
            # Otherwise it could still be read from the file's free pages.
            db.execute("PRAGMA secure_delete = ON")
        with self.writing() as transaction:
            yield transaction
        with self.plain() as db:
            # The same for the write-ahead log. Readers can keep it; the next checkpoint empties it.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def migrating(self) -> Iterator[Database]:
        """The same, to create and migrate tables."""
        begin = "BEGIN IMMEDIATE"
        with self._held(), self._turn(), translated(self.path), self._transaction(begin) as db:
            self._writing = True
            yield db

    @contextmanager
    def plain(self) -> Iterator[Database]:
        """The thread's connection without a transaction, for statements that can't run in one."""
        with self._held(), translated(self.path):
            yield self._of_this_thread()

    def close(self) -> None:
        """Wait for running transactions, then close all connections. Safe to call again."""
        with self._changed:
            self._closed = True
            if not self._changed.wait_for(lambda: not self._in_use, self._close_timeout):
                return  # closing a connection that a thread uses would crash the process
            for db in self._open.values():
                # A connection that can't be closed here is closed when the process ends.
                with suppress(sqlite3.Error):
                    db.close()
            self._open.clear()

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._changed:
            if self._closed:
                raise StoreError("The database is closed.", "Start the bot again.")
            self._in_use += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_use -= 1
                self._changed.notify_all()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self._busy_timeout):
            if not self._writing:  # its holder may wait for another process
                raise locked_error(self.path)
            raise StoreError(
                f"The bot itself kept the database {self.path} busy for too long.",
                "Check its disk: it may be very slow.",
            )
        try:
            yield
        finally:
            self._writing = False
            self._writer.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Database]:
        db = self._of_this_thread()
        db.execute(begin)
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back already; the first error is the one to report.
            with suppress(sqlite3.Error):
                db.rollback()
            raise

    def _of_this_thread(self) -> Database:
        current = threading.current_thread()
        with self._changed:
            self._require_same_file()
            if current not in self._open:
                for thread in [thread for thread in self._open if not thread.is_alive()]:
                    self._open.pop(thread).close()
                self._open[current] = _connect(self.path, self._busy_timeout)
            return self._open[current]

    def _require_same_file(self) -> None:
        """Refuse to continue with a file other than the one that was opened first.

        A connection keeps writing to a deleted file, and that data would be lost.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise StoreError(
                f"The database {self.path} cannot be opened: it was moved or deleted.",
                "Put it back, or restart the bot, which creates a new one.",
            ) from None
        except OSError as exc:
            raise StoreError(
                f"The database {self.path} cannot be opened: {exc.strerror}.",
                "Let the bot's user read and write the file and the directory that it is in.",
            ) from exc
        self._file = self._file or (found.st_dev, found.st_ino)
        if self._file != (found.st_dev, found.st_ino):
            raise StoreError(
                f"The database {self.path} is another file than the bot opened.",
                "Restart the bot, so that it uses the file that is there now.",
            )


def _connect(path: Path, busy_timeout: float) -> Database:
    # mode=rw: a file that was moved away is an error, rather than created again, empty.
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,  # transactions begin and end where this module says so
        check_same_thread=False,  # only for `close`
    )
    connection.row_factory = sqlite3.Row
    connection.create_function("folded_text", 1, folded, deterministic=True)
    try:
        db = Database(connection, execute_plugins=False)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return db
