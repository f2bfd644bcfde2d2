"""The button **Check again** in an alert: checks all accounts, as `/altcontact check` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.slack.actors import actor_of
from bot.slack.payloads import channel_id

if TYPE_CHECKING:
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.listeners.scan_progress import ScanListener


class CheckAgainListener:
    """Starts a check for the person who pressed the button, or joins the one that is running.

    Args:
        scan: starts checks of all accounts, within each person's limit.
        messages: answer who pressed it.
    """

    def __init__(self, scan: ScanListener, messages: DirectMessages) -> None:
        self._scan = scan
        self._messages = messages

    def press(self, body: dict[str, Any]) -> None:
        """The button was pressed.

        Raises:
            NotAllowed: the person isn't a member of this workspace.
            TooManyChecks: they started too many lately, and none is running.
        """
        # Everybody sees the alert, so no answer may replace it.
        reply = self._messages.reply_to(body, replace=False)
        self._scan.start(actor_of(body), channel_id(body), reply)
