"""The use case *fix*: authorise, plan, write, read back, record.

Every step is in the store before the next is taken, so that a process killed anywhere leaves a
record from which `FixService.recover` finds out what became of the fix.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.contacts import fingerprint
from bot.domain.errors import ContactChanged, ContactRefused, GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix, FixRequest
    from bot.domain.readings import ContactReading
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store

    Judge = Callable[[str, ContactType, AlternateContact], TypeResult | None]

_log = structlog.get_logger(__name__)

EQUAL_READS: Final = 2
"""Reads in a row that must give what was written: one may come from a replica ahead of others."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0
"""Seconds between two reads, growing twofold, while AWS does not show what was written."""

STALE_READS: Final = timedelta(minutes=5)
"""How long after a fix a read may still give the old value; Terraform's provider waits as long."""


class FixService:
    """Carries out fixes. Safe to call from several threads.

    Args:
        gateway: AWS.
        store: what is remembered.
        fixers: who may change contacts.
        clock: the time.
        confirm_within: seconds to wait for AWS to show what was written.
        judge: judges a contact that AWS holds now, so that it is known which findings are over;
            None where that is not known, whereupon all are.
        on_recorded: called when a fix changed what is announced.
    """

    def __init__(
        self,
        gateway: Contacts,
        store: Store,
        fixers: Authorizer,
        clock: Clock,
        *,
        confirm_within: float = 60.0,
        judge: Judge = lambda *_: None,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._fixers = fixers
        self._clock = clock
        self._confirm_within = confirm_within
        self._judge = judge
        self._on_recorded = on_recorded
        self._stopping = threading.Event()

    def fix(self, request: FixRequest, account_name: str) -> Fix:
        """Carry out a fix to its end.

        Args:
            request: what is wanted, by whom, and what they were shown.
            account_name: for the record.

        Returns:
            The fix as it ended: `CONFIRMED`, `APPLIED` (AWS does not show it yet) or `FAILED`;
            not ended where a stop left open whether AWS took it; or, for a form that was
            submitted before, the first submission's fix as it is now.

        Raises:
            NotAllowed: the person is no fixer.
            FixUnderWay: another fix of this contact has not ended.
            ContactChanged: AWS holds something else than the person was shown.
            ContactRefused: AWS named the fields it does not take.
            GatewayError: what AWS holds could not be read, so nothing was written.
            StoreError: it could not be recorded.
        """
        self._fixers.require_fixer(request.user_id)
        fix, new = self._store.plan_fix(request, account_name)
        if not new:
            return fix
        log = _log.bind(fix=fix.id, account=request.account_id, type=request.type.value)
        log.info("fix planned", user=request.user_id)
        held = self._read_before(fix)
        recent = self._recent_fix(request)
        if held == request.wanted and (recent is None or recent.request.wanted == held):
            return self._end(fix, FixState.CONFIRMED, before=held, already_there=True)
        self._refuse_if_changed(fix, held, recent)
        fix = self._store.advance_fix(fix.id, FixState.PLANNED, ended=False, before=held)
        try:
            self._gateway.write(request.account_id, request.type, request.wanted)
        except GatewayError as error:
            return self._not_written(fix, held, error)
        fix = self._store.advance_fix(fix.id, FixState.APPLIED, ended=False)
        log.info("fix applied")
        return self._confirm(fix)

    def recover(self) -> None:
        """Find out what became of fixes that a dead process left, and record it."""
        for fix in self._store.unfinished_fixes():
            if self._stopping.is_set():
                return
            last = self._read_back(fix.request)
            now = self._store.fix(fix.id)
            if now != fix:
                continue  # whoever works on it, here or in another process, is not dead
            if last is None:
                self._end(fix, FixState.CONFIRMED)
            elif self._stopping.is_set():
                return
            elif fix.state is FixState.APPLIED:
                self._end(fix, FixState.APPLIED)
            else:
                self._end(fix, FixState.FAILED, why=_cut_off(last))

    def stop(self) -> None:
        """Wait no longer for AWS to show what was written; such fixes end as `APPLIED`."""
        self._stopping.set()

    def _read_before(self, fix: Fix) -> AlternateContact | None:
        reading = self._gateway.read(fix.request.account_id, fix.request.type, Priority.FIX)
        match reading:
            case Present(contact):
                return contact
            case Absent():
                return None
            case Unreadable(why) | Unsupported(why):
                self._end(fix, FixState.FAILED, why=why)
                raise GatewayError(why)

    def _recent_fix(self, request: FixRequest) -> Fix | None:
        """A fix of the same contact so recent that AWS may still give what it held before."""
        latest = self._store.latest_fix(request.account_id, request.type)
        if latest is None or latest.applied_at is None:
            return None
        return latest if self._clock.now() - latest.applied_at < STALE_READS else None

    def _refuse_if_changed(
        self, fix: Fix, held: AlternateContact | None, recent: Fix | None
    ) -> None:
        """Refuse to overwrite what the person was not shown; a fix made since then was not."""
        request = fix.request
        if recent is not None and (recent.applied_at or request.shown_at) > request.shown_at:
            held = recent.request.wanted
        if fingerprint(held) == request.shown:
            return
        words = "The contact was changed since it was shown."
        self._end(
            fix, FixState.FAILED, before=held, why=failure(FailureCode.REFUSED, message=words)
        )
        raise ContactChanged(words, "Look at what AWS holds now, then submit again.", held)

    def _not_written(self, fix: Fix, held: AlternateContact | None, error: GatewayError) -> Fix:
        """Record that AWS did not say that it took a write; it may have taken it all the same."""
        request, why = fix.request, error.failure
        lost_answer = why.cause in {
            FailureCode.TIMED_OUT,
            FailureCode.UNREACHABLE,
            FailureCode.MALFORMED,
            FailureCode.AWS_FAULT,
            FailureCode.NOT_REACHED,
        }
        if lost_answer:
            if self._read_back(request) is None:
                return self._end(fix, FixState.CONFIRMED, before=held)
            if self._stopping.is_set():
                # Not waited for to the end: the next start finds out what came of it.
                return fix
        if why.cause in _DENIALS:
            reading = self._gateway.read(request.account_id, request.type, Priority.FIX)
            if reading == Present(request.wanted):
                return self._end(fix, FixState.CONFIRMED, before=held, already_there=True)
        failed = self._end(fix, FixState.FAILED, before=held, why=why)
        if isinstance(error, ContactRefused):
            raise error
        return failed

    def _confirm(self, fix: Fix) -> Fix:
        shown = self._read_back(fix.request) is None
        return self._end(fix, FixState.CONFIRMED if shown else FixState.APPLIED)

    def _read_back(self, request: FixRequest) -> ContactReading | None:
        """Read until AWS shows what is wanted, twice in a row, or until the time is up.

        Returns:
            None where it was shown; else the last reading, which tells what stood against it.
        """
        deadline = self._clock.monotonic() + self._confirm_within
        wait, equal = FIRST_WAIT, 0
        while True:
            reading = self._gateway.read(request.account_id, request.type, Priority.FIX)
            equal = equal + 1 if reading == Present(request.wanted) else 0
            if equal == EQUAL_READS:
                return None
            if equal:
                continue
            left = deadline - self._clock.monotonic()
            if left <= 0 or self._stopping.wait(min(wait, left)):
                return reading
            wait = min(2 * wait, LONGEST_WAIT)

    def _end(
        self,
        fix: Fix,
        state: FixState,
        *,
        before: AlternateContact | None = None,
        why: Failure | None = None,
        already_there: bool = False,
    ) -> Fix:
        request = fix.request
        result = None
        if state is FixState.CONFIRMED:
            result = self._judge(request.account_id, request.type, request.wanted)
        ended = self._store.advance_fix(
            fix.id,
            state,
            ended=True,
            before=before,
            failure=why,
            already_there=already_there,
            result=result,
        )
        _log.info(
            "fix ended",
            fix=fix.id,
            account=request.account_id,
            type=request.type.value,
            state=state.value,
            cause=why.cause.value if why else None,
        )
        self._on_recorded()
        return ended


_DENIALS: Final = frozenset(
    {
        FailureCode.TRUSTED_ACCESS_OFF,
        FailureCode.PERMISSION_MISSING,
        FailureCode.DENIED_BY_SCP,
        FailureCode.WRONG_CALLER,
        FailureCode.MANAGEMENT_OUT_OF_REACH,
        FailureCode.ACCOUNT_STATE,
        FailureCode.DENIED,
    }
)
"""The causes under which AWS wrote nothing, but may hold the wanted contact from elsewhere."""


def _cut_off(last: ContactReading) -> Failure:
    """Why a fix counts as failed whose process died before AWS was known to have taken it."""
    match last:
        case Unreadable(why) | Unsupported(why):
            words = (
                f"The bot was stopped while it wrote, and cannot see what came of it. {why.message}"
            )
            return failure(why.cause, message=words, remedy="Check the account, then fix it again.")
        case _:
            words = "The bot was stopped before AWS took the change."
            return failure(FailureCode.NOT_REACHED, message=words, remedy="Fix the contact again.")
