"""What the listeners work with, handed to them in one piece by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.slack.guide import Guide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.doctor import Line
    from bot.errors import NotifierError
    from bot.policy import Policy
    from bot.ports import Clock, ContactGateway, Store
    from bot.remediate import Remediator
    from bot.scan import Scanner
    from bot.slack.desk import Desk
    from bot.slack.directory import Directory
    from bot.slack.fixers import SlackFixers


class Timetable(Protocol):
    """Tells when the next check is due."""

    def next_check(self) -> datetime | None:
        """The next check; None where none is planned."""
        ...


class Outbox(Protocol):
    """Tells what keeps announcements from being sent."""

    @property
    def problem(self) -> NotifierError | None:
        """Why nothing can be announced just now, if so."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The use cases and adapters that listeners call; `examine` makes the doctor's checks."""

    client: WebClient
    clock: Clock
    desk: Desk
    directory: Directory
    examine: Callable[[], Iterator[Line]]
    fixers: SlackFixers
    gateway: ContactGateway
    outbox: Outbox
    phone_region: str | None
    policy: Policy
    remediator: Remediator
    scanner: Scanner
    store: Store
    timetable: Timetable
    guide: Guide = field(default_factory=Guide)
