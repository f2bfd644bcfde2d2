"""How commands end: the exit statuses, and which one a scan or the doctor's lines come to."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.scans import ScanReport
    from bot.services.doctor import CheckResult


class Exit(IntEnum):
    """The exit statuses; those above 3 follow sysexits.h and the shells.

    The second three are the doctor's.
    """

    COMPLIANT = 0
    FALLS_SHORT = 1
    USAGE = 2
    UNCHECKED = 3
    WELL = 0
    WARNINGS = 1
    FAILURES = 2
    DEFECT = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


def of_scan(report: ScanReport) -> Exit:
    """Whether every account is compliant, something falls short, or something is not known."""
    from bot.domain.scans import ScanState  # noqa: PLC0415 - slow to import where only a status is wanted

    outcomes = {result.outcome for result in report.results}
    if any(outcome.falls_short for outcome in outcomes):
        return Exit.FALLS_SHORT
    if any(outcome.unchecked for outcome in outcomes):
        return Exit.UNCHECKED
    return Exit.COMPLIANT if report.scan.state is ScanState.COMPLETE else Exit.UNCHECKED


def of_doctor(lines: Sequence[CheckResult]) -> Exit:
    """Whether there are failures, or else warnings."""
    from bot.services.doctor import State, count  # noqa: PLC0415 - slow to import where only a status is wanted

    counted = count(lines)
    if counted[State.FAILURE]:
        return Exit.FAILURES
    return Exit.WARNINGS if counted[State.WARNING] else Exit.WELL
