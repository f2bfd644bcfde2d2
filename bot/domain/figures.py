"""Figures of the database, for metrics: what there is now, counted. None names an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.contacts import ContactType
    from bot.domain.failures import FailureCode
    from bot.domain.findings import Outcome
    from bot.domain.fixes import FixState
    from bot.domain.leadership import Leader
    from bot.domain.rule_catalog import Severity
    from bot.domain.scans import Scan, ScanState


class FindingKind(NamedTuple):
    """What findings are counted by; `severity` is None if the contact couldn't be checked."""

    outcome: Outcome
    type: ContactType
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is in the database now.

    Attributes:
        findings: how many are not resolved, by kind; exempt ones have the outcome `EXEMPT`.
        unchecked: how many accounts couldn't be checked, by cause.
        scans: how many scans there have been, by state.
        last_scan: the newest scan that ended by itself.
        last_complete: the newest complete scan.
        waiting: how many announcements wait to be posted.
        waiting_since: when the oldest of them was recorded; None if none waits.
        fixes: how many fixes there have been, by state.
        fixes_in_doubt: how many of them may or may not have been applied by AWS.
        leader: who leads, or led last; None if nobody ever did.
    """

    findings: Mapping[FindingKind, int] = field(default_factory=dict)
    unchecked: Mapping[FailureCode, int] = field(default_factory=dict)
    scans: Mapping[ScanState, int] = field(default_factory=dict)
    last_scan: Scan | None = None
    last_complete: Scan | None = None
    waiting: int = 0
    waiting_since: datetime | None = None
    fixes: Mapping[FixState, int] = field(default_factory=dict)
    fixes_in_doubt: int = 0
    leader: Leader | None = None
