"""`Notifier` on Slack: posts announcements, finds them again, and edits them in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.disclosure import hide_content
from bot.domain.errors import PostRefused
from bot.domain.run_summary import WritePace
from bot.services.ports.slack import Posted
from bot.slack.channels import Channels
from bot.slack.client import CALL_ERRORS, history_error, post_error, update_error
from bot.slack.row_links import RowLinkResolver
from bot.slack.transport_errors import required
from bot.slack.views.announcements import announcement_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.slack.channels import AlertChannel, Route
    from bot.slack.views.finding_rows import RowLinks

EVENT_TYPE: Final = "altcontact_announcement"
"""The metadata type by which the bot recognizes its own announcements."""

_PAGE_SIZE: Final = 200
"""Messages of history a request asks for; Slack recommends no more."""

_MAX_CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far this machine's clock may be ahead of Slack's while searching for a post in doubt."""


class SlackNotifier:
    """Posts to the channel for alerts, or to the channels that the policy names.

    Args:
        posting: a client that makes each call once, and only where it may change messages.
        client: a client that retries calls.
        channel: the channel for alerts.
        row_links: what rows link to.
        pace: returns how many contacts a run writes a second.
    """

    def __init__(
        self,
        posting: WebClient,
        client: WebClient,
        channel: AlertChannel,
        row_links: RowLinkResolver | None = None,
        *,
        pace: Callable[[], WritePace] = WritePace,
    ) -> None:
        self._posting = posting
        self._client = client
        self._channels = Channels(client, channel)
        self._row_links = row_links or RowLinkResolver()
        self._pace = pace

    def post(self, content: AnnouncementContent) -> Posted:
        """Post an announcement. See `Notifier.post`."""
        route = self._channels.route(content.announcement)
        content, links = self._shown(content)
        try:
            return self._post(content, links, route)
        except PostRefused as error:
            if route.fallback_reason:
                raise
            return self._post(content, links, self._channels.fallback(content.announcement, error))

    def _post(self, content: AnnouncementContent, links: RowLinks, route: Route) -> Posted:
        message = announcement_message(content, links, route.fallback_reason)
        payload = {"id": content.announcement.id}
        try:
            answer = self._posting.chat_postMessage(
                channel=route.id,
                text=message.text,
                blocks=message.blocks,
                metadata={"event_type": EVENT_TYPE, "event_payload": payload},
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
            )
            return Posted(required(answer, "channel", str), required(answer, "ts", str))
        except CALL_ERRORS as error:
            route.channel.forget()
            raise post_error(error) from error

    def _shown(self, content: AnnouncementContent) -> tuple[AnnouncementContent, RowLinks]:
        """What a channel sees of an announcement, without contact details, and its links.

        A run has the time that is left of it.

        Everybody in the channel reads it, and Slack keeps it, so who may see contact details
        doesn't matter here.
        """
        links = self._row_links.for_findings(content.findings)
        if content.progress is not None:
            content = replace(content, progress=content.progress.at(self._pace()))
        return hide_content(content), links.hidden()

    def find(self, announcement: Announcement) -> Posted | None:
        """Search its channels for an announcement. See `Notifier.find`."""
        for route in self._channels.routes(announcement):
            posted = self._find(announcement, route)
            if posted is not None:
                return posted
        return None

    def _find(self, announcement: Announcement, route: Route) -> Posted | None:
        since = (announcement.first_tried_at or announcement.created_at) - _MAX_CLOCK_SKEW
        cursor = ""
        while True:
            try:
                page = self._client.conversations_history(
                    channel=route.id,
                    oldest=f"{since.timestamp():.6f}",
                    include_all_metadata=True,
                    limit=_PAGE_SIZE,
                    cursor=cursor or None,
                )
                messages = required(page, "messages", list)
            except CALL_ERRORS as error:
                route.channel.forget()
                raise history_error(error) from error
            for message in messages:
                metadata = message.get("metadata") or {}
                if (
                    metadata.get("event_type") == EVENT_TYPE
                    and metadata.get("event_payload", {}).get("id") == announcement.id
                ):
                    return Posted(route.id, str(message["ts"]))
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None

    def stands(self, announcement: Announcement) -> bool:
        """Whether an announcement is still in its channel. See `Notifier.stands`."""
        try:
            page = self._client.conversations_history(
                channel=announcement.channel_id,
                oldest=announcement.ts,
                latest=announcement.ts,
                inclusive=True,
                limit=1,
            )
        except CALL_ERRORS as error:
            raise history_error(error) from error
        # A deleted message with replies leaves a tombstone in its place.
        return any(
            message.get("ts") == announcement.ts and message.get("subtype") != "tombstone"
            for message in page["messages"]
        )

    def update(self, content: AnnouncementContent) -> None:
        """Edit an announcement in place. See `Notifier.update`."""
        content, links = self._shown(content)
        fallback_reason = self._channels.fallback_reason(content.announcement)
        message = announcement_message(content, links, fallback_reason)
        try:
            self._posting.chat_update(
                channel=content.announcement.channel_id,
                ts=content.announcement.ts,
                text=message.text,
                blocks=message.blocks,
            )
        except CALL_ERRORS as error:
            raise update_error(error) from error
