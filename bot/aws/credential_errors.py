"""Explains why a source of AWS credentials provided none, and which variable or file is wrong.

No text of an exception is passed on: it may contain what a program printed, or a key.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from bot.aws.sdk_errors import code_of
from bot.aws.setting_names import CREDENTIAL_SOURCES
from bot.aws.setup_errors import SetupError, correct, named_setting
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import ReadOnlyCredentials

    from bot.domain.failures import Failure

_SENDABLE: Final = re.compile(r"[!#-&(-~]+")
"""Printable ASCII without spaces and quotes: what can stand in a header, and in a key."""

_INCOMPLETE: Final = ("Missing required key", "Unsupported version")
"""How botocore's messages begin about what a program printed."""

_ON_THE_WAY: Final = frozenset(
    {
        FailureCode.TIMED_OUT,
        FailureCode.UNREACHABLE,
        FailureCode.TLS_FAILED,
        FailureCode.PROXY_FAILED,
    }
)


def explain_credentials(
    error: Exception, method: str, answered: Callable[[Exception], Failure]
) -> Failure:
    """Why a source of credentials provided none.

    Args:
        error: the exception.
        method: botocore's name of the source.
        answered: explains the answer, or its absence, if the source sends requests to AWS.
    """
    if isinstance(error, SetupError):
        return error.failure
    source = CREDENTIAL_SOURCES.get(method, "the configured source")
    code = code_of(error)
    if isinstance(error, ClientError) or (isinstance(error, BotoCoreError) and code in _ON_THE_WAY):
        why = answered(error)
        if why.cause is not FailureCode.CREDENTIALS_INVALID:
            message = f"{why.message} This was a request for credentials. Source: {source}."
            return replace(why, message=message)
        code = why.cause  # a token with a line break, which could not be sent
    if method in _BY_SOURCE and (told := _BY_SOURCE[method](error, code)) is not None:
        return told
    told = _other(error, code)
    return told if method == "env" else replace(told, message=f"{told.message} Source: {source}.")


def require_sendable(credentials: ReadOnlyCredentials, method: str) -> None:
    """Check credentials before they are put into a header.

    Raises:
        SetupError: one has a line break, a space, a quote or another character that no key has.
    """
    held = {
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
        "aws_session_token": credentials.token,
    }
    for name, value in held.items():
        if value is None and name == "aws_session_token":
            continue
        if isinstance(value, str) and _SENDABLE.fullmatch(value):
            continue
        key = name.upper() if method == "env" else name
        source = CREDENTIAL_SOURCES.get(method, "its source")
        where = key if method == "env" else f"{key} from {source}"
        raise SetupError(
            failure(
                FailureCode.CREDENTIALS_INVALID,
                message=f"{where} {_what_is_wrong(value)}.",
                remedy=f"Set {key} again, without quotes, spaces and line breaks.",
            )
        )


def _what_is_wrong(value: object) -> str:
    if not isinstance(value, str) or not value:
        return "is empty or not a string"
    if "\n" in value or "\r" in value:
        return "contains a line break"
    return "contains a space, a quote, or another character that keys can't contain"


def _of_process(error: Exception, code: FailureCode) -> Failure | None:
    remedy = (
        "Run the command in credential_process in a terminal. It must exit with status 0 and print "
        "only the JSON that AWS documents."
    )
    if isinstance(error, (OSError, IndexError)) or "closing quotation" in str(error):
        message = "Couldn't start the program in credential_process."
        return failure(FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=remedy)
    given = str(getattr(error, "kwargs", {}).get("error_msg", ""))
    if code is FailureCode.CREDENTIALS_UNAVAILABLE and not given.startswith(_INCOMPLETE):
        message = "The program in credential_process failed."
        return failure(FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=remedy)
    if isinstance(error, RuntimeError):
        return None
    message = "The program in credential_process didn't print usable credentials."
    return failure(FailureCode.CREDENTIALS_INVALID, message=message, remedy=remedy)


