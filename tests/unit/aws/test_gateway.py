"""The gateway on canned answers: scope, listing, reading, writing, tries, closing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import structlog
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from bot.aws.gateway import AwsGateway
from bot.aws.token_bucket import Quota
from bot.domain.accounts import Account
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.errors import ContactRefused, GatewayError
from bot.domain.failures import Failure, FailureCode
from bot.domain.fixes import WriteOrigin
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rules.facts import PrimaryContact
from bot.domain.scope import AwsTarget, CallerRole, ScopeKind
from bot.services.ports.aws import Priority
from tests.unit.aws.wire import (
    MEMBER,
    ORGANIZATION,
    OWN,
    Answer,
    Wire,
    contact,
    identity,
    ok,
    organization,
    page,
    refusal,
)
from tests.unit.reported_metrics import ReportedMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.readings import ContactReading

SECURITY = ContactType.SECURITY
MANAGEMENT = "999988887777"
ENDPOINT = {"endpoint_url": "https://account.us-east-1.amazonaws.com"}
CONTACT = AlternateContact("Security team", "Officer", "security@example.com", "+44 20 7946 0000")
NOT_LISTED = refusal("AccessDeniedException", "You don't have permissions to access this resource.")
THROTTLED = refusal("TooManyRequestsException", status=429)
EXPIRED = refusal("ExpiredTokenException", status=403)

ORIGIN = WriteOrigin(7, "U0ALICE")


def no_pause(seconds: float) -> None:
    """Go on at once."""


def managed() -> Wire:
    """A caller in the management account."""
    return (
        Wire()
        .on("DescribeOrganization", organization())
        .on("ListAccounts", ok(Accounts=[{"Id": OWN, "Name": "main", "State": "ACTIVE"}]))
    )


def gateway(
    wire: Wire,
    wanted: ScopeKind | None = None,
    pause: Callable[[float], None] = no_pause,
    target: AwsTarget = AwsTarget(),  # noqa: B008 - frozen, so it may be shared
) -> AwsGateway:
    """The gateway at this wire, with rates that make no test wait."""
    fast = Quota(10_000, 10_000)
    return AwsGateway(
        wanted,
        fast.rate,
        fast.rate,
        session=wire.session,
        listing=fast,
        tagging=fast,
        pause=pause,
        target=target,
    )


def read(wire: Wire, account_id: str = MEMBER) -> ContactReading:
    """Read a contact in scope of an organization."""
    return gateway(wire).read(account_id, SECURITY, Priority.SCAN)


def why(reading: ContactReading) -> FailureCode:
    """Why nothing was read."""
    assert isinstance(reading, Unreadable | Unsupported)
    return reading.failure.cause


# Scope


def test_the_management_account_has_the_organization_in_scope() -> None:
    """A caller that is the organization's management account is found out as such."""
    found = gateway(managed()).scope()
    assert found.kind is ScopeKind.ORGANIZATION
    assert found.role is CallerRole.MANAGEMENT
    assert (found.organization_id, found.management_id) == (ORGANIZATION, OWN)
    assert found.caller == f"management account {OWN}"


def test_a_delegated_administrator_has_the_organization_in_scope() -> None:
    """A member that may list accounts is a delegated administrator."""
    wire = managed().on("DescribeOrganization", organization(MANAGEMENT))
    found = gateway(wire).scope()
    assert (found.kind, found.role) == (
        ScopeKind.ORGANIZATION,
        CallerRole.DELEGATED_ADMINISTRATOR,
    )


def test_a_member_has_its_own_account_in_scope() -> None:
    """A member that may not list accounts checks itself."""
    wire = managed().on("DescribeOrganization", organization(MANAGEMENT))
    found = gateway(wire.on("ListAccounts", NOT_LISTED)).scope()
    assert (found.kind, found.role) == (ScopeKind.ACCOUNT, CallerRole.MEMBER)


def test_a_standalone_account_has_itself_in_scope() -> None:
    """A caller in no organization checks itself."""
    wire = Wire().on("DescribeOrganization", refusal("AWSOrganizationsNotInUseException"))
    found = gateway(wire).scope()
    assert (found.kind, found.role) == (ScopeKind.ACCOUNT, CallerRole.STANDALONE)


