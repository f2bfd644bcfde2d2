"""Finds the channels of announcements by their names in the settings and the policy.

An announcement goes to the policy's channel, or else to the default channel for alerts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.domain.errors import NotifierError, PostRefused
from bot.slack.client import CALL_ERRORS, explain
from bot.slack.refusals import closes_channel
from bot.slack.transport_errors import required
from bot.slack.views.blocks import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slack_sdk import WebClient

    from bot.domain.announcements import Announcement

_log = structlog.get_logger(__name__)

_PAGE_SIZE: Final = 200
"""Channels per page: Slack recommends at most 200, and allows 1,000."""


class NoSuchChannel(NotifierError):
    """The bot sees no channel of that name.

    `closest` is the `#name` that was probably meant, or empty. It may be a private channel's, so
    it isn't in the message, which everybody in the workspace can see.
    """

    def __init__(self, setting: str, names: Sequence[str] = ()) -> None:
        super().__init__(
            f"There is no channel {setting} that the bot can see.",
            "Check ALTCONTACT_CHANNEL, or “channel” in altcontact.toml. If the channel is private, "
            "invite the bot first.",
            code="channel_not_found",
            permanent=True,
        )
        self.closest = next(iter(get_close_matches(setting, names, n=1)), "")


class AlertChannel:
    """Finds a channel once, and caches its id until `forget` is called.

    Args:
        client: a client that retries.
        setting: a channel id (`C…`, `G…`) or `#name`.
    """

    def __init__(self, client: WebClient, setting: str) -> None:
        self._client = client
        self._setting = setting
        self._id = ""
        self._lock = threading.Lock()

    def id(self) -> str:
        """The channel's id.

        Raises:
            NotifierError: the channel doesn't exist or is archived, the bot isn't in it, or Slack
                can't be reached.
        """
        with self._lock:
            if not self._id:
                self._id = self._find()
            return self._id

    def forget(self) -> None:
        """Look the channel up again next time: it may have been archived, renamed or left."""
        with self._lock:
            self._id = ""

    def _find(self) -> str:
        try:
            if self._setting.startswith("#"):
                channel = self._named(self._setting)
            else:
                answer = self._client.conversations_info(channel=self._setting)
                channel = required(answer, "channel", dict)
        except CALL_ERRORS as error:
            raise explain(error) from error
        if channel.get("is_archived"):
            raise NotifierError(
                f"The channel {self._setting} is archived.",
                "Unarchive it, or name another in ALTCONTACT_CHANNEL.",
                code="is_archived",
                permanent=True,
            )
        if not channel.get("is_member", True):
            raise NotifierError(
                f"The bot is not in the channel {self._setting}.",
                "In that channel, type: /invite @altcontact",
                code="not_in_channel",
                permanent=True,
            )
        return str(channel["id"])

    def _named(self, setting: str) -> dict[str, Any]:
        cursor = ""
        names: list[str] = []
        while True:
            page = self._client.conversations_list(
                types="public_channel,private_channel", limit=_PAGE_SIZE, cursor=cursor
            )
            for channel in required(page, "channels", list):
                if not isinstance(channel, dict):
                    continue
                name = f"#{channel.get('name')}"
                if name == setting:
                    return channel
                names.append(name)
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                raise NoSuchChannel(setting, names)


@dataclass(frozen=True, slots=True)
class Route:
    """A channel to post to; `fallback_reason` says why it isn't the intended one."""

    channel: AlertChannel
    id: str
    fallback_reason: str = ""


class Channels:
    """The channel for alerts and the policy's channels, each looked up once.

    Args:
        client: a client that retries.
        default: the channel for alerts.
    """

    def __init__(self, client: WebClient, default: AlertChannel) -> None:
        self._client = client
        self._default = default
        self._named: dict[str, AlertChannel] = {}
        self._reported: set[str] = set()

    def route(self, announcement: Announcement) -> Route:
        """Where an announcement goes.

        Raises:
            PostRefused: no channel is available now, so nothing was posted.
        """
        wanted = announcement.channel
        if not wanted:
            return self._alerts("")
        channel = self._channel(wanted)
        try:
            route = Route(channel, channel.id())
        except NotifierError as error:
            return self.fallback(announcement, error)
        self._reported.discard(wanted)
        return route

    def fallback(self, announcement: Announcement, error: NotifierError) -> Route:
        """Where an announcement goes if this failure keeps it from its own channel.

        Raises:
            PostRefused: it goes to its own channel later, or the one for alerts is unavailable.
        """
        wanted, closed = announcement.channel, closes_channel(error.code)
        if not wanted or closed is None:
            raise _refused(error) from error
        words, remedy = closed
        if wanted not in self._reported:
            self._reported.add(wanted)
            _log.warning(
                "a channel of the policy is closed", channel=wanted, problem=words, remedy=remedy
            )
        return self._alerts(_fallback_reason(wanted, f"{words} {remedy}"))

    def routes(self, announcement: Announcement) -> Iterator[Route]:
        """Every channel that an announcement may be in, its own first.

        Raises:
            PostRefused: one is unavailable now.
        """
        first = self.route(announcement)
        yield first
        if announcement.channel and not first.fallback_reason:
            yield self._alerts("")

    def fallback_reason(self, announcement: Announcement) -> str:
        """Why a sent announcement isn't in the policy's channel; empty if it is."""
        wanted = announcement.channel
        if not wanted:
            return ""
        try:
            if announcement.channel_id != self._default.id():
                return ""
            if announcement.channel_id == self._channel(wanted).id():
                return ""
        except NotifierError as error:
            closed = closes_channel(error.code)
            return _fallback_reason(wanted, " ".join(closed)) if closed is not None else ""
        return _fallback_reason(wanted, "that could not be posted to then.")

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


def _fallback_reason(wanted: str, why: str) -> str:
    return f":warning: This was meant for {escape(wanted)}: {escape(why)}"


def _refused(error: NotifierError) -> PostRefused:
    return PostRefused(
        str(error),
        error.remedy,
        code=error.code,
        retry_after=error.retry_after,
        permanent=error.permanent,
    )
