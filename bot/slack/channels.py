"""Which channel an announcement goes to: the one that the policy names, else that for alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import NotifierError, PostRefused
from bot.slack.channel import AlertChannel
from bot.slack.views.blocks import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk import WebClient

    from bot.domain.announcements import Announcement

_log = structlog.get_logger(__name__)

_CLOSED: Final = {
    "channel_not_found": (
        "there is no such channel that the bot can see.",
        "Check it in the policy; invite the bot first where the channel is private.",
    ),
    "is_archived": ("it is archived.", "Unarchive it, or name another in the policy."),
    "not_in_channel": ("the bot is not in it.", "In that channel type: /invite @altcontact"),
    "restricted_action": (
        "a workspace setting keeps the bot from posting there.",
        "Ask a workspace admin to let the app post there.",
    ),
}
"""Slack's words for what closes one channel and no other, in words and with the mend."""


@dataclass(frozen=True, slots=True)
class Route:
    """A channel that can be posted to; `fallback_reason` says why it is not the one meant."""

    channel: AlertChannel
    id: str
    fallback_reason: str = ""


class Channels:
    """The channel for alerts, and those that the policy names, each found once.

    Args:
        client: a client whose calls may be tried again.
        default: the channel for alerts.
    """

    def __init__(self, client: WebClient, default: AlertChannel) -> None:
        self._client = client
        self._default = default
        self._named: dict[str, AlertChannel] = {}
        self._told: set[str] = set()

    def place(self, announcement: Announcement) -> Route:
        """Where an announcement goes.

        Raises:
            PostRefused: no channel can be had for it just now, so surely nothing was posted.
        """
        wanted = announcement.channel
        if not wanted:
            return self._alerts("")
        channel = self._channel(wanted)
        try:
            place = Route(channel, channel.id())
        except NotifierError as error:
            return self.instead(announcement, error)
        self._told.discard(wanted)
        return place

    def instead(self, announcement: Announcement, error: NotifierError) -> Route:
        """Where an announcement goes if this kept it from its own channel.

        Raises:
            PostRefused: it goes to its own channel, later; or the one for alerts cannot be had.
        """
        wanted = announcement.channel
        if not wanted or error.code not in _CLOSED:
            raise _refused(error) from error
        words, remedy = _CLOSED[error.code]
        if wanted not in self._told:
            self._told.add(wanted)
            _log.warning(
                "a channel of the policy is closed", channel=wanted, problem=words, mend=remedy
            )
        return self._alerts(_astray(wanted, f"{words} {remedy}"))

    def all_of(self, announcement: Announcement) -> Iterator[Route]:
        """Every channel that an announcement may stand in, its own first.

        Raises:
            PostRefused: one cannot be had just now.
        """
        first = self.place(announcement)
        yield first
        if announcement.channel and not first.fallback_reason:
            yield self._alerts("")

    def fallback_reason(self, announcement: Announcement) -> str:
        """Why an announcement that was sent is not where the policy has it; empty if it is."""
        wanted = announcement.channel
        if not wanted:
            return ""
        try:
            if announcement.channel_id != self._default.id():
                return ""
            if announcement.channel_id == self._channel(wanted).id():
                return ""
        except NotifierError as error:
            words, remedy = _CLOSED.get(error.code, ("", ""))
            return _astray(wanted, f"{words} {remedy}") if words else ""
        return _astray(wanted, "that could not be posted to then.")

    def _channel(self, wanted: str) -> AlertChannel:
        channel = self._named.get(wanted)
        if channel is None:
            channel = self._named[wanted] = AlertChannel(self._client, wanted)
        return channel

    def _alerts(self, fallback_reason: str) -> Route:
        try:
            return Route(self._default, self._default.id(), fallback_reason)
        except NotifierError as error:
            raise _refused(error) from error


def _astray(wanted: str, why: str) -> str:
    return f":warning: This was meant for {escape(wanted)}: {escape(why)}"


def _refused(error: NotifierError) -> PostRefused:
    return PostRefused(
        str(error),
        error.remedy,
        code=error.code,
        retry_after=error.retry_after,
        permanent=error.permanent,
    )
