"""The gateway against moto's server: an AWS that others wrote, after the same documentation.

The sandbox's AWS is stricter, but it and the gateway share our reading of that documentation. moto
shares none of it, so what it cannot make sense of is worth a look. It is kinder than AWS (any id,
any field, any role is taken), so nothing is refused here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from bot.aws.gateway import AwsGateway
from bot.aws.token_bucket import Quota
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.fixes import WriteOrigin
from bot.domain.readings import Absent, Present
from bot.domain.scope import AwsTarget, CallerRole, ScopeKind
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_account import AccountClient
    from mypy_boto3_organizations import OrganizationsClient

    from bot.domain.accounts import Account

    Gateway = Callable[..., AwsGateway]

MANAGEMENT_ID = "123456789012"
"""The account that moto takes unknown credentials for."""

CONTACT = AlternateContact("Security team", "Officer", "security@example.com", "+44 20 7946 0000")
OTHER_CONTACT = AlternateContact("Accounts", "Clerk", "billing@example.com", "+44 20 7946 0001")
AS_WRITTEN = {
    "Name": "Security team",
    "Title": "Officer",
    "EmailAddress": "security@example.com",
    "PhoneNumber": "+44 20 7946 0000",
}

ORIGIN = WriteOrigin(7, "U0ALICE")


@pytest.fixture
def gateway(moto: str) -> Iterator[Gateway]:
    """Make a gateway that calls moto and never waits long."""
    made: list[AwsGateway] = []
    fast = Quota(10_000, 10_000)

    def make(target: AwsTarget = AwsTarget()) -> AwsGateway:  # noqa: B008 - frozen
        made.append(
            AwsGateway(
                None,
                fast.rate,
                fast.rate,
                listing=fast,
                tagging=fast,
                pause=lambda _: None,
                target=target,
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def organizations(moto: str) -> Iterator[OrganizationsClient]:
    """boto3's own client of an organization that was just founded."""
    client = boto3.client("organizations")
    client.create_organization(FeatureSet="ALL")
    yield client
    client.close()


@pytest.fixture
def account_management(moto: str) -> Iterator[AccountClient]:
    """boto3's own client of Account Management."""
    client = boto3.client("account")
    yield client
    client.close()


def join(organizations: OrganizationsClient, name: str, tags: dict[str, str] | None = None) -> str:
    """Create an account in the organization; its id."""
    listed: list[Any] = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    created = organizations.create_account(
        AccountName=name, Email=f"{name}@example.com", Tags=listed
    )
    return created["CreateAccountStatus"]["AccountId"]


def test_a_member_s_contact_is_written_and_read_by_its_id(
    gateway: Gateway, organizations: OrganizationsClient, account_management: AccountClient
) -> None:
    """A contact written by `AccountId` is that account's alone, and moto and the gateway agree."""
    one, other = join(organizations, "one"), join(organizations, "other")
    aws = gateway()
    for account_id in (MANAGEMENT_ID, one, other):
        assert aws.read(account_id, ContactType.SECURITY, Priority.INTERACTIVE) == Absent()
    aws.write(one, ContactType.SECURITY, CONTACT, ORIGIN)
    held = account_management.get_alternate_contact(AccountId=one, AlternateContactType="SECURITY")[
        "AlternateContact"
    ]
    assert held == {**AS_WRITTEN, "AlternateContactType": "SECURITY"}
    assert aws.read(one, ContactType.SECURITY, Priority.INTERACTIVE) == Present(CONTACT)
    assert aws.read(one, ContactType.BILLING, Priority.INTERACTIVE) == Absent()
    for account_id in (MANAGEMENT_ID, other):
        assert aws.read(account_id, ContactType.SECURITY, Priority.INTERACTIVE) == Absent()


@pytest.mark.usefixtures("organizations")
def test_the_callers_own_contact_goes_without_an_id(
    gateway: Gateway, account_management: AccountClient
) -> None:
    """What others put for the calling account is read, and what is written there is theirs."""
    account_management.put_alternate_contact(AlternateContactType="SECURITY", **AS_WRITTEN)
    aws = gateway()
    assert aws.read(MANAGEMENT_ID, ContactType.SECURITY, Priority.INTERACTIVE) == Present(CONTACT)
    aws.write(MANAGEMENT_ID, ContactType.BILLING, OTHER_CONTACT, ORIGIN)
    held = account_management.get_alternate_contact(AlternateContactType="BILLING")
    assert held["AlternateContact"]["EmailAddress"] == OTHER_CONTACT.email


