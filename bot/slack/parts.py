"""What the listeners work with, handed to them in one piece by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bot.slack.row_links import RowLinkResolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from slack_sdk import WebClient

    from bot.config.policy_reload import Reloaded
    from bot.domain.errors import NotifierError
    from bot.services.account_policy import AccountPolicies
    from bot.services.doctor import CheckResult
    from bot.services.exempt import ExemptionService
    from bot.services.find_account import AccountFinder
    from bot.services.fix import FixService
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store
    from bot.services.scan.scanner import Scanner
    from bot.services.show_account import AccountViewService
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
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
    """The use cases and adapters that listeners call.

    `examine` makes the doctor's checks, and `reload` applies the policy file.
    """

    client: WebClient
    clock: Clock
    directory: AccountFinder
    examine: Callable[[], Iterator[CheckResult]]
    exempting: ExemptionService
    fixers: SlackFixers
    gateway: Contacts
    look: AccountViewService
    messages: DirectMessages
    outbox: Outbox
    phone_region: str | None
    policies: AccountPolicies
    reload: Callable[[], Reloaded]
    remediator: FixService
    scanner: Scanner
    store: Store
    tasks: BackgroundTasks
    timetable: Timetable
    row_links: RowLinkResolver = field(default_factory=RowLinkResolver)
