"""Which process runs a scan or makes a fix, and whether that process is still alive."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.store.columns import time_text

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.store.transaction import Row


@dataclass(frozen=True, slots=True)
class Owner:
    """Who works on a scan or a fix: one store object (`instance`) in one process of one host."""

    instance: str
    host: str
    pid: int

    def is_dead(self, other: Owner) -> bool:
        """Whether `other` is certainly gone; false if that can't be determined from here."""
        if other.host != self.host:
            return False
        if other.pid == self.pid:
            return other.instance != self.instance
        return not _exists(other.pid)


@dataclass(frozen=True, slots=True)
class Lease:
    """An owner's claims on rows with the columns `instance`, `host`, `pid` and `lease_until`.

    They last for `length` unless renewed. A row without an instance has no owner.
    """

    owner: Owner
    length: timedelta

    def until(self, now: datetime) -> str:
        """When a claim that is made or renewed now ends, as stored."""
        return time_text(now + self.length)

    def columns(self, now: datetime) -> dict[str, str | int]:
        """The columns of a claim that is made now."""
        owner = self.owner
        return {
            "instance": owner.instance,
            "host": owner.host,
            "pid": owner.pid,
            "lease_until": self.until(now),
        }

    def is_over(self, row: Row, now: datetime) -> bool:
        """Whether a row's owner is certainly gone, or did not renew its claim in time."""
        if not row["instance"] or row["lease_until"] < time_text(now):
            return True
        return self.owner.is_dead(Owner(row["instance"], row["host"], row["pid"]))


def this_host() -> str:
    """This host's name, its boot and the process namespace: where a process id is valid.

    Two hosts may have the same name and number their namespaces alike; their boots differ.
    """
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{namespace}/{boot}"


def this_process(instance: str) -> Owner:
    """This process as an owner."""
    return Owner(instance, this_host(), os.getpid())


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
