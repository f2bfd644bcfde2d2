"""The IAM policies of `deploy/` against an AWS that enforces them: enough, and not too much."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    STANDALONE_ID,
)
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.aws.seeds.demo import SandboxAccount

from bot.aws.gateway import AwsGateway
from bot.aws.token_bucket import Quota
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import GatewayError
from bot.domain.failures import Failure
from bot.domain.fixes import WriteOrigin
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Absent, Present
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scope import AwsTarget
from bot.services.doctor import State
from bot.services.ports.aws import Priority
from tests.integration.deploy.policies import (
    EVERYTHING,
    PERMISSIONS,
    Installation,
    cloudformation_policy,
    member_policy,
    terraform_policy,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TESTING: Final = "300000000002"
CONTACT: Final = AlternateContact("Security", "Officer", "security@example.com", "+44 20 7946 0000")
ORIGIN: Final = WriteOrigin(7, "U0123ABC")
SIMULATED: Final = ("account", "organizations", "sts")
"""The services that the sandbox's AWS has."""

READER: Final = Installation(fixes=False, snapshots=False)
INSTALLATIONS: Final = {
    "default": Installation(),
    "everything": EVERYTHING,
    "reader": READER,
    "any management account": replace(EVERYTHING, management_id="*"),
    "China": Installation(partition="aws-cn"),
    "checkpoints alone": Installation(checkpoints="s3://b/p", snapshots=False),
}
CALLERS: Final = {
    "delegated": (DELEGATED_ID, f"arn:aws:iam::{DELEGATED_ID}:role/altcontact"),
    "management": (MANAGEMENT_ID, f"arn:aws:iam::{MANAGEMENT_ID}:role/altcontact"),
    "standalone": (STANDALONE_ID, f"arn:aws:iam::{STANDALONE_ID}:user/altcontact"),
}


@pytest.mark.parametrize("chosen", INSTALLATIONS.values(), ids=INSTALLATIONS)
def test_terraform_and_cloudformation_grant_the_same(chosen: Installation) -> None:
    """Statement by statement."""
    assert terraform_policy(chosen) == cloudformation_policy(chosen)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform here")
