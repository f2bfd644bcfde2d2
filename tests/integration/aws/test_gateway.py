"""The gateway against the strict AWS, over real HTTP: who may see what, and what goes wrong."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.aws.organizations.identity import (
    DELEGATED_ID,
    MANAGEMENT_ID,
    MEMBER_ID,
    STANDALONE_ID,
)
from altcontact_sandbox.aws.seeds.demo import DENIED_ID, SandboxAccount

from bot.aws.gateway import AwsGateway
from bot.aws.token_bucket import Quota
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import ContactRefused, GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.fixes import WriteOrigin
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.scope import CallerRole, ScopeKind
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from altcontact_sandbox.aws.sandbox import AwsSandbox

    from bot.domain.readings import ContactReading

    CallingAs = Callable[..., AwsGateway]

SECURITY = ContactType.SECURITY
CONTACT = AlternateContact("Security team", "Officer", "security@example.com", "+44 20 7946 0000")
OTHER = "555555555555"

ORIGIN = WriteOrigin(7, "U0ALICE")


@pytest.fixture
def calling_as(aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> CallingAs:
    """Make a gateway that calls as one of the sandbox's callers and never waits long."""
    aws.reset_stats()
    aws.quotas(False)  # noqa: FBT003 - its one parameter
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def make(
        caller: str = "management",
        wanted: ScopeKind | None = None,
        read_seconds: float = 10.0,
        on_date: Callable[[str | None], object] = lambda _: None,
    ) -> AwsGateway:
        for name, value in aws.environment(caller).items():
            monkeypatch.setenv(name, value)
        fast = Quota(10_000, 10_000)
        return AwsGateway(
            wanted,
            fast.rate,
            fast.rate,
            listing=fast,
            read_seconds=read_seconds,
            pause=lambda _: None,
            on_date=on_date,
        )

    return make


def look(gateway: AwsGateway, account_id: str, kind: ContactType = SECURITY) -> ContactReading:
    """Read one contact."""
    return gateway.read(account_id, kind, Priority.INTERACTIVE)


def why(reading: ContactReading) -> FailureCode:
    """Why nothing was read."""
    assert isinstance(reading, Unreadable | Unsupported), reading
    return reading.failure.cause


# Who is calling


@pytest.mark.parametrize(
    ("caller", "kind", "role"),
    [
        ("management", ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT),
        ("delegated", ScopeKind.ORGANIZATION, CallerRole.DELEGATED_ADMINISTRATOR),
        ("delegated_other", ScopeKind.ORGANIZATION, CallerRole.DELEGATED_ADMINISTRATOR),
        ("member", ScopeKind.ACCOUNT, CallerRole.MEMBER),
        ("standalone", ScopeKind.ACCOUNT, CallerRole.STANDALONE),
        ("china", ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT),
        ("govcloud", ScopeKind.ORGANIZATION, CallerRole.MANAGEMENT),
    ],
)
def test_each_caller_is_found_out(
    calling_as: CallingAs, caller: str, kind: ScopeKind, role: CallerRole
) -> None:
    """The role and the scope of each kind of caller are found out from AWS alone."""
    found = calling_as(caller).scope()
    assert (found.kind, found.role) == (kind, role)


@pytest.mark.parametrize(
    ("caller", "cause"),
    [("member", FailureCode.WRONG_CALLER), ("standalone", FailureCode.NO_ORGANIZATION)],
)
def test_an_organization_that_is_wanted_must_be_there(
    calling_as: CallingAs, caller: str, cause: FailureCode
) -> None:
    """A caller that cannot list the organization learns why, where it is wanted."""
    with pytest.raises(GatewayError) as caught:
        calling_as(caller, ScopeKind.ORGANIZATION).scope()
    assert caught.value.failure.cause is cause