def test_a_caller_that_may_not_ask_about_the_organization_looks_after_itself() -> None:
    """Where AWS does not let the caller find out, the role is not made up."""
    wire = Wire().on("DescribeOrganization", NOT_LISTED).on("ListAccounts", NOT_LISTED)
    found = gateway(wire).scope()
    assert (found.kind, found.role) == (ScopeKind.ACCOUNT, CallerRole.UNKNOWN)


def test_scope_account_does_not_list_the_organization() -> None:
    """With the one account wanted, its role is found out and nothing is listed."""
    wire = managed()
    found = gateway(wire, ScopeKind.ACCOUNT).scope()
    assert (found.kind, found.role) == (ScopeKind.ACCOUNT, CallerRole.MANAGEMENT)
    assert wire.asked("ListAccounts") == []


def test_scope_account_needs_no_answer_from_organizations() -> None:
    """With the one account wanted, Organizations may be out of reach."""
    wire = Wire().on("DescribeOrganization", EndpointConnectionError(**ENDPOINT))
    found = gateway(wire, ScopeKind.ACCOUNT).scope()
    assert (found.kind, found.role) == (ScopeKind.ACCOUNT, CallerRole.UNKNOWN)


@pytest.mark.parametrize(
    ("described", "listed", "cause"),
    [
        (refusal("AWSOrganizationsNotInUseException"), NOT_LISTED, FailureCode.NO_ORGANIZATION),
        (organization(MANAGEMENT), NOT_LISTED, FailureCode.WRONG_CALLER),
        (
            organization(),
            refusal(
                "AccessDeniedException",
                "User: arn:aws:iam::1:user/u is not authorized to perform: "
                "organizations:ListAccounts on resource: * because no identity-based policy "
                "allows the organizations:ListAccounts action",
            ),
            FailureCode.PERMISSION_MISSING,
        ),
    ],
)
def test_an_organization_that_is_wanted_and_not_to_be_had_is_an_error(
    described: Answer, listed: Answer, cause: FailureCode
) -> None:
    """With the organization wanted, the scope never becomes smaller; the cause is reported."""
    wire = Wire().on("DescribeOrganization", described).on("ListAccounts", listed)
    with pytest.raises(GatewayError) as caught:
        gateway(wire, ScopeKind.ORGANIZATION).scope()
    assert caught.value.failure.cause is cause


@pytest.mark.parametrize("operation", ["DescribeOrganization", "ListAccounts"])
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (ReadTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
        (THROTTLED, FailureCode.THROTTLED),
        (EXPIRED, FailureCode.CREDENTIALS_EXPIRED),
        (page(), FailureCode.MALFORMED),
        (Answer(500), FailureCode.AWS_FAULT),
    ],
)
def test_the_scope_does_not_shrink_because_aws_did_not_answer(
    operation: str, answer: Answer | Exception, cause: FailureCode
) -> None:
    """In `auto`, anything but a definite no is an error rather than the one account."""
    with pytest.raises(GatewayError) as caught:
        gateway(managed().on(operation, answer)).scope()
    assert caught.value.failure.cause is cause


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (refusal("InvalidClientTokenId", status=403), FailureCode.CREDENTIALS_EXPIRED),
        (page(), FailureCode.MALFORMED),
        (Answer(200, b"<a/>"), FailureCode.MALFORMED),
        (identity(account_id=""), FailureCode.MALFORMED),
        (ConnectTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
    ],
)
def test_without_an_identity_there_is_no_scope(
    answer: Answer | Exception, cause: FailureCode
) -> None:
    """What goes wrong with GetCallerIdentity is reported, by a read too."""
    if isinstance(answer, Answer) and answer.status == 403:  # STS speaks XML
        body = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>"
        answer = Answer(403, body)
    wire = managed().on("GetCallerIdentity", answer)
    with pytest.raises(GatewayError) as caught:
        gateway(wire).scope()
    assert caught.value.failure.cause is cause
    assert why(read(wire)) is cause


def test_expired_credentials_are_an_error_with_the_one_account_wanted_too() -> None:
    """Credentials that are lost while the scope is found out leave no scope."""
    with pytest.raises(GatewayError):
        gateway(managed().on("DescribeOrganization", EXPIRED), ScopeKind.ACCOUNT).scope()


