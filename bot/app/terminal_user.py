"""Who gives a command in a terminal, for the audit log."""

from __future__ import annotations

import getpass
import os


def terminal_actor() -> str:
    """`cli:` and the name of the system's user, or the number if the user has no name."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # as in some containers
        return f"cli:{os.getuid()}"