def test_a_denied_listing_is_told_by_its_action(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """A management account whose policy lacks ListAccounts is asked to add that."""
    aws.deny("organizations:ListAccounts")
    with pytest.raises(GatewayError) as caught:
        calling_as(wanted=ScopeKind.ORGANIZATION).scope()
    assert caught.value.failure.cause is FailureCode.PERMISSION_MISSING
    assert "organizations:ListAccounts" in caught.value.remedy
    with pytest.raises(GatewayError) as caught:
        calling_as().scope()
    assert "organizations:ListAccounts" in str(caught.value)
    assert "ALTCONTACT_SCOPE=account" in caught.value.remedy


@pytest.mark.parametrize("caller", ["standalone", "member"])
def test_another_role_does_not_reduce_the_scope(
    aws: AwsSandbox, calling_as: CallingAs, monkeypatch: pytest.MonkeyPatch, caller: str
) -> None:
    """Credentials of an account that can't see the organization are no news about it."""
    gateway = calling_as()
    gateway.scope()
    monkeypatch.delenv("AWS_SESSION_TOKEN")  # not all have one
    for name, value in aws.environment(caller).items():
        monkeypatch.setenv(name, value)
    aws.expire("management")
    with pytest.raises(GatewayError, match="earlier checks covered the organization"):
        gateway.scope()


@pytest.mark.parametrize("action", ["ListAccounts", "DescribeOrganization"])
def test_a_permission_lost_later_does_not_reduce_the_scope(
    aws: AwsSandbox, calling_as: CallingAs, action: str
) -> None:
    """What could be listed before is not silently left out: the denial is raised."""
    gateway = calling_as()
    assert gateway.scope().kind is ScopeKind.ORGANIZATION
    aws.deny(f"organizations:{action}")
    with pytest.raises(GatewayError) as caught:
        gateway.scope()
    assert caught.value.failure.cause is FailureCode.PERMISSION_MISSING
    assert f"organizations:{action}" in caught.value.remedy
    aws.clear_denials()
    assert gateway.scope().kind is ScopeKind.ORGANIZATION


# Listing


@pytest.mark.parametrize("sizes", [(20,), (3, 0, 1, 0, 0, 7), (0, 20)])
def test_every_account_is_listed_once(
    aws: AwsSandbox, calling_as: CallingAs, sizes: tuple[int, ...]
) -> None:
    """However AWS cuts its pages, each account comes once and in order."""
    aws.seed_many(45)
    aws.pages(*sizes)
    listed = [account.id for account in calling_as().accounts()]
    assert listed == [account["id"] for account in aws.accounts()]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("State",), "PENDING_ACTIVATION"),
        (("State", "Status"), "PENDING_ACTIVATION"),
        (("Status",), "SUSPENDED"),
    ],
)
def test_the_state_is_read_from_either_field(
    aws: AwsSandbox, calling_as: CallingAs, fields: tuple[str, ...], expected: str
) -> None:
    """`State` tells the state; `Status` does where that is all there is."""
    aws.seed([SandboxAccount(OTHER, "New", "PENDING_ACTIVATION")])
    aws.state_fields(*fields)
    assert {account.id: account.state for account in calling_as().accounts()} == {
        MANAGEMENT_ID: "ACTIVE",
        OTHER: expected,
    }


def test_credentials_lost_between_pages_end_the_listing(
    aws: AwsSandbox, calling_as: CallingAs
) -> None:
    """What was listed before stays; the end is an error and not a shorter organization."""
    aws.seed_many(45)
    gateway = calling_as()
    gateway.scope()
    aws.fault("expire", "ListAccounts", after=1, count=1)
    accounts = gateway.accounts()
    assert len([next(accounts) for _ in range(20)]) == 20
    with pytest.raises(GatewayError) as caught:
        next(accounts)
    assert caught.value.failure.cause is FailureCode.CREDENTIALS_EXPIRED


@pytest.mark.parametrize("caller", ["standalone", "member"])
def test_the_one_account_is_listed(calling_as: CallingAs, caller: str) -> None:
    """A caller alone in its scope lists itself."""
    own = {"standalone": STANDALONE_ID, "member": MEMBER_ID}[caller]
    assert [account.id for account in calling_as(caller).accounts()] == [own]


# Reading and writing


