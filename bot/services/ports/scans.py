"""The port to scans: which process runs one, its progress, and its results.

As for all ports to the database, every method is one transaction, and raises `StoreError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.findings import AccountResult
    from bot.domain.scans import Changes, Scan, ScanReport, Trigger
    from bot.domain.scope import KnownOrganization


@dataclass(frozen=True, slots=True)
class ScanClaim:
    """The result of a claim: the running scan, and whether the caller has to run it."""

    scan: Scan
    granted: bool


class ScanRepository(Protocol):
    """Scans: which process runs one, its progress, and its results."""

    def claim(self, trigger: Trigger) -> ScanClaim:
        """Begin a scan unless one is running, here or in another process with this database.

        A scan whose process is gone, or whose claim was not renewed in time, is marked `CUT_OFF`.
        """
        ...

    def renew(self, scan_id: int, done: int, total: int | None) -> bool:
        """Record that a scan is still running, and its progress; false if its claim was lost."""
        ...

    def progress(self, scan_id: int) -> tuple[int, int | None]:
        """A running scan's progress: accounts (done, in total if all are listed)."""
        ...

    def record(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        """Record a scan: accounts, contacts, findings and announcements, all or nothing.

        Results of accounts that were not scanned change nothing. Findings of accounts that were not
        listed are only resolved by a complete scan of an organization. A reading that began before
        a fix of the same contact was applied, or shortly after it, does not contradict the fix.

        Raises:
            StoreError: also if the claim on this scan was lost.
        """
        ...

    def get(self, scan_id: int) -> Scan | None:
        """One scan."""
        ...

    def last(self) -> Scan | None:
        """The newest scan that ended by itself (not cut off, not stopped halfway)."""
        ...

    def report(self, scan_id: int) -> ScanReport:
        """A recorded scan with its accounts; `changes` has what it opened and resolved."""
        ...

    def listed_before(self, organization: str, account_id: str) -> KnownOrganization | None:
        """The organization that scans listed, if other accounts of it are still known.

        Args:
            organization: the name of the `[[aws]]` section, empty without one.
            account_id: the calling account, which doesn't count.
        """
        ...

    def cut_off_dead(self) -> int:
        """Mark the scans whose process is gone; how many there were."""
        ...
