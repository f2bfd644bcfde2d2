"""Messages to one person: beside what they did where that can be, else as a direct message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.domain.errors import NotifierError
from bot.slack import payloads
from bot.slack.client import CALL_ERRORS, Reply, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def reply_to(self, body: Mapping[str, Any], *, replace: bool = True) -> PrivateReply:
        """What answers the person of a payload.

        Args:
            body: of a command, an action or a submission.
            replace: whether an answer takes the place of the last one, or of the message whose
                button was pressed; see `Reply`.
        """
        return PrivateReply(
            self,
            payloads.response_url(body),
            payloads.user_id(body),
            payloads.channel_id(body),
            replace=replace,
        )

    def send_ephemeral(self, user_id: str, channel_id: str, message: Message) -> None:
        """Say something to one person: in the channel they are in, else as a direct message."""
        if channel_id:
            try:
                self._client.chat_postEphemeral(
                    channel=channel_id, user=user_id, text=message.text, blocks=message.blocks
                )
            except CALL_ERRORS as error:
                _log.info("ephemeral message not taken", code=code_of(error))
            else:
                return
        self.send(user_id, message)

    def send(self, user_id: str, message: Message, *, thread_ts: str = "") -> None:
        """Send a direct message, which stays; if that fails too, only the log says so.

        Args:
            user_id: to whom.
            message: what to say.
            thread_ts: the message whose thread this answers in; empty for none.
        """
        if not user_id:
            _log.warning("message to nobody: the payload names no user")
            return
        try:
            self._post(user_id, thread_ts, text=message.text, blocks=message.blocks)
        except SlackApiError as error:
            # It may be the blocks that Slack refuses: the text alone says what happened, too.
            _log.warning("message to a person not taken", user=user_id, code=code_of(error))
            self._send_text(user_id, message.text, thread_ts)
        except CALL_ERRORS as error:
            _log.warning("message to a person not delivered", user=user_id, code=code_of(error))

    def _send_text(self, user_id: str, text: str, thread_ts: str) -> None:
        try:
            self._post(user_id, thread_ts, text=text)
        except CALL_ERRORS as error:
            _log.warning("message to a person not delivered", user=user_id, code=code_of(error))

    def _post(self, user_id: str, thread_ts: str, **content: Any) -> None:  # noqa: ANN401 - of Slack's method
        content |= {"thread_ts": thread_ts} if thread_ts else {}
        self._client.chat_postMessage(channel=user_id, mrkdwn=False, **content)


class PrivateReply:
    """Answers one person, in whichever way Slack takes it.

    A `response_url` is good for five answers in thirty minutes. Where there is none, or Slack does
    not take it any more, the answer is an ephemeral message; where that cannot be, a direct one.

    Args:
        messages: send ephemeral and direct messages.
        url: the `response_url`, empty for none.
        user_id: who is answered.
        channel_id: where they are, empty where that is not known.
        replace: see `Reply`.
    """

    def __init__(
        self, messages: DirectMessages, url: str, user_id: str, channel_id: str, *, replace: bool
    ) -> None:
        self._messages = messages
        self._reply = Reply(url, replace=replace) if url else None
        self._user_id = user_id
        self._channel_id = channel_id

    def __call__(self, message: Message) -> None:
        """Answer. Raises nothing: where Slack takes no message at all, only the log can know."""
        if self._reply is not None:
            try:
                self._reply(message)
            except NotifierError as error:
                _log.info("response_url not taken", problem=str(error))
            else:
                return
        self._messages.send_ephemeral(self._user_id, self._channel_id, message)
