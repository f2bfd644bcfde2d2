"""Buttons and windows of an older version of the bot: nothing is done, and the person hears why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.slack.views.problem import note, problem_view

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.slack.direct_messages import DirectMessages

_MESSAGE: Final = note(
    "This button or window is from an older version of the bot; nothing was changed.",
    "Type /altcontact help to see what you can do now.",
)


class OutdatedListeners:
    """Answers what no other listener is for.

    Args:
        messages: reach the person who pressed.
    """

    def __init__(self, messages: DirectMessages) -> None:
        self._messages = messages

    def press(self, body: dict[str, Any]) -> None:
        """An element that this version does not know was pressed or chosen."""
        self._messages.reply_to(body, replace=False)(_MESSAGE)

    def submit(self, ack: Ack, _: dict[str, Any]) -> None:
        """A form that this version does not know was submitted."""
        ack(response_action="update", view=problem_view(_MESSAGE))
