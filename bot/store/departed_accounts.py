"""Accounts that left their organization: resolves their findings and deletes their contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.departed_accounts import departed_accounts
from bot.store.columns import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.findings import AccountResult
    from bot.domain.scans import Scan
    from bot.store.plan_writer import PlanWriter
    from bot.store.transaction import Transaction

_UNLISTED: Final = """
SELECT id, organization FROM accounts
WHERE gone_at IS NULL AND id NOT IN (SELECT account_id FROM scan_results WHERE scan_id = :scan_id)
"""


def drop_departed(
    db: Transaction,
    writer: PlanWriter,
    scan: Scan,
    results: Sequence[AccountResult],
    now: datetime,
) -> None:
    """Resolve findings of accounts that left, according to a scan whose results are stored."""
    unlisted = {row["id"]: row["organization"] for row in db.rows(_UNLISTED, scan_id=scan.id)}
    for account_id in departed_accounts(scan, results, unlisted):
        writer.depart(account_id)
        sql = "UPDATE accounts SET gone_at = :gone_at WHERE id = :id"
        db.run(sql, gone_at=time_text(now), id=account_id)
        # Personal data of accounts that are no longer checked.
        db.run("DELETE FROM contacts WHERE account_id = :id", id=account_id)
        db.run("DELETE FROM contact_history WHERE account_id = :id", id=account_id)
