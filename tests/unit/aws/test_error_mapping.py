"""What botocore raises, told as a cause in words that hold no personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import exceptions as botocore
from botocore.parsers import ResponseParserError

from bot.aws.access_denied import Request
from bot.aws.error_mapping import UnusableAnswer, explain, refused_fields
from bot.domain.failures import FailureCode
from bot.domain.scope import CallerRole, Scope, ScopeKind
from tests.unit.aws.wire import MEMBER, OWN

if TYPE_CHECKING:
    from collections.abc import Callable

MANAGEMENT = "999988887777"
USER = "User: arn:aws:sts::111122223333:assumed-role/closed/trusted.access@example.com is not "
GET = "GetAlternateContact"


def error(
    code: str, message: str = "", status: int = 400, operation: str = GET, **more: object
) -> botocore.ClientError:
    """A refusal as botocore raises it."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return botocore.ClientError(response, operation)


def scope(role: CallerRole) -> Scope:
    """A caller in an organization."""
    management = OWN if role is CallerRole.MANAGEMENT else MANAGEMENT
    return Scope(ScopeKind.ORGANIZATION, role, OWN, "aws", "o-1", management)


def about(account_id: str = "", role: CallerRole = CallerRole.MANAGEMENT) -> Request:
    """A read of a contact."""
    return Request(GET, account_id, scope(role))


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("TooManyRequestsException", 429, FailureCode.THROTTLED),
        ("Throttling", 400, FailureCode.THROTTLED),
        ("ThrottlingException", 400, FailureCode.THROTTLED),
        ("429", 429, FailureCode.THROTTLED),
        ("InternalServerException", 500, FailureCode.AWS_FAULT),
        ("ServiceException", 400, FailureCode.AWS_FAULT),
        ("502", 502, FailureCode.AWS_FAULT),
        ("ExpiredToken", 403, FailureCode.CREDENTIALS_EXPIRED),
        ("ExpiredTokenException", 400, FailureCode.CREDENTIALS_EXPIRED),
        ("InvalidClientTokenId", 403, FailureCode.CREDENTIALS_EXPIRED),
        ("UnrecognizedClientException", 403, FailureCode.CREDENTIALS_EXPIRED),
        ("SignatureDoesNotMatch", 403, FailureCode.CREDENTIALS_EXPIRED),
        ("RequestExpired", 403, FailureCode.CLOCK_WRONG),
        ("AWSOrganizationsNotInUseException", 400, FailureCode.NO_ORGANIZATION),
        ("ConflictException", 409, FailureCode.ACCOUNT_STATE),
        ("ValidationException", 400, FailureCode.REFUSED),
        ("ResourceNotFoundException", 404, FailureCode.REFUSED),
        ("404", 404, FailureCode.MALFORMED),
        ("403", 403, FailureCode.MALFORMED),
        ("302", 302, FailureCode.MALFORMED),
    ],
)
def test_an_error_code_tells_the_cause(code: str, status: int, cause: FailureCode) -> None:
    """Each code of AWS's, and a bare status of something else, has its cause."""
    assert explain(error(code, status=status), about(MEMBER)).cause is cause


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "InvalidSignatureException"])
@pytest.mark.parametrize("message", ["Signature expired: 2026…", "Signature not yet current: …"])
def test_a_signature_of_another_time_is_a_matter_of_the_clock(code: str, message: str) -> None:
    """AWS refuses what is signed too long ago or too early as it refuses a wrong key."""
    assert explain(error(code, message, status=403), about()).cause is FailureCode.CLOCK_WRONG


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "UnrecognizedClientException"])
def test_a_key_that_aws_does_not_know_may_be_of_another_partition(code: str) -> None:
    """It is not told as expired, and the region variable is named."""
    why = explain(error(code, status=403), about())
    assert "expired" not in why.message
    assert "AWS_REGION" in why.remedy


def test_a_code_is_passed_on_only_if_it_looks_like_one() -> None:
    """A code is kept for who looks it up, and dropped where it could be any text."""
    assert explain(error("ValidationException"), about()).code == "ValidationException"
    assert explain(error("jane.doe@example.com"), about()).code == ""


ENDPOINT = {"endpoint_url": "https://account.us-east-1.amazonaws.com"}