@pytest.mark.parametrize(
    ("caller", "account_id"),
    [
        ("management", MANAGEMENT_ID),
        ("management", MEMBER_ID),
        ("delegated", DELEGATED_ID),
        ("delegated", MEMBER_ID),
        ("member", MEMBER_ID),
        ("standalone", STANDALONE_ID),
        ("china", MEMBER_ID),
    ],
)
def test_contacts_within_reach_are_written_and_read(
    aws: AwsSandbox, calling_as: CallingAs, caller: str, account_id: str
) -> None:
    """Each caller reaches its own account, and those in charge reach the members."""
    gateway = calling_as(caller)
    assert look(gateway, account_id) == Absent()
    gateway.write(account_id, SECURITY, CONTACT, ORIGIN)
    assert look(gateway, account_id) == Present(CONTACT)
    assert look(gateway, account_id, ContactType.BILLING) == Absent()
    assert aws.contact(account_id, "SECURITY") == CONTACT


@pytest.mark.parametrize(
    ("caller", "account_id", "cause"),
    [
        ("delegated", MANAGEMENT_ID, FailureCode.MANAGEMENT_OUT_OF_REACH),
        ("delegated_other", MEMBER_ID, FailureCode.WRONG_CALLER),
        ("member", DELEGATED_ID, FailureCode.WRONG_CALLER),
        ("standalone", MEMBER_ID, FailureCode.WRONG_CALLER),
        ("management", "000000000000", FailureCode.ACCOUNT_STATE),
        ("govcloud", MEMBER_ID, FailureCode.NO_API),
        ("eusc", MEMBER_ID, FailureCode.ENDPOINT_UNLISTED),
    ],
)
def test_contacts_out_of_reach_are_told_as_such(
    calling_as: CallingAs, caller: str, account_id: str, cause: FailureCode
) -> None:
    """An account that the caller does not reach is unknown with its cause, never missing."""
    gateway = calling_as(caller)
    assert why(look(gateway, account_id)) is cause
    with pytest.raises(GatewayError) as caught:
        gateway.write(account_id, SECURITY, CONTACT, ORIGIN)
    assert caught.value.failure.cause is cause


def test_a_partition_without_a_listed_endpoint_is_unknown(calling_as: CallingAs) -> None:
    """Whether it has the API is not known, so nothing is called unsupported or missing."""
    gateway = calling_as("eusc")
    assert isinstance(look(gateway, MANAGEMENT_ID), Unreadable)
    primary = gateway.primary_contact(MANAGEMENT_ID, Priority.SCAN)
    assert isinstance(primary, Failure)
    assert primary.cause is FailureCode.ENDPOINT_UNLISTED


def test_govcloud_is_unsupported(calling_as: CallingAs) -> None:
    """A partition without the API is a reading of its own."""
    assert isinstance(look(calling_as("govcloud"), MANAGEMENT_ID), Unsupported)


