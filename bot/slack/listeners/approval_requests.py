"""Requests the approval of a single change, and says who can give it or why nobody can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.errors import NobodyCanApprove
from bot.slack.views import approval_forms

if TYPE_CHECKING:
    from bot.domain.actors import Actor
    from bot.services.approval_gate import NeedsApproval
    from bot.services.approvals import ApprovalService
    from bot.slack.views.message import Message


class ApprovalRequests:
    """Requests approvals for what forms and buttons change.

    Args:
        approvals: requests them.
    """

    def __init__(self, approvals: ApprovalService) -> None:
        self._approvals = approvals

    def request(self, result: NeedsApproval, name: str, actor: Actor) -> Message:
        """Request the approval of a fix that wasn't made, since it needs one.

        Args:
            result: what became of the fix.
            name: the account's name.
            actor: who wants it.

        Raises:
            FixError: nothing was requested, because of the person's rights, or because Slack
                couldn't say who can approve.
            StoreError: it couldn't be recorded.
        """
        account_id = result.request.account_id
        try:
            submitted = self._approvals.request_fix(result.request, name, actor, result.before)
        except NobodyCanApprove as problem:
            return approval_forms.nobody_message(name, account_id, problem)
        can_bypass = self._approvals.can_bypass(submitted.run.id)
        return approval_forms.waiting_message(
            name, account_id, submitted.approvals, can_bypass=can_bypass
        )