def test_the_scope_is_found_out_anew_and_logged_when_it_changes() -> None:
    """Each call asks again; the log says what was found when it is something new."""
    wire = managed()
    adapter = gateway(wire)
    with structlog.testing.capture_logs() as logs:
        adapter.scope()
        adapter.scope()
    assert len(wire.asked("GetCallerIdentity")) == 2
    found = [entry for entry in logs if entry["event"] == "aws.scope"]
    assert [entry["caller"] for entry in found] == [f"management account {OWN}"]


def test_many_readers_find_the_scope_out_once() -> None:
    """Threads that read before the scope is known ask for it once between them."""
    wire = managed().on("GetAlternateContact", contact())
    adapter = gateway(wire)
    with ThreadPoolExecutor(8) as pool:
        readings = list(
            pool.map(lambda _: adapter.read(MEMBER, SECURITY, Priority.SCAN), range(16))
        )
    assert readings == [Present(CONTACT)] * 16
    assert len(wire.asked("GetCallerIdentity")) == 1


# Accounts


def listed(*pages: Answer | Exception) -> Wire:
    """A management account whose listing, after the probe, is these pages."""
    return managed().on("ListAccounts", ok(Accounts=[]), *pages)


def test_accounts_are_listed_over_short_and_empty_pages() -> None:
    """A page may hold few accounts or none and still be followed by others."""
    wire = listed(
        ok(Accounts=[{"Id": "1", "Name": "a", "State": "ACTIVE"}], NextToken="t1"),
        ok(Accounts=[], NextToken="t2"),
        ok(Accounts=[{"Id": "2", "Name": "b", "State": "CLOSED"}]),
    )
    assert [account.id for account in gateway(wire).accounts()] == ["1", "2"]
    assert wire.asked("ListAccounts")[1:] == [
        {"MaxResults": 20},
        {"MaxResults": 20, "NextToken": "t1"},
        {"MaxResults": 20, "NextToken": "t2"},
    ]


def test_the_state_is_taken_from_state_then_from_status() -> None:
    """`State` counts, `Status` where it is absent; with neither the account is to be read."""
    wire = listed(
        ok(
            Accounts=[
                {"Id": "1", "Name": "a", "Email": "r@example.com", "State": "PENDING_CLOSURE"},
                {"Id": "2", "Name": "b", "State": "CLOSED", "Status": "ACTIVE"},
                {"Id": "3", "Name": "c", "Status": "SUSPENDED"},
                {"Id": "4"},
            ]
        )
    )
    assert list(gateway(wire).accounts()) == [
        Account("1", "a", "PENDING_CLOSURE", "r@example.com"),
        Account("2", "b", "CLOSED"),
        Account("3", "c", "SUSPENDED"),
        Account("4", "4", "ACTIVE"),
    ]


def test_a_page_that_fails_for_a_moment_is_asked_for_again() -> None:
    """Throttling between two pages neither loses accounts nor lists them twice."""
    wire = listed(ok(Accounts=[{"Id": "1"}], NextToken="t1"), THROTTLED, ok(Accounts=[{"Id": "2"}]))
    assert [account.id for account in gateway(wire).accounts()] == ["1", "2"]
    assert [asked.get("NextToken") for asked in wire.asked("ListAccounts")[1:]] == [
        None,
        "t1",
        "t1",
    ]


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        (EXPIRED, FailureCode.CREDENTIALS_EXPIRED),
        (page(), FailureCode.MALFORMED),
        (ok(Accounts=[{"Name": "no id"}]), FailureCode.MALFORMED),
        (ok(Accounts=["odd"]), FailureCode.MALFORMED),
        (ok(Accounts=[], NextToken="t1"), FailureCode.MALFORMED),
    ],
)
def test_a_page_that_cannot_be_had_ends_the_listing_with_an_error(
    second: Answer, cause: FailureCode
) -> None:
    """The accounts before it were listed, and the end is not taken for the whole."""
    wire = listed(ok(Accounts=[{"Id": "1"}], NextToken="t1"), second)
    accounts = gateway(wire).accounts()
    assert next(accounts).id == "1"
    with pytest.raises(GatewayError) as caught:
        list(accounts)
    assert caught.value.failure.cause is cause


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (ok(AccountId=OWN, AccountName="Main"), "Main"),
        (refusal("AccessDeniedException", status=403), OWN),
        (ok(), OWN),
    ],
)
def test_the_one_account_is_named_where_its_name_can_be_had(answer: Answer, name: str) -> None:
    """In scope of one account that account is listed; its id stands in for a denied name."""
    wire = managed().on("GetAccountInformation", answer)
    assert list(gateway(wire, ScopeKind.ACCOUNT).accounts()) == [Account(OWN, name)]


