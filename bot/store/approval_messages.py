"""What is said about approvals, within the transaction of a decision: messages, and the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import MOST_MENTIONED, AnnouncementKind, NewAnnouncement
from bot.domain.approvals import ApprovalState
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.contacts import ContactType
from bot.domain.policy.destination import Destination
from bot.store import audit_log
from bot.store.approval_rows import ITEMS
from bot.store.outbox import record

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.approvals import Approval
    from bot.store.transaction import Transaction

_SAY: Final = """
INSERT INTO approval_messages (announcement_id, approval_id, is_reminder)
VALUES (:announcement_id, :approval_id, :is_reminder)
"""

_ACTIONS: Final = {
    ApprovalState.WAITING: AuditAction.REQUESTED,
    ApprovalState.APPROVED: AuditAction.APPROVED,
    ApprovalState.REJECTED: AuditAction.REJECTED,
    ApprovalState.WITHDRAWN: AuditAction.WITHDRAWN,
    ApprovalState.EXPIRED: AuditAction.EXPIRED,
    ApprovalState.VOID: AuditAction.VOIDED,
    ApprovalState.BYPASSED: AuditAction.BYPASSED,
}


def announce_approval(
    db: Transaction, approval: Approval, channel: str, now: datetime, *, is_reminder: bool = False
) -> None:
    """Have a request announced in a message that mentions who could approve it."""
    mention = tuple(name for name in approval.approvers if name != "*")[:MOST_MENTIONED]
    news = NewAnnouncement(AnnouncementKind.APPROVAL, destination=Destination(channel, mention))
    announcement_id = record(db, news, None, now)
    db.run(
        _SAY,
        announcement_id=announcement_id,
        approval_id=approval.id,
        is_reminder=is_reminder,
    )


def put_on_record(db: Transaction, approval: Approval, actor: str, now: datetime) -> None:
    """Append to the audit log that an approval was requested, or how it was decided."""
    details = {"approval": str(approval.id), "approvers": ", ".join(approval.approvers)}
    if approval.reason:
        details["reason"] = approval.reason
    items = db.rows(ITEMS, run_id=approval.run_id, limit=2)
    account = items[0] if len(items) == 1 else None
    entry = AuditEntry(
        _ACTIONS[approval.state],
        actor,
        account_id=account["account_id"] if account is not None else "",
        type=ContactType(account["type"]) if account is not None else None,
        run_id=approval.run_id,
        details=details,
    )
    audit_log.record(db, entry, now)