@pytest.mark.parametrize(
    ("raised", "cause"),
    [
        (botocore.ReadTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
        (botocore.ConnectTimeoutError(**ENDPOINT), FailureCode.TIMED_OUT),
        (botocore.EndpointConnectionError(**ENDPOINT), FailureCode.UNREACHABLE),
        (botocore.ConnectionClosedError(**ENDPOINT), FailureCode.UNREACHABLE),
        (botocore.SSLError(**ENDPOINT, error=OSError()), FailureCode.TLS_FAILED),
        (botocore.ProxyConnectionError(proxy_url="p", error="e"), FailureCode.PROXY_FAILED),
        (botocore.HTTPClientError(error="e"), FailureCode.UNREACHABLE),
        (botocore.InvalidRegionError(region_name="r r"), FailureCode.REGION_INVALID),
        (botocore.NoCredentialsError(), FailureCode.CREDENTIALS_MISSING),
        (
            botocore.PartialCredentialsError(provider="env", cred_var="secret"),
            FailureCode.CREDENTIALS_INVALID,
        ),
        (botocore.ProfileNotFound(profile="nope"), FailureCode.AWS_CONFIGURATION),
        (
            botocore.CredentialRetrievalError(provider="process", error_msg="e"),
            FailureCode.CREDENTIALS_UNAVAILABLE,
        ),
        (botocore.UnauthorizedSSOTokenError(), FailureCode.CREDENTIALS_EXPIRED),
        (botocore.SSOTokenLoadError(error_msg="e"), FailureCode.CREDENTIALS_EXPIRED),
        (
            botocore.TokenRetrievalError(provider="sso", error_msg="e"),
            FailureCode.CREDENTIALS_EXPIRED,
        ),
        (ConnectionResetError(), FailureCode.UNREACHABLE),
        (
            RuntimeError("the refreshed credentials are still expired"),
            FailureCode.CREDENTIALS_EXPIRED,
        ),
        (botocore.ParamValidationError(report="r"), FailureCode.REQUEST_INVALID),
        (botocore.DataNotFoundError(data_path="d"), FailureCode.SDK_FAULT),
        (ResponseParserError("<html>"), FailureCode.MALFORMED),
        (UnusableAnswer(), FailureCode.MALFORMED),
        (AttributeError("'list' object has no attribute 'get'"), FailureCode.MALFORMED),
    ],
)
def test_what_is_raised_without_an_answer_tells_the_cause(
    raised: Exception, cause: FailureCode
) -> None:
    """Each kind of botocore's own errors has its cause."""
    assert explain(raised, about(MEMBER)).cause is cause


def test_a_role_that_cannot_be_assumed_is_a_matter_of_credentials() -> None:
    """What the chain is refused while it refreshes is not taken for a denial of the call."""
    refused = error(
        "AccessDenied", USER + "authorized to perform: sts:AssumeRole", 403, "AssumeRole"
    )
    failure = explain(refused, about(MEMBER))
    assert failure.cause is FailureCode.CREDENTIALS_EXPIRED
    assert "Couldn't refresh" in failure.message
    expired = explain(error("ExpiredToken", USER, 403, "AssumeRole"), about(MEMBER))
    assert expired.message.startswith("The AWS credentials have expired")
    slow = error("Throttling", status=400, operation="AssumeRole")
    assert explain(slow, about(MEMBER)).cause is FailureCode.THROTTLED


NO_POLICY = (
    "authorized to perform: account:GetAlternateContact on resource: arn:aws:account::1:account "
    "because no identity-based policy allows the account:GetAlternateContact action"
)
EXPLICIT = (
    "authorized to perform: account:GetAlternateContact on resource: * with an explicit deny in a "
)
BARE = "authorized to perform: account:GetAlternateContact"


@pytest.mark.parametrize(
    ("message", "request_", "cause"),
    [
        (
            f"{BARE} (Your organization must first enable trusted access with AWS Account "
            "Management.)",
            about(MEMBER),
            FailureCode.TRUSTED_ACCESS_OFF,
        ),
        (NO_POLICY, about(MEMBER), FailureCode.PERMISSION_MISSING),
        (NO_POLICY, about(), FailureCode.PERMISSION_MISSING),
        (EXPLICIT + "permissions boundary", about(), FailureCode.PERMISSION_MISSING),
        (EXPLICIT + "service control policy", about(MEMBER), FailureCode.DENIED_BY_SCP),
        (
            EXPLICIT + "service control policy: arn:aws:organizations::1:policy/o-1/p-1",
            about(),
            FailureCode.DENIED_BY_SCP,
        ),
        (
            f"{BARE} (The management account can only be managed using the standalone context "
            "from the management account.)",
            about(OWN),
            FailureCode.WRONG_CALLER,
        ),
        (
            f"{BARE} (The management account can only be managed using the standalone context "
            "from the management account.)",
            about(MANAGEMENT, CallerRole.DELEGATED_ADMINISTRATOR),
            FailureCode.MANAGEMENT_OUT_OF_REACH,
        ),
        (
            BARE,
            about(MANAGEMENT, CallerRole.DELEGATED_ADMINISTRATOR),
            FailureCode.MANAGEMENT_OUT_OF_REACH,
        ),
        (BARE, about(MEMBER, CallerRole.DELEGATED_ADMINISTRATOR), FailureCode.WRONG_CALLER),
        (BARE, about(MEMBER, CallerRole.MEMBER), FailureCode.WRONG_CALLER),
        (NO_POLICY, about(MEMBER, CallerRole.MEMBER), FailureCode.PERMISSION_MISSING),
        (BARE, about(MEMBER), FailureCode.DENIED),
        (BARE, about(), FailureCode.PERMISSION_MISSING),
        (f"{BARE} (The account is suspended.)", about(MEMBER), FailureCode.ACCOUNT_STATE),
        (
            f"{BARE} (The specified account is not a member of your organization.)",
            about(MEMBER),
            FailureCode.ACCOUNT_STATE,
        ),
    ],
)
def test_a_denial_is_told_by_its_message(
    message: str, request_: Request, cause: FailureCode
) -> None:
    """AccessDenied has one code and many causes; the caller's ARN does not count as a sign."""
    assert explain(error("AccessDeniedException", USER + message, 403), request_).cause is cause


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("You don't have permissions to access this resource.", FailureCode.WRONG_CALLER),
        ("Access denied", FailureCode.DENIED),
        ("", FailureCode.DENIED),
        ("Not allowed by a session policy", FailureCode.PERMISSION_MISSING),
    ],
)
def test_a_denial_by_organizations_is_told_by_its_message(message: str, cause: FailureCode) -> None:
    """Organizations says in words of its own that a member may not list accounts."""
    request = Request("ListAccounts", scope=scope(CallerRole.MEMBER))
    refused = error("AccessDeniedException", message, operation="ListAccounts")
    assert explain(refused, request).cause is cause


