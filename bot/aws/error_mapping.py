"""Turns botocore's exceptions into a `Failure`: the cause, without any of AWS's own text.

AWS's messages name the caller, whose session name is often an email address, and repeat what was
sent. They are read here, and never passed on.
"""

from __future__ import annotations

import re
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    UndefinedModelAttributeError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from bot.aws.access_denied import DENIED, explain_access_denied
from bot.aws.connection_errors import ON_THE_WAY, explain_connection
from bot.aws.sdk_errors import code_of
from bot.aws.setup_errors import SetupError, explain_missing, sdk_fault
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bot.aws.access_denied import Request
    from bot.domain.failures import Failure

NOT_FOUND: Final = "ResourceNotFoundException"

RAISED_BY_BOTOCORE: Final = (
    Boto3Error,
    BotoCoreError,
    ClientError,
    HTTPError,
    HTTPException,
    ResponseParserError,
    SetupError,
    UndefinedModelAttributeError,
    # Botocore's parsers raise these for bodies that are well-formed but have another structure.
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
    # And these for credentials and connections.
    OSError,
    RuntimeError,
)


class UnusableAnswer(ValueError):
    """An answer with status 200 that doesn't have the operation's form."""


_CAUSES: Final = (
    (
        FailureCode.THROTTLED,
        "LimitExceededException PriorRequestNotComplete RequestLimitExceeded RequestThrottled "
        "RequestThrottledException SlowDown ThrottledException Throttling ThrottlingException "
        "TooManyRequestsException",
    ),
    (
        FailureCode.AWS_FAULT,
        "InternalFailure InternalServerException ServiceException ServiceUnavailable",
    ),
    (
        FailureCode.CREDENTIALS_EXPIRED,
        "AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature InvalidAccessKeyId "
        "InvalidClientTokenId InvalidSignatureException InvalidToken MissingAuthenticationToken "
        "MissingAuthenticationTokenException SignatureDoesNotMatch "
        "TokenRefreshRequired UnrecognizedClientException",
    ),
    (FailureCode.CLOCK_WRONG, "RequestExpired RequestInTheFuture RequestTimeTooSkewed"),
    (
        FailureCode.ACCOUNT_STATE,
        "ConflictException ResourceUnavailableException TargetNotFoundException",
    ),
    (FailureCode.NO_ORGANIZATION, "AWSOrganizationsNotInUseException"),
)
_SIGNED: Final = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
_SIGNED_WHEN: Final = re.compile(r"signature (?:expired|not yet current)", re.IGNORECASE)
_UNKNOWN_KEY: Final = frozenset(
    {"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"}
)
_UNKNOWN_KEY_WORDS: Final = {
    "message": "AWS doesn't recognize the bot's access key.",
    "remedy": "Check that the key wasn't deleted and that the session token belongs to it. Keys "
    "for China and GovCloud work only there: set AWS_REGION to one of their regions.",
}
_BY_CODE: Final = {code: cause for cause, codes in _CAUSES for code in codes.split()}
_BY_STATUS: Final = {429: FailureCode.THROTTLED} | dict.fromkeys(
    range(500, 600), FailureCode.AWS_FAULT
)
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z.]{0,63}")

_FIELDS: Final[Mapping[str, str]] = {
    "name": "name",
    "title": "title",
    "emailaddress": "email",
    "email": "email",
    "phonenumber": "phone",
    "phone": "phone",
}
_FIELD_WORDS: Final[Mapping[str, str]] = {
    "name": "AWS doesn't accept this name. Use 1 to 64 characters.",
    "title": "AWS doesn't accept this title. Use 1 to 50 characters.",
    "email": "AWS doesn't accept this email address.",
    "phone": "AWS doesn't accept this phone number. Use up to 25 digits, spaces, +, - and ().",
}
_PARAMETER: Final = re.compile(r"parameter:? (Name|Title|EmailAddress|PhoneNumber)\b")


def explain(error: Exception, request: Request) -> Failure:
    """Why a call failed.

    Args:
        error: one of `RAISED_BY_BOTOCORE`.
        request: the request.
    """
    if isinstance(error, ClientError):
        return _explain_answer(error, request)
    if isinstance(error, SetupError):
        return error.failure
    code = code_of(error)
    if isinstance(error, NoCredentialsError):
        return explain_missing()
    if code in ON_THE_WAY:
        return explain_connection(error, code)
    if code is FailureCode.SDK_FAULT:
        return sdk_fault(error)
    return failure(code)


def request_id_of(error: Exception) -> str:
    """AWS's id of the request that it answered with this error; empty if it didn't answer."""
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("ResponseMetadata", {}).get("RequestId", ""))


def refused_fields(error: Exception) -> dict[str, str]:
    """The fields of a contact that AWS, or botocore for it, rejects, each with the reason.

    Returns:
        {name | title | email | phone: message}; empty for any other error.
    """
    if isinstance(error, ParamValidationError):
        names = [name.lower() for name in _PARAMETER.findall(str(error))]
    elif isinstance(error, ClientError):
        listed: Any = error.response.get("fieldList") or []
        names = [str(entry.get("name", "")).lower() for entry in listed if isinstance(entry, dict)]
    else:
        names = []
    fields = [_FIELDS[name] for name in names if name in _FIELDS]
    return {field: _FIELD_WORDS[field] for field in fields}


def _explain_answer(error: ClientError, request: Request) -> Failure:
    answer = error.response.get("Error", {})
    raw_code = str(answer.get("Code", ""))
    code = raw_code if _CODE.fullmatch(raw_code) else ""
    cause = _BY_STATUS.get(_status(error)) or _BY_CODE.get(code)
    if cause not in {FailureCode.THROTTLED, FailureCode.AWS_FAULT}:
        if code in _SIGNED and _SIGNED_WHEN.search(str(answer.get("Message", ""))):
            return failure(FailureCode.CLOCK_WRONG, code=code)
        if code in _UNKNOWN_KEY:
            return failure(FailureCode.CREDENTIALS_EXPIRED, code=code, **_UNKNOWN_KEY_WORDS)
        if error.operation_name != request.operation and cause is None:
            return _refresh_failed(code)
        if code in DENIED:
            return explain_access_denied(str(answer.get("Message", "")), code, request)
    # Without an error code, botocore puts the HTTP status there: a proxy answered.
    return failure(cause or (FailureCode.REFUSED if code else FailureCode.MALFORMED), code=code)


def _refresh_failed(code: str) -> Failure:
    """The request for new credentials, made to sign this call, was rejected."""
    return failure(
        FailureCode.CREDENTIALS_EXPIRED,
        code=code,
        message="Couldn't refresh the AWS credentials: AWS didn't let the bot assume its role.",
        remedy="Check that the bot can assume its role, and that its own credentials are valid.",
    )


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
