"""Finds the fixes that are so recent that AWS may still return what it had before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.stale_reads import is_recent

if TYPE_CHECKING:
    from bot.domain.contacts import ContactType
    from bot.domain.fixes import Fix
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository


class RecentFixes:
    """Recent fixes by their contact. Safe to call from several threads.

    Args:
        records: the record of fixes.
        clock: the time.
    """

    def __init__(self, records: FixRepository, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def of(self, account_id: str, contact_type: ContactType) -> Fix | None:
        """The last fix of a contact that reached AWS, if reads may still be stale.

        Raises:
            StoreError: the database can't be read.
        """
        latest = self._records.latest(account_id, contact_type)
        if latest is None or not is_recent(latest, self._clock.now()):
            return None
        return latest
