"""Takes one contact of a run through its fix, and records what it came to.

Each contact is a fix with a key of its own. One that was interrupted is settled by `FixRecovery`
before it is tried again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.audit import BOT
from bot.domain.contacts import FIELDS
from bot.domain.errors import GatewayError, HeldBack, NotAllowed, RightsUnknown
from bot.domain.fixes import FixRequest
from bot.domain.rules.mail_addresses import domain_of
from bot.domain.runs import ItemState, RunKind
from bot.services.active_run import SAME_FAILURES
from bot.services.fix_result import Fixed, FixOutcome

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from bot.domain.runs import Run, RunItem
    from bot.services.active_run import ActiveRun
    from bot.services.fix import FixService
    from bot.services.fix_recovery import FixRecovery
    from bot.services.fix_result import FixResult, NotFixed
    from bot.services.ports.clock import Clock
    from bot.services.ports.runs import RunRepository

_log = structlog.get_logger(__name__)

DEFER_SECONDS: Final = 5.0
"""How long a contact waits that can't be worked on yet."""

CHANGED: Final = "AWS has another contact than the preview showed."


class RunFixes:
    """Makes the fixes of runs. Safe to call from several threads.

    Args:
        runs: the record.
        fixes: makes each fix.
        recovery: reads back what was written.
        clock: the time.
        still_allowed: raises `NotAllowed` if a contact of a run may not be written any more,
            `HeldBack` if runs leave it alone, and `RightsUnknown` if that can't be found out now.
        lock: held while an `ActiveRun` is read or changed.
        on_stopped: called when a run was stopped because too much failed.
    """

    def __init__(
        self,
        runs: RunRepository,
        fixes: FixService,
        recovery: FixRecovery,
        clock: Clock,
        *,
        still_allowed: Callable[[Run, RunItem], None],
        lock: threading.Lock,
        on_stopped: Callable[[], None],
    ) -> None:
        self._runs = runs
        self._fixes = fixes
        self._recovery = recovery
        self._clock = clock
        self._still_allowed = still_allowed
        self._lock = lock
        self._on_stopped = on_stopped

    def make(self, active: ActiveRun, item: RunItem) -> None:
        """Take one contact through its fix, and record what it came to.

        Raises:
            StoreError: it couldn't be read or recorded; the contact can be put off.
        """
        run = active.run
        try:
            self._still_allowed(run, item)
        except HeldBack as error:
            self.finish(active, item, ItemState.HELD_BACK, str(error))
            return
        except NotAllowed as error:
            self._refuse(active, item, error)
            return
        request = FixRequest(
            f"run:{run.id}:{item.number}:{item.attempt}",
            item.account_id,
            item.type,
            item.wanted,
            run.requested_by.user_id,
            item.shown,
            item.read_at or run.created_at,
            run.id,
            item.undoes,
            item.confirmed_tool,
        )
        result = self._fixes.make(
            request,
            item.account_name,
            lambda: self._still_allowed(run, item),
            unchanged=_unchanged(item),
            # Who saw the preview was shown the domains that few accounts use.
            confirmed_domain=domain_of(item.wanted.email) if item.wanted is not None else "",
            must_comply=run.kind is not RunKind.UNDO,
            # What still needs approval isn't allowed.
            approved=True,
        )
        self._take_result(active, item, result)

    def _take_result(self, active: ActiveRun, item: RunItem, result: FixResult) -> None:
        """Record what a contact came to; what its fix came to is recorded with the fix."""
        if isinstance(result, Fixed):
            with self._lock:
                active.succeeded()
                active.done(item.number)
            self._recovery.wake()
            return
        match result.outcome:
            case FixOutcome.UNDER_WAY | FixOutcome.NOT_RECORDED | FixOutcome.TO_CONFIRM:
                self.defer(active, item, str(result.problem))
            case _ if isinstance(result.problem, HeldBack):
                self.finish(active, item, ItemState.HELD_BACK, str(result.problem))
            case _ if isinstance(result.problem, NotAllowed):
                # Its fix is recorded as refused, so the contact needs another one.
                self._runs.plan_again(item)
                self._refuse(active, replace(item, attempt=item.attempt + 1), result.problem)
            case FixOutcome.CHANGED:
                self.finish(active, item, ItemState.HELD_BACK, CHANGED)
            case _ if isinstance(result.problem, GatewayError):
                self._fail(active, item, result, result.problem)
            case _:
                self.finish(active, item, ItemState.HELD_BACK, _reason(result))

    def _fail(
        self, active: ActiveRun, item: RunItem, result: NotFixed, problem: GatewayError
    ) -> None:
        """A contact failed in AWS."""
        why = problem.failure
        if result.fix is None:
            self._runs.finish_item(item, ItemState.FAILED, why.message, why)
        self._count_failure(active, item, why.cause.value, why.message)

    def _refuse(self, active: ActiveRun, item: RunItem, problem: NotAllowed) -> None:
        """A contact may not be written any more, or it couldn't be found out whether it may."""
        if isinstance(problem, RightsUnknown):
            self.defer(active, item, str(problem))
            return
        self._runs.finish_item(item, ItemState.FAILED, str(problem))
        self._count_failure(active, item, "not allowed", str(problem))

    def _count_failure(self, active: ActiveRun, item: RunItem, cause: str, words: str) -> None:
        with self._lock:
            active.done(item.number)
            is_hopeless = active.failed(item.account_id, cause)
        if is_hopeless:
            reason = f"{SAME_FAILURES} accounts in a row failed for the same reason: {words}"
            self._stop_run(active.run, reason)

    def finish(self, active: ActiveRun, item: RunItem, state: ItemState, reason: str) -> None:
        """Record what a contact came to without a fix.

        Raises:
            StoreError: it couldn't be recorded.
        """
        self._runs.finish_item(item, state, reason)
        with self._lock:
            active.done(item.number)

    def defer(self, active: ActiveRun, item: RunItem, why: str) -> None:
        """Put a contact off; after a while it counts as failed.

        Raises:
            StoreError: that couldn't be recorded.
        """
        with self._lock:
            may_wait = active.defer(item.number, self._clock.monotonic() + DEFER_SECONDS)
        if not may_wait:
            self.finish(active, item, ItemState.FAILED, why)

    def _stop_run(self, run: Run, reason: str) -> None:
        if self._runs.stop(run.id, BOT, reason):
            _log.warning("run stopped", run=run.id)
            self._on_stopped()


def _unchanged(item: RunItem) -> frozenset[str]:
    """The fields that stay as AWS has them."""
    before, wanted = item.before, item.wanted
    if before is None or wanted is None:
        return frozenset()
    return frozenset(name for name in FIELDS if getattr(before, name) == getattr(wanted, name))


def _reason(result: NotFixed) -> str:
    """Why a contact wasn't written, without what the policy expects, which may be personal."""
    if result.outcome is FixOutcome.REFUSED and result.fields:
        return f"It no longer complies with the policy: {', '.join(result.fields)}."
    return str(result.problem)
