"""The part of the Bolt app that is about approvals: its listeners are created and bound here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.slack.listeners.approvals import ApprovalListeners
from bot.slack.views import approval_forms, approval_message, approval_review

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.services.approval_decisions import ApprovalDecisions
    from bot.services.approvals import ApprovalService
    from bot.services.ports.store import Store
    from bot.slack.approval_notices import ApprovalNotices
    from bot.slack.middleware import RequestGuard
    from bot.slack.modals import Modals


@dataclass(frozen=True, slots=True)
class ApprovalServices:
    """What the listeners of approvals work with.

    Attributes:
        service: requests approvals.
        decisions: decides about requests.
        notices: inform requesters.
    """

    service: ApprovalService
    decisions: ApprovalDecisions
    notices: ApprovalNotices


def bind_approvals(
    app: App, guard: RequestGuard, services: ApprovalServices, modals: Modals, store: Store
) -> None:
    """Bind requests: reviewed, decided, withdrawn, or gone on without."""
    approval = ApprovalListeners(
        modals, services.service, services.decisions, store=store, notices=services.notices
    )
    for prefix, act in (
        (approval_message.REVIEW, guard.once(approval.review)),
        (approval_review.TURN, guard.each(approval.turn)),
    ):
        app.action(re.compile(f"^{re.escape(prefix)}:"))(act)
    app.action(approval_forms.REJECT)(guard.once(approval.open_reject))
    app.action(approval_forms.WITHDRAW)(guard.once(approval.withdraw))
    app.action(approval_forms.BYPASS)(guard.once(approval.open_bypass))
    app.view(approval_review.APPROVE)(guard.submission(approval.submit_approve))
    app.view(approval_forms.REJECT_FORM)(guard.submission(approval.submit_reject))
    app.view(approval_forms.BYPASS_FORM)(guard.submission(approval.submit_bypass))