@pytest.mark.parametrize(
    ("message", "request_", "told"),
    [
        (
            EXPLICIT + "service control policy",
            about(MEMBER),
            "account:GetAlternateContact was denied by a service control policy.",
        ),
        # AWS's text is the last word on which action it was.
        (
            EXPLICIT.replace("Get", "Put") + "service control policy",
            about(MEMBER),
            "account:PutAlternateContact was denied by a service control policy.",
        ),
        (
            "denied by a service control policy",
            Request("PutAlternateContact", MEMBER),
            "account:PutAlternateContact was denied by a service control policy.",
        ),
        (BARE, about(MEMBER), "AWS denied account:GetAlternateContact without giving a reason."),
        (
            "Access denied",
            Request("ListAccounts"),
            "AWS denied organizations:ListAccounts without giving a reason.",
        ),
        ("Access denied", Request(""), "AWS denied access without giving a reason."),
        (
            "Not allowed by a session policy",
            Request("AssumeRole"),
            "The bot's role doesn't have permission to call sts:AssumeRole. Its IAM policy "
            "doesn't allow it.",
        ),
        (
            f"{BARE} (The account is SUSPENDED.)",
            about(MEMBER),
            "The account is suspended, so AWS doesn't allow this.",
        ),
        (
            f"{BARE} (The account state is invalid.)",
            about(MEMBER),
            "AWS doesn't allow this in the account's current state.",
        ),
    ],
)
def test_a_denial_names_what_was_denied(message: str, request_: Request, told: str) -> None:
    """The action, by AWS's text or by the request; of an inactive account its state."""
    refused = error("AccessDeniedException", USER + message, operation=request_.operation)
    failure = explain(refused, request_)
    assert failure.message == told
    assert failure.remedy


def test_a_missing_permission_names_the_action() -> None:
    """Who has to change the policy learns the action, and nothing else of AWS's text."""
    failure = explain(error("AccessDeniedException", USER + NO_POLICY, 403), about(MEMBER))
    assert "account:GetAlternateContact" in failure.message
    assert "account:GetAlternateContact" in failure.remedy


@pytest.mark.parametrize("make", [about, lambda: about(MEMBER)])
def test_no_text_of_awss_is_passed_on(make: Callable[[], Request]) -> None:
    """Neither the caller's session name nor an echoed value is in the words, remedy or code."""
    for code in ("AccessDeniedException", "ValidationException", "ExpiredToken", "Whatever"):
        for text in (NO_POLICY, BARE, "jane.doe@example.com is not valid"):
            told = explain(error(code, USER + text, 403), make())
            assert "example.com" not in f"{told.message} {told.remedy} {told.code}"


def test_refused_fields_are_told_in_own_words() -> None:
    """AWS's names become the contact's, and its messages, which echo values, are not passed on."""
    names = ["name", "title", "emailAddress", "phoneNumber", "accountId"]
    listed = [{"name": name, "message": "got jane.doe@example.com"} for name in names]
    fields = refused_fields(error("ValidationException", fieldList=[*listed, "odd"]))
    assert list(fields) == ["name", "title", "email", "phone"]
    assert "example.com" not in str(fields)


def test_fields_that_botocore_refuses_itself_are_told_too() -> None:
    """A field that never went out, since it is too short, is named like one that AWS refused."""
    report = "Invalid length for parameter EmailAddress, value: 0, valid min length: 1"
    assert list(refused_fields(botocore.ParamValidationError(report=report))) == ["email"]


def test_other_errors_refuse_no_field() -> None:
    """An error that names no field refuses none."""
    assert refused_fields(error("ValidationException")) == {}
    assert refused_fields(botocore.NoCredentialsError()) == {}
