"""Stops a fix that a second person has to approve before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.contacts import NO_CONTACT, fingerprint
from bot.domain.errors import FixError
from bot.domain.readings import Present, Unreadable, Unsupported
from bot.domain.stale_reads import seen_contact
from bot.services.fix_result import FixOutcome, NotFixed
from bot.services.ports.aws import Priority
from bot.services.recent_fixes import RecentFixes

if TYPE_CHECKING:
    from bot.domain.approvals import ApprovalNeed
    from bot.domain.contacts import AlternateContact
    from bot.domain.fixes import FixRequest
    from bot.services.approval_needs import ApprovalNeeds
    from bot.services.ports.aws import ContactReader
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsApproval(NotFixed):
    """Nothing was written: a second person has to approve it.

    `request` is what wasn't made, `need` what it needs, and `before` what AWS has.
    """

    request: FixRequest
    need: ApprovalNeed
    before: AlternateContact | None = field(default=None, repr=False)


class ApprovalGate:
    """Stops fixes that need approval. Safe to call from several threads.

    Args:
        needs: knows which changes need approval.
        contacts: reads AWS.
        fixes: knows which fixes were made.
        clock: the time.
    """

    def __init__(
        self, needs: ApprovalNeeds, contacts: ContactReader, fixes: FixRepository, clock: Clock
    ) -> None:
        self._needs = needs
        self._contacts = contacts
        self._fixes = fixes
        self._recent = RecentFixes(fixes, clock)

    def check(self, request: FixRequest) -> NeedsApproval | bool:
        """Whether a fix may be written without approval.

        Returns:
            `NeedsApproval` if a second person has to approve it. Or else whether it may be written:
            if not, there should be nothing to write, because the fix was made before, AWS has the
            contact already, has changed, or can't be read.

        Raises:
            RightsUnknown: the account's policy is unknown.
            StoreError: the database can't be read.
        """
        if self._fixes.of_key(request.key) is not None:
            return False
        if request.shown == NO_CONTACT and self._need(request, None) is None:
            return True  # it is written only if AWS still has no contact
        reading = self._contacts.read(request.account_id, request.type, Priority.FIX)
        if isinstance(reading, Unreadable | Unsupported):
            return False
        read = reading.contact if isinstance(reading, Present) else None
        recent = self._recent.of(request.account_id, request.type)
        before = seen_contact(read, recent, request.shown, request.shown_at).known
        wrote = recent.request.wanted if recent is not None else before
        if fingerprint(before) != request.shown or before == request.wanted == wrote:
            return False
        if before == request.wanted:
            before = wrote  # the read may be stale, so this may be overwritten
        need = self._need(request, before)
        if need is None:
            return True
        problem = FixError("Nothing was changed yet: this change needs approval.")
        return NeedsApproval(
            FixOutcome.NEEDS_APPROVAL, problem, request=request, need=need, before=before
        )

    def _need(self, request: FixRequest, before: AlternateContact | None) -> ApprovalNeed | None:
        removes = request.wanted is None
        if request.undoes is not None and before is not None:
            undone = self._fixes.get(request.undoes)
            if undone is not None and undone.request.wanted == before:
                before = None  # what this bot wrote itself may be taken back
        return self._needs.of_contact(request.account_id, request.type, before, removes=removes)