def test_a_contact_is_overwritten_and_seen_gone(
    gateway: Gateway, organizations: OrganizationsClient, account_management: AccountClient
) -> None:
    """A second write replaces the first; a contact that others delete is absent, not unreadable."""
    member = join(organizations, "member")
    aws = gateway()
    aws.write(member, ContactType.SECURITY, CONTACT, ORIGIN)
    aws.write(member, ContactType.SECURITY, OTHER_CONTACT, ORIGIN)
    assert aws.read(member, ContactType.SECURITY, Priority.INTERACTIVE) == Present(OTHER_CONTACT)
    account_management.delete_alternate_contact(AccountId=member, AlternateContactType="SECURITY")
    assert aws.read(member, ContactType.SECURITY, Priority.INTERACTIVE) == Absent()


def test_the_organization_s_accounts_are_listed(
    gateway: Gateway, organizations: OrganizationsClient
) -> None:
    """The caller is the management account; every account comes with id, name, email and state."""
    ids = {join(organizations, f"account-{number}"): number for number in range(25)}
    aws = gateway()
    scope = aws.scope()
    assert (scope.kind, scope.role) == (ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT)
    assert scope.account_id == MANAGEMENT_ID
    assert scope.organization_id == organizations.describe_organization()["Organization"]["Id"]
    listed: dict[str, Account] = {each.id: each for each in aws.accounts()}
    assert set(listed) == {MANAGEMENT_ID, *ids}
    for account_id, number in ids.items():
        account = listed[account_id]
        assert (account.name, account.state) == (f"account-{number}", "ACTIVE")
        assert account.email == f"account-{number}@example.com"


def test_a_caller_of_no_organization_looks_after_itself(gateway: Gateway) -> None:
    """Where moto has no organization the scope is the one account."""
    scope = gateway().scope()
    assert (scope.kind, scope.role) == (ScopeKind.ACCOUNT, CallerRole.STANDALONE)


def test_ous_are_walked_and_accounts_found_in_them(
    gateway: Gateway, organizations: OrganizationsClient
) -> None:
    """OUs come with the names from the root down, and accounts in the OU that they are right in."""
    root = organizations.list_roots()["Roots"][0]["Id"]

    def create(parent: str, name: str) -> str:
        unit = organizations.create_organizational_unit(ParentId=parent, Name=name)
        return unit["OrganizationalUnit"]["Id"]

    production = create(root, "Production")
    payments = create(production, "Payments")
    create(root, "Test")
    shop, checkout = join(organizations, "shop"), join(organizations, "checkout")
    for account_id, unit in ((shop, production), (checkout, payments)):
        organizations.move_account(
            AccountId=account_id, SourceParentId=root, DestinationParentId=unit
        )
    aws = gateway()
    units = aws.units().paths
    assert ["/".join(unit.name for unit in path) for path in units.values()] == [
        "Production",
        "Test",
        "Production/Payments",
    ]
    placements = aws.placements(units).unit_of
    assert placements == {MANAGEMENT_ID: "", shop: production, checkout: payments}


def test_tags_are_read(gateway: Gateway, organizations: OrganizationsClient) -> None:
    """An account's tags come by key; one without tags has none."""
    tagged = join(organizations, "tagged", {"owner": "ana@example.com", "stage": ""})
    plain = join(organizations, "plain")
    aws = gateway()
    assert aws.tags(tagged) == {"owner": "ana@example.com", "stage": ""}
    assert aws.tags(plain) == {}


def test_a_role_in_another_account_is_assumed(
    gateway: Gateway, organizations: OrganizationsClient
) -> None:
    """With a role the calls are made by its account: its contacts are read without naming it."""
    member = join(organizations, "member")
    by_id = gateway()
    by_id.write(member, ContactType.SECURITY, CONTACT, ORIGIN)
    role = AwsTarget(name="member", role=f"arn:aws:iam::{member}:role/reader", external_id="given")
    inside = gateway(role)
    assert inside.scope().account_id == member
    assert inside.read(member, ContactType.SECURITY, Priority.INTERACTIVE) == Present(CONTACT)
    inside.write(member, ContactType.BILLING, OTHER_CONTACT, ORIGIN)
    assert by_id.read(member, ContactType.BILLING, Priority.INTERACTIVE) == Present(OTHER_CONTACT)
