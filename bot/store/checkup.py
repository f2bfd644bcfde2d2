"""Looks at the database for the doctor: makes no file, and writes nothing into one."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from bot.doctor import Check, Line, Section, State
from bot.errors import StoreError
from bot.store.faults import translated
from bot.store.migrations import pending, refuse_foreign
from bot.store.rows import to_scan
from bot.store.scans import LAST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.scans import Scan

PATIENCE: Final = 2.0
"""Seconds to wait for another writer: recording ten thousand accounts takes about so long."""

INTEGRITY_SECONDS: Final = 5.0
"""Seconds after which looking for damage ends: the largest databases take longer."""

LEAST_FREE, LOW_FREE = 100 * 2**20, 2**30
"""Bytes free on the disk below which it is a failure, and a warning."""

_STEPS_BETWEEN: Final = 10_000
"""SQLite's own steps between two looks at the time."""


class StoreCheckup:
    """The checks of one database.

    Args:
        path: the file, which may not exist yet.
        patience: seconds to wait for another writer.
        integrity_seconds: seconds that looking for damage may take.
    """

    def __init__(
        self,
        path: Path,
        patience: float = PATIENCE,
        integrity_seconds: float = INTEGRITY_SECONDS,
    ) -> None:
        self._file = path.absolute()
        self._patience = patience
        self._integrity_seconds = integrity_seconds
        self._usable = False
        self._absent = False

    def checks(self) -> tuple[Check, ...]:
        """What to look at, in order."""
        looks = (
            ("File", self._look_at_file),
            ("Schema", self._look_at_schema),
            ("Writing", self._look_at_writing),
            ("Integrity", self._look_at_integrity),
            ("Free space", self._look_at_space),
        )
        return tuple(Check(Section.DATABASE, name, look) for name, look in looks)

    def last_scan(self) -> Scan | None:
        """The newest scan that ended by itself; None where there is none, or no database yet.

        Raises:
            StoreError: the database cannot be read, or is not this program's.
        """
        if not self._file.exists():
            return None
        with self._opened() as db:
            refuse_foreign(db, self._file)
            if not db.table("scans").exists():
                return None
            row = db.execute(LAST).fetchone()
            return to_scan(row) if row is not None else None

    def _look_at_file(self) -> Iterator[Line]:
        folder = self._file.parent
        if self._file.is_dir():
            words = f"{self._file} is a directory."
            mend = "Set ALTCONTACT_DATABASE to a file in it."
            paste = f"export ALTCONTACT_DATABASE={_quoted(self._file / 'altcontact.db')}"
            yield _line("File", State.FAILURE, words, mend, paste)
        elif not folder.is_dir():
            words = f"{self._file} cannot be made: its directory does not exist."
            mend = "Make the directory, or set ALTCONTACT_DATABASE to a file in another one."
            yield _line("File", State.FAILURE, words, mend, f"mkdir -p {_quoted(folder)}")
        elif not os.access(folder, os.W_OK | os.X_OK):
            # SQLite keeps a second file beside an existing one, too.
            words = f"the directory {folder} cannot be written."
            mend = "Let the bot's user write it."
            yield _line(
                "File", State.FAILURE, words, mend, f"chown {os.getuid()} {_quoted(folder)}"
            )
        elif not self._file.exists():
            self._absent = True
            yield _line(
                "File", State.OK, f"{self._file} is not there yet; the first start makes it."
            )
        else:
            self._usable = True
            user = _user(self._file)
            used = f" Process {user} uses it; a bot that runs on it is fine." if user else ""
            yield _line("File", State.OK, f"{self._file} is there.{used}")

    def _look_at_schema(self) -> Iterator[Line]:
        if not self._usable:
            yield from self._pointless("Schema")
            return
        self._usable = False
        try:
            with self._opened() as db:
                refuse_foreign(db, self._file)
                steps = pending(db)
        except StoreError as error:
            yield self._failed("Schema", error)
            return
        self._usable = True
        words = "is that of this version."
        if steps:
            words = "is of an older version, or empty; the next start brings it up to this one."
        yield _line("Schema", State.OK, words)

    def _look_at_writing(self) -> Iterator[Line]:
        if not self._usable:
            yield from self._pointless("Writing")
            return
        try:
            with self._opened() as db:
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
        except StoreError as error:
            yield self._failed("Writing", error)
            return
        yield _line("Writing", State.OK, "is possible; a transaction was begun and taken back.")

    def _look_at_integrity(self) -> Iterator[Line]:
        if not self._usable:
            yield from self._pointless("Integrity")
            return
        deadline = time.monotonic() + self._integrity_seconds
        overdue = False

        def give_up() -> bool:
            nonlocal overdue
            overdue = time.monotonic() > deadline
            return overdue

        try:
            with self._opened() as db:
                db.conn.set_progress_handler(give_up, _STEPS_BETWEEN)
                found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        except StoreError as error:
            if not overdue:
                yield self._failed("Integrity", error)
                return
            found = "ok"
        if found != "ok":
            words = "the file is damaged."
            mend = "Stop the bot, and put the file back from a backup or save what can be saved:"
            saved = self._file.with_suffix(".saved.db")
            paste = f"sqlite3 {_quoted(self._file)} .recover | sqlite3 {_quoted(saved)}"
            yield _line("Integrity", State.FAILURE, words, mend, paste)
            return
        looked = f"in the {self._integrity_seconds:g} seconds that were looked" if overdue else ""
        yield _line("Integrity", State.OK, f"no damage was found {looked}".rstrip() + ".")

    def _look_at_space(self) -> Iterator[Line]:
        folder = self._file.parent
        if not folder.is_dir():
            yield _line("Free space", State.NOT_CHECKED, "the directory does not exist.")
            return
        free = shutil.disk_usage(folder).free
        state = State.OK
        if free < LOW_FREE:
            state = State.FAILURE if free < LEAST_FREE else State.WARNING
        words = f"{free / 2**30:,.1f} GiB are free on its disk."
        if state is State.OK:
            yield _line("Free space", state, words)
        else:
            words = f"only {free / 2**20:,.0f} MiB are free on its disk."
            mend = "Free some space, or set ALTCONTACT_DATABASE to a file on another disk."
            yield _line("Free space", state, words, mend, f"df -h {_quoted(folder)}")

    def _pointless(self, name: str) -> Iterator[Line]:
        """Say what an earlier failure makes pointless; of a file to be made there is no more."""
        if not self._absent:
            yield _line(name, State.NOT_CHECKED, "the database cannot be used.")

    def _failed(self, name: str, error: StoreError) -> Line:
        paste = f"ls -l {_quoted(self._file)}*"
        return _line(name, State.FAILURE, str(error), error.mend, paste)

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        """The database, on a connection of its own.

        `mode=rw`, since SQLite opens a file in write-ahead logging read-only only where another
        process has it open; nothing is made, and nothing written.
        """
        with translated(self._file):
            connection = sqlite3.connect(
                f"{self._file.as_uri()}?mode=rw",
                uri=True,
                timeout=self._patience,
                isolation_level=None,
            )
            connection.row_factory = sqlite3.Row
            try:
                yield Database(connection, execute_plugins=False)
            finally:
                connection.close()


def _user(file: Path) -> int | None:
    """A process that has the database open, where the kernel tells: Linux alone does.

    SQLite holds a lock on the file beside it for as long as a connection is open. The list of locks
    is read rather than the file opened: closing it would give up this process's own locks.
    """
    try:
        inode = Path(f"{file}-shm").stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for lock in locks:
        # 1: POSIX ADVISORY READ 4711 fd:00:2531452 128 128
        fields = lock.replace("->", "").split()
        pid, place = fields[4], fields[5]
        if place.rpartition(":")[2] == str(inode) and pid.isdigit() and int(pid) != os.getpid():
            return int(pid)
    return None


def _line(name: str, state: State, words: str, mend: str = "", paste: str = "") -> Line:
    return Line(Section.DATABASE, name, state, words, mend, paste)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
