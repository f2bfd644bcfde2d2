"""How runs go, as their messages show it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.domain.run_progress import ResultFile, RunProgress, RunResult, group_problems
from bot.domain.runs import ItemState
from bot.store.columns import to_failure
from bot.store.run_rows import find_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.failures import Failure
    from bot.store.transaction import Transaction

_ANNOUNCED: Final = "SELECT id FROM runs WHERE announcement_id = :announcement_id"

_RESULTS: Final = """
SELECT state, account_id, account_name, reason, failure FROM run_items
WHERE run_id = :id AND state IN ('failed', 'held_back') ORDER BY number
"""

_PLANNED: Final = """
SELECT count(*) FILTER (WHERE wanted != 'null') AS writes,
    count(*) FILTER (WHERE wanted = 'null') AS removals
FROM run_items WHERE run_id = :id AND state = 'planned'
"""

_APPROVALS: Final = """
SELECT state, decided_by, reason FROM approvals
WHERE run_id = :id AND decided_by != '' AND state IN ('approved', 'void', 'bypassed') ORDER BY id
"""

_UNDONE_BY: Final = """
SELECT min(id) AS number FROM runs
WHERE undoes = :id AND state IN ('running', 'stopped', 'ended')
"""

_FILE: Final = """
SELECT run_files.state, run_files.problem
FROM run_files JOIN runs ON runs.id = run_id AND runs.ended_at = run_files.ended_at
WHERE run_id = :id
"""


def announced_progress(db: Transaction, announcement_id: str) -> RunProgress | None:
    """The run that a message is about, and how it goes."""
    row = db.row(_ANNOUNCED, announcement_id=announcement_id)
    return progress_of(db, row["id"]) if row is not None else None


def progress_of(db: Transaction, run_id: int) -> RunProgress | None:
    """A run and how it goes; None if there is no such run."""
    run = find_run(db, run_id)
    if run is None:
        return None
    (planned,) = db.rows(_PLANNED, id=run_id)
    decided = db.rows(_APPROVALS, id=run_id)
    bypassed = [row for row in decided if row["state"] == "bypassed"]
    undone = db.row(_UNDONE_BY, id=run_id)
    file = db.row(_FILE, id=run_id)
    return RunProgress(
        run,
        group_problems(_results(db, run_id)),
        (planned["writes"], planned["removals"]),
        None,
        tuple(dict.fromkeys(row["decided_by"] for row in decided if row["state"] != "bypassed")),
        (bypassed[0]["decided_by"], bypassed[0]["reason"]) if bypassed else ("", ""),
        undone["number"] if undone is not None else None,
        ResultFile(file["state"]) if file is not None else ResultFile.NONE,
        file["problem"] if file is not None else "",
    )


def _results(db: Transaction, run_id: int) -> Iterator[RunResult]:
    parse: Callable[[str | None], Failure | None] = lru_cache(maxsize=100)(to_failure)
    for row in db.stream(_RESULTS, id=run_id):
        yield RunResult(
            ItemState(row["state"]),
            row["account_id"],
            row["account_name"],
            row["reason"],
            parse(row["failure"]),
        )
