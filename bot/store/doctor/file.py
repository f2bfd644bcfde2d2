"""The doctor's check of the database's file and its directory; it makes nothing there."""

from __future__ import annotations

import os
import shlex
from enum import Enum, auto
from pathlib import Path

from bot.services.doctor import CheckResult, Section, State


class Found(Enum):
    """What stands in the file's place."""

    USABLE = auto()
    ABSENT = auto()
    UNUSABLE = auto()


def check_file(file: Path) -> tuple[Found, CheckResult]:
    """What stands in the file's place, and the result that says so."""
    folder = file.parent
    try:
        if file.is_dir():
            message = f"{file} is a directory."
            remedy = "Set ALTCONTACT_DATABASE to a file in it."
            snippet = f"export ALTCONTACT_DATABASE={quoted(file / 'altcontact.db')}"
        elif not folder.is_dir():
            message = f"{file} cannot be made: its directory does not exist."
            remedy = "Make the directory, or set ALTCONTACT_DATABASE to a file in another one."
            snippet = f"mkdir -p {quoted(folder)}"
        elif os.statvfs(folder).f_flag & os.ST_RDONLY:
            message = f"the directory {folder} is on a file system that is mounted read-only."
            remedy = (
                "Mount it for writing, or set ALTCONTACT_DATABASE to a file on a volume that is:"
            )
            snippet = f"findmnt --target {quoted(folder)}"
        elif not os.access(folder, os.W_OK | os.X_OK):
            # SQLite keeps a second file beside an existing one, too.
            message = f"the directory {folder} cannot be written."
            remedy = "Let the bot's user write it."
            snippet = f"chown {os.getuid()} {quoted(folder)}"
        elif not file.exists():
            message = f"{file} is not there yet; the first start makes it."
            return Found.ABSENT, check_result("File", State.OK, message)
        else:
            user = _process_using(file)
            used = f" Process {user} uses it; a bot that runs on it is fine." if user else ""
            return Found.USABLE, check_result("File", State.OK, f"{file} is there.{used}")
    except OSError as error:
        message = f"{file} cannot be looked at ({error.strerror})."
        remedy = "Let the bot's user enter its directories, or set ALTCONTACT_DATABASE to another."
        snippet = f"namei -l {quoted(file)}"
    return Found.UNUSABLE, check_result("File", State.FAILURE, message, remedy, snippet)


def check_result(
    name: str, state: State, message: str, remedy: str = "", snippet: str = ""
) -> CheckResult:
    """What a check of the database found."""
    return CheckResult(Section.DATABASE, name, state, message, remedy, snippet)


def quoted(path: Path) -> str:
    """A path as it stands in a shell."""
    return shlex.quote(str(path))


def _process_using(file: Path) -> int | None:
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
        pid, locked = fields[4], fields[5]
        if locked.rpartition(":")[2] == str(inode) and pid.isdigit() and int(pid) != os.getpid():
            return int(pid)
    return None
