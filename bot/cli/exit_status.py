"""The exit statuses of the commands."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses; those above 3 follow sysexits.h and shell conventions.

    `WELL`, `WARNINGS` and `FAILURES` are the doctor's, `DONE` and `NOT_FIXED` those of fixes.
    """

    COMPLIANT = 0
    NON_COMPLIANT = 1
    USAGE = 2
    UNCHECKED = 3
    WELL = 0
    WARNINGS = 1
    FAILURES = 2
    DONE = 0
    NOT_FIXED = 1
    DEFECT = 70
    CANNOT_WRITE = 74
    INTERRUPTED = 130
    PIPE_CLOSED = 141