def test_expired_credentials_are_not_taken_for_a_denied_name() -> None:
    """In scope of one account too, lost credentials end the listing with an error."""
    wire = managed().on("GetAccountInformation", EXPIRED)
    with pytest.raises(GatewayError):
        list(gateway(wire, ScopeKind.ACCOUNT).accounts())


# Reading


def test_a_contact_is_read() -> None:
    """A contact that AWS holds is handed over whole, asked for by the account's id and type."""
    wire = managed().on("GetAlternateContact", contact())
    assert read(wire) == Present(CONTACT)
    assert wire.asked("GetAlternateContact") == [
        {"AlternateContactType": "SECURITY", "AccountId": MEMBER}
    ]


def test_the_callers_own_id_is_left_out() -> None:
    """The calling account is asked about without `AccountId`, which AWS would deny."""
    wire = managed().on("GetAlternateContact", contact()).on("PutAlternateContact", Answer())
    adapter = gateway(wire)
    adapter.read(OWN, SECURITY, Priority.INTERACTIVE)
    adapter.write(OWN, SECURITY, CONTACT, ORIGIN)
    assert "AccountId" not in wire.asked("GetAlternateContact")[0]
    assert "AccountId" not in wire.asked("PutAlternateContact")[0]


def test_only_resource_not_found_means_absent() -> None:
    """AWS's own word for it is the one way in which a contact is missing."""
    wire = managed().on(
        "GetAlternateContact", refusal("ResourceNotFoundException", "No contact", 404)
    )
    assert read(wire) == Absent()


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (page(), FailureCode.MALFORMED),
        (page(404), FailureCode.MALFORMED),
        (page(403), FailureCode.MALFORMED),
        (Answer(200, b"[]"), FailureCode.MALFORMED),
        (Answer(200, b"null"), FailureCode.MALFORMED),
        (Answer(200, b"\xff"), FailureCode.MALFORMED),
        (Answer(404, b'"no"'), FailureCode.MALFORMED),
        (ok(), FailureCode.MALFORMED),
        (ok(AlternateContact={"Name": "n", "Title": "t"}), FailureCode.MALFORMED),
        (
            ok(
                AlternateContact={
                    "AlternateContactType": "BILLING",
                    "Name": "n",
                    "Title": "t",
                    "EmailAddress": "e@example.com",
                    "PhoneNumber": "1",
                }
            ),
            FailureCode.MALFORMED,
        ),
        (Answer(500), FailureCode.AWS_FAULT),
        (page(503), FailureCode.AWS_FAULT),
        (refusal("InternalServerException", status=500), FailureCode.AWS_FAULT),
        (THROTTLED, FailureCode.THROTTLED),
        (EXPIRED, FailureCode.CREDENTIALS_EXPIRED),
        (refusal("ValidationException"), FailureCode.REFUSED),
        (ReadTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
        (EndpointConnectionError(**ENDPOINT), FailureCode.UNREACHABLE),
    ],
)
def test_an_answer_that_tells_nothing_is_unreadable(
    answer: Answer | Exception, cause: FailureCode
) -> None:
    """Whatever else AWS, or something in its place, answers is neither held nor absent."""
    assert why(read(managed().on("GetAlternateContact", answer))) is cause