def test_trusted_access_that_is_off_is_told(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """Members are out of reach without trusted access; the caller's own account is not."""
    aws.trusted_access(False)  # noqa: FBT003 - its one parameter
    gateway = calling_as()
    assert why(look(gateway, MEMBER_ID)) is FailureCode.TRUSTED_ACCESS_OFF
    assert look(gateway, MANAGEMENT_ID) == Absent()


@pytest.mark.parametrize(
    ("by", "cause"), [("iam", FailureCode.PERMISSION_MISSING), ("scp", FailureCode.DENIED_BY_SCP)]
)
def test_a_denial_is_told_by_who_denies(
    aws: AwsSandbox, calling_as: CallingAs, by: str, cause: FailureCode
) -> None:
    """A missing permission and an SCP are told apart, and stop no other account."""
    aws.deny("account:GetAlternateContact", MEMBER_ID, by)
    aws.deny("account:PutAlternateContact", MEMBER_ID, by)
    gateway = calling_as()
    assert why(look(gateway, MEMBER_ID)) is cause
    assert look(gateway, DELEGATED_ID) == Absent()
    with pytest.raises(GatewayError) as caught:
        gateway.write(MEMBER_ID, SECURITY, CONTACT, ORIGIN)
    assert caught.value.failure.cause is cause


def test_an_account_that_is_not_active_is_told(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """Reading a suspended account says that its state is in the way."""
    aws.set_account(MEMBER_ID, state="SUSPENDED")
    assert why(look(calling_as(), MEMBER_ID)) is FailureCode.ACCOUNT_STATE


def test_the_demo_is_told_apart_account_by_account(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """In an organization of every state, each active account has a reading of its own."""
    aws.seed_demo()
    gateway = calling_as()
    active = [account.id for account in gateway.accounts() if account.is_active]
    with ThreadPoolExecutor(16) as pool:
        readings = dict(
            zip(active, pool.map(lambda each: look(gateway, each), active), strict=True)
        )
    assert sum(isinstance(reading, Absent) for reading in readings.values()) == 6
    assert why(readings.pop(DENIED_ID)) is FailureCode.DENIED_BY_SCP
    assert all(isinstance(reading, Absent | Present) for reading in readings.values())


def test_refused_fields_are_named(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """Each field that AWS refuses is named, none of its text is passed on, nothing is written."""
    wrong = AlternateContact("n" * 65, "t" * 51, "o'hara@example.com", "phone")
    with pytest.raises(ContactRefused) as caught:
        calling_as().write(MEMBER_ID, SECURITY, wrong, ORIGIN)
    assert set(caught.value.fields) == {"name", "title", "email", "phone"}
    assert aws.contact(MEMBER_ID, "SECURITY") is None


# What goes wrong on the way

READ = "GetAlternateContact"
WRITE = "PutAlternateContact"


@pytest.mark.parametrize(
    ("kind", "cause", "tries"),
    [
        ("html", FailureCode.MALFORMED, 1),
        ("error", FailureCode.AWS_FAULT, 3),
        ("close", FailureCode.UNREACHABLE, 3),
        ("throttle", FailureCode.THROTTLED, 5),
        ("expire", FailureCode.CREDENTIALS_EXPIRED, 2),
    ],
)
def test_each_fault_has_its_cause(
    aws: AwsSandbox, calling_as: CallingAs, kind: str, cause: FailureCode, tries: int
) -> None:
    """What goes wrong is reported as what it is after a bounded number of tries, by both calls."""
    gateway = calling_as()
    gateway.scope()
    aws.fault(kind, READ)
    assert why(look(gateway, MEMBER_ID)) is cause
    assert aws.stats()["operations"][READ]["calls"] == tries
    aws.clear_faults()
    aws.fault(kind, WRITE)
    with pytest.raises(GatewayError) as caught:
        gateway.write(MEMBER_ID, SECURITY, CONTACT, ORIGIN)
    assert caught.value.failure.cause is cause
    assert aws.contact(MEMBER_ID, "SECURITY") is None


def test_a_call_that_hangs_times_out(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """An answer that does not come in time is given up; another type is read all the same."""
    gateway = calling_as(read_seconds=0.2)
    gateway.scope()
    aws.fault("hang", READ, contact_type="SECURITY")
    assert why(look(gateway, MEMBER_ID)) is FailureCode.TIMED_OUT
    assert look(gateway, MEMBER_ID, ContactType.BILLING) == Absent()
    aws.clear_faults()
    assert look(gateway, MEMBER_ID) == Absent()


@pytest.mark.parametrize("kind", ["throttle", "error", "close"])
def test_a_fault_that_passes_is_not_told(aws: AwsSandbox, calling_as: CallingAs, kind: str) -> None:
    """Two failed tries and a good one are a reading."""
    gateway = calling_as()
    gateway.scope()
    aws.fault(kind, READ, count=2)
    assert look(gateway, MEMBER_ID) == Absent()


def test_a_write_whose_answer_is_lost_is_written_again(
    aws: AwsSandbox, calling_as: CallingAs
) -> None:
    """A Put that AWS carried out without the answer arriving ends as written."""
    gateway = calling_as()
    gateway.scope()
    aws.fault("lost_answer", WRITE, count=1)
    gateway.write(MEMBER_ID, SECURITY, CONTACT, ORIGIN)
    assert aws.contact(MEMBER_ID, "SECURITY") == CONTACT


def test_unreachable_is_told(calling_as: CallingAs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that listens where AWS should be is not a denial."""
    gateway = calling_as()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert why(look(gateway, MEMBER_ID)) is FailureCode.UNREACHABLE


def test_credentials_are_refreshed_by_the_chain(
    aws: AwsSandbox, calling_as: CallingAs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Credentials that run out are fetched again where they came from, unnoticed."""
    calling_as()
    held, config = tmp_path / "held.json", tmp_path / "config"

    def hand_out(environment: dict[str, str]) -> None:
        soon = datetime.now(UTC) + timedelta(minutes=5)
        credentials = {
            "Version": 1,
            "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": environment["AWS_SESSION_TOKEN"],
            "Expiration": soon.isoformat(),
        }
        held.write_text(json.dumps(credentials))

    config.write_text(f"[default]\ncredential_process = cat {shlex.quote(str(held))}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    hand_out(aws.environment())
    gateway = AwsGateway(None)
    assert look(gateway, MEMBER_ID) == Absent()
    hand_out(aws.renew())
    assert look(gateway, MEMBER_ID) == Absent()
    held.unlink()
    assert why(look(gateway, MEMBER_ID)) is FailureCode.CREDENTIALS_UNAVAILABLE


def test_credentials_that_were_renewed_in_a_file_are_taken(
    aws: AwsSandbox, calling_as: CallingAs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where those in use have expired, what stands in the file by then is used, without a start."""
    calling_as()
    config = tmp_path / "config"

    def hand_out(environment: dict[str, str]) -> None:
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        lines = [f"{name} = {environment[name.upper()]}" for name in names]
        config.write_text("\n".join(["[default]", *lines, ""]))

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    hand_out(aws.environment())
    gateway = AwsGateway(None)
    assert gateway.scope().account_id == MANAGEMENT_ID
    aws.expire()
    with pytest.raises(GatewayError) as refused:
        gateway.scope()
    assert refused.value.failure.cause is FailureCode.CREDENTIALS_EXPIRED
    hand_out(aws.renew())
    assert gateway.scope().account_id == MANAGEMENT_ID
    # The old ones are refused at the first call of each, which nobody notices.
    hand_out(aws.renew())
    assert look(gateway, MEMBER_ID) == Absent()
    hand_out(aws.renew())
    gateway.write(MEMBER_ID, SECURITY, CONTACT, ORIGIN)
    assert [write["applied"] for write in aws.writes()] == [False, True]
    assert aws.contact(MEMBER_ID, "SECURITY") == CONTACT
    hand_out(aws.renew())
    gateway.delete(MEMBER_ID, SECURITY, ORIGIN)
    assert aws.contact(MEMBER_ID, "SECURITY") is None
    hand_out(aws.renew())
    assert len(list(gateway.accounts())) == len(aws.accounts())


@pytest.mark.parametrize("days", [0, -400])
def test_aws_tells_its_time(aws: AwsSandbox, calling_as: CallingAs, days: int) -> None:
    """The `Date` of each answer is handed on, also of one that refuses for the clock's sake."""
    seen: list[str | None] = []
    aws.clock_skew(days * 86_400)
    try:
        gateway = calling_as(on_date=seen.append)
        with suppress(GatewayError):
            gateway.scope()
    finally:
        aws.clock_skew(0)
    assert seen
    told = parsedate_to_datetime(seen[0] or "")
    assert abs(told - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=5)


def test_no_answer_tells_no_time(aws: AwsSandbox, calling_as: CallingAs) -> None:
    """A connection that breaks off has no `Date`, and is reported as ever."""
    seen: list[str | None] = []
    aws.fault("close", "GetCallerIdentity", count=1000)
    gateway = calling_as(on_date=seen.append)
    with pytest.raises(GatewayError):
        gateway.scope()
    assert seen == []
