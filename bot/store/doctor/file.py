"""The doctor's check of the database's file and its directory; it creates nothing."""

from __future__ import annotations

import os
import shlex
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from bot.services.doctor import State
from bot.store.doctor.database import check_result

if TYPE_CHECKING:
    from bot.services.doctor import CheckResult


class Found(Enum):
    """What is at the file's path."""

    USABLE = auto()
    ABSENT = auto()
    UNUSABLE = auto()


def check_file(file: Path) -> tuple[Found, CheckResult]:
    """What is at the file's path, and the result that says so."""
    folder = file.parent
    try:
        if file.is_dir():
            message = f"{file} is a directory."
            remedy = "Set ALTCONTACT_DATABASE to a file in it."
            snippet = f"export ALTCONTACT_DATABASE={quoted(file / 'altcontact.db')}"
        elif not folder.is_dir():
            message = f"can't create {file}: its directory doesn't exist."
            remedy = "Create the directory, or set ALTCONTACT_DATABASE to a file in another one."
            snippet = f"mkdir -p {quoted(folder)}"
        elif os.statvfs(folder).f_flag & os.ST_RDONLY:
            message = f"the directory {folder} is on a file system that is mounted read-only."
            remedy = (
                "Mount it read-write, or set ALTCONTACT_DATABASE to a file on a writable volume:"
            )
            snippet = f"findmnt --target {quoted(folder)}"
        elif not os.access(folder, os.W_OK | os.X_OK):
            # SQLite keeps a second file beside an existing one, too.
            message = f"the bot's user can't write to the directory {folder}."
            remedy = "Give the bot's user write access:"
            snippet = f"chown {os.getuid()} {quoted(folder)}"
        elif not file.exists():
            message = f"{file} doesn't exist yet; the first start creates it."
            return Found.ABSENT, check_result("File", State.OK, message)
        else:
            user = process_using(file)
            used = f" Process {user} uses it, which is fine if that is the bot." if user else ""
            return Found.USABLE, check_result("File", State.OK, f"{file} exists.{used}")
    except OSError as error:
        message = f"couldn't access {file} ({error.strerror})."
        remedy = "Give the bot's user access to its directories, or change ALTCONTACT_DATABASE."
        snippet = f"namei -l {quoted(file)}"
    return Found.UNUSABLE, check_result("File", State.FAILURE, message, remedy, snippet)


def quoted(path: Path) -> str:
    """A path, quoted for a shell."""
    return shlex.quote(str(path))


def process_using(file: Path) -> int | None:
    """A process that has the database open; None if there is none, or the kernel isn't Linux.

    SQLite holds a lock on the `-shm` file while a connection is open. The kernel's list of locks is
    read instead of the file, because closing the file would release this process's own locks.
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
