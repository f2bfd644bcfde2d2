"""Explains why no AWS session or client can be created: its settings are wrong.

Exceptions are explained by the phase in which they are raised, here and in `credential_errors`. A
`ValueError` has different meanings while a client is created, while credentials are loaded, and
while an answer is parsed.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError

from bot.aws.sdk_errors import code_of
from bot.aws.setting_names import (
    file_name,
    invalid_endpoint_source,
    number_at_fault,
    profile_source,
    region_source,
    setting_in,
    similar_region,
)
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.failures import Failure


class SetupError(RuntimeError):
    """Nothing was sent to AWS; `failure` says why."""

    def __init__(self, why: Failure) -> None:
        super().__init__(why.message)
        self.failure = why


def explain_settings(error: Exception, region: str = "") -> Failure:
    """Why no session or client could be created.

    Args:
        error: the exception.
        region: the region of the client.
    """
    if isinstance(error, SetupError):
        return error.failure
    code, name = code_of(error), type(error).__name__
    if name in _BY_NAME:
        return _BY_NAME[name](error)
    if code is FailureCode.REGION_INVALID:
        return invalid_region(region)
    if isinstance(error, BotoCoreError):
        return named_setting(code, str(error))
    return _of_another_library(error)


def invalid_region(region: str) -> Failure:
    """A region that doesn't exist, with its source and the region that was probably meant."""
    source = region_source(region)
    return failure(
        FailureCode.REGION_INVALID,
        message=f"The AWS region in {source} doesn't exist.",
        remedy=f"Correct {source}: did you mean {similar_region(region)}?",
    )


def invalid_endpoint() -> Failure:
    """An endpoint that isn't a URL, with its source."""
    source = invalid_endpoint_source()
    if not source:
        return failure(FailureCode.ENDPOINT_INVALID)
    message = f"The AWS endpoint in {source} is not a valid URL."
    return failure(FailureCode.ENDPOINT_INVALID, message=message, remedy=correct(source))


def explain_missing() -> Failure:
    """No source has any credentials; an incomplete environment is named."""
    usual = failure(FailureCode.CREDENTIALS_MISSING)
    if os.environ.get("AWS_SECRET_ACCESS_KEY") and not os.environ.get("AWS_ACCESS_KEY_ID"):
        message = f"{usual.message} AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not."
        return failure(usual.cause, message=message, remedy="Set AWS_ACCESS_KEY_ID as well.")
    if source := profile_source():
        message = f"{usual.message} The profile in {source} has none."
        remedy = f"Add a source of credentials to that profile, or correct {source}."
        return failure(usual.cause, message=message, remedy=remedy)
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        message = (
            f"{usual.message} The instance metadata service wasn't used, because "
            "AWS_EC2_METADATA_DISABLED is set."
        )
        return replace(usual, message=message)
    return usual


def sdk_fault(error: Exception) -> Failure:
    """A failure inside the SDK, with the name of its exception to report."""
    name = type(error).__name__
    return failure(
        FailureCode.SDK_FAULT,
        message=f"The AWS SDK (boto3) failed before it sent the request: {name}.",
    )


def named_setting(code: FailureCode, text: str) -> Failure:
    """A wrong setting, by its name if botocore's message has it."""
    setting = setting_in(text)
    if code is FailureCode.AWS_CONFIGURATION and "dependency" in text.lower():
        message = "The AWS profile uses a sign-in that needs another package, botocore[crt]."
        remedy = "Install botocore[crt] beside the bot, or use a role or another profile."
        return failure(code, message=message, remedy=remedy)
    if code is FailureCode.ENDPOINT_INVALID:
        return invalid_endpoint()
    if code is not FailureCode.AWS_CONFIGURATION or not setting:
        return failure(code)
    if "infinite loop" in text.lower():
        message = "Profiles refer to each other in a loop in source_profile."
        return failure(code, message=message, remedy=correct(setting))
    if "does not exist" in text:
        message = f"The AWS configuration has an error: the value of {setting} doesn't exist."
        return failure(code, message=message, remedy=correct(setting))
    message = f"The AWS configuration has an error: {setting} isn't valid."
    return failure(code, message=message, remedy=correct(setting))


def _profile_not_found(_error: Exception) -> Failure:
    source = profile_source() or "“profile” in an [[aws]] section"
    return failure(
        FailureCode.AWS_CONFIGURATION,
        message=f"The AWS profile in {source} doesn't exist.",
        remedy=f"Correct {source}, or add the profile to ~/.aws/config (AWS_CONFIG_FILE). To list "
        "the profiles that exist: aws configure list-profiles",
    )


def _unparsable(error: Exception) -> Failure:
    given = getattr(error, "kwargs", {})
    number = getattr(given.get("error"), "lineno", None)
    line = f", line {number}" if isinstance(number, int) else ""
    where = f"{file_name(given.get('path'))}{line}"
    return failure(
        FailureCode.AWS_CONFIGURATION,
        message=f"Couldn't parse the AWS configuration: {where}.",
        remedy="Correct that file. It needs sections in [brackets], each once, and lines of the "
        "form “name = value”.",
    )


def correct(what: str) -> str:
    """The remedy for a setting that is wrong."""
    return f"Correct {what}."


_BY_NAME: Final[Mapping[str, Callable[[Exception], Failure]]] = {
    "ProfileNotFound": _profile_not_found,
    "ConfigParseError": _unparsable,
}


def _of_another_library(error: Exception) -> Failure:
    """Errors of Python's own libraries about a setting that botocore doesn't check."""
    if isinstance(error, ValueError):
        if "invalid literal" in str(error) and (variable := number_at_fault()):
            message = f"{variable} is not a whole number."
            return failure(FailureCode.AWS_CONFIGURATION, message=message, remedy=correct(variable))
        return invalid_endpoint()
    if isinstance(error, OSError):
        message = "Couldn't read a file of the AWS configuration."
        return failure(FailureCode.AWS_CONFIGURATION, message=message)
    return sdk_fault(error)
