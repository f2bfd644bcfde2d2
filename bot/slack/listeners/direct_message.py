"""Direct messages to the bot: each is answered with the help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.actors import actor_of
from bot.slack.membership import SLACKBOT
from bot.slack.payloads import find, find_text, user_id

if TYPE_CHECKING:
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.listeners.help import HelpListener
    from bot.slack.readers import SlackReaders

_DIRECT = "im"
_NOT_TYPED = ("bot_id", "app_id", "bot_profile", "subtype", "hidden", "edited")
"""Members of messages that a bot wrote, or that tell of something else than a new message."""


class DirectMessageListener:
    """Answers people who write to the bot.

    Args:
        messages: reach one person.
        help_: says what can be typed.
        readers: who gets an answer at all.
    """

    def __init__(
        self, messages: DirectMessages, help_: HelpListener, readers: SlackReaders
    ) -> None:
        self._messages = messages
        self._help = help_
        self._readers = readers

    def answer(self, body: dict[str, Any]) -> None:
        """Answer a message that a person wrote to the bot; what bots write would go on forever.

        Raises:
            NotAllowed: the person isn't from this workspace.
        """
        if not _is_typed(body):
            return
        self._readers.access(actor_of(body))
        author, thread = user_id(body), find_text(body, "event", "thread_ts")
        self._help.answer(lambda message: self._messages.send(author, message, thread_ts=thread))


def _is_typed(body: dict[str, Any]) -> bool:
    """Whether a person wrote a new message to the bot itself."""
    event = find(body, "event")
    if not isinstance(event, dict) or event.get("channel_type") != _DIRECT:
        return False
    return user_id(body) not in {"", SLACKBOT} and not any(event.get(name) for name in _NOT_TYPED)
