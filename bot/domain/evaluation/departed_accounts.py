"""Which accounts left their organization according to a scan, and which findings end with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.evaluation.plan import Plan, ResolvedFinding
from bot.domain.evaluation.resolution import GONE
from bot.domain.scans import ScanPart, ScanState
from bot.domain.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.domain.evaluation.known_account import KnownFinding
    from bot.domain.findings import AccountResult
    from bot.domain.scans import Scan


def departed_accounts(
    scan: Scan, results: Iterable[AccountResult], unlisted: Mapping[str, str]
) -> list[str]:
    """The ids of accounts that complete listings of organizations don't contain.

    An empty listing, or one of a single account, says nothing about other accounts. Organizations
    that a complete scan did not visit are no longer scanned; unless AWS denied to list one that it
    did visit, which may be the same under another name.

    Args:
        scan: the scan that ended.
        results: its results.
        unlisted: {account id: organization} of known accounts that it did not list.
    """
    listed = {result.account.organization for result in results}
    parts = scan.parts or (ScanPart("", scan.scope, scan.failure),)
    whole = {
        part.organization
        for part in parts
        if part.organization in scan.complete_in & listed
        and part.scope is not None
        and part.scope.kind is ScopeKind.ORGANIZATION
    }
    scanned = {part.organization for part in parts}
    others_left = bool(listed) and scan.state is ScanState.COMPLETE and not scan.limits
    return [
        account_id
        for account_id, organization in unlisted.items()
        if organization in whole or (others_left and organization not in scanned)
    ]


def reconcile_departed(findings: Iterable[KnownFinding]) -> Plan:
    """What changes when an account leaves its organization."""
    return Plan(resolved=tuple(ResolvedFinding(finding, GONE) for finding in findings))
