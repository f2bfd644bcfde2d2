"""Sums a scan up in a sentence: how far it is, and what it found compared with the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Outcome
from bot.domain.scans import ScanState

if TYPE_CHECKING:
    from bot.domain.scans import Scan, ScanReport


def progress_text(done: int, total: int | None) -> str:
    """How far a scan is, without a period.

    Args:
        done: the accounts that were checked.
        total: all accounts; None while AWS is still listing them.
    """
    if total is not None:
        return f"{done:,} of {total:,} checked"
    return f"{done:,} checked, still listing accounts…" if done else "Listing accounts…"


def summary_text(report: ScanReport) -> str:
    """What a scan found and what is new; empty if it checked nothing.

    `Checked 15 accounts: nothing new. 9 compliant, 6 non-compliant.`
    """
    if report.scan.state is ScanState.FAILED or not report.scan.accounts:
        return ""
    return f"Checked {_checked(report)}: {news_text(report)}. {_counts(report.scan)}."


def news_text(report: ScanReport) -> str:
    """What changed: `nothing new`, or `2 new findings, 1 resolved`."""
    opened, resolved = len(report.changes.opened), len(report.changes.resolved)
    news = f"{opened:,} new finding{'' if opened == 1 else 's'}" if opened else "nothing new"
    return f"{news}, {resolved:,} resolved" if resolved else news


def _checked(report: ScanReport) -> str:
    """`15 accounts`, or `12 of 15 accounts` if the scan is incomplete; skipped ones count."""
    number = report.scan.accounts
    missed = sum(
        not result.was_scanned and result.outcome is not Outcome.SKIPPED
        for result in report.results
    )
    part = f"{number - missed:,} of " if missed else ""
    return f"{part}{number:,} account{'' if number == 1 else 's'}"


def _counts(scan: Scan) -> str:
    compliant, short, unchecked, exempt, skipped = (
        sum(scan.counts.get(outcome, 0) for outcome in outcomes)
        for outcomes in (
            (Outcome.COMPLIANT,),
            (outcome for outcome in Outcome if outcome.is_non_compliant),
            (outcome for outcome in Outcome if outcome.unchecked),
            (Outcome.EXEMPT,),
            (Outcome.SKIPPED,),
        )
    )
    parts = [f"{compliant:,} compliant", f"{short:,} non-compliant"]
    parts += [f"{unchecked:,} couldn't be checked"] if unchecked else []
    parts += [f"{exempt:,} exempt"] if exempt else []
    parts += [f"{skipped:,} skipped"] if skipped else []
    return ", ".join(parts)
