"""The use case *control a run*: stop it, continue it, retry what failed.

What a button carries is the run's id alone, so everything is read from the database when it is
pressed: an old, repeated or forged press changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotAllowed, RunRefused
from bot.domain.runs import ItemState, RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.actors import Actor
    from bot.domain.runs import Run
    from bot.services.ports.runs import RunRepository
    from bot.services.ports.slack import Authorizer

_log = structlog.get_logger(__name__)

_SEE_MESSAGE: Final = "Its message in the channel shows how it goes."
_STATES: Final = {
    RunState.REQUESTED: "is waiting for approval",
    RunState.RUNNING: "is running already",
    RunState.STOPPED: "is stopped",
    RunState.ENDED: "has ended",
    RunState.CANCELED: "was canceled",
    RunState.PREVIEWED: "hasn't begun",
}


class RunControl:
    """Stops and continues runs. Safe to call from several threads.

    Args:
        runs: the runs.
        fixers: who may change contacts.
        on_changed: called after a run stopped, or went on.
    """

    def __init__(
        self,
        runs: RunRepository,
        fixers: Authorizer,
        *,
        on_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._runs = runs
        self._fixers = fixers
        self._on_changed = on_changed

    def stop(self, run_id: int, actor: Actor) -> None:
        """Stop a run: what is being written is finished, the rest stays planned.

        Raises:
            NotAllowed: the person may not change the contacts of any of its accounts.
            RunRefused: it isn't running.
            StoreError: it can't be read or recorded.
        """
        run = self._get(run_id)
        self._require_one_of_fixers(run, actor)
        if not self._runs.stop(run.id, actor.user_id, f"Stopped by {actor.user_id}."):
            raise self._not_in_state(run.id)
        _log.info("run stopped", run=run.id, user=actor.user_id)
        self._on_changed()

    def resume(self, run_id: int, actor: Actor) -> None:
        """Continue a stopped run.

        Raises:
            NotAllowed: the person may not change the contacts of every account that is left.
            RunRefused: it isn't stopped.
            StoreError: it can't be read or recorded.
        """
        run = self._get(run_id)
        self._require_fixer(run, actor, ItemState.PLANNED)
        # A preview or a request that nobody approved must not begin by this way.
        if run.state is not RunState.STOPPED or not self._runs.start(run.id, actor.user_id):
            raise self._not_in_state(run.id)
        _log.info("run continued", run=run.id, user=actor.user_id)
        self._on_changed()

    def retry(self, run_id: int, actor: Actor) -> int:
        """Plan the failed contacts of a run again, and continue it.

        Returns:
            How many contacts.

        Raises:
            NotAllowed: the person may not change the contacts of every account that failed.
            RunRefused: nothing failed, or the run is still running.
            StoreError: it can't be read or recorded.
        """
        run = self._get(run_id)
        self._require_fixer(run, actor, ItemState.FAILED)
        number = self._runs.retry(run.id, actor.user_id)
        if not number:
            raise self._not_in_state(run.id)
        _log.info("run retried", run=run.id, user=actor.user_id, contacts=number)
        self._on_changed()
        return number

    def _get(self, run_id: int) -> Run:
        return required_run(self._runs, run_id)

    def _not_in_state(self, run_id: int) -> RunRefused:
        """Why a press came too late, by what the run is now."""
        return refused(self._get(run_id))

    def _require_fixer(self, run: Run, actor: Actor, state: ItemState) -> None:
        """Check that a person may fix every account with contacts in a state."""
        for number, account_id in enumerate(self._account_ids(run, state)):
            self._fixers.require_fixer(actor, account_id, fresh=not number)

    def _require_one_of_fixers(self, run: Run, actor: Actor) -> None:
        """Check that a person may fix any of the accounts that are left: stopping is safe."""
        refusal: NotAllowed | None = None
        for number, account_id in enumerate(self._account_ids(run, ItemState.PLANNED)):
            try:
                self._fixers.require_fixer(actor, account_id, fresh=not number)
            except NotAllowed as error:
                refusal = refusal or error
            else:
                return
        if refusal is not None:
            raise refusal

    def _account_ids(self, run: Run, state: ItemState) -> list[str]:
        """The accounts with contacts in a state; no account in particular if there are none."""
        items = self._runs.items(run.id, [state])
        return list(dict.fromkeys(item.account_id for item in items)) or [""]


def required_run(runs: RunRepository, run_id: int) -> Run:
    """A run.

    Raises:
        RunRefused: it isn't on record.
        StoreError: it can't be read.
    """
    run = runs.get(run_id)
    if run is None:
        raise RunRefused(
            "This run is no longer on record. Nothing was changed.",
            "To start over, type /altcontact fix",
        )
    return run


def refused(run: Run) -> RunRefused:
    """Why a press came too late, by what the run is now."""
    return RunRefused(f"Run {run.id} {_STATES[run.state]}. Nothing was changed.", _SEE_MESSAGE)
