"""The use case *fix*: authorize, precheck against the policy, plan, write, read back, record.

Every step is in the store before the next is taken, so that a process killed anywhere leaves a
record from which `FixService.recover` finds out what became of the fix.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.contacts import FIELDS, fingerprint
from bot.domain.errors import ContactRefused, FixError, FixUnderWay, GatewayError, NotAllowed
from bot.domain.evaluation.precheck import precheck
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import Presence
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.services.fix_result import FixOutcome, NotFixed, result_of
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.findings import TypeResult
    from bot.domain.fixes import Fix, FixRequest
    from bot.domain.readings import ContactReading
    from bot.services.account_policy import AccountPolicies
    from bot.services.fix_result import FixResult
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Actor, Authorizer
    from bot.services.ports.store import Store
    from bot.services.read_back import ReadBack

    Judge = Callable[[str, ContactType, AlternateContact], TypeResult | None]

_log = structlog.get_logger(__name__)

STALE_READ_AGE: Final = timedelta(minutes=5)
"""How long after a fix a read may still give the old value; Terraform's provider waits as long."""


class FixService:
    """Carries out fixes. Safe to call from several threads.

    Args:
        gateway: AWS.
        store: what is remembered.
        fixers: who may change contacts.
        clock: the time.
        policies: look up what accounts should have.
        read_back: waits for AWS to show what was written.
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
        policies: AccountPolicies,
        read_back: ReadBack,
        judge: Judge = lambda *_: None,
        on_recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._fixers = fixers
        self._clock = clock
        self._policies = policies
        self._read_back = read_back
        self._judge = judge
        self._on_recorded = on_recorded

    def fix(
        self,
        request: FixRequest,
        account_name: str,
        actor: Actor,
        unchanged: frozenset[str] = frozenset(),
    ) -> FixResult:
        """Carry out a fix to its end.

        Args:
            request: what is wanted, by whom, and what they were shown.
            account_name: for the record.
            actor: who asks, whose right is asked for anew.
            unchanged: the fields that are left as AWS holds them. What the policy has against
                these is noted rather than refused, unless nothing else changes either.

        Returns:
            What became of it; for a form that was submitted before, of the first submission's fix
            as it is now.

        Raises:
            StoreError: it could not be recorded.
        """
        try:
            self._fixers.require_fixer(actor, fresh=True)
        except NotAllowed as error:
            return NotFixed(FixOutcome.NOT_ALLOWED, error)
        fields, notes = self._precheck(request, unchanged)
        if fields:
            problem = FixError(
                "Not written: the policy asks for something else.",
                "Change the fields that say so, or ask for the policy to be changed.",
            )
            return NotFixed(FixOutcome.REFUSED, problem, fields=fields)
        try:
            fix, new = self._store.fixes.plan(request, account_name)
        except FixUnderWay as error:
            return NotFixed(FixOutcome.UNDER_WAY, error)
        ended = self._carry_out(fix) if new else fix
        return ended if isinstance(ended, NotFixed) else result_of(ended, notes)

    def _precheck(
        self, request: FixRequest, unchanged: frozenset[str]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What the next check would alert on: {field: why} that refuses it, and what is noted."""
        found = self._policies.find(request.account_id)
        if found is None or found.known is None:
            return {}, {}
        exempt = self._store.exemptions.in_force().get(found.account.id, {})
        objections = precheck(found.account, request.type, request.wanted, found.known, exempt)
        is_forbidden = found.known.presence[request.type] is Presence.FORBIDDEN
        if is_forbidden or unchanged.issuperset(FIELDS):
            return objections, {}
        refused = {field: why for field, why in objections.items() if field not in unchanged}
        return refused, {field: why for field, why in objections.items() if field in unchanged}

    def _carry_out(self, fix: Fix) -> Fix | NotFixed:
        """Make a fix that is on record; it comes back as recorded, or with why it was not made."""
        request = fix.request
        log = _log.bind(fix=fix.id, account=request.account_id, type=request.type.value)
        log.info("fix planned", user=request.user_id)
        held: AlternateContact | None = None
        match self._gateway.read(request.account_id, request.type, Priority.FIX):
            case Present(contact):
                held = contact
            case Unreadable(why) | Unsupported(why):
                return self._end(fix, FixState.FAILED, why=why)
        recent = self._recent_fix(request)
        if held == request.wanted and (recent is None or recent.request.wanted == held):
            return self._end(fix, FixState.CONFIRMED, before=held, already_there=True)
        known = held
        if recent is not None and (recent.applied_at or request.shown_at) > request.shown_at:
            known = recent.request.wanted  # made since the form was shown, so not shown there
        if fingerprint(known) != request.shown:
            return self._changed(fix, known)
        fix = self._store.fixes.advance(fix.id, FixState.PLANNED, ended=False, before=held)
        try:
            self._gateway.write(request.account_id, request.type, request.wanted)
        except GatewayError as error:
            return self._not_written(fix, held, error)
        fix = self._store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
        log.info("fix applied")
        shown = self._read_back.until_shown(request) is None
        return self._end(fix, FixState.CONFIRMED if shown else FixState.APPLIED)

    def recover(self) -> None:
        """Find out what became of fixes that a dead process left, and record it."""
        for fix in self._store.fixes.unfinished():
            if self._read_back.is_stopped():
                return
            last = self._read_back.until_shown(fix.request)
            now = self._store.fixes.get(fix.id)
            if now != fix:
                continue  # whoever works on it, here or in another process, is not dead
            if last is None:
                self._end(fix, FixState.CONFIRMED)
            elif self._read_back.is_stopped():
                return
            elif fix.state is FixState.APPLIED:
                self._end(fix, FixState.APPLIED)
            else:
                self._end(fix, FixState.FAILED, why=_cut_off(last))

    def stop(self) -> None:
        """Wait no longer for AWS to show what was written; such fixes end as `APPLIED`."""
        self._read_back.stop()

    def _recent_fix(self, request: FixRequest) -> Fix | None:
        """A fix of the same contact so recent that AWS may still give what it held before."""
        latest = self._store.fixes.latest(request.account_id, request.type)
        if latest is None or latest.applied_at is None:
            return None
        return latest if self._clock.now() - latest.applied_at < STALE_READ_AGE else None

    def _changed(self, fix: Fix, held: AlternateContact | None) -> NotFixed:
        """The refusal to overwrite what the person was not shown."""
        words = "The contact was changed since it was shown."
        why = failure(FailureCode.REFUSED, message=words)
        failed = self._end(fix, FixState.FAILED, before=held, why=why)
        problem = FixError(words, "Look at what AWS holds now, then submit again.")
        return NotFixed(FixOutcome.CHANGED, problem, failed, held=held)

    def _not_written(
        self, fix: Fix, held: AlternateContact | None, error: GatewayError
    ) -> Fix | NotFixed:
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
            if self._read_back.until_shown(request) is None:
                return self._end(fix, FixState.CONFIRMED, before=held)
            if self._read_back.is_stopped():
                # Not waited for to the end: the next start finds out what came of it.
                return fix
        if why.cause in _DENIED_CODES:
            reading = self._gateway.read(request.account_id, request.type, Priority.FIX)
            if reading == Present(request.wanted):
                return self._end(fix, FixState.CONFIRMED, before=held, already_there=True)
        failed = self._end(fix, FixState.FAILED, before=held, why=why)
        if isinstance(error, ContactRefused):
            return NotFixed(FixOutcome.REFUSED, error, failed, error.fields)
        return failed

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
        ended = self._store.fixes.advance(
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


_DENIED_CODES: Final = frozenset(
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
