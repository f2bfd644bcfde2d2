"""Several organizations as one: every account's calls go to the gateway that has it in scope."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.readings import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.failures import Failure
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.services.ports.aws import ContactGateway, Priority
    from bot.services.ports.store import AccountRepository

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """The accounts that could be listed, and why those of other organizations could not.

    `failures` is by the organization's name; accounts listed before a failure are among them.
    """

    accounts: tuple[Account, ...]
    failures: Mapping[str, Failure] = field(default_factory=dict)


class OrganizationRouter:
    """AWS by each of its callers, as `Contacts`. Safe to use from several threads.

    An account belongs to the organization that it was last listed in. Where there is one gateway
    everything goes to it.

    Args:
        gateways: at least one, each with a name of its own.
        accounts: knows where accounts were last listed.
    """

    def __init__(self, gateways: Sequence[ContactGateway], accounts: AccountRepository) -> None:
        self.all = tuple(gateways)
        self._by_name = {gateway.name: gateway for gateway in self.all}
        self._accounts = accounts
        self._lock = threading.Lock()
        self._listed: dict[str, str] = {}

    def accounts(self) -> Listing:
        """List every account of every organization; one that fails stops no other."""
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
        """The gateway that has this account in scope.

        Raises:
            GatewayError: there is none, or not any longer.
            StoreError: it could not be looked up.
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
        """Read one contact. Never raises for what AWS answers or fails to answer.

        Raises:
            StoreError: the account's organization could not be looked up.
        """
        try:
            gateway = self.for_account(account_id)
        except GatewayError as error:
            return Unreadable(error.failure)
        return gateway.read(account_id, contact_type, priority)

    def write(self, account_id: str, contact_type: ContactType, contact: AlternateContact) -> None:
        """Write one contact, overwriting what is there.

        Raises:
            ContactRefused: AWS named the fields it does not take.
            GatewayError: AWS did not say that it took it, or the account is in no organization
                that is looked after.
            StoreError: the account's organization could not be looked up; nothing was written.
        """
        self.for_account(account_id).write(account_id, contact_type, contact)

    def primary_contact(self, account_id: str, priority: Priority) -> PrimaryContact | Failure:
        """Read an account's primary contact. Never raises for what AWS answers or does not.

        Raises:
            StoreError: the account's organization could not be looked up.
        """
        try:
            gateway = self.for_account(account_id)
        except GatewayError as error:
            return error.failure
        return gateway.primary_contact(account_id, priority)

    def close(self) -> None:
        """Make no more calls: whoever waits for a turn or another try is sent away."""
        for gateway in self.all:
            gateway.close()


def _nowhere(organization: str | None) -> Failure:
    """Why there is no gateway for an account of this organization; None: it was never listed."""
    if organization:
        return failure(
            FailureCode.NOT_KNOWN,
            message=f"The account was listed in the organization “{organization}”, which is not "
            "among those that the bot looks after any longer.",
            remedy=f"Give the settings an [[aws]] table with the name “{organization}” again, or "
            "check again if the account is in another organization now.",
        )
    return failure(
        FailureCode.NOT_KNOWN,
        message="It is not known which organization the account is in.",
        remedy="Check again: each check lists every organization's accounts anew.",
    )
