"""The doctor's look at what a policy needs, and at several organizations, on canned answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bot.aws.gateway import gateways_for
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scope import AwsTarget, ScopeKind
from bot.services.doctor import Doctor, State
from tests.unit.aws.test_gateway import PRIMARY, gateway, managed
from tests.unit.aws.test_roles import ROLE, by_role, denied
from tests.unit.aws.wire import MEMBER, OWN, Wire, identity, ok, refusal

if TYPE_CHECKING:
    from bot.aws.gateway import AwsGateway
    from bot.services.doctor import CheckResult

ROOTS = ok(Roots=[{"Id": "r-ab12"}])
NEEDY = Policy.requiring(
    tables=[
        PolicyTable("line 1", {}, Match(units=("/Production",))),
        PolicyTable("line 2", {}, Match(tags=(("env", "prod"),))),
        PolicyTable("line 3", {f"rules.{Rule.PRIMARY_CONTACT.value}": Severity.LOW}),
    ]
)
NAMES = ("OUs", "Tags", "Primary contacts")
ACTIONS = {
    "ListRoots": ("OUs", "organizations:ListRoots"),
    "ListOrganizationalUnitsForParent": ("OUs", "organizations:ListOrganizationalUnitsForParent"),
    "ListAccountsForParent": ("OUs", "organizations:ListAccountsForParent"),
    "ListTagsForResource": ("Tags", "organizations:ListTagsForResource"),
    "GetContactInformation": ("Primary contacts", "account:GetContactInformation"),
}


def world() -> Wire:
    """A management account that may read everything."""
    accounts = [{"Id": OWN, "State": "ACTIVE"}, {"Id": MEMBER, "State": "ACTIVE"}]
    described = {"Id": "o-exampleorgid", "MasterAccountId": OWN, "FeatureSet": "ALL"}
    return (
        managed()
        .on("DescribeOrganization", ok(Organization=described))
        .on("ListAccounts", ok(Accounts=accounts))
        .on("ListDelegatedAdministrators", ok(DelegatedAdministrators=[]))
        .on(
            "ListAWSServiceAccessForOrganization",
            ok(EnabledServicePrincipals=[{"ServicePrincipal": "account.amazonaws.com"}]),
        )
        .on("ListRoots", ROOTS)
        .on("ListOrganizationalUnitsForParent", ok(OrganizationalUnits=[]))
        .on("ListAccountsForParent", ok(Accounts=[]))
        .on("ListTagsForResource", ok(Tags=[]))
        .on("GetContactInformation", PRIMARY)
    )


def lines(adapter: AwsGateway, policy: Policy | None = NEEDY) -> list[CheckResult]:
    """What the doctor finds, without reading an alternate contact."""
    checks = adapter.doctor_checks(writes=False, sample=False, policy=policy).checks()
    return [line for check in checks for line in check.run()]


def states(found: list[CheckResult]) -> dict[str, State]:
    """The state of each line about what the policy needs."""
    return {line.name: line.state for line in found if line.name in NAMES}


@pytest.mark.parametrize("policy", [None, Policy.requiring()])
def test_what_the_policy_does_not_need_is_not_looked_at(policy: Policy | None) -> None:
    """Without a policy no further permission is asked for."""
    wire = world()
    assert states(lines(gateway(wire), policy)) == {}
    assert not {name for name, _ in wire.calls} & set(ACTIONS)


def test_what_the_policy_needs_is_looked_at() -> None:
    """OUs, tags and primary contacts each have a line; another account is asked about."""
    wire = world()
    found = lines(gateway(wire))
    assert states(found) == dict.fromkeys(NAMES, State.OK)
    assert wire.asked("ListTagsForResource") == [{"ResourceId": MEMBER}]
    assert wire.asked("GetContactInformation") == [{"AccountId": MEMBER}]
    assert found[-1].message == "allows everything that the bot reads."


@pytest.mark.parametrize("operation", ACTIONS)
def test_a_permission_that_is_missing_goes_into_the_policy_to_paste(operation: str) -> None:
    """Its line fails, and the statement at the end has the action."""
    name, action = ACTIONS[operation]
    words = (
        f"User: arn:aws:iam::1:user/u is not authorized to perform: {action} on resource: * "
        f"because no identity-based policy allows the {action} action"
    )
    found = lines(gateway(world().on(operation, refusal("AccessDeniedException", words))))
    assert [line.name for line in found if line.state is State.FAILURE] == [name, "IAM policy"]
    assert json.loads(found[-1].snippet)["Statement"][0]["Action"] == [action]


def test_a_standalone_account_has_neither_ous_nor_tags() -> None:
    """Tables that can match nothing are warned of; the primary contact is looked at."""
    wire = world().on("DescribeOrganization", refusal("AWSOrganizationsNotInUseException"))
    wire.on("GetAccountInformation", ok(AccountName="Main"))
    assert states(lines(gateway(wire))) == {
        "OUs": State.WARNING,
        "Tags": State.WARNING,
        "Primary contacts": State.OK,
    }
    assert wire.asked("GetContactInformation") == [{}]


def test_one_account_of_an_organization_is_asked_where_it_stands() -> None:
    """Where the one account alone is wanted, its organization may still tell."""
    wire = world().on("GetAccountInformation", ok(AccountName="Main"))
    found = lines(gateway(wire, ScopeKind.ACCOUNT))
    assert states(found) == dict.fromkeys(NAMES, State.OK)
    assert wire.asked("ListTagsForResource") == [{"ResourceId": OWN}]


def test_without_a_caller_nothing_else_is_looked_at() -> None:
    """What comes after is not checked, and not called missing."""
    wire = world().on("DescribeOrganization", refusal("ServiceException", status=500))
    assert states(lines(gateway(wire))) == dict.fromkeys(NAMES, State.NOT_TESTED)


def test_a_partition_without_the_api_has_no_primary_contacts_to_read() -> None:
    """Nothing is said of a permission that nobody can have."""
    wire = world().on("GetCallerIdentity", identity(partition="aws-us-gov"))
    assert "Primary contacts" not in states(lines(gateway(wire)))


def test_a_partition_without_a_listed_endpoint_is_told() -> None:
    """The doctor warns before a check leaves every account unknown."""
    wire = world().on("GetCallerIdentity", identity(partition="aws-eusc"))
    caller = lines(gateway(wire))[0]
    assert caller.state is State.WARNING
    assert "lists no Account Management endpoint" in caller.message


# Several organizations


def test_the_organization_stands_in_each_line() -> None:
    """Each line says which of several organizations it is about."""
    adapter = gateway(world(), target=AwsTarget("acquired"))
    found = lines(adapter)
    assert found[0].name == "Caller (acquired)"
    assert all(line.name.endswith(" (acquired)") for line in found)


def test_one_organization_that_cannot_be_reached_stops_no_other() -> None:
    """The lines of each are together, in the order of the settings."""
    good = gateway(world(), target=AwsTarget("good"))
    bad = gateway(world().on("GetCallerIdentity", refusal("ExpiredToken")), target=AwsTarget("bad"))
    checks = [
        check
        for adapter in (bad, good)
        for check in adapter.doctor_checks(writes=False, sample=False).checks()
    ]
    found = list(Doctor(checks, on_defect=str).lines())
    split = [line.name.rpartition(" ")[2] for line in found]
    assert split == sorted(split)
    states = {line.state for line in found if "(good)" in line.name}
    assert states == {State.OK, State.NOT_TESTED}  # writing is never tried
    assert found[0].state is State.FAILURE


def test_a_role_that_is_not_handed_out_has_its_statement_to_paste() -> None:
    """The statement that lets the bot assume it is below the line."""
    found = lines(by_role(Wire().on("AssumeRole", denied()), managed()))
    assert ROLE in found[0].message
    assert json.loads(found[0].snippet) == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": ROLE,
    }


def test_credentials_that_are_missing_paste_no_role() -> None:
    """A profile that is not there has nothing to do with a role."""
    [adapter] = gateways_for([AwsTarget("acquired", profile="nobody-has-this")], None)
    caller = lines(adapter)[0]
    assert caller.state is State.FAILURE
    assert "sts:AssumeRole" not in caller.snippet
