"""The port to AWS: contacts, and the accounts of an organization.

All parameters and results are domain types.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.fixes import WriteOrigin
    from bot.domain.readings import ContactReading, PlacementsReading, UnitsReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.domain.run_summary import WritePace
    from bot.domain.scope import Scope


class Priority(IntEnum):
    """Which calls go first when AWS's quota makes calls wait.

    `FIX` and `INTERACTIVE`: a person waits, and goes before all else. `RUN` and `SCAN`: a run's
    reads and writes, and a scan's reads; they share what is left evenly. `READ_BACK`: what a run
    wrote is read back with what the run's half leaves, and now and then in any case.
    """

    FIX = 0
    INTERACTIVE = 1
    RUN = 2
    SCAN = 3
    READ_BACK = 4


class ContactReader(Protocol):
    """Reads the contacts of every account in scope. Safe to call from several threads."""

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Failures of AWS are returned, not raised."""
        ...

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Failures of AWS are returned, not raised."""
        ...


class Contacts(ContactReader, Protocol):
    """Reads and changes the contacts of every account in scope."""

    def write(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact,
        origin: WriteOrigin,
    ) -> str:
        """Write one contact, overwriting what is there.

        Returns:
            AWS's id of the request; empty if its answer has none.

        Raises:
            ContactRefused: AWS rejected fields, and named them.
            GatewayError: the write failed, or got no answer.
        """
        ...

    def delete(self, account_id: str, contact_type: ContactType, origin: WriteOrigin) -> str:
        """Remove one contact; it is no failure if none is set.

        Returns:
            AWS's id of the request; empty if its answer has none.

        Raises:
            GatewayError: the request failed, or got no answer.
        """
        ...


class ContactGateway(Contacts, Protocol):
    """AWS as one caller sees it: an organization, or one account."""

    @property
    def name(self) -> str:
        """The name of its `[[aws]]` section, also in its accounts; empty if there is none."""
        ...

    def pace(self) -> WritePace:
        """How many contacts a run writes a second here, and how many it removes."""
        ...

    def scope(self) -> Scope:
        """Find out again who is calling, and which accounts are in scope.

        Raises:
            GatewayError: it couldn't be found out, or the requested scope is unavailable.
        """
        ...

    def accounts(self) -> Iterator[Account]:
        """List every account in scope, page by page.

        If AWS gives an account's path, the account has its `units`, with empty names.

        Raises:
            GatewayError: a page couldn't be read; those before it were yielded.
        """
        ...

    def units(self) -> UnitsReading:
        """Walk the organizational units; a failure of one doesn't stop the others.

        Empty if no organization is in scope. The root isn't an OU.

        Raises:
            GatewayError: nothing could be listed.
        """
        ...

    def placements(self, units: Iterable[str]) -> PlacementsReading:
        """Which OU each account is in; a failure of one OU doesn't stop the others.

        Args:
            units: the ids of all OUs; the root is listed too.

        Raises:
            GatewayError: nothing could be listed.
        """
        ...

    def tags(self, account_id: str) -> Mapping[str, str]:
        """An account's tags.

        Raises:
            GatewayError: they couldn't be read.
        """
        ...

    def close(self) -> None:
        """Stop making calls: waiting calls fail."""
        ...
