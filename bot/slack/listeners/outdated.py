"""Buttons and forms of an older version of the bot: nothing is done, and the person learns why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.slack.payloads import request_name, user_id
from bot.slack.views.problem import note, problem_view

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.services.audit_trail import AuditTrail
    from bot.slack.direct_messages import DirectMessages

_MESSAGE: Final = note(
    "This button or form is from an older version of the bot. Nothing was changed.",
    "To see what you can do, type /altcontact help.",
)


class OutdatedListeners:
    """Answers what no other listener handles.

    Args:
        messages: reach the person.
        trail: puts it on record.
    """

    def __init__(self, messages: DirectMessages, trail: AuditTrail) -> None:
        self._messages = messages
        self._trail = trail

    def press(self, body: dict[str, Any]) -> None:
        """An element was used that this version doesn't know."""
        self._messages.reply_to(body, replace=False)(_MESSAGE)
        self._record(body)

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """A form was submitted that this version doesn't know."""
        ack(response_action="update", view=problem_view(_MESSAGE))
        self._record(body)

    def _record(self, body: dict[str, Any]) -> None:
        self._trail.payload_refused(user_id(body), "outdated", request_name(body))
