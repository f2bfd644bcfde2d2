"""What a person was reported, and a scan that runs, for tests of what tells people how it goes."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from bot.services.scan.scanner import Ticket
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from bot.domain.scans import ScanReport
    from bot.slack.views.message import Message


class Heard:
    """What a person heard, and a way to wait for it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._more = threading.Condition()

    def __call__(self, message: Message) -> None:
        """Hear a message."""
        with self._more:
            self.messages.append(message)
            self._more.notify_all()

    def wait(self, number: int = 1) -> list[str]:
        """Wait for so many messages; their texts."""
        with self._more:
            assert self._more.wait_for(lambda: len(self.messages) >= number, 60)
            return [message.text for message in self.messages]


def ticket(*, joined: bool = False) -> Ticket:
    """A scan that runs."""
    report: Future[ScanReport] = Future()
    return Ticket(data.scan(), report, joined)
