"""What the doctor gives to paste about AWS: policies, and commands of AWS's command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from bot.domain.failures import Cause

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


def for_cause(cause: Cause, account_id: str, role: str) -> str:
    """What to paste where this is in the way; empty where there is nothing.

    Args:
        cause: what is in the way.
        account_id: who calls, where that is known.
        role: the caller's role, where it has one.
    """
    if cause is Cause.WRONG_CALLER and account_id:
        return register(account_id)
    if cause is Cause.DENIED_BY_SCP:
        arn = f"arn:*:iam::*:role/{role or 'ROLE'}"
        return json.dumps({"Condition": {"ArnNotLike": {"aws:PrincipalArn": arn}}}, indent=2)
    return {
        Cause.TRUSTED_ACCESS_OFF: ENABLE_ACCESS,
        Cause.NO_ORGANIZATION: ONE_ACCOUNT,
        Cause.CREDENTIALS_EXPIRED: _WHO_AM_I,
        Cause.CREDENTIALS_MISSING: _WHO_AM_I,
        Cause.CLOCK_WRONG: SET_CLOCK,
        Cause.TIMED_OUT: _REACHED,
        Cause.UNREACHABLE: _REACHED,
        Cause.MALFORMED: _REACHED,
        Cause.AWS_FAULT: _HEALTH,
        Cause.THROTTLED: "export ALTCONTACT_READ_RATE=5",
        Cause.DENIED: _WHO_AM_I,
    }.get(cause, "")


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
