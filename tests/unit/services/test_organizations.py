"""Several organizations as one: where calls go, what is listed, and what has no place any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from bot.domain.errors import GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.fixes import WriteOrigin
from bot.domain.readings import Present, Unreadable
from bot.domain.rules.facts import PrimaryContact
from bot.services.organizations import OrganizationRouter
from bot.services.ports.aws import Priority
from tests.unit.fakes import (
    CONTACT,
    OTHER,
    SECURITY,
    FakeGateway,
    account,
    gateway_error,
)

if TYPE_CHECKING:
    from bot.domain.accounts import Account
    from bot.services.ports.store import AccountRepository

NAMES = ("corp", "acquired")

ORIGIN = WriteOrigin(7, "U0ALICE")


class KnownAccounts:
    """The accounts that the store knows."""

    def __init__(self, *known: Account) -> None:
        self.known = {each.id: each for each in known}

    def get(self, account_id: str) -> Account | None:
        return self.known.get(account_id)


def of(number: int, organization: str) -> Account:
    """An account as listed in an organization."""
    return replace(account(number), organization=organization)


def several(
    *known: Account, store: KnownAccounts | None = None
) -> tuple[OrganizationRouter, FakeGateway, FakeGateway]:
    """Two organizations, with account 1 in the first and account 2 in the second."""
    accounts = cast("AccountRepository", store or KnownAccounts(*known))
    first, second = FakeGateway(of(1, "corp")), FakeGateway(of(2, "acquired"))
    first.name, second.name = NAMES
    first.hold(1, CONTACT)
    second.hold(2, OTHER)
    return OrganizationRouter([first, second], accounts), first, second


def cause_at(gateways: OrganizationRouter, number: int) -> FailureCode:
    """Why an account cannot be read."""
    reading = gateways.read(account(number).id, SECURITY, Priority.INTERACTIVE)
    assert isinstance(reading, Unreadable)
    return reading.failure.cause


def test_calls_go_where_the_account_was_last_listed() -> None:
    """Reading, writing and the primary contact are the affair of the account's organization."""
    gateways, first, second = several(of(1, "corp"), of(2, "acquired"))
    second.primary[account(2).id] = PrimaryContact("Corp", "+1 206 555 0100")
    assert gateways.read(account(1).id, SECURITY, Priority.INTERACTIVE) == Present(CONTACT)
    assert gateways.read(account(2).id, SECURITY, Priority.INTERACTIVE) == Present(OTHER)
    gateways.write(account(2).id, SECURITY, CONTACT, ORIGIN)
    assert (first.writes, second.writes) == ([], [CONTACT])
    found = gateways.primary_contact(account(2).id, Priority.INTERACTIVE)
    assert found == PrimaryContact("Corp", "+1 206 555 0100")
    assert [gateway.name for gateway in gateways.all] == list(NAMES)


def test_an_account_that_was_just_listed_is_known_before_it_is_kept() -> None:
    """What listing found is enough to go by; what the store says later goes before it."""
    store = KnownAccounts()
    gateways, first, second = several(store=store)
    assert {each.id for each in gateways.accounts().accounts} == {account(1).id, account(2).id}
    assert gateways.for_account(account(1).id) is first
    store.known[account(1).id] = of(1, "acquired")
    assert gateways.for_account(account(1).id) is second


def test_an_organization_that_cannot_be_listed_stops_no_other() -> None:
    """Its failure is reported by its name, with the accounts that were listed before it."""
    gateways, first, _ = several()
    first.scope_found = gateway_error(FailureCode.CREDENTIALS_EXPIRED)
    listing = gateways.accounts()
    assert [each.id for each in listing.accounts] == [account(2).id]
    assert {name: why.cause for name, why in listing.failures.items()} == {
        "corp": FailureCode.CREDENTIALS_EXPIRED
    }


def test_an_account_of_an_organization_that_is_gone_is_told_so() -> None:
    """Nothing is asked of the others; the words name the organization that is missing."""
    gateways, first, second = several(of(3, "sold"))
    assert cause_at(gateways, 3) is FailureCode.NOT_KNOWN
    with pytest.raises(GatewayError, match="“sold”") as caught:
        gateways.write(account(3).id, SECURITY, CONTACT, ORIGIN)
    assert "[[aws]]" in caught.value.remedy
    assert isinstance(gateways.primary_contact(account(3).id, Priority.INTERACTIVE), Failure)
    assert [*first.reads, *second.reads, *first.writes, *second.writes] == []


@pytest.mark.parametrize("known", [(), (of(3, ""),)])
def test_an_account_whose_organization_is_not_known_is_told_so(known: tuple[Account, ...]) -> None:
    """An account that was never listed, or before organizations had names, waits for a check."""
    gateways, *_ = several(*known)
    assert cause_at(gateways, 3) is FailureCode.NOT_KNOWN


def test_one_organization_has_every_account() -> None:
    """With one gateway nothing is looked up: it may tell itself what it cannot reach."""
    only = FakeGateway(account(1))
    only.hold(1)
    gateways = OrganizationRouter([only], cast("AccountRepository", None))
    assert gateways.read(account(1).id, SECURITY, Priority.INTERACTIVE) == Present(CONTACT)


def test_closing_closes_every_organization() -> None:
    """No gateway is left open."""
    gateways, first, second = several()
    gateways.close()
    assert first.closed
    assert second.closed