def test_a_denied_management_account_is_out_of_a_delegated_administrators_reach() -> None:
    """A delegated administrator asks about the management account all the same, and says so."""
    wire = managed().on("DescribeOrganization", organization(MANAGEMENT))
    wire.on("GetAlternateContact", refusal("AccessDeniedException", "no", 403))
    assert why(read(wire, MANAGEMENT)) is FailureCode.MANAGEMENT_OUT_OF_REACH
    assert wire.asked("GetAlternateContact")[0]["AccountId"] == MANAGEMENT
    assert why(read(wire, MEMBER)) is FailureCode.WRONG_CALLER


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-iso", "aws-iso-b"])
def test_a_partition_without_the_api_is_unsupported(partition: str) -> None:
    """GovCloud and the iso partitions are never asked, and never missing."""
    wire = managed().on("GetCallerIdentity", identity(partition=partition))
    assert why(read(wire)) is FailureCode.NO_API
    adapter = gateway(wire, ScopeKind.ACCOUNT)
    assert list(adapter.accounts()) == [Account(OWN, OWN)]
    with pytest.raises(GatewayError) as caught:
        adapter.write(MEMBER, SECURITY, CONTACT, ORIGIN)
    assert caught.value.failure.cause is FailureCode.NO_API
    assert {name for name, _ in wire.calls} <= {
        "GetCallerIdentity",
        "DescribeOrganization",
        "ListAccounts",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (EndpointConnectionError(endpoint_url="u"), FailureCode.ENDPOINT_UNLISTED),
        (ReadTimeoutError(endpoint_url="u"), FailureCode.ENDPOINT_UNLISTED),
        (page(), FailureCode.ENDPOINT_UNLISTED),
        (refusal("AccessDeniedException", "no", 403), FailureCode.DENIED),
        (refusal("InternalServerException", status=500), FailureCode.AWS_FAULT),
    ],
)
def test_where_no_endpoint_is_listed_that_is_why_nothing_answers(
    answer: Answer | Exception, expected: FailureCode
) -> None:
    """What AWS does answer there keeps its own meaning."""
    wire = managed().on("GetCallerIdentity", identity(partition="aws-eusc"))
    wire.on("GetAlternateContact", answer)
    assert why(read(wire)) is expected
    assert read(wire.on("GetAlternateContact", contact())) == Present(CONTACT)
    wire.on("GetAlternateContact", refusal("ResourceNotFoundException", status=404))
    assert read(wire) == Absent()


@pytest.mark.parametrize(
    ("partition", "region", "sts", "account"),
    [
        ("aws", None, "sts.us-east-1.amazonaws.com", "account.us-east-1.amazonaws.com"),
        (
            "aws",
            "eu-central-1",
            "sts.eu-central-1.amazonaws.com",
            "account.us-east-1.amazonaws.com",
        ),
        (
            "aws-cn",
            "cn-north-1",
            "sts.cn-north-1.amazonaws.com.cn",
            "account.cn-northwest-1.amazonaws.com.cn",
        ),
    ],
)
def test_each_service_is_asked_where_its_partition_has_it(
    partition: str, region: str | None, sts: str, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS is asked in the session's region, the global services in the partition's one."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    wire = Wire(region).on("GetCallerIdentity", identity(partition=partition))
    wire.on("DescribeOrganization", organization()).on("ListAccounts", ok(Accounts=[]))
    wire.on("GetAlternateContact", contact())
    assert read(wire) == Present(CONTACT)
    assert wire.urls[0] == f"https://{sts}/"
    assert wire.urls[-1] == f"https://{account}/getAlternateContact"
    assert wire.urls[1] == f"https://{account.replace('account', 'organizations')}/"


def test_credentials_are_found_by_boto3s_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a session of the caller's, boto3's chain is asked, and its lack is reported."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert (
        why(AwsGateway(None).read(OWN, SECURITY, Priority.SCAN)) is FailureCode.CREDENTIALS_MISSING
    )
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert why(AwsGateway(None).read(OWN, SECURITY, Priority.SCAN)) is FailureCode.AWS_CONFIGURATION


# Writing


def test_a_contact_is_written() -> None:
    """All four fields go out, with the account's id and the type."""
    wire = managed().on("PutAlternateContact", Answer())
    gateway(wire).write(MEMBER, SECURITY, CONTACT, ORIGIN)
    assert wire.asked("PutAlternateContact") == [
        {
            "AccountId": MEMBER,
            "AlternateContactType": "SECURITY",
            "Name": "Security team",
            "Title": "Officer",
            "EmailAddress": "security@example.com",
            "PhoneNumber": "+44 20 7946 0000",
        }
    ]


