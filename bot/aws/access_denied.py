"""Finds out why AWS answered AccessDenied, a code that has many causes.

Only the message differs. It begins with the caller's ARN, whose session name is often an email
address: that part is removed before the search, and none of the text is passed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode, failure
from bot.domain.scope import CallerRole

if TYPE_CHECKING:
    from bot.domain.failures import Failure
    from bot.domain.scope import Scope


@dataclass(frozen=True, slots=True)
class Request:
    """A request to AWS: enough to tell what a denial means.

    `account_id` is the `AccountId` that was passed, or empty if it was omitted.
    """

    operation: str
    account_id: str = ""
    scope: Scope | None = None

    @property
    def action(self) -> str:
        """The IAM action of the request: `account:GetAlternateContact`; empty if it isn't known."""
        if not self.operation:
            return ""
        action = _ACTIONS.get(self.operation, f"organizations:{self.operation}")
        return action if ":" in action else f"{action}:{self.operation}"


_ACTIONS: Final = {
    "DeleteAlternateContact": "account",
    "GetAccountInformation": "account",
    "GetAlternateContact": "account",
    "GetContactInformation": "account",
    "PutAlternateContact": "account",
    "AssumeRole": "sts",
    "GetCallerIdentity": "sts",
    "DescribeKey": "kms",
    "Sign": "kms",
    "Verify": "kms",
    "GetParameter": "ssm",
    "GetSecretValue": "secretsmanager",
    "DeleteObject": "s3",
    "GetObject": "s3",
    "GetObjectVersion": "s3",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3",
}
"""The service of each operation that the bot uses, or the action if that has another name; all
others are of AWS Organizations."""

DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
"""The codes of a denial."""

_PRINCIPAL: Final = re.compile(r"User: \S+")
_ACTION: Final = re.compile(r"not authorized to perform: ([a-z]+:[A-Za-z]+)\b")
_KMS: Final = re.compile(r"access to kms is not allowed", re.IGNORECASE)
"""What Secrets Manager answers if the caller may not use the key of a secret."""

_SIGNS: Final = (
    (re.compile(r"trusted access", re.IGNORECASE), FailureCode.TRUSTED_ACCESS_OFF),
    (re.compile(r"service control polic", re.IGNORECASE), FailureCode.DENIED_BY_SCP),
    (
        re.compile(
            r"(identity-based|session|resource-based|resource control|endpoint) polic"
            r"|permissions boundary",
            re.IGNORECASE,
        ),
        FailureCode.PERMISSION_MISSING,
    ),
    (
        re.compile(
            r"\b(suspended|closed|not active|inactive|pending closure|account state)\b",
            re.IGNORECASE,
        ),
        FailureCode.ACCOUNT_STATE,
    ),
)
_STATES: Final = frozenset({"suspended", "closed"})
"""Of the words that tell an account's state, those that name it."""

_STRANGER: Final = re.compile(r"not a member of your organization", re.IGNORECASE)
_STANDALONE_CONTEXT: Final = re.compile(r"standalone context", re.IGNORECASE)
_NO_ACCESS_TO_ORGANIZATION: Final = re.compile(r"have permissions? to access this", re.IGNORECASE)


def explain_access_denied(message: str, code: str, request: Request) -> Failure:
    """Why access was denied, without AWS's own text.

    Args:
        message: AWS's text.
        code: AWS's error code.
        request: the request that was denied.
    """
    text = _PRINCIPAL.sub("", message)
    if _STRANGER.search(text):
        return failure(
            FailureCode.ACCOUNT_STATE,
            code=code,
            message="The account isn't in the organization, or no longer is.",
            remedy="Check again: accounts that left the organization are no longer listed.",
        )
    if _KMS.search(text):
        message, remedy = _words(FailureCode.PERMISSION_MISSING, "kms:Decrypt", None)
        return failure(FailureCode.PERMISSION_MISSING, code=code, message=message, remedy=remedy)
    found = next(((cause, sign.search(text)) for sign, cause in _SIGNS if sign.search(text)), None)
    cause, sign = found if found is not None else (_unexplained(text, request), None)
    named = _ACTION.search(text)
    message, remedy = _words(cause, named[1] if named else request.action, sign)
    return failure(cause, code=code, message=message, remedy=remedy)


def _unexplained(text: str, request: Request) -> FailureCode:
    """The likely cause if AWS names none: it follows from who called, and for which account."""
    scope = request.scope
    if not request.account_id:
        if _NO_ACCESS_TO_ORGANIZATION.search(text):
            return FailureCode.WRONG_CALLER
        return FailureCode.PERMISSION_MISSING if _ACTION.search(text) else FailureCode.DENIED
    if scope is not None and scope.role is not CallerRole.MANAGEMENT:
        if request.account_id == scope.management_id:
            return FailureCode.MANAGEMENT_OUT_OF_REACH
        return FailureCode.WRONG_CALLER
    return FailureCode.WRONG_CALLER if _STANDALONE_CONTEXT.search(text) else FailureCode.DENIED


def _words(cause: FailureCode, action: str, sign: re.Match[str] | None) -> tuple[str, str]:
    """Message and remedy that name the denied action or the account's state; empty: the usual.

    Args:
        cause: why access was denied.
        action: the IAM action, empty if it isn't known.
        sign: the part of AWS's text that told the cause, if any.
    """
    state = sign[0].lower() if sign is not None else ""
    if cause is FailureCode.ACCOUNT_STATE and state in _STATES:
        return f"The account is {state}, so AWS doesn't allow this.", ""
    if not action:
        return "", ""
    message = remedy = ""
    match cause:
        case FailureCode.DENIED_BY_SCP:
            message = f"{action} was denied by a service control policy."
        case FailureCode.PERMISSION_MISSING:
            message = (
                f"The bot's role doesn't have permission to call {action}. Its IAM policy doesn't "
                "allow it."
            )
            remedy = (
                f"Add {action} to the bot's IAM policy. docs/install.md has the complete policy."
            )
        case FailureCode.WRONG_CALLER if action.startswith("organizations:"):
            message = (
                f"AWS denied {action}, which only the management account and delegated "
                "administrators can call."
            )
        case FailureCode.DENIED:
            message = f"AWS denied {action} without giving a reason."
        case _:
            pass
    return message, remedy
