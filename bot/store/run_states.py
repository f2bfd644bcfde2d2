"""How a run begins, waits, or is canceled, each within the transaction of what causes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.audit import AuditAction
from bot.store.columns import text, time_text
from bot.store.run_rows import changed

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.transaction import Transaction

_REQUEST: Final = "UPDATE runs SET state = 'requested' WHERE id = :id AND state = 'previewed'"

_START: Final = """
UPDATE runs SET state = 'running', started_at = coalesce(started_at, :now), ended_at = NULL,
    stop_reason = '', instance = '', lease_until = ''
WHERE id = :id AND state IN ('previewed', 'requested', 'stopped')
"""

_CANCEL: Final = """
UPDATE runs SET state = 'canceled', stop_reason = :reason, ended_at = :now
WHERE id = :id AND state IN ('previewed', 'requested')
"""


def request_run(db: Transaction, run_id: int) -> bool:
    """A `PREVIEWED` run waits for approval from now on; whether it was `PREVIEWED`."""
    return db.run(_REQUEST, id=run_id) == 1


def start_run(db: Transaction, run_id: int, actor: str, now: datetime) -> bool:
    """Have a run worked on; see `RunRepository.start`."""
    if not db.run(_START, id=run_id, now=time_text(now)):
        return False
    changed(db, run_id, AuditAction.RUN_STARTED, now, actor)
    return True


def cancel_run(db: Transaction, run_id: int, actor: str, reason: str, now: datetime) -> bool:
    """End a run that has not begun; see `RunRepository.cancel`."""
    if not db.run(_CANCEL, id=run_id, reason=text(reason), now=time_text(now)):
        return False
    changed(db, run_id, AuditAction.RUN_CANCELED, now, actor, reason=reason)
    return True
