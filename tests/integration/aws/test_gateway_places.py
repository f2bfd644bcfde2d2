"""The gateway against the strict AWS: OUs, tags, primary contacts, and roles that are assumed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    STANDALONE_ID,
)
from altcontact_sandbox.aws.seeds.demo import SandboxAccount

from bot.aws.gateway import AwsGateway, gateways_for
from bot.aws.token_bucket import Quota
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.fixes import WriteOrigin
from bot.domain.rules.facts import PrimaryContact
from bot.domain.scope import AwsTarget, ScopeKind
from bot.services.doctor import State
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from altcontact_sandbox.aws.sandbox import AwsSandbox

    from bot.services.doctor import CheckResult

    CallingAs = Callable[..., AwsGateway]

PAYMENTS, TESTING = "300000000001", "300000000002"
CONTACT = AlternateContact("Security team", "Officer", "security@example.com", "+44 20 7946 0000")
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


def put(gateway: AwsGateway, fix_id: int, user_id: str) -> None:
    """Write a contact, for a fix that somebody requested."""
    gateway.write(TESTING, ContactType.SECURITY, CONTACT, WriteOrigin(fix_id, user_id))


def named(aws: AwsSandbox) -> list[tuple[str, str, str]]:
    """What CloudTrail would show of each write: the session, the fix, and the id of the request."""
    return [
        (each["session"], each["user_agent"].rpartition(" ")[2], each["request_id"])
        for each in aws.writes()
    ]


def test_a_write_names_its_fix_and_its_person(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """By the name of the session, which each person has once, and by the user agent."""
    gateway = calling_as("standalone", AwsTarget("corp", role=aws.role("altcontact")))
    before = aws.wire()["last"]
    put(gateway, 7, "U0123ABC")
    put(gateway, 8, "U0456DEF")
    put(gateway, 9, "U0123ABC")
    origin = WriteOrigin(10, "U0456DEF")
    request_id = gateway.delete(TESTING, ContactType.SECURITY, origin)
    assert [(session, fix) for session, fix, _ in named(aws)] == [
        ("altcontact-U0123ABC", "altcontact-fix/7"),
        ("altcontact-U0456DEF", "altcontact-fix/8"),
        ("altcontact-U0123ABC", "altcontact-fix/9"),
        ("altcontact-U0456DEF", "altcontact-fix/10"),
    ]
    assert named(aws)[-1][2] == request_id
    gateway.read(TESTING, ContactType.SECURITY, Priority.FIX)
    calls = aws.wire(before)["entries"]
    assert calls[-1]["session"] == "altcontact"
    assert "altcontact-fix" not in calls[-1]["user_agent"]
    asked = [call for call in calls if call["name"] == "sts:AssumeRole"]
    assert [call["sent"]["RoleSessionName"] for call in asked] == [
        "altcontact",
        "altcontact-U0123ABC",
        "altcontact-U0456DEF",
    ]


def test_a_role_that_allows_one_session_name_still_writes(
    aws: AwsSandbox, calling_as: CallingAs
) -> None:
    """The fix is still named; the doctor says what to allow so that the person is."""
    role = aws.role("altcontact", session_name="altcontact")
    gateway = calling_as("standalone", AwsTarget("corp", role=role))
    put(gateway, 7, "U0123ABC")
    assert named(aws)[0][:2] == ("altcontact", "altcontact-fix/7")
    [warning] = session_lines(gateway)
    assert warning.state is State.WARNING
    assert '"sts:RoleSessionName": "altcontact*"' in warning.snippet


def test_the_doctor_says_that_people_are_named(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """If a role is assumed, and only where contacts are changed."""
    role = aws.role("altcontact")
    [line] = session_lines(calling_as("standalone", AwsTarget("corp", role=role)))
    assert line.state is State.OK
    assert not session_lines(calling_as("management"))
    reader = calling_as("standalone", AwsTarget("corp", role=role))
    assert not session_lines(reader, writes=False)


def session_lines(gateway: AwsGateway, *, writes: bool = True) -> list[CheckResult]:
    """The doctor's lines about session names."""
    checks = gateway.doctor_checks(writes=writes, sample=False).checks()
    lines = [line for check in checks for line in check.run()]
    return [line for line in lines if line.name.startswith("Session names")]


