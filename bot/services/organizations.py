"""Several organizations as one: sends each account's calls to the gateway of its organization."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Unreadable
from bot.domain.run_summary import slowest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.fixes import WriteOrigin
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.domain.run_summary import WritePace
    from bot.services.ports.aws import ContactGateway, ContactReader, Priority
    from bot.services.ports.store import AccountRepository

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """The accounts that could be listed, and why those of other organizations couldn't be.

    `failures` is by the organization's name; accounts that were listed before a failure are
    included.
    """

    accounts: tuple[Account, ...]
    failures: Mapping[str, Failure] = field(default_factory=dict)


class OrganizationRouter:
    """All AWS gateways as one `Contacts`. Safe to use from several threads.

    An account belongs to the organization in which it was last listed. If there is only one
    gateway, it gets all calls.

    Args:
        gateways: at least one, with distinct names.
        accounts: the accounts as last listed.
    """

    def __init__(self, gateways: Sequence[ContactGateway], accounts: AccountRepository) -> None:
        self.all = tuple(gateways)
        self._by_name = {gateway.name: gateway for gateway in self.all}
        self._accounts = accounts
        self._lock = threading.Lock()
        self._listed: dict[str, str] = {}

    def pace(self) -> WritePace:
        """How many contacts a run writes a second: as many as the slowest gateway does."""
        return slowest(gateway.pace() for gateway in self.all)

    def accounts(self) -> Listing:
        """List every account of every organization; a failure of one doesn't stop the others."""
        accounts: list[Account] = []
        failures: dict[str, Failure] = {}
        for gateway in self.all:
            try:
                gateway.scope()
                accounts += gateway.accounts()
            except GatewayError as error:
                failures[gateway.name] = error.failure
                cause = error.failure.cause.value
                _log.warning("accounts not listed", organization=gateway.name, cause=cause)
        with self._lock:
            self._listed.update((account.id, account.organization) for account in accounts)
        return Listing(tuple(accounts), failures)

    def for_account(self, account_id: str) -> ContactGateway:
        """The gateway of this account's organization.

        Raises:
            GatewayError: there is none, or no longer one.
            StoreError: the database can't be read.
        """
        if len(self.all) == 1:
            return self.all[0]
        account = self._accounts.get(account_id)
        with self._lock:
            name = account.organization if account is not None else self._listed.get(account_id)
        gateway = self._by_name.get(name) if name is not None else None
        if gateway is None:
            raise GatewayError(_nowhere(name))
        return gateway

    def read(
        self, account_id: str, contact_type: ContactType, priority: Priority
    ) -> ContactReading:
        """Read one contact. Failures of AWS are returned, not raised.

        Raises:
            StoreError: the account's organization couldn't be looked up.
        """
        try:
            gateway = self.for_account(account_id)
        except GatewayError as error:
            return Unreadable(error.failure)
        return gateway.read(account_id, contact_type, priority)

    def write(
        self,
        account_id: str,
        contact_type: ContactType,
        contact: AlternateContact,
        origin: WriteOrigin,
    ) -> str:
        """Write one contact, overwriting what is there; returns AWS's id of the request.

        Raises:
            ContactRefused: AWS rejected fields, and named them.
            GatewayError: the write failed or got no answer, or the account is in none of the
                checked organizations.
            StoreError: the account's organization couldn't be looked up; nothing was written.
        """
        return self.for_account(account_id).write(account_id, contact_type, contact, origin)

    def delete(self, account_id: str, contact_type: ContactType, origin: WriteOrigin) -> str:
        """Remove one contact; returns AWS's id of the request. None set is no failure.

        Raises:
            GatewayError: the request failed, or got no answer, or the account is in none of the
                checked organizations.
            StoreError: the account's organization couldn't be looked up; nothing was changed.
        """
        return self.for_account(account_id).delete(account_id, contact_type, origin)

    def reader(self) -> ContactReader:
        """The same accounts, without any way to change them."""
        return ReadOnlyContacts(self)

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Failures of AWS are returned, not raised.

        Raises:
            StoreError: the account's organization couldn't be looked up.
        """
        try:
            gateway = self.for_account(account_id)
        except GatewayError as error:
            return error.failure
        return gateway.primary_contact(account_id, priority)

    def close(self) -> None:
        """Stop making calls: waiting calls fail."""
        for gateway in self.all:
            gateway.close()


class ReadOnlyContacts:
    """Contacts that can be read, and by construction not changed. Safe to use from several threads.

    Args:
        contacts: what is read.
    """

    __slots__ = ("primary_contact", "read")

    def __init__(self, contacts: ContactReader) -> None:
        self.read = contacts.read
        self.primary_contact = contacts.primary_contact


def _nowhere(organization: str | None) -> Failure:
    """Why an account of this organization has no gateway; None means it was never listed."""
    if organization:
        return failure(
            FailureCode.NOT_KNOWN,
            message=f"The account belongs to the organization “{organization}”, which the bot no "
            "longer checks.",
            remedy=f"Add an [[aws]] section with the name “{organization}” to the settings. If the "
            "account moved to another organization, check again.",
        )
    return failure(
        FailureCode.NOT_KNOWN,
        message="Couldn't find out which organization the account is in.",
        remedy="Check again: each check lists the accounts of every organization.",
    )