def _of_container(error: Exception, code: FailureCode) -> Failure | None:
    text = str(error)
    if isinstance(error, OSError):
        variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        message = f"Couldn't read the file in {variable}."
    elif "Unsupported host" in text:
        variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        message = f"{variable} has a host that the AWS SDK doesn't allow."
        remedy = f"Set {variable} to an HTTPS URL, or to a loopback or container address."
        return failure(FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=remedy)
    elif "Auth token value" in text:
        variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
        message = f"The token in {variable} or its file contains a line break."
    elif code is FailureCode.CREDENTIALS_UNAVAILABLE:
        message = "The container's credentials endpoint didn't return credentials."
        remedy = (
            "Check the task role or pod identity, and AWS_CONTAINER_CREDENTIALS_FULL_URI or "
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI."
        )
        return failure(FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=remedy)
    else:
        return None
    return failure(FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=correct(variable))


def _of_sso(error: Exception, code: FailureCode) -> Failure | None:
    name = type(error).__name__
    if code is FailureCode.AWS_CONFIGURATION:
        return None
    if "does not exist" in str(error) and name == "SSOTokenLoadError":
        message = "Nobody has signed in for this profile on this machine."
    elif code is FailureCode.CREDENTIALS_EXPIRED:
        message = "This profile's sign-in has expired or isn't valid."
    else:
        message = "This profile's stored sign-in is damaged (~/.aws/sso/cache)."
    remedy = "Run aws sso login with this profile as the user that the bot runs as."
    return failure(FailureCode.CREDENTIALS_EXPIRED, message=message, remedy=remedy)


def _of_login(_error: Exception, code: FailureCode) -> Failure | None:
    if code is FailureCode.AWS_CONFIGURATION:
        return None
    message = "This profile's sign-in has expired, is damaged, or doesn't exist."
    remedy = "Run aws login with this profile as the user that the bot runs as."
    return failure(FailureCode.CREDENTIALS_EXPIRED, message=message, remedy=remedy)


def _of_web_identity(error: Exception, code: FailureCode) -> Failure | None:
    variable = "AWS_WEB_IDENTITY_TOKEN_FILE"
    if isinstance(error, (OSError, UnicodeError)):
        message = f"Couldn't read the file in {variable}."
        return failure(
            FailureCode.CREDENTIALS_UNAVAILABLE, message=message, remedy=correct(variable)
        )
    if code is FailureCode.REQUEST_INVALID:
        message = f"The token in the file in {variable}, or AWS_ROLE_ARN, isn't valid."
        remedy = correct(f"{variable} and AWS_ROLE_ARN")
        return failure(FailureCode.CREDENTIALS_INVALID, message=message, remedy=remedy)
    return None


def _of_role(_error: Exception, code: FailureCode) -> Failure | None:
    if code is FailureCode.REQUEST_INVALID:
        message = "role_arn or another setting of the profile's role isn't valid."
        return failure(FailureCode.AWS_CONFIGURATION, message=message, remedy=correct("role_arn"))
    if code is FailureCode.CREDENTIALS_UNAVAILABLE:
        message = "The source in credential_source has no credentials."
        return failure(code, message=message, remedy=correct("credential_source"))
    return None


_BY_SOURCE: Final = {
    "custom-process": _of_process,
    "container-role": _of_container,
    "sso": _of_sso,
    "login": _of_login,
    "assume-role-with-web-identity": _of_web_identity,
    "assume-role": _of_role,
}


def _other(error: Exception, code: FailureCode) -> Failure:
    if isinstance(error, json.JSONDecodeError | UnicodeError):
        return failure(FailureCode.CREDENTIALS_INVALID)
    if code is FailureCode.CREDENTIALS_INVALID:
        missing = str(getattr(error, "kwargs", {}).get("cred_var", ""))
        if re.fullmatch(r"[A-Za-z_]+( or [a-z_]+)?", missing):
            message = f"The AWS credentials are incomplete: {missing} is missing."
            return failure(code, message=message, remedy=f"Set {missing}.")
        return failure(code)
    if isinstance(error, BotoCoreError):
        return named_setting(code, str(error))
    if isinstance(error, RuntimeError):
        message = "The AWS credentials are still expired after they were renewed."
        return failure(FailureCode.CREDENTIALS_EXPIRED, message=message)
    return failure(FailureCode.CREDENTIALS_UNAVAILABLE)
