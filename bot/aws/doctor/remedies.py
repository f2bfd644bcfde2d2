"""What the doctor gives to paste about AWS: policies, and commands of AWS's command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE: Final = "account.amazonaws.com"
"""AWS Account Management, as trusted access and delegation call it."""

ENABLE_ACCESS: Final = f"aws organizations enable-aws-service-access --service-principal {SERVICE}"
ENABLE_FEATURES: Final = "aws organizations enable-all-features"
SET_CLOCK: Final = "timedatectl set-ntp true && timedatectl status"
ONE_ACCOUNT: Final = "export ALTCONTACT_SCOPE=account"
_WHO_AM_I: Final = "aws sts get-caller-identity"
_REACHED: Final = "curl -sS -o /dev/null -w '%{http_code}\\n' https://sts.us-east-1.amazonaws.com"
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


def writing_statement(partition: str, account_id: str, *, organization: bool) -> str:
    """The statement of an IAM policy that allows to set contacts.

    Args:
        partition: `aws`, `aws-cn`, …
        account_id: the management account, or the one account.
        organization: whether members' contacts are set as well.
    """
    own = f"arn:{partition}:account::{account_id}:account"
    resources = [own, f"{own}/o-*/*"] if organization else [own]
    statement = {
        "Effect": "Allow",
        "Action": "account:PutAlternateContact",
        "Resource": resources,
    }
    return json.dumps(statement, indent=2)


def assuming_statement(role: str) -> str:
    """The statement of the bot's own IAM policy that allows to assume a role."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    return json.dumps(statement, indent=2)


def for_cause(cause: FailureCode, account_id: str, role: str) -> str:
    """What to paste where this is in the way; empty where there is nothing.

    Args:
        cause: what is in the way.
        account_id: who calls, where that is known.
        role: the caller's role, where it has one.
    """
    if cause is FailureCode.WRONG_CALLER and account_id:
        return register(account_id)
    if cause is FailureCode.DENIED_BY_SCP:
        arn = f"arn:*:iam::*:role/{role or 'ROLE'}"
        return json.dumps({"Condition": {"ArnNotLike": {"aws:PrincipalArn": arn}}}, indent=2)
    return {
        FailureCode.TRUSTED_ACCESS_OFF: ENABLE_ACCESS,
        FailureCode.NO_ORGANIZATION: ONE_ACCOUNT,
        FailureCode.CREDENTIALS_EXPIRED: _WHO_AM_I,
        FailureCode.CREDENTIALS_MISSING: _WHO_AM_I,
        FailureCode.CLOCK_WRONG: SET_CLOCK,
        FailureCode.TIMED_OUT: _REACHED,
        FailureCode.UNREACHABLE: _REACHED,
        FailureCode.MALFORMED: _REACHED,
        FailureCode.AWS_FAULT: _HEALTH,
        FailureCode.THROTTLED: "export ALTCONTACT_READ_RATE=5",
        FailureCode.DENIED: _WHO_AM_I,
    }.get(cause, "")


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
