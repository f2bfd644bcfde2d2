"""The doctor's snippets to paste for AWS: policies, and commands for the AWS CLI."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE: Final = "account.amazonaws.com"
"""AWS Account Management, as trusted access and delegation call it."""

ENABLE_ACCESS: Final = f"aws organizations enable-aws-service-access --service-principal {SERVICE}"
ENABLE_FEATURES: Final = "aws organizations enable-all-features"
SESSION_NAMES: Final = '"Condition": {"StringLike": {"sts:RoleSessionName": "altcontact*"}}'
SET_CLOCK: Final = "timedatectl set-ntp true && timedatectl status"
ONE_ACCOUNT: Final = "export ALTCONTACT_SCOPE=account"
_STS: Final = "https://sts.us-east-1.amazonaws.com"
_REACHED: Final = "curl -sS -o /dev/null -w '%{http_code}\\n' "
_SETTINGS: Final = "aws configure list"
_HEALTH: Final = "https://health.aws.amazon.com/health/status"


def register(account_id: str) -> str:
    """The command that makes an account a delegated administrator."""
    return (
        f"aws organizations register-delegated-administrator --service-principal {SERVICE} "
        f"--account-id {account_id}"
    )


def reading_policy(actions: Sequence[str]) -> str:
    """An IAM policy that allows these actions."""
    return _policy({"Effect": "Allow", "Action": sorted(actions), "Resource": "*"})


def writing_statement(partition: str, account_id: str, management_id: str = "") -> str:
    """The statement of an IAM policy that allows setting and removing contacts.

    Source of the ARNs: AWS's service authorization reference of Account Management. An account of
    an organization is named by the management account's id; the calling account, which is
    addressed without an id, by its own.

    Args:
        partition: `aws`, `aws-cn`, …
        account_id: the calling account.
        management_id: the management account; empty if contacts of other accounts aren't set.
    """
    resources = [f"arn:{partition}:account::{account_id}:account"]
    if management_id:
        resources.append(f"arn:{partition}:account::{management_id}:account/o-*/*")
    statement = {
        "Effect": "Allow",
        "Action": ["account:PutAlternateContact", "account:DeleteAlternateContact"],
        "Resource": resources,
    }
    return json.dumps(statement, indent=2)


def assuming_statement(role: str) -> str:
    """The statement of the bot's own IAM policy that allows assuming a role."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    return json.dumps(statement, indent=2)


def for_cause(
    cause: FailureCode, account_id: str, role: str, *, url: str = "", region: str = ""
) -> str:
    """The snippet to paste for this cause; empty if there is none.

    Args:
        cause: the cause.
        account_id: the calling account, if known.
        role: the caller's role, if it has one.
        url: the URL of the request, if known.
        region: the region of the request, if known.
    """
    who_am_i = "aws sts get-caller-identity" + (
        f" --region {shlex.quote(region)}" if region else ""
    )
    reached = _REACHED + shlex.quote(url or _STS)
    if cause is FailureCode.WRONG_CALLER and account_id:
        return register(account_id)
    if cause is FailureCode.DENIED_BY_SCP:
        arn = f"arn:*:iam::*:role/{role or 'ROLE'}"
        return json.dumps({"Condition": {"ArnNotLike": {"aws:PrincipalArn": arn}}}, indent=2)
    return {
        FailureCode.TRUSTED_ACCESS_OFF: ENABLE_ACCESS,
        FailureCode.NO_ORGANIZATION: ONE_ACCOUNT,
        FailureCode.CREDENTIALS_EXPIRED: who_am_i,
        FailureCode.CREDENTIALS_MISSING: who_am_i,
        FailureCode.CREDENTIALS_INVALID: _SETTINGS,
        FailureCode.CREDENTIALS_UNAVAILABLE: who_am_i,
        FailureCode.MFA_REQUIRED: _SETTINGS,
        FailureCode.AWS_CONFIGURATION: _SETTINGS,
        FailureCode.REGION_INVALID: _SETTINGS,
        FailureCode.ENDPOINT_INVALID: _SETTINGS,
        FailureCode.CLOCK_WRONG: SET_CLOCK,
        FailureCode.TIMED_OUT: reached,
        FailureCode.UNREACHABLE: reached,
        FailureCode.TLS_FAILED: reached,
        FailureCode.PROXY_FAILED: reached,
        FailureCode.MALFORMED: reached,
        FailureCode.SDK_FAULT: "python -m pip check",
        FailureCode.AWS_FAULT: _HEALTH,
        FailureCode.THROTTLED: "export ALTCONTACT_READ_RATE=5",
        FailureCode.DENIED: who_am_i,
    }.get(cause, "")


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
