"""Reads an account's contacts for a scan, again if the first reading may be outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import NO_CONTACT
from bot.domain.errors import GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.readings import Absent, Present, Unreadable
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from bot.domain.contacts import ContactType
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.services.ports.aws import ContactGateway

MAX_REREADS: Final = 3
"""More readings of one contact at most. If no two in a row agree, the next scan reads it again."""

REREAD_INTERVAL: Final = 2.0
"""Seconds between two readings: AWS may return an older value for seconds after a change."""


class ContactReader:
    """Reads contacts for one scan. Safe to call from several threads.

    Args:
        gateway: AWS.
        recent_fixes: the fingerprints of what fixes wrote that were just verified, by (account id,
            type).
        ensure_running: raises GatewayError once the scan is over.
        stopping: set when nothing more may be read.
        reread_interval: seconds between two readings of a contact that contradicts such a fix.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        recent_fixes: Mapping[tuple[str, ContactType], str],
        ensure_running: Callable[[], None],
        stopping: threading.Event,
        reread_interval: float = REREAD_INTERVAL,
    ) -> None:
        self._gateway = gateway
        self._recent_fixes = recent_fixes
        self._ensure_running = ensure_running
        self._stopping = stopping
        self._reread_interval = reread_interval

    def read(
        self, account_id: str, types: Iterable[ContactType]
    ) -> tuple[dict[ContactType, ContactReading], frozenset[ContactType]]:
        """Read an account's contacts of these types.

        Returns:
            The readings, and the types that contradict a recent fix in two readings in a row.

        Raises:
            GatewayError: the scan is over, or nothing can be concluded about the account.
        """
        readings: dict[ContactType, ContactReading] = {}
        reread = set()
        for contact_type in types:
            reading = self._read(account_id, contact_type)
            fixed_to = self._recent_fixes.get((account_id, contact_type))
            for _ in range(MAX_REREADS):
                if fixed_to is None or not _contradicts(reading, fixed_to):
                    break
                self._stopping.wait(self._reread_interval)
                before, reading = reading, self._read(account_id, contact_type)
                if reading == before:
                    reread.add(contact_type)
                    break
            readings[contact_type] = reading
        return readings, frozenset(reread)

    def primary(self, account_id: str) -> PrimaryContact | Failure:
        """Read an account's primary contact.

        Raises:
            GatewayError: see `read`.
        """
        primary = self._gateway.primary_contact(account_id, Priority.SCAN)
        if isinstance(primary, Failure):
            _check_conclusive(primary)
        return primary

    def _read(self, account_id: str, contact_type: ContactType) -> ContactReading:
        self._ensure_running()
        reading = self._gateway.read(account_id, contact_type, Priority.SCAN)
        if isinstance(reading, Unreadable):
            _check_conclusive(reading.failure)
        return reading


def _contradicts(reading: ContactReading, fixed_to: str) -> bool:
    """Whether a contact could be read, and is not what a fix wrote."""
    match reading:
        case Present(contact):
            return contact.fingerprint != fixed_to
        case Absent():
            return fixed_to != NO_CONTACT
        case _:
            return False


def _check_conclusive(why: Failure) -> None:
    """Raise GatewayError if a failed reading says nothing about its account."""
    if why.cause.of_the_caller or why.cause is FailureCode.NOT_REACHED:
        raise GatewayError(why)
