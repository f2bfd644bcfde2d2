"""Combines the scans of several organizations. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.domain.failures import FailureCode
from bot.domain.scans import ScanState, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult
    from bot.domain.scans import Scan, ScanPart

_log = structlog.get_logger(__name__)


def merge_results(organizations: Iterable[Iterable[AccountResult]]) -> list[AccountResult]:
    """The results of all organizations, one for each account.

    An account that moves between organizations may be listed in both for a while: then the more
    informative result counts, or the first of equal ones.
    """
    best: dict[str, AccountResult] = {}
    twice = 0
    for results in organizations:
        for result in results:
            known = best.setdefault(result.account.id, result)
            twice += known is not result
            if _weight(result) > _weight(known):
                best[result.account.id] = result
    if twice:
        _log.warning("accounts are listed in several organizations", accounts=twice)
    return list(best.values())


def _weight(result: AccountResult) -> int:
    """How informative a result is: nothing, unreadable, skipped, or more."""
    if not result.was_scanned:
        return 0
    if not result.results:
        return 2
    return 3 if any(item.was_read for item in result.results) else 1


def finish_scan(
    scan: Scan, parts: Sequence[ScanPart], results: Sequence[AccountResult], now: datetime
) -> Scan:
    """The combined scan, from its part in each organization."""
    failed = [part for part in parts if part.failure is not None]
    # A stopped scan hasn't failed, however early: the next start runs it again.
    stopped = [part for part in failed if _was_stopped(part)]
    state = ScanState.COMPLETE
    if failed:
        begun = bool(results) or len(failed) < len(parts)
        state = ScanState.INCOMPLETE if begun or stopped else ScanState.FAILED
    told_apart = any(part.organization or (part.scope and part.scope.limit) for part in parts)
    return replace(
        scan,
        state=state,
        finished_at=now,
        scope=next((part.scope for part in parts if part.scope is not None), None),
        counts=count(results),
        failure=next((_failure_of(part) for part in (*stopped, *failed)), None),
        parts=tuple(parts) if told_apart else (),
    )


def _was_stopped(part: ScanPart) -> bool:
    return part.failure is not None and part.failure.cause is FailureCode.NOT_REACHED


def _failure_of(part: ScanPart) -> Failure | None:
    """Why a part isn't complete, with its organization's name if it has one."""
    why = part.failure
    if why is None or not part.organization:
        return why
    return replace(why, message=f"In the organization “{part.organization}”: {why.message}")
