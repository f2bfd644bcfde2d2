"""What every change of a run shares: its row, its place on record, and its message."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.actors import Actor
from bot.domain.audit import BOT, AuditAction, AuditEntry
from bot.domain.errors import StoreError
from bot.domain.runs import ItemState, Run, RunCounts, RunKind, RunState
from bot.store.audit_log import record
from bot.store.columns import to_time
from bot.store.outbox import bump_revision
from bot.store.run_messages import announce_run

if TYPE_CHECKING:
    from bot.store.transaction import Row, Transaction

RUN: Final = "SELECT * FROM runs WHERE id = :id"

_COUNTS: Final = """
SELECT state, count(*) AS number FROM run_items WHERE run_id = :id GROUP BY state
"""

_MESSAGES: Final = """
SELECT announcement_id AS id FROM runs WHERE id = :id AND announcement_id IS NOT NULL
UNION ALL
SELECT announcement_id FROM approval_messages
JOIN approvals ON approvals.id = approval_messages.approval_id
WHERE approvals.run_id = :id
"""


def find_run(db: Transaction, run_id: int) -> Run | None:
    """One run, with its contacts counted."""
    row = db.row(RUN, id=run_id)
    return to_run(db, row) if row is not None else None


def require_run(db: Transaction, run_id: int) -> Run:
    """One run.

    Raises:
        StoreError: there is none.
    """
    run = find_run(db, run_id)
    if run is None:
        raise StoreError(f"There is no run {run_id}.")
    return run


def changed(
    db: Transaction,
    run_id: int,
    action: AuditAction,
    now: datetime,
    actor: str = "",
    **details: str,
) -> None:
    """Put a change of a run's state on record, and have its message updated.

    Args:
        db: the transaction of the change.
        run_id: the run.
        action: what happened.
        now: when.
        actor: who did it; empty for the bot.
        details: more for the record, without personal data; empty ones are left out.
    """
    if action is AuditAction.RUN_STARTED:
        announce_run(db, run_id, now)
    put_on_record(db, require_run(db, run_id), action, now, actor, **details)
    bump_run(db, run_id)


def put_on_record(
    db: Transaction,
    run: Run,
    action: AuditAction,
    now: datetime,
    actor: str = "",
    **details: str,
) -> None:
    """Append to the audit log what happened to a run, with its contacts counted by state."""
    numbers = {state.value: getattr(run.counts, state.value) for state in ItemState}
    said = {
        "kind": run.kind.value,
        **{state: str(number) for state, number in numbers.items() if number},
        **{name: text for name, text in details.items() if text},
    }
    record(db, AuditEntry(action, actor or BOT, run_id=run.id, details=said), now)


def bump_run(db: Transaction, run_id: int) -> None:
    """Have a run's message updated, if it has one, and those about its approvals."""
    bump_revision(db, [row["id"] for row in db.rows(_MESSAGES, id=run_id)])


def to_run(db: Transaction, row: Row) -> Run:
    """From `runs`, with its contacts counted."""
    counts = {each["state"]: each["number"] for each in db.rows(_COUNTS, id=row["id"])}
    return Run(
        row["id"],
        row["key"],
        RunKind(row["kind"]),
        RunState(row["state"]),
        Actor(
            row["user_id"],
            frozenset(json.loads(row["team_ids"])),
            frozenset(json.loads(row["enterprise_ids"])),
        ),
        datetime.fromisoformat(row["created_at"]),
        RunCounts(**counts),
        row["reason"],
        row["channel"],
        to_time(row["started_at"]),
        to_time(row["ended_at"]),
        row["stop_reason"],
        row["interrupted"],
        row["undoes"],
    )
