"""Informs people how their requests were decided, by direct message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StoreError
from bot.slack.views.approval_message import decision_message

if TYPE_CHECKING:
    from bot.services.ports.approvals import ApprovalRepository
    from bot.slack.direct_messages import DirectMessages

_log = structlog.get_logger(__name__)


class ApprovalNotices:
    """Informs requesters, each once. Safe to call from several threads and processes.

    The message may be lost if the process is killed just before it is sent. The one in the channel
    is not: it is updated until Slack accepts it.

    Args:
        approvals: what was decided.
        messages: sends direct messages.
    """

    def __init__(self, approvals: ApprovalRepository, messages: DirectMessages) -> None:
        self._approvals = approvals
        self._messages = messages

    def send_due(self) -> None:
        """Inform those who weren't informed yet. Never raises."""
        try:
            for request in self._approvals.to_notify():
                if self._approvals.notified(request.approval.id):
                    user_id = request.run.requested_by.user_id
                    self._messages.send(user_id, decision_message(request))
        except StoreError as error:
            _log.warning("requesters not informed", problem=str(error))
