"""What the doctor asks of a database, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, TypeVar

from bot.services.doctor import CheckResult, Section
from bot.store.audit_log import has_entry
from bot.store.checkpoints import checkpoint_status
from bot.store.leadership import leader
from bot.store.mappers import to_scan
from bot.store.scans import LAST, listed_before
from bot.store.slack_health import other_bots, waiting_alerts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.checkpoints import CheckpointStatus, LogHead
    from bot.domain.leadership import Leader
    from bot.domain.scans import Scan
    from bot.domain.scope import KnownOrganization
    from bot.domain.slack_health import OtherBots, WaitingAlerts
    from bot.services.doctor import Check, State
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Transaction

_Found = TypeVar("_Found")

FILE_SYSTEM: Final = "File system"
"""The name of the line about the file system of a database file."""


class DatabaseChecks(ABC):
    """The checks of one database. They create no file and no tables, and write nothing.

    Each read returns None if there is nothing to read, or no database yet. It raises `StoreError`
    if the database can't be read, or belongs to another program.
    """

    @abstractmethod
    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""

    @abstractmethod
    def _read(self, table: str, read: Callable[[Transaction], _Found | None]) -> _Found | None:
        """Read something; None if there is no database yet, or one without the table."""

    def last_scan(self) -> Scan | None:
        """The newest scan that ended by itself."""
        return self._read("scans", _last_scan)

    def listed_before(self, organization: str, account_id: str) -> KnownOrganization | None:
        """The organization that scans listed, if other accounts of it are still known."""
        return self._read("scans", lambda db: listed_before(db, organization, account_id))

    def waiting(self) -> WaitingAlerts | None:
        """The alerts waiting to be posted."""
        return self._read("other_bots", waiting_alerts)

    def others(self) -> OtherBots | None:
        """Other bots on the same Slack app."""
        return self._read("other_bots", other_bots)

    def leader(self, clock: Clock) -> Leader | None:
        """Which replica leads.

        Args:
            clock: the time of a database that has none of its own.
        """
        return self._read("leader", lambda db: leader(db, db.now(clock)))

    def checkpoints(self, destination: str) -> CheckpointStatus | None:
        """How writing checkpoints to a destination goes."""
        return self._read("checkpoints", lambda db: checkpoint_status(db, destination))

    def has_entry(self, head: LogHead) -> bool | None:
        """Whether the audit log has an entry."""
        return self._read("audit", lambda db: has_entry(db, head))


def check_result(
    name: str, state: State, message: str, remedy: str = "", snippet: str = ""
) -> CheckResult:
    """What a check of the database found."""
    return CheckResult(Section.DATABASE, name, state, message, remedy, snippet)


def _last_scan(db: Transaction) -> Scan | None:
    row = db.row(LAST)
    return to_scan(row) if row is not None else None
