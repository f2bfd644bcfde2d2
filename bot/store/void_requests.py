"""Makes approved requests void whose run changed nothing, within the transaction of its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.approvals import ApprovalState, void_reason
from bot.domain.audit import BOT
from bot.store.approval_messages import put_on_record
from bot.store.approval_rows import of_run
from bot.store.columns import text, time_text

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.runs import Run
    from bot.store.transaction import Transaction

_REASONS: Final = """
SELECT DISTINCT reason FROM run_items WHERE run_id = :run_id AND state = 'held_back'
ORDER BY reason LIMIT 2
"""

_VOID: Final = """
UPDATE approvals SET state = 'void', reason = :reason, decided_at = :now, notified_at = NULL
WHERE id = :id AND state = 'approved'
"""
"""Who approved it stays on record, and the requester is informed again."""


def void_held_back(db: Transaction, run: Run, now: datetime) -> None:
    """Make the approvals of a run void that ended with every contact held back."""
    if not run.counts.held_back or run.counts.held_back != run.counts.total:
        return
    reason = void_reason([row["reason"] for row in db.rows(_REASONS, run_id=run.id)])
    for approval in of_run(db, run.id):
        if approval.state is ApprovalState.APPROVED:
            db.run(_VOID, id=approval.id, reason=text(reason), now=time_text(now))
            void = replace(approval, state=ApprovalState.VOID, reason=reason, decided_at=now)
            put_on_record(db, void, BOT, now)
