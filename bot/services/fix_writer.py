"""Carries out a fix that is on record: reads AWS, writes, reads back, and records each step.

Every step is recorded before the next one begins. If the process is killed, `FixRecovery` finds out
from the record what happened. If the database can't be written, `FixRecorder` keeps the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.contacts import fingerprint
from bot.domain.errors import (
    ContactRefused,
    FixError,
    FixUnderWay,
    GatewayError,
    NotAllowed,
    NotLeading,
    StoreError,
)
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import Fix, FixState, WriteOrigin
from bot.domain.readings import Present, Unreadable, Unsupported, shows
from bot.domain.stale_reads import seen_contact
from bot.services.fix_recorder import Ending
from bot.services.fix_result import (
    Fixed,
    FixOutcome,
    NotFixed,
    is_left_open,
    not_recorded,
    result_of,
)
from bot.services.heartbeat import Heartbeat
from bot.services.ports.aws import Priority
from bot.services.recent_fixes import RecentFixes
from bot.services.send_window import SendWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.contacts import AlternateContact
    from bot.domain.failures import Failure
    from bot.domain.fixes import FixRequest
    from bot.services.fix_recorder import FixRecorder
    from bot.services.fix_recovery import FixRecovery
    from bot.services.fix_result import FixResult
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository
    from bot.services.read_back import ReadBack

_log = structlog.get_logger(__name__)


class FixWriter:
    """Carries out recorded fixes. Safe to call from several threads.

    Args:
        gateway: AWS.
        records: the record of fixes.
        clock: the time.
        read_back: waits for AWS to show what was written.
        recorder: records how fixes end.
        recovery: finds out the result of abandoned fixes.
        lease: seconds that a claim on a fix lasts.
        leads: whether this process leads: only then it sends the writes of runs.
        elapsed: seconds by a clock that goes on while the process is paused; the clock's monotonic
            time by default.
    """

    def __init__(
        self,
        gateway: Contacts,
        records: FixRepository,
        clock: Clock,
        *,
        read_back: ReadBack,
        recorder: FixRecorder,
        recovery: FixRecovery,
        lease: float = 30.0,
        leads: Callable[[], bool] = lambda: True,
        elapsed: Callable[[], float] | None = None,
    ) -> None:
        self._gateway = gateway
        self._records = records
        self._recent = RecentFixes(records, clock)
        self._read_back = read_back
        self._recorder = recorder
        self._recovery = recovery
        self._lease = lease
        self._leads = leads
        self._elapsed = elapsed or clock.monotonic

    def carry_out(self, fix: Fix, still_allowed: Callable[[], None]) -> FixResult:
        """Make a recorded fix, and renew its lease meanwhile.

        Args:
            fix: the fix, planned by this process.
            still_allowed: called right before the write; raises `NotAllowed` if it isn't any more.
        """
        log = _log.bind(fix=fix.id, account=fix.request.account_id, type=fix.request.type.value)
        log.info("fix planned", user=fix.request.user_id)
        result: FixResult | None = None
        window = SendWindow(self._lease, self._elapsed)
        try:
            heartbeat = Heartbeat(
                lambda: window.claimed(lambda: self._records.renew(fix.id)),
                self._lease / 3,
                # The process that took it over reads AWS, and what AWS accepted counts.
                on_lost=lambda: log.warning("fix taken over by another process"),
                fix=fix.id,
            )
            with self._recovery.spared(fix.id), heartbeat:
                result = self._make(fix, still_allowed, window)
        finally:
            if result is None or is_left_open(result):
                self._leave(fix)
        return result

    def _make(self, fix: Fix, still_allowed: Callable[[], None], window: SendWindow) -> FixResult:
        request = fix.request
        try:
            begun = self._begin(fix, still_allowed, window)
            if not isinstance(begun, Fix):
                return begun
            fix = begun
            aws_request_id = self._write(fix, window)
        except FixUnderWay as error:
            return NotFixed(FixOutcome.UNDER_WAY, error, fix)
        except GatewayError as error:
            return self._not_written(fix, error)
        except StoreError as error:
            words = (
                "Another bot process goes on with this run, so nothing was sent to AWS."
                if isinstance(error, NotLeading)
                else "The database couldn't be used, so nothing was sent to AWS."
            )
            why = failure(FailureCode.NOT_REACHED, message=words)
            failed, _ = self._recorder.end(Ending(fix, FixState.FAILED, why=why))
            return not_recorded(error, failed)
        fix = self._recorder.applied(fix, aws_request_id)
        _log.info("fix applied", fix=fix.id, account=request.account_id, type=request.type.value)
        # `FixRecovery` reads back a run's fixes behind its writes, which would wait otherwise.
        is_read_later = request.run_id is not None and fix.applied_at is not None
        shown = None if is_read_later else self._is_shown(request)
        if not isinstance(shown, bool) and fix.applied_at is not None:
            unread = GatewayError(shown) if shown is not None else None
            return Fixed(FixOutcome.SAVED, fix, problem=unread)
        return self._end(Ending(fix, FixState.CONFIRMED if shown is True else FixState.APPLIED))

    def _write(self, fix: Fix, window: SendWindow) -> str:
        """Send the change to AWS; returns AWS's id of the request.

        Raises:
            GatewayError: it failed, or got no answer.
            StoreError: the account's organization couldn't be looked up; nothing was sent.
        """
        request = fix.request
        is_run = request.run_id is not None

        def may_send() -> bool:
            return window.is_open() and (not is_run or self._leads())

        origin = WriteOrigin(fix.id, request.user_id, is_run, may_send)
        if request.wanted is None:
            return self._gateway.delete(request.account_id, request.type, origin)
        return self._gateway.write(request.account_id, request.type, request.wanted, origin)

    def _begin(
        self, fix: Fix, still_allowed: Callable[[], None], window: SendWindow
    ) -> Fix | FixResult:
        """Record that the write is about to be sent, unless something is against it.

        Raises:
            FixUnderWay: another process took the fix over.
            StoreError: it couldn't be recorded.
        """
        request = fix.request
        held: AlternateContact | None = None
        priority = Priority.FIX if request.run_id is None else Priority.RUN
        match self._gateway.read(request.account_id, request.type, priority):
            case Present(contact):
                held = contact
            case Unreadable(why) | Unsupported(why):
                return self._end(Ending(fix, FixState.FAILED, why=why))
        recent = self._recent.of(request.account_id, request.type)
        if held == request.wanted and (recent is None or recent.request.wanted == held):
            return self._end(Ending(fix, FixState.CONFIRMED, before=held, already_there=True))
        seen = seen_contact(held, recent, request.shown, request.shown_at)
        if fingerprint(seen.known) != request.shown:
            return self._refused(fix, seen.known, FixOutcome.CHANGED, _changed_since_shown(request))
        try:
            still_allowed()
        except NotAllowed as error:
            return self._refused(fix, seen.held, FixOutcome.NOT_ALLOWED, error)
        return window.claimed(lambda: self._records.begin_writing(fix.id, seen.held))

    def stop(self) -> None:
        """Stop waiting for AWS to show what was written: `FixRecovery` continues after a start."""
        self._read_back.stop()

    def _refused(
        self, fix: Fix, held: AlternateContact | None, outcome: FixOutcome, problem: FixError
    ) -> NotFixed:
        """Record that the write isn't sent, for a reason that isn't AWS's."""
        why = failure(FailureCode.REFUSED, message=str(problem))
        ending = Ending(fix, FixState.FAILED, before=held, why=why)
        failed, unrecorded = self._recorder.end(ending)
        changed = held if outcome is FixOutcome.CHANGED else None
        return NotFixed(outcome, problem, failed, held=changed, unrecorded=unrecorded)

    def _not_written(self, fix: Fix, error: GatewayError) -> FixResult:
        """Record that AWS didn't confirm a write. It may have accepted it anyway."""
        request, why = fix.request, error.failure
        if error.maybe_done:
            shown = self._is_shown(request) if request.run_id is None else None
            if not isinstance(shown, bool):
                return Fixed(FixOutcome.UNKNOWN, fix, problem=error)
            if shown:
                return self._end(Ending(fix, FixState.CONFIRMED))
        if why.cause.is_denial and self._holds(request):
            return self._end(Ending(fix, FixState.CONFIRMED, already_there=True))
        failed = self._end(
            Ending(
                fix,
                FixState.FAILED,
                why=why,
                in_doubt=error.maybe_done,
                aws_request_id=error.aws_request_id,
            )
        )
        if isinstance(error, ContactRefused):
            return NotFixed(
                FixOutcome.REFUSED, error, failed.fix, error.fields, unrecorded=failed.unrecorded
            )
        return failed

    def _is_shown(self, request: FixRequest) -> bool | Failure | None:
        """Wait until AWS shows the wanted contact.

        Returns:
            If that can't be found out now: why AWS couldn't be read, or None for another reason.
        """
        try:
            last = self._read_back.until_shown(request)
        except StoreError as error:
            _log.warning("fix not read back", account=request.account_id, problem=str(error))
            return None
        if last is None:
            return True
        if self._read_back.is_stopped():
            return None
        return last.failure if isinstance(last, Unreadable | Unsupported) else False

    def _holds(self, request: FixRequest) -> bool:
        """Whether AWS has the wanted contact, by one read."""
        try:
            reading = self._gateway.read(request.account_id, request.type, Priority.FIX)
        except StoreError:
            return False
        return shows(reading, request.wanted)

    def _leave(self, fix: Fix) -> None:
        """Release a fix, for `FixRecovery` in this process or another."""
        try:
            self._records.release(fix.id)
        except StoreError as error:
            # It counts as abandoned anyway when its lease is over.
            _log.warning("fix not released", fix=fix.id, problem=str(error))

    def _end(self, ending: Ending) -> FixResult:
        return result_of(*self._recorder.end(ending))


def _changed_since_shown(request: FixRequest) -> FixError:
    if request.wanted is None or request.undoes is not None:
        return FixError("The contact changed in AWS since you saw it.", "Look at it, then decide.")
    return FixError(
        "The contact changed in AWS while the form was open.",
        "Check what AWS has now, then save again.",
    )
