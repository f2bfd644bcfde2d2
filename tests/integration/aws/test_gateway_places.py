"""The gateway against the strict AWS: OUs, tags, primary contacts, and roles that are assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.organizations.identity import DELEGATED_ID, MANAGEMENT_ID, MEMBER_ID
from altcontact_sandbox.aws.seeds.demo import SandboxAccount

from bot.aws.gateway import AwsGateway, gateways_for
from bot.aws.token_bucket import Quota
from bot.domain.errors import GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.rules.facts import PrimaryContact
from bot.domain.scope import AwsTarget, ScopeKind
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.aws.sandbox import AwsSandbox

    CallingAs = Callable[..., AwsGateway]

PAYMENTS, TESTING = "300000000001", "300000000002"
PATH = "/Production/Payments"


@pytest.fixture
def calling_as(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> CallingAs:
    """Make a gateway that calls as one of the sandbox's callers, to accounts in OUs."""
    aws.quotas(False)  # noqa: FBT003 - its one parameter
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    primary = {"FullName": "Example Corp", "PhoneNumber": "+1 206 555 0100"}
    aws.seed(
        [
            SandboxAccount(DELEGATED_ID, "delegated"),
            SandboxAccount(MEMBER_ID, "member"),
            SandboxAccount(PAYMENTS, "payments", ou=PATH, tags={"env": "prod", "owner": ""}),
            SandboxAccount(TESTING, "testing", ou="/Test", primary=primary),
        ]
    )

    def make(caller: str = "management", target: AwsTarget | None = None) -> AwsGateway:
        for name, value in aws.environment(caller).items():
            monkeypatch.setenv(name, value)
        fast = Quota(10_000, 10_000)
        return AwsGateway(
            None,
            fast.rate,
            fast.rate,
            listing=fast,
            tagging=fast,
            pause=lambda _: None,
            target=target or AwsTarget(),
        )

    return make


@pytest.mark.parametrize("caller", ["management", "delegated"])
def test_paths_walk_and_placements_agree(
    aws: AwsSandbox, calling_as: CallingAs, caller: str
) -> None:
    """Each account's OU is the same by its path and by asking each OU, and has its names."""
    gateway = calling_as(caller)
    units = gateway.units().paths
    placed = gateway.placements(units).unit_of
    by_path = {account.id: account.units for account in gateway.accounts()}
    assert {"/".join(["", *(unit.name for unit in path)]) for path in units.values()} >= {
        "/Production",
        PATH,
        "/Test",
    }
    assert [unit.name for unit in units[placed[PAYMENTS]]] == ["Production", "Payments"]
    assert placed[MANAGEMENT_ID] == ""
    for account_id, path in by_path.items():
        assert path is not None
        assert placed[account_id] == (path[-1].id if path else "")
    aws.paths(False)  # noqa: FBT003 - its one parameter
    assert {account.units for account in gateway.accounts()} == {None}


def test_tags_are_those_of_the_account(calling_as: CallingAs) -> None:
    """An account's tags are read, also where there are none."""
    gateway = calling_as()
    assert gateway.tags(PAYMENTS) == {"env": "prod", "owner": ""}
    assert gateway.tags(TESTING) == {}


def test_a_primary_contact_is_read_by_the_rules_of_alternate_ones(calling_as: CallingAs) -> None:
    """The management account's own is read without its id, a member's with it."""
    gateway = calling_as()
    found = gateway.primary_contact(TESTING, Priority.SCAN)
    assert found == PrimaryContact("Example Corp", "+1 206 555 0100")
    assert isinstance(gateway.primary_contact(MANAGEMENT_ID, Priority.SCAN), PrimaryContact)
    out_of_reach = calling_as("delegated").primary_contact(MANAGEMENT_ID, Priority.SCAN)
    assert isinstance(out_of_reach, Failure)
    assert out_of_reach.cause is FailureCode.MANAGEMENT_OUT_OF_REACH


@pytest.mark.parametrize(
    ("action", "ask"),
    [
        ("organizations:ListRoots", AwsGateway.units),
        ("organizations:ListOrganizationalUnitsForParent", AwsGateway.units),
        ("organizations:ListAccountsForParent", lambda gateway: gateway.placements(())),
        ("organizations:ListTagsForResource", lambda gateway: gateway.tags(PAYMENTS)),
    ],
)
def test_a_permission_that_is_missing_is_named(
    aws: AwsSandbox, calling_as: CallingAs, action: str, ask: Callable[[AwsGateway], object]
) -> None:
    """The action stands in the words."""
    aws.deny(action)
    gateway = calling_as()
    with pytest.raises(GatewayError) as caught:
        ask(gateway)
    assert caught.value.failure.cause is FailureCode.PERMISSION_MISSING
    assert action in caught.value.failure.message


def test_a_member_is_not_told_where_it_stands(calling_as: CallingAs) -> None:
    """A member checks itself; its organization's OUs and tags are denied, not empty."""
    gateway = calling_as("member")
    for ask in (gateway.units, lambda: gateway.tags(MEMBER_ID)):
        with pytest.raises(GatewayError) as caught:
            ask()
        assert caught.value.failure.cause is FailureCode.WRONG_CALLER


def test_a_standalone_account_stands_nowhere(calling_as: CallingAs) -> None:
    """Without an organization there are no OUs and no tags, and nothing is wrong."""
    gateway = calling_as("standalone")
    [account] = gateway.accounts()
    assert (gateway.units().paths, gateway.tags(account.id)) == ({}, {})


def test_a_role_is_assumed_with_its_external_id(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """By the role the organization is reached; without the external id it is denied."""
    arn = aws.role("altcontact", external_id="given-by-them")
    right = AwsTarget("corp", role=arn, external_id="given-by-them")
    gateway = calling_as("standalone", right)
    assert gateway.scope().account_id == MANAGEMENT_ID
    assert PAYMENTS in {account.id for account in gateway.accounts()}
    wrong = calling_as("standalone", AwsTarget("corp", role=arn))
    with pytest.raises(GatewayError) as caught:
        wrong.scope()
    assert arn in caught.value.failure.message
    assert "trust policy" in caught.value.failure.remedy


def test_the_scope_of_a_target_takes_precedence(calling_as: CallingAs) -> None:
    """What the settings want in scope is for the targets that say nothing themselves."""
    calling_as()
    targets = [AwsTarget("a"), AwsTarget("b", scope=ScopeKind.ACCOUNT)]
    made = gateways_for(targets, ScopeKind.ORGANIZATION)
    assert [each.scope().kind for each in made] == [ScopeKind.ORGANIZATION, ScopeKind.ACCOUNT]