def test_refused_fields_are_named() -> None:
    """What AWS does not take comes back by field, in words that echo nothing."""
    refused = refusal(
        "ValidationException",
        "jane.doe@example.com is not valid",
        fieldList=[{"name": "emailAddress", "message": "jane.doe@example.com is not valid"}],
    )
    with pytest.raises(ContactRefused) as caught:
        gateway(managed().on("PutAlternateContact", refused)).write(
            MEMBER, SECURITY, CONTACT, ORIGIN
        )
    assert list(caught.value.fields) == ["email"]
    assert "example.com" not in f"{caught.value} {caught.value.fields}"


def test_a_field_too_short_to_be_sent_is_named() -> None:
    """What botocore refuses to send is reported like what AWS refuses."""
    empty = AlternateContact("", "Officer", "security@example.com", "1")
    with pytest.raises(ContactRefused) as caught:
        gateway(managed()).write(MEMBER, SECURITY, empty, ORIGIN)
    assert list(caught.value.fields) == ["name"]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (page(), FailureCode.MALFORMED),
        (refusal("ValidationException"), FailureCode.REFUSED),
        (
            refusal("AccessDeniedException", "The account is closed.", 403),
            FailureCode.ACCOUNT_STATE,
        ),
        (ReadTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
        (EXPIRED, FailureCode.CREDENTIALS_EXPIRED),
    ],
)
def test_a_write_that_aws_did_not_take_is_an_error(
    answer: Answer | Exception, cause: FailureCode
) -> None:
    """Only AWS's own success is one: a proxy's page is not."""
    with pytest.raises(GatewayError) as caught:
        gateway(managed().on("PutAlternateContact", answer)).write(
            MEMBER, SECURITY, CONTACT, ORIGIN
        )
    assert caught.value.failure.cause is cause
    assert not isinstance(caught.value, ContactRefused)


def test_an_empty_answer_of_any_content_type_is_a_success() -> None:
    """A success without a body counts, whatever it calls itself."""
    empty = Answer(200, b"", {"content-type": "text/html", "content-length": "0"})
    gateway(managed().on("PutAlternateContact", empty)).write(MEMBER, SECURITY, CONTACT, ORIGIN)


def test_a_write_says_which_request_it_was() -> None:
    """AWS's id of the request, which CloudTrail has too."""
    named = Answer(headers={"x-amzn-requestid": "4b1c-77"})
    wire = managed().on("PutAlternateContact", named)
    assert gateway(wire).write(MEMBER, SECURITY, CONTACT, ORIGIN) == "4b1c-77"


def test_a_contact_is_removed() -> None:
    """By its type, with the account's id; AWS's id of the request comes back."""
    named = Answer(headers={"x-amzn-requestid": "4b1c-78"})
    wire = managed().on("DeleteAlternateContact", named)
    assert gateway(wire).delete(MEMBER, SECURITY, ORIGIN) == "4b1c-78"
    assert wire.asked("DeleteAlternateContact") == [
        {"AccountId": MEMBER, "AlternateContactType": "SECURITY"}
    ]


def test_removing_what_is_not_there_is_no_failure() -> None:
    """An earlier try may have removed it, and its answer may have been lost."""
    gone = refusal("ResourceNotFoundException", status=404)
    gateway(managed().on("DeleteAlternateContact", gone)).delete(MEMBER, SECURITY, ORIGIN)


def test_a_removal_that_aws_denies_names_its_permission() -> None:
    """The role may read and write, and yet not delete."""
    words = "User: x is not authorized to perform: account:DeleteAlternateContact because no "
    words += "identity-based policy allows it"
    denied = refusal("AccessDeniedException", words, 403)
    with pytest.raises(GatewayError) as caught:
        gateway(managed().on("DeleteAlternateContact", denied)).delete(MEMBER, SECURITY, ORIGIN)
    assert caught.value.failure.cause is FailureCode.PERMISSION_MISSING
    assert "account:DeleteAlternateContact" in caught.value.failure.remedy


