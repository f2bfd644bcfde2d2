"""Which process runs a scan or makes a fix, and whether that process is still there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """Who works on a scan or a fix: one store object (`instance`) in one process of one host."""

    instance: str
    host: str
    pid: int

    def is_dead(self, other: Owner) -> bool:
        """Whether `other` is surely gone, as far as can be told from here."""
        if other.host != self.host:
            return False
        if other.pid == self.pid:
            return other.instance != self.instance
        return not _exists(other.pid)


def this_host() -> str:
    """This host's name, with its process namespace: a pid means nothing in another one."""
    try:
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{namespace}"


def this_process(instance: str) -> Owner:
    """The owner that this process is."""
    return Owner(instance, this_host(), os.getpid())


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
