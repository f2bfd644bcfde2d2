"""Works on runs: claims them, begins their planned contacts, and ends them.

A run is rows in the store, so any process can go on where another stopped.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotLeading, StoreError
from bot.domain.runs import ItemState
from bot.services.active_run import ActiveRun
from bot.services.run_fixes import RunFixes
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from bot.domain.runs import Run, RunItem
    from bot.services.fix import FixService
    from bot.services.fix_recovery import FixRecovery
    from bot.services.ports.clock import Clock
    from bot.services.ports.runs import RunRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)

WORKERS: Final = 10
"""Contacts that are worked on at once: five writes a second with two seconds for each contact."""


class RunWorker:
    """Works on the runs that this process claims, in threads of its own.

    Args:
        runs: the record.
        fixes: makes each fix.
        recovery: reads back what was written.
        clock: the time.
        still_allowed: as for `RunFixes`.
        on_changed: called when a run's message has to be updated.
        on_ended: called when a run has ended or stopped.
        leads: whether this process leads: only the leader works on runs.
        only: the id of the one run to work on: a command works on its own alone, since it may not
            decide who may do what in Slack.
        workers: contacts that are worked on at once.
        pool: works on them; by default as many threads.
        poll_interval: seconds between two looks for runs.
        heartbeat_interval: seconds between two renewals of a claim; well under its length.
        show_interval: seconds between two updates of a run's message.
        shutdown_timeout: seconds that contacts in flight have to end.
    """

    def __init__(
        self,
        runs: RunRepository,
        fixes: FixService,
        recovery: FixRecovery,
        clock: Clock,
        *,
        still_allowed: Callable[[Run, RunItem], None],
        on_changed: Callable[[], None] = lambda: None,
        on_ended: Callable[[], None] = lambda: None,
        leads: Callable[[], bool] = lambda: True,
        only: int | None = None,
        workers: int = WORKERS,
        pool: Executor | None = None,
        poll_interval: float = 1.0,
        heartbeat_interval: float = 10.0,
        show_interval: float = 3.0,
        shutdown_timeout: float = 4.0,
    ) -> None:
        self._runs = runs
        self._clock = clock
        self._on_changed = on_changed
        self._on_ended = on_ended
        self._leads = leads
        self._only = only
        self._workers = workers
        self._poll_interval = poll_interval
        self._heartbeat_interval = heartbeat_interval
        self._show_interval = show_interval
        self._shutdown_timeout = shutdown_timeout
        self._lock = threading.Lock()
        self._fixes = RunFixes(
            runs,
            fixes,
            recovery,
            clock,
            still_allowed=still_allowed,
            lock=self._lock,
            on_stopped=self._over,
        )
        self._active: dict[int, ActiveRun] = {}
        self._renewed_at = 0.0
        self._pool = pool or ThreadPoolExecutor(workers, "run")
        self._thread = WorkerThread(
            "run-worker", self._look, at_end=self._finish_in_flight, daemon=True
        )

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Start working on runs, beginning with those that an earlier process left."""
        self._thread.start()

    def wake(self) -> None:
        """Look for runs now: one was started, continued or stopped."""
        self._thread.wake()

    def stop(self) -> None:
        """Begin no more contacts, wait a while for those in flight, and release the runs."""
        self._thread.stop(self._shutdown_timeout)
        self._pool.shutdown(wait=False, cancel_futures=True)
        try:
            for run_id in list(self._active):
                self._runs.release(run_id)
        except StoreError as error:
            _log.warning("runs left to the next start", problem=str(error))

    def look(self) -> bool:
        """Claim runs, begin contacts as far as there is room, and end what is done.

        Returns:
            Whether any run is being worked on.

        Raises:
            StoreError: the record can't be used.
        """
        claimed = {run.id: run for run in self._claim()}
        with self._lock:
            for run_id in self._active.keys() - claimed.keys():
                if not self._active[run_id].in_flight:
                    del self._active[run_id]
            for run_id, run in claimed.items():
                known = self._active.get(run_id)
                if known is None:
                    self._active[run_id] = ActiveRun(run)
                    _log.info("run begun", run=run_id, interrupted=run.interrupted)
                else:
                    known.run = run
        self._renew(claimed)
        # Each run gets a contact in turn, so that a small one doesn't wait for a large one.
        begun = True
        while begun and not self._thread.stopping.is_set() and self._leads():
            begun = False
            for run_id in claimed:
                begun = self._begin_next(self._active[run_id]) or begun
        for run_id in claimed:
            self._show_or_end(self._active[run_id])
        return bool(claimed)

    def _claim(self) -> list[Run]:
        """The runs to work on: none where another process leads, which goes on with them."""
        return self._runs.claim(self._only) if self._leads() else []

    def _look(self) -> float:
        try:
            self.look()
        except NotLeading:
            _log.info("runs left to another process")
        except StoreError as error:
            _log.warning("runs not worked on", problem=str(error))
        except Exception:  # noqa: BLE001 - a thread's edge: the next look tries again
            _log.exception("working on runs failed")
        return self._poll_interval

    def _finish_in_flight(self) -> None:
        with self._lock:
            in_flight = any(each.in_flight for each in self._active.values())
        if in_flight:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _renew(self, claimed: dict[int, Run]) -> None:
        now = self._clock.monotonic()
        if now - self._renewed_at >= self._heartbeat_interval:
            for run_id in claimed:
                self._runs.renew(run_id)
            self._renewed_at = now

    def _begin_next(self, active: ActiveRun) -> bool:
        """Begin the next contact of a run if there is room for it; whether one was begun."""
        with self._lock:
            all_in_flight = sum(len(each.in_flight) for each in self._active.values())
            if all_in_flight >= self._workers or active.room(self._workers) <= 0:
                return False
            waiting = active.waiting(self._clock.monotonic())
        for item in self._runs.next_items(active.run.id, len(waiting) + 1):
            if item.number not in waiting:
                with self._lock:
                    active.in_flight.add(item.number)
                self._pool.submit(self._work, active, item)
                return True
        return False

    def _work(self, active: ActiveRun, item: RunItem) -> None:
        """Take one contact through its fix; a thread of the pool."""
        try:
            self._fixes.make(active, item)
        except StoreError as error:
            _log.warning("contact of a run put off", run=item.run_id, problem=str(error))
            self._fixes.defer(active, item, str(error))
        except Exception:  # noqa: BLE001 - a thread's edge: a defect must not stop the run
            _log.exception("a contact of a run failed", run=item.run_id, account=item.account_id)
            self._fixes.finish(active, item, ItemState.FAILED, "The bot failed unexpectedly.")
        finally:
            with self._lock:
                active.in_flight.discard(item.number)
            self._thread.wake()

    def _show_or_end(self, active: ActiveRun) -> None:
        """Have a run's message updated if its counts changed, and end the run if it is done."""
        run = active.run
        with self._lock:
            is_idle = not active.in_flight
        if is_idle and not run.counts.planned and self._runs.end(run.id):
            _log.info("run ended", run=run.id)
            self._over()
            return
        now = self._clock.monotonic()
        if run.counts != active.shown and now - active.shown_at >= self._show_interval:
            active.shown, active.shown_at = run.counts, now
            self._runs.bump(run.id)
            self._on_changed()

    def _over(self) -> None:
        """A run has ended or stopped."""
        self._on_changed()
        self._on_ended()
