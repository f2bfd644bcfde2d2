"""The use case *detect*: list the accounts, read their contacts, judge, record what changed.

There is one way in, `Scanner.start`, for the schedule, the slash command and the command line
alike. Two scans never run at once on one database: whoever comes second joins the running one.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.causes import failure
from bot.errors import AltcontactError, GatewayError, StoreError
from bot.findings import Cause
from bot.reading import SideBySide
from bot.scans import ScanReport, ScanState, count

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.policy import Policy
    from bot.ports import Clock, ContactGateway, Store
    from bot.reading import Progress
    from bot.scans import Scan, Trigger

_log = structlog.get_logger(__name__)

RENEW_EVERY: Final = 5.0
"""Seconds between two signs of life of a running scan; well under the store's lease."""

POLL_EVERY: Final = 0.5
"""Seconds between two looks at a scan that another process runs."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A scan that was asked for: the one that runs, its report to come, and whether it is shared.

    `joined` is true where the scan was already running: `scan.trigger` then tells who started it.
    """

    scan: Scan
    report: Future[ScanReport]
    joined: bool


class Scanner:
    """Carries out scans, one at a time.

    Args:
        gateway: AWS.
        store: what is remembered.
        policy: what accounts should have.
        clock: the time.
        concurrency: how many accounts are read side by side, to hide AWS's latency.
        on_recorded: called when a scan was recorded, since there may be something to announce.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        store: Store,
        policy: Policy,
        clock: Clock,
        *,
        concurrency: int = 32,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._policy = policy
        self._clock = clock
        self._concurrency = concurrency
        self._on_recorded = on_recorded
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._current: Ticket | None = None
        self._listeners: list[Progress] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scan")
        self._readers = ThreadPoolExecutor(concurrency, thread_name_prefix="read")

    def start(self, trigger: Trigger, on_progress: Progress | None = None) -> Ticket:
        """Start a scan, or join the one that runs.

        Args:
            trigger: who asks.
            on_progress: called with (accounts done, accounts listed so far); must be quick.

        Raises:
            StoreError: the database cannot be used.
            AltcontactError: the bot is being stopped.
        """
        with self._lock:
            if self._stopping.is_set():
                raise AltcontactError("The bot is being stopped.", "Ask again when it runs.")
            if on_progress is not None:
                self._listeners.append(on_progress)
            if self._current is not None:
                return replace(self._current, joined=True)
            try:
                claim = self._store.claim_scan(trigger)
            except StoreError:
                self._listeners.clear()
                raise
            future: Future[ScanReport] = Future()
            self._current = Ticket(claim.scan, future, joined=not claim.granted)
            ticket = self._current
            self._thread.submit(self._serve, claim.scan, claim.granted, trigger, future)
        return ticket

    def stop(self) -> None:
        """End what runs in order: what was read is recorded, what was not is left as it stands."""
        with self._lock:
            self._stopping.set()
        self._thread.shutdown(wait=True)
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _serve(
        self, scan: Scan, granted: bool, trigger: Trigger, future: Future[ScanReport]
    ) -> None:
        try:
            report = self._carry_out(scan) if granted else self._await(scan, trigger)
        except BaseException as error:  # noqa: BLE001 - a thread's edge: the waiters get it
            self._release()
            future.set_exception(error)
        else:
            self._release()
            future.set_result(report)

    def _release(self) -> None:
        with self._lock:
            self._current = None
            self._listeners.clear()

    def _tell(self, done: int, total: int) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(done, total)
            except Exception:  # noqa: BLE001 - whoever merely watches must not end the scan
                _log.exception("progress not told")

    def _await(self, scan: Scan, trigger: Trigger) -> ScanReport:
        """Wait for another process's scan; carry out one's own where that process died."""
        while not self._stopping.wait(POLL_EVERY):
            self._store.cut_off_dead_scans()
            now = self._store.scan(scan.id)
            if now is None or now.state is ScanState.CUT_OFF:
                claim = self._store.claim_scan(trigger)
                if claim.granted:
                    return self._carry_out(claim.scan)
                scan = claim.scan
            elif now.state is not ScanState.RUNNING:
                return self._store.report(scan.id)
            else:
                self._tell(*self._store.scan_progress(scan.id))
        stopped = replace(scan, state=ScanState.INCOMPLETE, failure=failure(Cause.NOT_REACHED))
        return ScanReport(stopped, ())

    def _carry_out(self, scan: Scan) -> ScanReport:
        log = _log.bind(scan=scan.id, trigger=scan.trigger.kind.value)
        log.info("scan started")
        began = self._clock.monotonic()
        reading = SideBySide(self._gateway, self._policy, self._clock, self._stopping, self._tell)
        with _Heartbeat(self._store, scan.id, reading):
            try:
                scope = self._gateway.scope()
                log.info("scope found", scope=scope.kind.value, caller=scope.caller)
                scan = replace(scan, scope=scope)
                reading.run(self._readers, self._concurrency)
            except GatewayError as error:
                reading.give_up(error.failure)
            except Exception:  # a defect ends as a failed check, which is announced
                log.exception("scan failed")
                reading.give_up(failure(Cause.INTERNAL))
        results = reading.results()
        trouble = reading.trouble
        state = ScanState.COMPLETE
        if trouble is not None:
            # One that was stopped has not failed, however early: the next start makes up for it.
            begun = bool(results) or trouble.cause is Cause.NOT_REACHED
            state = ScanState.INCOMPLETE if begun else ScanState.FAILED
        ended = replace(
            scan,
            state=state,
            finished_at=self._clock.now(),
            counts=count(results),
            failure=trouble,
        )
        changes = self._store.record_scan(ended, results)
        log.info(
            "scan ended",
            state=state.value,
            seconds=round(self._clock.monotonic() - began, 1),
            cause=trouble.cause.value if trouble else None,
            opened=len(changes.opened),
            resolved=len(changes.resolved),
            **{outcome.value: number for outcome, number in ended.counts.items() if number},
        )
        self._on_recorded()
        return ScanReport(ended, results, changes)


class _Heartbeat:
    """Renews a scan's claim while it runs, and ends the scan where the claim was lost."""

    def __init__(self, store: Store, scan_id: int, reading: SideBySide) -> None:
        self._store = store
        self._scan_id = scan_id
        self._reading = reading
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="scan-heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(RENEW_EVERY):
            try:
                if not self._store.renew_scan(self._scan_id, *self._reading.progress):
                    self._reading.give_up(failure(Cause.NOT_REACHED))
                    return
            except StoreError as error:
                _log.warning("claim not renewed", scan=self._scan_id, problem=str(error))
