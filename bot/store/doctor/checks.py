"""The doctor's checks of the database: they create no file and write nothing."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypeVar

from sqlite_utils import Database

from bot.domain.errors import StoreError
from bot.services.doctor import Check, Section, State
from bot.store.doctor.database import FILE_SYSTEM, DatabaseChecks, check_result
from bot.store.doctor.file import Found, check_file, quoted
from bot.store.doctor.file_system import MOUNTS, network_file_system
from bot.store.errors import translated
from bot.store.migrations.migrate import pending, refuse_foreign
from bot.store.transaction import SqliteTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.services.doctor import CheckResult
    from bot.store.transaction import Transaction

_Found = TypeVar("_Found")

BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another writer: recording ten thousand accounts takes about this long."""

INTEGRITY_SECONDS: Final = 5.0
"""Seconds after which the search for damage stops: the largest databases take longer."""

LEAST_FREE, LOW_FREE = 100 * 2**20, 2**30
"""Bytes free on the disk below which it is a failure, and a warning."""

STEPS_BETWEEN: Final = 10_000
"""SQLite's instructions between two looks at the clock."""


class StoreChecks(DatabaseChecks):
    """The checks of one database.

    Args:
        path: the file, which may not exist yet.
        busy_timeout: seconds to wait for another writer.
        integrity_seconds: seconds that the search for damage may take.
        steps_between: SQLite's instructions between two looks at the clock meanwhile.
        mounts: the list of mounted file systems.
    """

    def __init__(
        self,
        path: Path,
        busy_timeout: float = BUSY_TIMEOUT,
        integrity_seconds: float = INTEGRITY_SECONDS,
        steps_between: int = STEPS_BETWEEN,
        *,
        mounts: Path = MOUNTS,
    ) -> None:
        self._file = path.absolute()
        self._busy_timeout = busy_timeout
        self._integrity_seconds = integrity_seconds
        self._steps_between = steps_between
        self._mounts = mounts
        self._found = Found.UNUSABLE

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        checks = (
            ("File", self._check_file),
            (FILE_SYSTEM, self._check_file_system),
            ("Schema", self._check_schema),
            ("Writing", self._check_writing),
            ("Integrity", self._check_integrity),
            ("Free space", self._check_space),
        )
        return tuple(Check(Section.DATABASE, name, run) for name, run in checks)

    def _read(self, table: str, read: Callable[[Transaction], _Found | None]) -> _Found | None:
        """Read something; None if there is no database yet, or one without the table."""
        # If `exists` fails, SQLite fails as well, with a better message.
        with suppress(OSError):
            if not self._file.exists():
                return None
        with self._opened() as db:
            refuse_foreign(db, self._file)
            return read(SqliteTransaction(db)) if db.table(table).exists() else None

    def _check_file(self) -> Iterator[CheckResult]:
        self._found, result = check_file(self._file)
        yield result

    def _check_file_system(self) -> Iterator[CheckResult]:
        """A line if the file is on a network file system."""
        found = network_file_system(self._file, self._mounts)
        if found is None:
            return
        message = (
            f"the database is on a network file system ({found.name}), mounted at "
            f"{found.mount_point}. SQLite can be damaged there, and lose what was decided."
        )
        remedy = (
            "Use PostgreSQL (docs/postgresql.md), or a file on a local disk with snapshots in S3 "
            "(docs/backup.md). To see the mount:"
        )
        snippet = f"findmnt --target {quoted(self._file.parent)}"
        yield check_result(FILE_SYSTEM, State.WARNING, message, remedy, snippet)

    def _check_schema(self) -> Iterator[CheckResult]:
        if self._found is not Found.USABLE:
            yield from self._not_tested("Schema")
            return
        self._found = Found.UNUSABLE
        try:
            with self._opened() as db:
                refuse_foreign(db, self._file)
                steps = pending(db)
        except StoreError as error:
            yield self._failed("Schema", error)
            return
        self._found = Found.USABLE
        message = "is up to date."
        if steps:
            message = "is empty or from an older version; the next start updates it."
        yield check_result("Schema", State.OK, message)

    def _check_writing(self) -> Iterator[CheckResult]:
        if self._found is not Found.USABLE:
            yield from self._not_tested("Writing")
            return
        try:
            with self._opened() as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
        except StoreError as error:
            yield self._failed("Writing", error)
            return
        yield check_result("Writing", State.OK, "works. A transaction was started and rolled back.")

    def _check_integrity(self) -> Iterator[CheckResult]:
        if self._found is not Found.USABLE:
            yield from self._not_tested("Integrity")
            return
        deadline = time.monotonic() + self._integrity_seconds
        overdue = False

        def give_up() -> bool:
            nonlocal overdue
            overdue = time.monotonic() > deadline
            return overdue

        try:
            with self._opened() as db:
                db.conn.set_progress_handler(give_up, self._steps_between)
                found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        except StoreError as error:
            if not overdue:
                yield self._failed("Integrity", error)
                return
            found = "ok"
        if found != "ok":
            message = "the file is damaged."
            remedy = "Stop the bot, then restore the file from a backup or recover its data:"
            saved = self._file.with_suffix(".saved.db")
            snippet = f"sqlite3 {quoted(self._file)} .recover | sqlite3 {quoted(saved)}"
            yield check_result("Integrity", State.FAILURE, message, remedy, snippet)
            return
        message = "no damage found."
        if overdue:
            seconds = f"{self._integrity_seconds:g} seconds"
            message = f"no damage found in {seconds}; the rest wasn't read."
        yield check_result("Integrity", State.OK, message)

    def _check_space(self) -> Iterator[CheckResult]:
        folder = self._file.parent
        try:
            if not folder.is_dir():
                yield check_result("Free space", State.NOT_TESTED, "the directory doesn't exist.")
                return
            free = shutil.disk_usage(folder).free
        except OSError as error:
            message = f"couldn't access its directory ({error.strerror})."
            yield check_result("Free space", State.NOT_TESTED, message)
            return
        state = State.OK
        if free < LOW_FREE:
            state = State.FAILURE if free < LEAST_FREE else State.WARNING
        message = f"{free / 2**30:,.1f} GiB free on its disk."
        if state is State.OK:
            yield check_result("Free space", state, message)
        else:
            message = f"only {free / 2**20:,.0f} MiB free on its disk."
            remedy = "Free some space, or set ALTCONTACT_DATABASE to a file on another disk."
            yield check_result("Free space", state, message, remedy, f"df -h {quoted(folder)}")

    def _not_tested(self, name: str) -> Iterator[CheckResult]:
        """A line that says why this wasn't tested; none if the file doesn't exist yet."""
        if self._found is not Found.ABSENT:
            yield check_result(name, State.NOT_TESTED, "the database can't be used.")

    def _failed(self, name: str, error: StoreError) -> CheckResult:
        snippet = f"ls -l {quoted(self._file)}*"
        return check_result(name, State.FAILURE, str(error), error.remedy, snippet)

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        """The database, on a separate connection.

        `mode=rw`, because SQLite opens a file in write-ahead mode as read-only only while another
        process has it open. Nothing is created or written.
        """
        with translated(self._file):
            connection = sqlite3.connect(
                f"{self._file.as_uri()}?mode=rw",
                uri=True,
                timeout=self._busy_timeout,
                isolation_level=None,
            )
            connection.row_factory = sqlite3.Row
            try:
                yield Database(connection, execute_plugins=False)
            finally:
                connection.close()
