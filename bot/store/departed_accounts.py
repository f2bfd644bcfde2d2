"""Accounts that left: which those are after a scan, and what ends with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.resolution import GONE
from bot.domain.scans import ScanPart, ScanState
from bot.domain.scope import ScopeKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlite_utils import Database

    from bot.domain.findings import AccountResult
    from bot.domain.scans import Scan
    from bot.store.ledger import Ledger

_UNLISTED: Final = """
SELECT id, organization FROM accounts
WHERE gone_at IS NULL AND id NOT IN (SELECT account_id FROM scan_results WHERE scan_id = ?)
"""


def drop_gone(
    db: Database, ledger: Ledger, scan: Scan, results: Iterable[AccountResult], when: str
) -> None:
    """End what concerns accounts that complete listings of organizations do not have.

    A listing that was empty, or was of one account, says nothing of others. Organizations that a
    complete scan did not go to are looked after no longer.
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
    names = {part.organization for part in parts}
    other = bool(listed) and scan.state is ScanState.COMPLETE
    if not whole and not other:
        return
    gone = [
        row["id"]
        for row in db.execute(_UNLISTED, [scan.id]).fetchall()
        if row["organization"] in whole or (other and row["organization"] not in names)
    ]
    for account_id in gone:
        ledger.leave(account_id, GONE)
        db.execute("UPDATE accounts SET gone_at = ? WHERE id = ?", (when, account_id))
        # Personal data of accounts that nobody here looks after any longer.
        db.execute("DELETE FROM contacts WHERE account_id = ?", [account_id])
        db.execute("DELETE FROM contact_history WHERE account_id = ?", [account_id])