# Tries


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (THROTTLED, 5),
        (Answer(500), 3),
        (ReadTimeoutError(**ENDPOINT), 3),
        (EndpointConnectionError(**ENDPOINT), 3),
        (page(), 1),
        (EXPIRED, 2),
        (refusal("AccessDeniedException", status=403), 1),
    ],
)
def test_what_may_pass_is_tried_again_a_bounded_number_of_times(
    answer: Answer | Exception, tries: int
) -> None:
    """Throttling five times, faults of the way three times, once more with new credentials."""
    wire = managed().on("GetAlternateContact", answer)
    read(wire)
    assert len(wire.asked("GetAlternateContact")) == tries


def test_throttling_that_passes_is_not_told() -> None:
    """A call that goes through on its last try is read; pauses grow and stay bounded."""
    pauses: list[float] = []
    wire = managed().on("GetAlternateContact", *[THROTTLED] * 4, contact())
    reading = gateway(wire, pause=pauses.append).read(MEMBER, SECURITY, Priority.SCAN)
    assert reading == Present(CONTACT)
    assert len(pauses) == 4
    assert all(0 <= pause <= 0.25 * 2**number for number, pause in enumerate(pauses))


def test_a_write_is_tried_again() -> None:
    """A Put overwrites, so one whose fate is unknown is sent once more."""
    wire = managed().on("PutAlternateContact", ReadTimeoutError(**ENDPOINT), Answer())
    gateway(wire).write(MEMBER, SECURITY, CONTACT, ORIGIN)
    assert len(wire.asked("PutAlternateContact")) == 2


def test_the_log_holds_no_personal_data() -> None:
    """Throttling and tries are logged with the account's id and nothing of the contact."""
    wire = managed().on("PutAlternateContact", THROTTLED, Answer())
    with structlog.testing.capture_logs() as logs:
        gateway(wire).write(MEMBER, SECURITY, CONTACT, ORIGIN)
    events = ["aws.scope", "aws.write", "aws.throttled", "aws.retried"]
    assert [entry["event"] for entry in logs if entry["log_level"] != "debug"] == events
    assert MEMBER in str(logs)
    assert "example.com" not in str(logs)


def test_each_try_is_reported() -> None:
    """With its outcome, and without a word of the request; the limiters' rates can be asked for."""
    wire = managed().on("GetAlternateContact", THROTTLED, ReadTimeoutError(**ENDPOINT), contact())
    metrics = ReportedMetrics()
    adapter = AwsGateway(None, session=wire.session, pause=no_pause, metrics=metrics)
    assert {name for name, _ in adapter.call_rates()} == {"list", "tags"}
    adapter.read(MEMBER, SECURITY, Priority.SCAN)
    assert [call for call in metrics.aws if call[0] == "GetAlternateContact"] == [
        ("GetAlternateContact", "throttled"),
        ("GetAlternateContact", "timed_out"),
        ("GetAlternateContact", "ok"),
    ]
    assert ("GetCallerIdentity", "ok") in metrics.aws
    rates = dict(adapter.call_rates())
    assert set(rates) == {"read", "write", "delete", "primary", "list", "tags"}
    assert rates["read"].now < rates["read"].most == 10
    assert rates["write"] == (5, 5)


# Closing


def test_a_closed_gateway_reaches_nothing() -> None:
    """After closing no call is made, and that is reported as such."""
    wire = managed().on("GetAlternateContact", contact())
    adapter = gateway(wire)
    adapter.scope()
    adapter.close()
    before = len(wire.calls)
    assert why(adapter.read(MEMBER, SECURITY, Priority.SCAN)) is FailureCode.NOT_REACHED
    with pytest.raises(GatewayError):
        adapter.scope()
    assert len(wire.calls) == before


def test_closing_sends_away_who_waits_for_a_turn() -> None:
    """A read that waits for its turn when the gateway closes was not reached."""
    wire = managed().on("GetAlternateContact", contact())
    adapter = AwsGateway(None, read_rate=0.001, session=wire.session, pause=no_pause)
    assert adapter.read(MEMBER, SECURITY, Priority.SCAN) == Present(CONTACT)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(adapter.read, MEMBER, SECURITY, Priority.SCAN)
        adapter.close()
        assert why(waiting.result(timeout=60)) is FailureCode.NOT_REACHED


