"""The channel for alerts: from what the settings call it to a channel id that can be posted to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from bot.domain.errors import NotifierError
from bot.slack.client import CALL_ERRORS, explain

if TYPE_CHECKING:
    from slack_sdk import WebClient

_PAGE: Final = 200
"""Channels asked for at a time; Slack advises no more, and takes 1,000 at most."""


class AlertChannel:
    """Finds the channel once, and keeps its id until told to forget it.

    Args:
        client: a client whose calls may be tried again.
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
            NotifierError: there is no such channel, the bot is not in it, it is archived, or Slack
                cannot be asked.
        """
        with self._lock:
            if not self._id:
                self._id = self._find()
            return self._id

    def forget(self) -> None:
        """Find the channel anew next time: it may have been archived, renamed or left."""
        with self._lock:
            self._id = ""

    def _find(self) -> str:
        try:
            if self._setting.startswith("#"):
                channel = self._named(self._setting.removeprefix("#"))
            else:
                channel = self._client.conversations_info(channel=self._setting)["channel"]
        except CALL_ERRORS as error:
            raise explain(error) from error
        if channel is None:
            raise NotifierError(
                f"There is no channel {self._setting} that the bot can see.",
                "Check ALTCONTACT_CHANNEL; invite the bot first where the channel is private.",
                code="channel_not_found",
                permanent=True,
            )
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
                "In that channel type: /invite @altcontact",
                code="not_in_channel",
                permanent=True,
            )
        return str(channel["id"])

    def _named(self, name: str) -> dict[str, Any] | None:
        cursor = ""
        while True:
            page = self._client.conversations_list(
                types="public_channel,private_channel", limit=_PAGE, cursor=cursor
            )
            for channel in page["channels"]:
                if channel["name"] == name:
                    found: dict[str, Any] = channel
                    return found
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None
