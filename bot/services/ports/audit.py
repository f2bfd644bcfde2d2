"""The port to the audit log; `bot.services.ports.store` says what all ports promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.audit import AuditEntry, AuditRecord


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest entry of the log: its number, which is also how many there are, and its hash."""

    number: int
    hash: str


class AuditRepository(Protocol):
    """The audit log. What other repositories change, they put on record themselves."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry that belongs to no other transaction."""
        ...

    def head(self) -> ChainHead:
        """The newest entry; number 0 and `GENESIS` if there is none."""
        ...

    def entries(self, account_id: str = "", since: datetime | None = None) -> Iterator[AuditRecord]:
        """Entries, oldest first, read in batches: of one account or of all, since a moment."""
        ...

    def page(self, account_id: str, limit: int, offset: int = 0) -> tuple[list[AuditRecord], int]:
        """Entries about an account except commands, newest first, and how many there are."""
        ...

    def redact(self, before: datetime, account_id: str, actor: str) -> int:
        """Wipe the contacts of older entries, of one account or of all, and put that on record.

        Args:
            before: entries recorded before this moment are wiped.
            account_id: the account; empty for all.
            actor: who does it.

        Returns:
            How many entries were wiped. If none was, nothing is put on record.
        """
        ...
