"""Which accounts left their organization by what a scan listed, and what ends with them."""

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
    """The ids of accounts that complete listings of organizations do not have.

    A listing that was empty, or was of one account, says nothing of others. Organizations that a
    complete scan did not go to are scanned no longer.

    Args:
        scan: the scan, ended.
        results: what it found.
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
    others_left = bool(listed) and scan.state is ScanState.COMPLETE
    return [
        account_id
        for account_id, organization in unlisted.items()
        if organization in whole or (others_left and organization not in scanned)
    ]


def reconcile_departed(findings: Iterable[KnownFinding]) -> Plan:
    """What it changes that an account left its organization."""
    return Plan(resolved=tuple(ResolvedFinding(finding, GONE) for finding in findings))
