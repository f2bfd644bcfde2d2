"""The contacts of runs: as rows, grouped by what they came to, and following their fixes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from bot.domain.alert_summary import root_cause
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode
from bot.domain.fixes import FixState
from bot.domain.runs import ItemState, LeftAlone, RunItem
from bot.services.ports.runs import ItemGroup
from bot.store.columns import (
    contact_json,
    failure_json,
    maybe_time_text,
    text,
    to_contact,
    to_failure,
    to_time,
    to_wanted,
    wanted_json,
)
from bot.store.outbox import bump_revision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.domain.failures import Failure
    from bot.domain.fixes import Fix
    from bot.store.transaction import Row, Transaction, Value

MOST_ATTEMPTS: Final = 5
"""How often a contact is tried by itself if the bot was interrupted; then it counts as failed."""

_INSERT: Final = """
INSERT INTO run_items
    (run_id, number, account_id, account_name, type, wanted, before, read_at, state, reason,
     failure, undoes, confirmed_tool, despite)
VALUES
    (:run_id, :number, :account_id, :account_name, :type, :wanted, :before, :read_at, :state,
     :reason, :failure, :undoes, :confirmed_tool, :despite)
"""

_WITH_REASON: Final = """
SELECT account_id, account_name, state, reason, failure FROM run_items
WHERE run_id = :run_id AND state IN ('left_out', 'held_back', 'failed') ORDER BY number
"""

_LINK: Final = """
UPDATE run_items SET fix_id = :fix_id
WHERE run_id = :run_id AND account_id = :account_id AND type = :type
    AND (fix_id IS NULL OR fix_id <= :fix_id)
"""

_FOLLOW: Final = """
UPDATE run_items SET state = :state, reason = :reason, failure = :failure
WHERE run_id = :run_id AND fix_id = :fix_id
    AND (state IN ('planned', 'saved', 'failed') OR :state = 'verified')
    AND NOT (state = :state AND reason = :reason)
"""

_PLAN_AGAIN: Final = f"""
UPDATE run_items SET attempt = attempt + 1
WHERE run_id = :run_id AND fix_id = :fix_id AND state = 'planned' AND attempt < {MOST_ATTEMPTS}
"""  # noqa: S608 - a number of this module is put in

_ANNOUNCED: Final = """
SELECT announcement_id FROM runs
WHERE id = :run_id AND state != 'running' AND announcement_id IS NOT NULL
"""

_STATES: Final = {
    FixState.APPLIED: ItemState.SAVED,
    FixState.CONFIRMED: ItemState.VERIFIED,
    FixState.FAILED: ItemState.FAILED,
}
"""What a contact of a run is once its fix is in one of these states."""


_ALL: Final = 2**62
"""More than a run has contacts: neither database takes a limit of none."""


def insert_items(db: Transaction, run_id: int, items: Iterable[RunItem]) -> None:
    """Record the contacts of a new run, numbered from 1 in the order given."""
    db.run_each(
        _INSERT,
        (
            {
                "run_id": run_id,
                "number": number,
                "account_id": item.account_id,
                "account_name": text(item.account_name),
                "type": item.type,
                "wanted": wanted_json(item.wanted),
                "before": contact_json(item.before),
                "read_at": maybe_time_text(item.read_at),
                "state": item.state,
                "reason": text(item.reason),
                "failure": failure_json(item.failure),
                "undoes": item.undoes,
                "confirmed_tool": text(item.confirmed_tool),
                "despite": item.despite or "",
            }
            for number, item in enumerate(items, 1)
        ),
    )


def items_of(
    db: Transaction,
    run_id: int,
    states: Collection[ItemState],
    limit: int | None,
    offset: int,
) -> list[RunItem]:
    """Contacts of a run in the order of their numbers: in one of these states, or all."""
    values: dict[str, Value] = {f"state_{number}": state for number, state in enumerate(states)}
    wanted = f"AND state IN ({', '.join(f':{name}' for name in values)})" if values else ""
    sql = (
        f"SELECT * FROM run_items WHERE run_id = :run_id {wanted} "  # noqa: S608 - names of this function
        "ORDER BY number LIMIT :limit OFFSET :offset"
    )
    most = _ALL if limit is None else limit
    return [
        to_item(row) for row in db.stream(sql, run_id=run_id, limit=most, offset=offset, **values)
    ]


def groups(db: Transaction, run_id: int, accounts: int) -> tuple[ItemGroup, ...]:
    """What was left out, held back or failed, grouped by its reason or root cause."""
    parsed: dict[str | None, Failure | None] = {}
    first: dict[tuple[str, str], Row] = {}
    numbers: Counter[tuple[str, str]] = Counter()
    named: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in db.stream(_WITH_REASON, run_id=run_id):
        stored = row["failure"]
        if stored not in parsed:
            parsed[stored] = to_failure(stored)
        failure = parsed[stored]
        is_failed = row["state"] == ItemState.FAILED and failure is not None
        key = row["state"], root_cause(failure) if is_failed and failure else row["reason"]
        first.setdefault(key, row)
        numbers[key] += 1
        if len(named[key]) < accounts:
            named[key][row["account_id"]] = row["account_name"]
    return tuple(
        ItemGroup(
            ItemState(state),
            first[state, cause]["reason"],
            number,
            tuple(named[state, cause].items()),
            parsed[first[state, cause]["failure"]],
        )
        for (state, cause), number in numbers.most_common()
    )


def follow_fix(db: Transaction, fix: Fix) -> None:
    """Record in a run's contact what its fix came to, within the transaction of the fix.

    While the run is running, its message is updated at the pace of the process that runs it.
    """
    request = fix.request
    if request.run_id is None:
        return
    contact = {"account_id": request.account_id, "type": request.type}
    if not db.run(_LINK, run_id=request.run_id, fix_id=fix.id, **contact):
        return
    state = _STATES.get(fix.state)
    if state is None:
        return
    failed = fix.failure if state is ItemState.FAILED else None
    # If the bot was interrupted, the contact is tried again; AWS is read before that.
    is_interrupted = failed is not None and failed.cause is FailureCode.NOT_REACHED
    if is_interrupted and db.run(_PLAN_AGAIN, run_id=request.run_id, fix_id=fix.id):
        return
    followed = db.run(
        _FOLLOW,
        run_id=request.run_id,
        fix_id=fix.id,
        state=state,
        reason=text(failed.message) if failed is not None else "",
        failure=failure_json(failed),
    )
    if followed:
        rows = db.rows(_ANNOUNCED, run_id=request.run_id)
        bump_revision(db, [row["announcement_id"] for row in rows])


def to_item(row: Row) -> RunItem:
    """From `run_items`."""
    return RunItem(
        row["number"],
        row["run_id"],
        row["account_id"],
        row["account_name"],
        ContactType(row["type"]),
        to_wanted(row["wanted"]),
        to_contact(row["before"]),
        to_time(row["read_at"]),
        ItemState(row["state"]),
        row["reason"],
        to_failure(row["failure"]),
        row["fix_id"],
        row["undoes"],
        row["attempt"],
        row["confirmed_tool"],
        LeftAlone(row["despite"]) if row["despite"] else None,
    )