@pytest.mark.parametrize(
    ("caller", "principal", "reached"),
    [
        ("management", f"arn:aws:iam::{MANAGEMENT_ID}:role/altcontact", (MANAGEMENT_ID, TESTING)),
        ("delegated", f"arn:aws:iam::{DELEGATED_ID}:role/altcontact", (DELEGATED_ID, TESTING)),
        ("standalone", f"arn:aws:iam::{STANDALONE_ID}:user/altcontact", (STANDALONE_ID,)),
    ],
)
def test_the_statement_that_the_doctor_prints_is_enough_to_write(
    aws: AwsSandbox,
    calling_as: CallingAs,
    caller: str,
    principal: str,
    reached: tuple[str, ...],
) -> None:
    """For the calling account, which has an ARN of its own, and for its organization's others."""
    gateway = calling_as(caller)
    lines = [
        line
        for check in gateway.doctor_checks(writes=True, sample=False).checks()
        for line in check.run()
    ]
    [writing] = [line.snippet for line in lines if line.name == "Writing"]
    actions = ["organizations:DescribeOrganization", "organizations:ListAccounts"]
    reading = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    statements = [reading, json.loads(writing)]
    aws.attach_policy({"Version": "2012-10-17", "Statement": statements}, principal)
    for account_id in reached:
        gateway.write(account_id, ContactType.SECURITY, CONTACT, WriteOrigin(7, "U0123ABC"))
        assert aws.contact(account_id, "SECURITY") == CONTACT
        gateway.delete(account_id, ContactType.SECURITY, WriteOrigin(8, "U0123ABC"))


def test_every_try_of_a_write_names_its_fix(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """Also one that AWS throttled; without a role, the session stays the bot's own."""
    aws.fault("throttle", "PutAlternateContact", count=2)
    put(calling_as(), 7, "U0123ABC")
    assert [(session, fix) for session, fix, _ in named(aws)] == [("bot", "altcontact-fix/7")] * 3


def test_the_credentials_of_a_person_are_renewed(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """Once AWS takes them no more, the person's role is assumed again for the same write."""
    gateway = calling_as("standalone", AwsTarget("corp", role=aws.role("altcontact")))
    put(gateway, 7, "U0123ABC")
    aws.expire("management")
    put(gateway, 8, "U0123ABC")
    assert named(aws)[-1][:2] == ("altcontact-U0123ABC", "altcontact-fix/8")


@pytest.mark.parametrize("kind", ["close", "error", "html"])
def test_a_role_that_cannot_be_assumed_leaves_no_doubt(
    aws: AwsSandbox, calling_as: CallingAs, kind: str
) -> None:
    """A lost answer to AssumeRole isn't one to the write, which was never sent."""
    gateway = calling_as("standalone", AwsTarget("corp", role=aws.role("altcontact")))
    gateway.scope()
    aws.fault(kind, "AssumeRole")
    with pytest.raises(GatewayError, match="Couldn't assume the role") as caught:
        put(gateway, 7, "U0123ABC")
    assert not caught.value.maybe_done


def test_the_scope_of_a_target_takes_precedence(calling_as: CallingAs) -> None:
    """What the settings want in scope is for the targets that say nothing themselves."""
    calling_as()
    targets = [AwsTarget("a"), AwsTarget("b", scope=ScopeKind.ACCOUNT)]
    made = gateways_for(targets, ScopeKind.ORGANIZATION)
    assert [each.scope().kind for each in made] == [ScopeKind.ORGANIZATION, ScopeKind.ACCOUNT]
