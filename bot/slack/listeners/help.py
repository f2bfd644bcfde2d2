"""`/altcontact help`: the commands, and the state of the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.slack.views.help import help_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.slack_health import WaitingAlerts
    from bot.services.ports.scans import ScanRepository
    from bot.slack.fixers import SlackFixers
    from bot.slack.views.message import Message


class HelpListener:
    """Shows the help. Callers refuse people of other workspaces first.

    Args:
        scans: the last scan.
        fixers: who may change contacts.
        next_check: when the next check is due; None if none is scheduled.
        waiting: reads the alerts that are waiting to be posted.
    """

    def __init__(
        self,
        scans: ScanRepository,
        fixers: SlackFixers,
        next_check: Callable[[], datetime | None],
        waiting: Callable[[], WaitingAlerts | None],
    ) -> None:
        self._scans = scans
        self._fixers = fixers
        self._next_check = next_check
        self._waiting = waiting

    def answer(self, reply: Callable[[Message], None], unknown: str = "") -> None:
        """Show the help; `unknown` is the word that is no command, if that is why."""
        reply(
            help_message(
                last_scan=self._scans.last(),
                next_check=self._next_check(),
                fixers=self._fixers.who,
                read_only=self._fixers.read_only,
                waiting=self._waiting(),
                unknown=unknown,
            )
        )
