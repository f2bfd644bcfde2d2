"""Runs in every state, for payloads that try to begin, stop, continue, retry or undo them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.actors import Actor
from bot.domain.approvals import NewApproval
from bot.domain.contacts import ContactType
from bot.domain.runs import ItemState, RunItem, RunKind, RunState
from bot.services.ports.runs import NewRun
from tests.unit.fakes import CONTACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.store import SqliteStore

WHY: Final = "AWS kept throttling requests after several retries."


class KnownRuns:
    """Runs over some accounts, none of which any worker has touched.

    Args:
        store: where they are recorded.
        accounts: of which nobody has set the operations contact.
        fixer: who requested those that somebody may begin, continue or retry.
        previewers: who has a preview of their own on the screen, whether they may have or not.
    """

    def __init__(
        self, store: SqliteStore, accounts: list[str], fixer: str, previewers: Iterable[str]
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._fixer = fixer
        self.previews = {user: self._preview(user, "preview") for user in previewers}
        self.stopped = self._preview(fixer, "stopped")
        store.runs.start(self.stopped, fixer)
        store.runs.stop(self.stopped, fixer, "Stopped.")
        self.requested = self._preview(fixer, "requested")
        why = NewApproval((fixer,), "The policy requires approval of every change.")
        (self.approval,) = store.approvals.request(self.requested, [why])
        self.ended = self._preview(fixer, "ended")
        store.runs.start(self.ended, fixer)
        store.runs.claim()
        for item in store.runs.items(self.ended):
            store.runs.finish_item(item, ItemState.FAILED, WHY)
        store.runs.end(self.ended)

    @property
    def all(self) -> list[int]:
        """The runs' ids."""
        return [*self.previews.values(), self.stopped, self.requested, self.ended]

    def states(self) -> Mapping[int, RunState]:
        """How far each has come."""
        found = {run_id: self._store.runs.get(run_id) for run_id in self.all}
        return {run_id: run.state for run_id, run in found.items() if run is not None}

    def _preview(self, user: str, why: str) -> int:
        items = [
            RunItem(0, 0, account, account, ContactType.OPERATIONS, CONTACT)
            for account in self._accounts
        ]
        run = NewRun(f"{why}:{user}", RunKind.FIX, Actor(user))
        return self._store.runs.preview(run, items).id
