"""Sends messages to one person: next to the person's action, or as a direct message."""

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
    """Sends messages that only one person sees. Safe to call from several threads.

    Args:
        client: a client that retries.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def reply_to(self, body: Mapping[str, Any], *, replace: bool = True) -> PrivateReply:
        """The reply for the person of a payload.

        Args:
            body: of a command, an action or a submission.
            replace: whether an answer replaces the last one, or the message whose button was
                pressed; see `Reply`.
        """
        return PrivateReply(
            self,
            payloads.response_url(body),
            payloads.user_id(body),
            payloads.channel_id(body),
            replace=replace,
        )

    def send_ephemeral(self, user_id: str, channel_id: str, message: Message) -> None:
        """Send a message to one person: in the current channel, or else as a direct message."""
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
        """Send a direct message, which persists; a failure is only logged.

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
            # Slack may reject the blocks; the text alone also says what happened.
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
    """Answers one person, in the first way that works.

    A `response_url` accepts five answers in thirty minutes. Without one, or if it no longer works,
    the answer is an ephemeral message, or else a direct one.

    Args:
        messages: sends ephemeral and direct messages.
        url: the `response_url`; empty if there is none.
        user_id: the person.
        channel_id: the person's channel; empty if unknown.
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
        """Answer. Never raises: if Slack accepts no message at all, that is only logged."""
        if self._reply is not None:
            try:
                self._reply(message)
            except NotifierError as error:
                _log.info("response_url not taken", problem=str(error))
            else:
                return
        self._messages.send_ephemeral(self._user_id, self._channel_id, message)
