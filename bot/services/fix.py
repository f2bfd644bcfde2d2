"""The use case *fix*: authorize, precheck against the policy, check for approval, record, write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.errors import FixUnderWay, NotAllowed, StoreError
from bot.services.fix_precheck import FixPrecheck
from bot.services.fix_result import (
    Fixed,
    FixOutcome,
    NotFixed,
    earlier_in_doubt,
    not_recorded,
    result_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.actors import Actor
    from bot.domain.fixes import FixRequest
    from bot.services.account_policy import AccountPolicies
    from bot.services.approval_gate import ApprovalGate
    from bot.services.fix_recovery import FixRecovery
    from bot.services.fix_result import FixResult
    from bot.services.fix_writer import FixWriter
    from bot.services.ports.clock import Clock
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store

RIGHT_AGE: Final = 5.0
"""Seconds for which a check of permission is valid. Reading AWS before a write may take a minute,
and Slack allows about twenty requests for user groups a minute."""


DOMAINS_AGE: Final = 60.0
"""Seconds for which a run may use one count of email domains: with 10,000 accounts it takes a
tenth of a second, and a run writes five contacts a second."""


class FixService:
    """Carries out fixes. Safe to call from several threads.

    Args:
        store: what is remembered.
        fixers: who may change contacts.
        clock: the time.
        policies: look up what accounts should have.
        recovery: finds out the result of abandoned fixes.
        writer: carries out what is recorded.
        gate: stops fixes that need approval; None if none does.
    """

    def __init__(
        self,
        store: Store,
        fixers: Authorizer,
        clock: Clock,
        *,
        policies: AccountPolicies,
        recovery: FixRecovery,
        writer: FixWriter,
        gate: ApprovalGate | None = None,
    ) -> None:
        self._store = store
        self._fixers = fixers
        self._clock = clock
        self._policies = policies
        self._recovery = recovery
        self._writer = writer
        self._gate = gate

    def fix(
        self,
        request: FixRequest,
        account_name: str,
        actor: Actor,
        unchanged: frozenset[str] = frozenset(),
        *,
        confirmed_domain: str = "",
    ) -> FixResult:
        """Carry out a fix.

        Args:
            request: what is wanted, by whom, and what they were shown.
            account_name: for the record.
            actor: who requests it; their permission is checked again.
            unchanged: the fields that stay as they are in AWS; see `FixPrecheck.check`.
            confirmed_domain: the unusual email domain that the person was warned about.

        Returns:
            The result. If this form was submitted before, it is the current result of the first
            submission.
        """
        try:
            still_allowed = self.authorize(actor, request.account_id)
        except NotAllowed as error:
            return NotFixed(FixOutcome.NOT_ALLOWED, error)
        except StoreError as error:
            return not_recorded(error)
        return self.make(
            request,
            account_name,
            still_allowed,
            unchanged=unchanged,
            confirmed_domain=confirmed_domain,
        )

    def authorize(self, actor: Actor, account_id: str) -> Callable[[], None]:
        """Check now whether a person may change the contacts of an account.

        Returns:
            What to call right before the write: it raises `NotAllowed` if they no longer may.

        Raises:
            NotAllowed: the person isn't a fixer, or Slack couldn't say.
        """
        asked_at = self._clock.monotonic()
        self._fixers.require_fixer(actor, account_id, fresh=True)

        def still_allowed() -> None:
            if self._clock.monotonic() - asked_at > RIGHT_AGE:
                self._fixers.require_fixer(actor, account_id, fresh=True)

        return still_allowed

    def make(
        self,
        request: FixRequest,
        account_name: str,
        still_allowed: Callable[[], None],
        *,
        unchanged: frozenset[str] = frozenset(),
        confirmed_domain: str = "",
        must_comply: bool = True,
        approved: bool = False,
    ) -> FixResult:
        """Make a fix that was authorized before: of a form, a run, or an undo.

        Args:
            request: what is wanted, by whom, and what they were shown. A `wanted` of None removes
                the contact, whatever the policy expects.
            account_name: for the record.
            still_allowed: called right before the write; raises `NotAllowed` if it isn't any more.
            unchanged: see `fix`.
            confirmed_domain: see `fix`.
            must_comply: whether a contact that doesn't comply with the policy is refused.
            approved: whether it needs no approval any more, as `still_allowed` makes sure. If not,
                a fix that needs approval isn't made.

        Returns:
            The result: `NeedsApproval` if it isn't `approved`, and has to be. If a fix with this
            key was made before, it is that one's current result.
        """
        try:
            max_age = DOMAINS_AGE if request.run_id is not None else 0.0
            precheck = FixPrecheck.load(request.account_id, self._policies, self._store, max_age)
            prechecked = precheck.check_request(
                request, unchanged, confirmed_domain, must_comply=must_comply
            )
            if not isinstance(prechecked, NotFixed):
                prechecked = precheck.refuse_managed(request.confirmed_tool) or prechecked
            if isinstance(prechecked, NotFixed):
                return prechecked
            if not precheck.is_managed_by(request.confirmed_tool):
                request = replace(request, confirmed_tool="")  # nothing had to be confirmed
            unreadable = self._recovery.settle(request.account_id, request.type)
            if unreadable is not None:
                return earlier_in_doubt(unreadable)
            if not approved and self._gate is not None:
                may_write = self._gate.check(request)
                if isinstance(may_write, NotFixed):
                    return may_write
                still_allowed = still_allowed if may_write else _refuse
            fix, new = self._store.fixes.plan(
                request,
                account_name,
                prechecked.channel,
                unusual_domain=prechecked.unusual_domain,
            )
        except (FixUnderWay, NotAllowed) as error:
            is_under_way = isinstance(error, FixUnderWay)
            return NotFixed(FixOutcome.UNDER_WAY if is_under_way else FixOutcome.NOT_ALLOWED, error)
        except StoreError as error:
            return not_recorded(error)
        result = self._writer.carry_out(fix, still_allowed) if new else result_of(fix)
        return replace(result, notes=prechecked.notes) if isinstance(result, Fixed) else result

    def stop(self) -> None:
        """Stop waiting for AWS to show what was written: `FixRecovery` continues after a start."""
        self._writer.stop()


def _refuse() -> None:
    """Refuse a write for which there was no need when the gate looked.

    Raises:
        NotAllowed: always.
    """
    raise NotAllowed("The contact changed in AWS a moment ago.", "Save again.")
