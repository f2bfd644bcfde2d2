"""The use case *begin a run*: what a person saw in a preview is begun, or requested.

What the button carries is the run's id alone, so everything is read from the database when it is
pressed: an old, repeated or forged press changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from bot.domain.errors import RunRefused
from bot.domain.runs import RunState
from bot.services.run_control import refused, required_run

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.domain.runs import Run
    from bot.services.approvals import Submitted
    from bot.services.ports.clock import Clock
    from bot.services.ports.runs import RunRepository

PREVIEW_AGE: Final = timedelta(hours=1)
"""How long a preview can be acted on: what AWS has may differ later."""

_PREVIEW_AGAIN: Final = "To make a new preview, type /altcontact fix"


class RunSubmitter(Protocol):
    """Begins runs, or requests the approvals that they need."""

    def submit(self, run_id: int, actor: Actor) -> Submitted:
        """Begin a run that a person saw the preview of, or request its approvals."""
        ...

    def can_bypass(self, run_id: int) -> bool:
        """Whether the policy allows the requester to go on without approval."""
        ...


class RunBeginning:
    """Begins runs that were previewed. Safe to call from several threads.

    Args:
        runs: the runs.
        approvals: begins runs, once those agree who have to.
        clock: the time.
    """

    def __init__(self, runs: RunRepository, approvals: RunSubmitter, clock: Clock) -> None:
        self._runs = runs
        self._approvals = approvals
        self._clock = clock

    def previewed(self, run_id: int, actor: Actor) -> Run:
        """A preview that this person made and can still act on.

        Raises:
            RunRefused: it is somebody else's, too old, or begun already.
            StoreError: it can't be read.
        """
        run = required_run(self._runs, run_id)
        if run.requested_by.user_id != actor.user_id:
            problem = "This preview is somebody else's. Nothing was changed."
            raise RunRefused(problem, _PREVIEW_AGAIN)
        if run.state is not RunState.PREVIEWED:
            raise refused(run)
        if self._clock.now() - run.created_at > PREVIEW_AGE:
            problem = "This preview is more than an hour old. Nothing was changed."
            raise RunRefused(problem, _PREVIEW_AGAIN)
        return run

    def begin(self, run_id: int, actor: Actor) -> Submitted:
        """Begin a previewed run, or request the approvals that it needs.

        Raises:
            RunRefused: as for `previewed`.
            NotAllowed: the person may not change the contacts of any of its accounts.
            NobodyCanApprove: it needs approval, and nobody else can give it.
            StoreError: it can't be read or recorded; nothing was begun.
        """
        return self._approvals.submit(self.previewed(run_id, actor).id, actor)

    def can_bypass(self, run_id: int) -> bool:
        """Whether the policy allows the requester to go on without approval.

        Raises:
            StoreError: the database can't be read.
        """
        return self._approvals.can_bypass(run_id)
