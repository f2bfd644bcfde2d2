"""Helpers for several commands: write a message, stop cleanly on a signal, say who gives it."""

from __future__ import annotations

import getpass
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(message: str) -> None:
    """Write a line to standard error; if that fails, nobody can read it anyway."""
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


def actor() -> str:
    """Who gives a command, for the audit log: `cli:` and the user of the system."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # the user has no name, as in some containers
        return f"cli:{os.getuid()}"


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end the block cleanly, as Ctrl-C does: by KeyboardInterrupt."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if before[signal.SIGINT] is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
