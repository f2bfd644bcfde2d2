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

from bot.domain.errors import AltcontactError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.scans import ScanReport, ScanState
from bot.services.evaluation_context import load_context
from bot.services.scan.combine import Round, await_all, ended, progress, together
from bot.services.scan.organization_scan import SideBySide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.contacts import Account
    from bot.domain.policy.policy import Policy
    from bot.domain.scans import Scan, Trigger
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import MemberDirectory
    from bot.services.ports.store import Store
    from bot.services.scan.organization_scan import Progress

    Place = Callable[[Account], Account]
    PlacementResolver = Callable[[ContactGateway, Policy], Place]

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
        gateways: AWS, by each of its callers; their organizations are scanned side by side.
        store: what is remembered.
        policies: gives the policy as it is now; a scan keeps to one.
        directory: the members of the Slack workspace.
        clock: the time.
        placing: makes what gives an organization's accounts their OUs and tags.
        concurrency: how many accounts of each organization are read side by side, to hide AWS's
            latency.
        on_recorded: called when a scan was recorded, since there may be something to announce.
    """

    def __init__(
        self,
        gateways: Sequence[ContactGateway],
        store: Store,
        policies: Callable[[], Policy],
        directory: MemberDirectory,
        clock: Clock,
        *,
        placing: PlacementResolver,
        concurrency: int = 32,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._gateways = tuple(gateways)
        self._store = store
        self._policies = policies
        self._directory = directory
        self._clock = clock
        self._placing = placing
        self._concurrency = concurrency
        self._on_recorded = on_recorded
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._current: Ticket | None = None
        self._listeners: list[Progress] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scan")
        # Of its own for each organization: one that answers slowly holds up no other.
        self._readers = [
            ThreadPoolExecutor(concurrency, thread_name_prefix="read") for _ in self._gateways
        ]
        self._organizations = ThreadPoolExecutor(
            len(self._gateways), thread_name_prefix="organization"
        )

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
        for readers in (*self._readers, self._organizations):
            readers.shutdown(wait=False, cancel_futures=True)

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
        stopped = replace(
            scan, state=ScanState.INCOMPLETE, failure=failure(FailureCode.NOT_REACHED)
        )
        return ScanReport(stopped, ())

    def _carry_out(self, scan: Scan) -> ScanReport:
        log = _log.bind(scan=scan.id, trigger=scan.trigger.kind.value)
        log.info("scan started")
        began = self._clock.monotonic()
        self._store.settle_exemptions()
        policy = self._policies()
        rounds = [
            Round(gateway, readers, self._concurrency)
            for gateway, readers in zip(self._gateways, self._readers, strict=True)
        ]
        with _Heartbeat(self._store, scan.id, rounds):
            grounds = load_context(policy, self._store, self._clock, self._directory.members)
            for each in rounds:
                each.reading = SideBySide(
                    each.gateway,
                    grounds,
                    self._clock,
                    self._stopping,
                    lambda *_: self._tell(*progress(rounds)),
                    place=self._placing(each.gateway, policy),
                )
            running = [self._organizations.submit(each.run) for each in rounds]
            await_all(rounds, running, self._stopping)
        results = together(rounds)
        finished = ended(scan, rounds, results, self._clock.now())
        changes = self._store.record_scan(finished, results)
        log.info(
            "scan ended",
            state=finished.state.value,
            seconds=round(self._clock.monotonic() - began, 1),
            cause=finished.failure.cause.value if finished.failure else None,
            opened=len(changes.opened),
            resolved=len(changes.resolved),
            **{outcome.value: number for outcome, number in finished.counts.items() if number},
        )
        self._on_recorded()
        return ScanReport(finished, results, changes)


class _Heartbeat:
    """Renews a scan's claim while it runs, and ends the scan where the claim was lost."""

    def __init__(self, store: Store, scan_id: int, rounds: Sequence[Round]) -> None:
        self._store = store
        self._scan_id = scan_id
        self._rounds = rounds
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
                if not self._store.renew_scan(self._scan_id, *progress(self._rounds)):
                    for each in self._rounds:
                        if each.reading is not None:
                            each.reading.give_up(failure(FailureCode.NOT_REACHED))
                    return
            except StoreError as error:
                _log.warning("claim not renewed", scan=self._scan_id, problem=str(error))