def test_closing_cuts_the_pause_between_tries_short() -> None:
    """A call that failed and would be tried again ends with what it failed of."""
    wire = managed().on("GetAlternateContact", Answer(500))
    adapter = AwsGateway(None, session=wire.session)
    paused = threading.Event()

    def tell(_logger: object, _name: str, event: structlog.types.EventDict) -> str:
        if event["event"] == "aws.retried":
            paused.set()
        raise structlog.DropEvent

    with ThreadPoolExecutor(1) as pool:
        structlog.configure(processors=[tell])
        try:
            reading = pool.submit(adapter.read, MEMBER, SECURITY, Priority.SCAN)
            assert paused.wait(60)
            adapter.close()
            assert why(reading.result(timeout=60)) is FailureCode.AWS_FAULT
        finally:
            structlog.reset_defaults()


def test_closing_between_two_tries_tells_what_the_first_failed_of() -> None:
    """A write that went out and failed is not told as one that never went."""
    wire = managed().on("PutAlternateContact", ReadTimeoutError(**ENDPOINT), Answer())
    adapter = gateway(wire, pause=lambda _: adapter.close())
    with pytest.raises(GatewayError) as caught:
        adapter.write(MEMBER, SECURITY, CONTACT, ORIGIN)
    assert caught.value.failure.cause is FailureCode.TIMED_OUT
    assert len(wire.asked("PutAlternateContact")) == 1


# Primary contacts

PRIMARY = ok(ContactInformation={"FullName": "Example Corp", "PhoneNumber": "+1 206 555 0100"})


def primary(wire: Wire, account_id: str = MEMBER) -> PrimaryContact | Failure:
    """Read a primary contact in scope of an organization."""
    return gateway(wire).primary_contact(account_id, Priority.SCAN)


@pytest.mark.parametrize(("account_id", "asked"), [(MEMBER, {"AccountId": MEMBER}), (OWN, {})])
def test_a_primary_contact_is_read(account_id: str, asked: dict[str, str]) -> None:
    """A member's is asked for by its id, the caller's own without."""
    wire = managed().on("GetContactInformation", PRIMARY)
    assert primary(wire, account_id) == PrimaryContact("Example Corp", "+1 206 555 0100")
    assert wire.asked("GetContactInformation") == [asked]


def test_a_primary_contact_that_is_not_there_is_empty() -> None:
    """AWS saying that there is none is an answer."""
    missing = refusal("ResourceNotFoundException", status=404)
    wire = managed().on("GetContactInformation", missing)
    assert primary(wire) == PrimaryContact("", "")


@pytest.mark.parametrize(
    ("operation", "answer", "cause"),
    [
        ("GetContactInformation", EXPIRED, FailureCode.CREDENTIALS_EXPIRED),
        ("GetContactInformation", ok(ContactInformation={"FullName": "A"}), FailureCode.MALFORMED),
        ("GetContactInformation", page(), FailureCode.MALFORMED),
        ("GetCallerIdentity", Answer(500), FailureCode.AWS_FAULT),
        ("GetCallerIdentity", identity(partition="aws-us-gov"), FailureCode.NO_API),
    ],
)
def test_a_primary_contact_that_cannot_be_read_is_a_failure(
    operation: str, answer: Answer, cause: FailureCode
) -> None:
    """Whatever is in the way comes back as a failure."""
    found = primary(managed().on("GetContactInformation", PRIMARY).on(operation, answer))
    assert isinstance(found, Failure)
    assert found.cause is cause


def test_a_missing_permission_for_primary_contacts_is_named() -> None:
    """The action that the role may not call stands in the words."""
    words = (
        "User: arn:aws:iam::1:user/u is not authorized to perform: account:GetContactInformation "
        "because no identity-based policy allows the account:GetContactInformation action"
    )
    wire = managed().on("GetContactInformation", refusal("AccessDeniedException", words))
    found = primary(wire)
    assert isinstance(found, Failure)
    assert found.cause is FailureCode.PERMISSION_MISSING
    assert "account:GetContactInformation" in found.message
