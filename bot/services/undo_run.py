"""The use case *undo a run*: a preview of a run that undoes every fix of another one.

It is submitted, approved and worked on like any run. An account whose contact changed since is held
back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import FixError
from bot.domain.runs import ItemState, RunKind, RunState
from bot.domain.undo import undo_item
from bot.services.ports.runs import NewRun

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.domain.fixes import Fix
    from bot.domain.runs import Run
    from bot.services.ports.store import Store


class RunUndoService:
    """Previews the undo of runs. Safe to call from several threads.

    Args:
        store: runs and fixes.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def undo_run(self, run_id: int, actor: Actor, key: str) -> Run:
        """Record the preview of a run that undoes another one.

        Nothing is written. Rights and approvals are checked when it is submitted.

        Args:
            run_id: the run to undo.
            actor: who requests it.
            key: unique to this request, and the same if it is delivered twice.

        Raises:
            FixError: the run still goes on, or none of its fixes can be undone.
            StoreError: it couldn't be recorded.
        """
        run = self._store.runs.get(run_id)
        if run is None:
            raise FixError(f"There is no run #{run_id}. Nothing was changed.")
        if run.state is RunState.RUNNING:
            raise FixError(
                "This run is still in progress. Nothing was undone.",
                "Stop it, or wait until it has ended. Then try again.",
            )
        items = [undo_item(number, fix) for number, fix in enumerate(self._fixes(run_id), 1)]
        if all(item.state is ItemState.LEFT_OUT for item in items):
            reasons = " ".join(dict.fromkeys(item.reason for item in items))
            raise FixError(f"Nothing of run #{run_id} can be undone. {reasons}".rstrip())
        new = NewRun(key, RunKind.UNDO, actor, channel=run.channel, undoes=run_id)
        return self._store.runs.preview(new, items)

    def _fixes(self, run_id: int) -> list[Fix]:
        """The fixes of a run that AWS accepted."""
        done = self._store.runs.items(run_id, (ItemState.VERIFIED, ItemState.SAVED))
        found = (self._store.fixes.get(item.fix_id) for item in done if item.fix_id is not None)
        return [fix for fix in found if fix is not None]
