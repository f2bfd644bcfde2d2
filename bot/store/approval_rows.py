"""Rows of approvals to domain types, with what their messages show."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.approvals import Approval, ApprovalItem, ApprovalRequest, ApprovalState
from bot.domain.contacts import ContactType
from bot.store.columns import to_mention, to_time
from bot.store.run_rows import to_run

if TYPE_CHECKING:
    from bot.store.transaction import Row, Transaction

GET: Final = "SELECT * FROM approvals WHERE id = :id"

_OF_RUN: Final = "SELECT * FROM approvals WHERE run_id = :run_id ORDER BY id"

ITEMS: Final = """
SELECT account_id, account_name, type FROM run_items
WHERE run_id = :run_id AND state != 'left_out' ORDER BY number LIMIT :limit
"""

_TOTAL: Final = """
SELECT count(*) AS number FROM run_items WHERE run_id = :run_id AND state != 'left_out'
"""


def announced_request(db: Transaction, announcement_id: str, items: int) -> ApprovalRequest | None:
    """The request that a message is about."""
    sql = "SELECT * FROM approval_messages WHERE announcement_id = :id"
    message = db.row(sql, id=announcement_id)
    row = db.row(GET, id=message["approval_id"]) if message is not None else None
    if message is None or row is None:
        return None
    return request_of(db, row, items, is_reminder=bool(message["is_reminder"]))


def request_of(
    db: Transaction, row: Row, items: int, *, is_reminder: bool = False
) -> ApprovalRequest:
    """A request with at most so many of its contacts."""
    approval = to_approval(row)
    run_id = approval.run_id
    (run,) = db.rows("SELECT * FROM runs WHERE id = :id", id=run_id)
    return ApprovalRequest(
        approval,
        to_run(db, run),
        tuple(
            ApprovalItem(each["account_id"], each["account_name"], ContactType(each["type"]))
            for each in db.rows(ITEMS, run_id=run_id, limit=items)
        ),
        db.number(_TOTAL, run_id=run_id),
        tuple(each for each in of_run(db, run_id) if each.id != approval.id),
        is_reminder=is_reminder,
    )


def of_run(db: Transaction, run_id: int) -> list[Approval]:
    """The approvals of a run, oldest first."""
    return [to_approval(row) for row in db.rows(_OF_RUN, run_id=run_id)]


def to_approval(row: Row) -> Approval:
    """From `approvals`."""
    return Approval(
        row["id"],
        row["run_id"],
        ApprovalState(row["state"]),
        to_mention(row["approvers"]),
        row["why"],
        datetime.fromisoformat(row["requested_at"]),
        datetime.fromisoformat(row["expires_at"]),
        to_time(row["reminded_at"]),
        to_time(row["decided_at"]),
        row["decided_by"],
        row["reason"],
    )
