"""The use case *detect*: scan every organization, and record what changed.

The schedule, the slash command and the command line all call `Scanner.start`. Two scans never run
at once with one database: a second request joins the running one.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import AltcontactError, GatewayError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.scan_summary import summary_text
from bot.domain.scans import ScanReport, ScanState
from bot.services.evaluation_context import load_context
from bot.services.heartbeat import Heartbeat
from bot.services.placement import PlacementResolver
from bot.services.scan.combine import finish_scan, merge_results
from bot.services.scan.organization_scan import OrganizationScan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.domain.policy.policy import Policy
    from bot.domain.scans import Scan, Trigger
    from bot.services.evaluation_context import EvaluationContext
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import MemberDirectory
    from bot.services.ports.store import Store

    Progress = Callable[[int, int | None], None]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A requested scan: the running one, its future report, and whether it is shared.

    `joined` is true if the scan was already running: then `scan.trigger` says who started it.
    """

    scan: Scan
    report: Future[ScanReport]
    joined: bool


class Scanner:
    """Runs scans, one at a time.

    Args:
        gateways: the AWS gateways; their organizations are scanned in parallel.
        store: the database.
        policies: returns the current policy; a scan uses one throughout.
        directory: the members of the Slack workspace.
        clock: the time.
        concurrency: how many accounts of each organization are read at once, to hide AWS's latency.
        on_recorded: called when a scan was recorded, because there may be something to announce.
        heartbeat_interval: seconds between two renewals of a running scan's claim; well under the
            store's lease.
        poll_interval: seconds between two checks of another process's scan, and within which a stop
            is noticed.
        shutdown_timeout: seconds that the organizations have to end once the scan is stopped.
    """

    def __init__(
        self,
        gateways: Sequence[ContactGateway],
        store: Store,
        policies: Callable[[], Policy],
        directory: MemberDirectory,
        clock: Clock,
        *,
        concurrency: int = 32,
        on_recorded: Callable[[], None] = lambda: None,
        heartbeat_interval: float = 5.0,
        poll_interval: float = 0.5,
        shutdown_timeout: float = 4.0,
    ) -> None:
        self._gateways = tuple(gateways)
        self._store = store
        self._policies = policies
        self._directory = directory
        self._clock = clock
        self._concurrency = concurrency
        self._on_recorded = on_recorded
        self._heartbeat_interval = heartbeat_interval
        self._poll_interval = poll_interval
        self._shutdown_timeout = shutdown_timeout
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._current: Ticket | None = None
        self._listeners: list[Progress] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scan")
        # Its thread starts now: if it could not be started later, the pool would keep the scan, and
        # everybody would join a scan that doesn't run.
        self._thread.submit(lambda: None)
        # One per organization, so that a slow one doesn't delay the others.
        self._readers = [
            ThreadPoolExecutor(concurrency, thread_name_prefix="read") for _ in self._gateways
        ]
        self._organizations = ThreadPoolExecutor(
            len(self._gateways), thread_name_prefix="organization"
        )

    def start(
        self,
        trigger: Trigger,
        on_progress: Progress | None = None,
        admit: Callable[[], None] = lambda: None,
    ) -> Ticket:
        """Start a scan, or join the running one.

        Args:
            trigger: what starts it.
            admit: called before a scan is started, but not before one is joined; an exception
                prevents the start.
            on_progress: called with (accounts done, all accounts), the second None while they are
                being listed; must be quick.

        Raises:
            StoreError: the database can't be used.
            AltcontactError: the bot is being stopped.
        """
        with self._lock:
            if self._stopping.is_set():
                raise AltcontactError("The bot is stopping.", "Try again after it has restarted.")
            if self._current is None:
                admit()
            if on_progress is not None:
                self._listeners.append(on_progress)
            if self._current is not None:
                return replace(self._current, joined=True)
            try:
                claim = self._store.scans.claim(trigger)
            except StoreError:
                self._listeners.clear()
                raise
            future: Future[ScanReport] = Future()
            self._current = Ticket(claim.scan, future, joined=not claim.granted)
            ticket = self._current
            self._thread.submit(self._serve, claim.scan, claim.granted, trigger, future)
        return ticket

    def stop(self) -> None:
        """End a running scan cleanly: record what was read, and leave the rest unchanged."""
        with self._lock:
            self._stopping.set()
        self._thread.shutdown(wait=True)
        for readers in (*self._readers, self._organizations):
            readers.shutdown(wait=False, cancel_futures=True)

    def _serve(
        self, scan: Scan, granted: bool, trigger: Trigger, future: Future[ScanReport]
    ) -> None:
        try:
            report = self._scan(scan) if granted else self._join(scan, trigger)
        except BaseException as error:  # noqa: BLE001 - the end of a thread: those who wait get it
            self._release()
            future.set_exception(error)
        else:
            self._release()
            future.set_result(report)

    def _release(self) -> None:
        with self._lock:
            self._current = None
            self._listeners.clear()

    def _tell(self, done: int, total: int | None) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(done, total)
            except Exception:  # noqa: BLE001 - a failure to report progress must not end the scan
                _log.exception("progress not shown")

    def _join(self, scan: Scan, trigger: Trigger) -> ScanReport:
        """Wait for another process's scan; run one here if that process died."""
        while not self._stopping.wait(self._poll_interval):
            self._store.scans.cut_off_dead()
            now = self._store.scans.get(scan.id)
            if now is None or now.state is ScanState.CUT_OFF:
                claim = self._store.scans.claim(trigger)
                if claim.granted:
                    return self._scan(claim.scan)
                scan = claim.scan
            elif now.state is not ScanState.RUNNING:
                return self._store.scans.report(scan.id)
            else:
                self._tell(*self._store.scans.progress(scan.id))
        stopped = replace(
            scan, state=ScanState.INCOMPLETE, failure=failure(FailureCode.NOT_REACHED)
        )
        return ScanReport(stopped, ())

    def _scan(self, scan: Scan) -> ScanReport:
        log = _log.bind(scan=scan.id, trigger=scan.trigger.kind.value)
        log.info("scan started")
        began = self._clock.monotonic()
        self._end_exemptions()
        scans = self._scan_organizations(scan.id, self._policies())
        results = merge_results([each.results() for each in scans])
        finished = finish_scan(scan, [each.part for each in scans], results, self._clock.now())
        report = ScanReport(finished, results, self._store.scans.record(finished, results))
        log.info(
            "scan ended",
            state=finished.state.value,
            seconds=round(self._clock.monotonic() - began, 1),
            cause=finished.failure.cause.value if finished.failure else None,
            summary=summary_text(report) or None,
            opened=len(report.changes.opened),
            resolved=len(report.changes.resolved),
            **{outcome.value: number for outcome, number in finished.counts.items() if number},
        )
        self._on_recorded()
        return report

    def _end_exemptions(self) -> None:
        """End exemptions that are due: AWS's answers may just have confirmed the clock."""
        if not self._store.exemptions.due():
            return
        for gateway in self._gateways:
            if self._clock.is_proven():
                break
            with suppress(GatewayError):
                gateway.scope()
        self._store.exemptions.settle()

    def _scan_organizations(self, scan_id: int, policy: Policy) -> list[OrganizationScan]:
        """Scan all organizations in parallel, and renew the claim in the meantime."""
        scans: list[OrganizationScan] = []

        def progress() -> tuple[int, int | None]:
            far = [each.progress for each in scans]
            totals = [total for _, total in far if total is not None]
            is_listed = scans and len(totals) == len(scans)
            return sum(done for done, _ in far), sum(totals) if is_listed else None

        def renew() -> bool:
            return self._store.scans.renew(scan_id, *progress())

        def give_up() -> None:
            for each in scans:
                each.give_up(failure(FailureCode.NOT_REACHED))

        with Heartbeat(renew, self._heartbeat_interval, give_up, scan=scan_id):
            context = load_context(policy, self._store, self._clock, self._directory.members)
            scans += self._organization_scans(policy, context, lambda: self._tell(*progress()))
            self._run(scans)
        return scans

    def _organization_scans(
        self, policy: Policy, context: EvaluationContext, on_progress: Callable[[], None]
    ) -> list[OrganizationScan]:
        return [
            OrganizationScan(
                gateway,
                PlacementResolver(gateway, self._store.accounts, policy, self._clock),
                context,
                self._clock,
                readers=readers,
                concurrency=self._concurrency,
                stopping=self._stopping,
                on_progress=on_progress,
                poll_interval=self._poll_interval,
                # Less than the scan has, so that an organization whose calls hang ends by itself.
                shutdown_timeout=0.75 * self._shutdown_timeout,
            )
            for gateway, readers in zip(self._gateways, self._readers, strict=True)
        ]

    def _run(self, scans: Sequence[OrganizationScan]) -> None:
        """Scan all organizations; once stopped, wait for them only for a short while.

        If one hangs, the results of the others are still recorded.
        """
        running = {self._organizations.submit(scan.run): scan for scan in scans}
        while wait(running, timeout=self._poll_interval).not_done:
            if self._stopping.is_set():
                for future in wait(running, timeout=self._shutdown_timeout).not_done:
                    running[future].give_up(failure(FailureCode.NOT_REACHED))
                return
