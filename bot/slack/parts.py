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
    from bot.exempting import Exempting
    from bot.look import AccountLook
    from bot.policy import Policy
    from bot.policy_source import Reloaded
    from bot.ports import Clock, Contacts
    from bot.remediate import Remediator
    from bot.scan import Scanner
    from bot.slack.desk import Desk
    from bot.slack.directory import Directory
    from bot.slack.fixers import SlackFixers
    from bot.store_port import Store


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
    """The use cases and adapters that listeners call.

    `examine` makes the doctor's checks, `policies` gives the policy as it is now, and `reload`
    applies the policy file.
    """

    client: WebClient
    clock: Clock
    desk: Desk
    directory: Directory
    examine: Callable[[], Iterator[Line]]
    exempting: Exempting
    fixers: SlackFixers
    gateway: Contacts
    look: AccountLook
    outbox: Outbox
    phone_region: str | None
    policies: Callable[[], Policy]
    reload: Callable[[], Reloaded]
    remediator: Remediator
    scanner: Scanner
    store: Store
    timetable: Timetable
    guide: Guide = field(default_factory=Guide)