@pytest.mark.parametrize("chosen", INSTALLATIONS.values(), ids=INSTALLATIONS)
def test_terraform_itself_says_so(chosen: Installation, tmp_path: Path) -> None:
    """The module has no provider, so Terraform evaluates it without any network."""
    folder = tmp_path / "permissions"
    shutil.copytree(PERMISSIONS, folder)
    (folder / "terraform.tfvars.json").write_text(json.dumps(chosen.variables()))
    for arguments in (["init"], ["apply", "-auto-approve"]):
        done = subprocess.run(  # noqa: PLW1510 - its words are shown below
            ["terraform", *arguments, "-no-color", "-input=false"],  # noqa: S607 - found above
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    shown = subprocess.run(
        ["terraform", "output", "-raw", "json"],  # noqa: S607 - found above
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout) == terraform_policy(chosen)


def test_a_reader_is_granted_no_change() -> None:
    """It reads contacts, the organization and its secrets, and assumes no role."""
    for action in actions(terraform_policy(READER)):
        assert action.split(":")[1].startswith(("Get", "List", "Describe")), action


def actions(policy: dict[str, Any]) -> list[str]:
    """All actions that a policy names; none has a wildcard, except for `Resource`."""
    found = [action for each in policy["Statement"] for action in each["Action"]]
    assert not [each for each in found if "*" in each]
    assert {each["Effect"] for each in policy["Statement"]} == {"Allow"}
    return found


class World:
    """The sandbox's AWS with an organization, and gateways that call as the bot's role."""

    def __init__(self, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self._monkeypatch = monkeypatch

    def gateway(self, caller: str, target: AwsTarget | None = None) -> AwsGateway:
        """A gateway with the credentials of a caller."""
        for name, value in self.aws.environment(caller).items():
            self._monkeypatch.setenv(name, value)
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


@pytest.fixture(scope="module")
def server() -> Iterator[AwsSandbox]:
    """One AWS for this file."""
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture
def world(server: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> World:
    """An organization with OUs and tags."""
    server.reset()
    server.quotas(False)  # noqa: FBT003 - its one parameter
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    server.seed(
        [
            SandboxAccount(DELEGATED_ID, "delegated"),
            SandboxAccount(MEMBER_ID, "member"),
            SandboxAccount(TESTING, "testing", ou="/Test", tags={"env": "test"}),
        ]
    )
    server.paths(on=False)
    return World(server, monkeypatch)


# Features. Each fails with an AssertionError or an error of the bot if a permission is missing.


def checks_accounts(world: World, caller: str) -> None:
    """Lists the accounts and reads a contact of each that is in reach."""
    gateway = world.gateway(caller)
    accounts = list(gateway.accounts())
    for account in accounts:
        reading = gateway.read(account.id, ContactType.SECURITY, Priority.SCAN)
        if caller != "delegated" or account.id != MANAGEMENT_ID:
            assert isinstance(reading, Present | Absent), reading
    assert all(account.name != account.id for account in accounts)


def fixes(world: World, caller: str) -> None:
    """Sets a contact of the calling account, and of another one in the organization."""
    gateway = world.gateway(caller)
    gateway.accounts()
    for account_id in [CALLERS[caller][0]] + ([TESTING] if caller != "standalone" else []):
        gateway.write(account_id, ContactType.SECURITY, CONTACT, ORIGIN)
        assert world.aws.contact(account_id, "SECURITY") == CONTACT


def undoes(world: World, caller: str) -> None:
    """Removes a contact."""
    account_id = CALLERS[caller][0]
    world.aws.set_contact(account_id, "SECURITY", CONTACT)
    world.gateway(caller).delete(account_id, ContactType.SECURITY, ORIGIN)
    assert world.aws.contact(account_id, "SECURITY") is None


def reads_primary_contacts(world: World, caller: str) -> None:
    """For the rule `primary_contact`."""
    account_id = STANDALONE_ID if caller == "standalone" else TESTING
    found = world.gateway(caller).primary_contact(account_id, Priority.SCAN)
    assert not isinstance(found, Failure), found


def walks_ous(world: World, caller: str) -> None:
    """For policy sections of OUs, where accounts don't show their paths."""
    if caller == "standalone":
        return
    gateway = world.gateway(caller)
    placed = gateway.placements(gateway.units().paths).unit_of
    assert placed[TESTING]


def reads_tags(world: World, caller: str) -> None:
    """For policy sections of tags, and owners."""
    if caller != "standalone":
        assert world.gateway(caller).tags(TESTING) == {"env": "test"}


def assumes_a_role(world: World, caller: str) -> None:
    """An `[[aws]]` section with a role in another account."""
    role = world.aws.role("altcontact", caller="standalone")
    gateway = world.gateway(caller, AwsTarget("other", role=role))
    assert gateway.scope().account_id == STANDALONE_ID


def passes_the_doctor(world: World, caller: str) -> None:
    """Every line about AWS is fine, with a policy that needs OUs, tags and primary contacts."""
    gateway = world.gateway(caller)
    policy = Policy.requiring() if caller == "standalone" else NEEDY
    checks = gateway.doctor_checks(writes=True, sample=False, policy=policy).checks()
    lines = [line for check in checks for line in check.run()]
    bad = [each for each in lines if each.state not in {State.OK, State.NOT_TESTED}]
    assert not bad, bad
    assert not [each for each in lines if "can't be read, which is optional" in each.message]


NEEDY: Final = Policy.requiring(
    tables=[
        PolicyTable("line 1", {}, Match(units=("/Test",))),
        PolicyTable("line 2", {}, Match(tags=(("env", "test"),))),
        PolicyTable("line 3", {f"rules.{Rule.PRIMARY_CONTACT.value}": Severity.LOW}),
    ]
)
"""A policy that needs OUs, tags and primary contacts."""

FEATURES: Final = (
    checks_accounts,
    fixes,
    undoes,
    reads_primary_contacts,
    walks_ous,
    reads_tags,
    assumes_a_role,
    passes_the_doctor,
)


def installed(world: World, caller: str) -> dict[str, Any]:
    """The policy of an installation in the caller's account, enforced."""
    account_id, principal = CALLERS[caller]
    policy = terraform_policy(replace(EVERYTHING, account_id=account_id))
    world.aws.attach_policy(policy, principal)
    return policy


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("feature", FEATURES, ids=lambda each: each.__name__)
def test_every_feature_works(
    world: World, caller: str, feature: Callable[[World, str], None]
) -> None:
    """With what is granted, and nothing else; wherever the bot runs."""
    installed(world, caller)
    feature(world, caller)


NEEDED_BY: Final[dict[str, tuple[str, Callable[[World, str], None]]]] = {
    "account:DeleteAlternateContact": ("delegated", undoes),
    "account:GetAccountInformation": ("standalone", checks_accounts),
    "account:GetAlternateContact": ("delegated", checks_accounts),
    "account:GetContactInformation": ("delegated", reads_primary_contacts),
    "account:PutAlternateContact": ("delegated", fixes),
    "organizations:DescribeOrganization": ("delegated", passes_the_doctor),
    "organizations:ListAWSServiceAccessForOrganization": ("delegated", passes_the_doctor),
    "organizations:ListAccounts": ("delegated", passes_the_doctor),
    "organizations:ListAccountsForParent": ("delegated", walks_ous),
    "organizations:ListDelegatedAdministrators": ("delegated", passes_the_doctor),
    "organizations:ListOrganizationalUnitsForParent": ("delegated", walks_ous),
    "organizations:ListRoots": ("delegated", walks_ous),
    "organizations:ListTagsForResource": ("delegated", reads_tags),
    "sts:AssumeRole": ("delegated", assumes_a_role),
}
"""A feature that no longer works without an action, and where."""


def test_every_action_is_needed_by_a_feature() -> None:
    """Of the services that the sandbox's AWS has."""
    granted = actions(terraform_policy(EVERYTHING))
    assert {each for each in granted if each.split(":")[0] in SIMULATED} == set(NEEDED_BY)


@pytest.mark.parametrize("action", NEEDED_BY)
def test_no_action_is_superfluous(world: World, action: str) -> None:
    """The feature works with it (see above), and not without it."""
    caller, feature = NEEDED_BY[action]
    policy = installed(world, caller)
    world.aws.attach_policy(without(policy, action), CALLERS[caller][1])
    with pytest.raises((GatewayError, AssertionError)):
        feature(world, caller)


@pytest.mark.parametrize("kind", [each for each in ContactType if each is not ContactType.SECURITY])
def test_other_types_are_not_changed(world: World, kind: ContactType) -> None:
    """By default, only security contacts: a billing contact can't be set, but read."""
    account_id, principal = CALLERS["delegated"]
    world.aws.attach_policy(terraform_policy(Installation(account_id=account_id)), principal)
    gateway = world.gateway("delegated")
    with pytest.raises(GatewayError):
        gateway.write(TESTING, kind, CONTACT, ORIGIN)
    with pytest.raises(GatewayError):
        gateway.delete(TESTING, kind, ORIGIN)
    assert isinstance(gateway.read(TESTING, kind, Priority.SCAN), Absent)


def test_another_organization_is_not_reached(world: World) -> None:
    """With the management account's id, only its organization's accounts are covered."""
    account_id, principal = CALLERS["delegated"]
    chosen = Installation(account_id=account_id, management_id="999999999999")
    world.aws.attach_policy(terraform_policy(chosen), principal)
    with pytest.raises(GatewayError):
        world.gateway("delegated").write(TESTING, ContactType.SECURITY, CONTACT, ORIGIN)


def test_the_role_in_each_member_account_is_enough(world: World) -> None:
    """The bot assumes it, reads and changes that account, and no other."""
    role = world.aws.role("altcontact", caller="member", trusts=DELEGATED_ID)
    policy = member_policy(MEMBER_ID)
    world.aws.attach_policy(policy, role)
    installed(world, "delegated")
    chosen = replace(EVERYTHING, roles=("arn:aws:iam::*:role/altcontact",))
    world.aws.attach_policy(terraform_policy(chosen), CALLERS["delegated"][1])
    gateway = world.gateway("delegated", AwsTarget("member", role=role))
    gateway.write(MEMBER_ID, ContactType.SECURITY, CONTACT, ORIGIN)
    assert world.aws.contact(MEMBER_ID, "SECURITY") == CONTACT
    gateway.delete(MEMBER_ID, ContactType.SECURITY, ORIGIN)
    assert not isinstance(gateway.primary_contact(MEMBER_ID, Priority.SCAN), Failure)
    [account] = gateway.accounts()
    assert account.name == "member"
    assert {action.split(":")[0] for action in actions(policy)} == {"account"}
