"""Messages to one person: beside what they did where that can be, else as a direct message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.slack.client import CALL_ERRORS, code_of

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.slack.views.message import Message

_log = structlog.get_logger(__name__)


class DirectMessages:
    """Sends messages that one person alone sees. Safe to call from several threads.

    Args:
        client: a client whose calls may be tried again.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def send_ephemeral(self, user_id: str, channel_id: str, message: Message) -> None:
        """Say something to one person: in the channel they are in, else as a direct message."""
        try:
            self._client.chat_postEphemeral(
                channel=channel_id, user=user_id, text=message.text, blocks=message.blocks
            )
        except CALL_ERRORS:
            self.send(user_id, message)

    def send(self, user_id: str, message: Message) -> None:
        """Send a direct message, which stays; where that fails too, only the log can know."""
        try:
            self._client.chat_postMessage(
                channel=user_id, text=message.text, blocks=message.blocks, mrkdwn=False
            )
        except CALL_ERRORS as error:
            _log.warning("message to a person not delivered", user=user_id, code=code_of(error))
