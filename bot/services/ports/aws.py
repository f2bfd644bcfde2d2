"""What the use cases need from AWS: contacts, and the accounts of an organization.

Only domain types cross.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.readings import ContactReading, PlacementsReading, UnitsReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.domain.scope import Scope


class Priority(IntEnum):
    """Who goes first where AWS's quota makes calls wait."""

    FIX = 0
    INTERACTIVE = 1
    SCAN = 2


class Contacts(Protocol):
    """The contacts of every account in scope. Safe to call from several threads."""

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Never raises for what AWS answers or fails to answer."""
        ...

    def write(self, account_id: str, contact_type: ContactType, contact: AlternateContact) -> None:
        """Write one contact, overwriting what is there.

        Raises:
            ContactRefused: AWS named the fields it does not take.
            GatewayError: AWS did not say that it took it.
        """
        ...

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Never raises for what AWS answers or does not."""
        ...


class ContactGateway(Contacts, Protocol):
    """AWS as one caller sees it: an organization or an account."""

    @property
    def name(self) -> str:
        """The name of its `[[aws]]` table; empty where there is none. Its accounts carry it."""
        ...

    def scope(self) -> Scope:
        """Find out anew who is calling and what that puts in scope.

        Raises:
            GatewayError: it could not be found out, or the scope asked for is not to be had.
        """
        ...

    def accounts(self) -> Iterator[Account]:
        """List every account in scope, page by page as AWS hands them out.

        An account of which AWS gives the path has its `units`, with empty names.

        Raises:
            GatewayError: a page could not be had; those before it were yielded.
        """
        ...

    def units(self) -> UnitsReading:
        """Walk the organizational units; one that cannot be listed ends no other's listing.

        Empty where no organization is in scope. The root is no OU.

        Raises:
            GatewayError: nothing could be listed.
        """
        ...

    def placements(self, units: Iterable[str]) -> PlacementsReading:
        """Which OU each account is in; one that cannot be listed ends no other's listing.

        Args:
            units: the ids of all OUs; the root is asked besides.

        Raises:
            GatewayError: nothing could be listed.
        """
        ...

    def tags(self, account_id: str) -> Mapping[str, str]:
        """An account's tags.

        Raises:
            GatewayError: they could not be read.
        """
        ...

    def close(self) -> None:
        """Make no more calls: whoever waits for a turn or another try is sent away."""
        ...
