"""What every request of Slack's passes: once per delivery, and an answer where it fails.

Bolt's own middleware runs before Slack gets its ack, which would then wait for the database. So the
guard stands around listeners: it acks first, and looks then whether this was delivered before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.errors import AltcontactError, NotifierError
from bot.slack.background import report_defect
from bot.slack.client import Reply
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.services.ports.store import DeliveryRepository
    from bot.slack.direct_messages import DirectMessages

    Body = dict[str, Any]

_log = structlog.get_logger(__name__)


class OncePerDelivery:
    """Acks at once, and lets a listener act on the first delivery alone: Slack may repeat one.

    Args:
        deliveries: know what was delivered before.
    """

    def __init__(self, deliveries: DeliveryRepository) -> None:
        self._deliveries = deliveries

    def __call__(self, listener: Callable[[Body], None]) -> Callable[[Ack, Body], None]:
        """A listener for Bolt that acts once."""

        def once(ack: Ack, body: Body) -> None:
            ack()
            prefix = "command" if "command" in body else "action"
            if self._deliveries.is_first(f"{prefix}:{body['trigger_id']}"):
                listener(body)

        return once


class ErrorHandler:
    """Tells the person whose request failed; a defect gets a reference that is in the log.

    Args:
        messages: reach a person who cannot be answered where they typed or pressed.
    """

    def __init__(self, messages: DirectMessages) -> None:
        self._messages = messages

    def handle(self, error: Exception, body: Body) -> None:
        """Answer beside what was typed or pressed; in a direct message where that cannot be."""
        if isinstance(error, AltcontactError):
            _log.warning("request failed", problem=str(error), kind=type(error).__name__)
            message = problem_message(error)
        else:
            message = report_defect(error)
        url = body.get("response_url")
        if isinstance(url, str) and url:
            try:
                Reply(url, replace=False)(message)
            except NotifierError as failed:
                _log.info("response_url not taken", problem=str(failed))
            else:
                return
        user_id = body.get("user_id") or body["user"]["id"]
        self._messages.send(user_id, message)
