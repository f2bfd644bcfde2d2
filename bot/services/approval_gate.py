"""Stops a fix that a second person has to approve before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.contacts import NO_CONTACT, fingerprint
from bot.domain.errors import FixError, GatewayError
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.services.fix_result import FixOutcome, NotFixed
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from bot.domain.approvals import Need
    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import FixRequest
    from bot.services.approval_needs import ApprovalNeeds
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.fixes import FixRepository


@dataclass(frozen=True, slots=True)
class NeedsApproval(NotFixed):
    """Nothing was written: a second person has to approve it. `before` is what AWS has."""

    need: Need | None = None
    before: AlternateContact | None = field(default=None, repr=False)


class ApprovalGate:
    """Stops fixes that need approval. Safe to call from several threads.

    Args:
        needs: knows which changes need approval.
        contacts: reads AWS.
        fixes: knows which fixes were made.
    """

    def __init__(self, needs: ApprovalNeeds, contacts: ContactReader, fixes: FixRepository) -> None:
        self._needs = needs
        self._contacts = contacts
        self._fixes = fixes

    def check(self, request: FixRequest) -> NotFixed | bool:
        """Whether a fix may be written without approval.

        Returns:
            Why it isn't written now: `NeedsApproval`, or AWS can't be read or has changed. Or else
            whether it may be written. If not, the fix was made before, or AWS has the contact
            already, so that nothing is to be written.

        Raises:
            RightsUnknown: the account's policy is unknown.
            StoreError: the database can't be read.
        """
        if self._fixes.of_key(request.key) is not None:
            return False
        if request.shown == NO_CONTACT and self._need(request, None) is None:
            return True  # whatever AWS has by now, the fix itself overwrites nothing else
        reading = self._contacts.read(request.account_id, request.type, Priority.FIX)
        if isinstance(reading, Unreadable | Unsupported):
            return NotFixed(FixOutcome.FAILED, GatewayError(reading.failure))
        before = reading.contact if isinstance(reading, Present) else None
        return before != request.wanted and self._check_shown(request, before)

    def _check_shown(self, request: FixRequest, before: AlternateContact | None) -> NotFixed | bool:
        if fingerprint(before) != request.shown:
            return NotFixed(FixOutcome.CHANGED, changed_since_shown(), held=before)
        need = self._need(request, before)
        if need is None:
            return True
        problem = FixError("Nothing was changed yet: this change needs approval.")
        return NeedsApproval(FixOutcome.NEEDS_APPROVAL, problem, need=need, before=before)

    def _need(self, request: FixRequest, before: AlternateContact | None) -> Need | None:
        removes = request.wanted is None
        return self._needs.of_contact(request.account_id, request.type, before, removes=removes)


def changed_since_shown() -> FixError:
    """Why nothing is written: the person saw another contact."""
    return FixError(
        "The contact changed in AWS while the form was open.",
        "Check what AWS has now, then save again.",
    )
