"""Opens the boto3 session of one organization: with a profile, a role, or boto3's defaults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import boto3
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)

from bot.aws.access_denied import DENIED, Request
from bot.aws.credential_chain import make_client, open_core
from bot.aws.error_mapping import RAISED_BY_BOTOCORE, UnusableAnswer, explain
from bot.aws.regions import home_region
from bot.aws.setup_errors import SetupError
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from bot.domain.failures import Failure
    from bot.domain.scope import AwsTarget

SESSION_NAME: Final = "altcontact"
"""The bot's name in CloudTrail if it assumes a role."""


def open_session(target: AwsTarget, config: Config) -> boto3.Session:
    """The session for a target.

    Raises:
        SetupError: the profile does not exist, or the configuration is wrong in another way.
    """
    profile = target.profile or None
    base = boto3.Session(botocore_session=open_core(profile))
    if not target.role:
        return base
    return assume_role(target, config, base, open_core(profile))


def assume_role(
    target: AwsTarget, config: Config, base: boto3.Session, core: Session
) -> boto3.Session:
    """A session whose credentials are those of the target's role, renewed before they expire.

    Args:
        target: names the role.
        config: how calls to STS are made.
        base: whose credentials assume the role.
        core: the session to give the role's credentials to.

    Raises:
        SetupError: the configuration is wrong.
    """
    # The partition is in the role's ARN; STS in another partition doesn't know the role.
    partition = target.role.split(":")[1] if ":" in target.role else ""
    region = base.region_name or home_region(partition)
    sts: STSClient = make_client(base, "sts", region, config)
    core.register_component("credential_provider", CredentialResolver([_Provider(sts, target)]))
    return boto3.Session(botocore_session=core, region_name=base.region_name)


class _Provider(CredentialProvider):
    """Provides the role's credentials; botocore refreshes them before they expire."""

    METHOD = "assume-role"

    def __init__(self, sts: STSClient, target: AwsTarget) -> None:
        super().__init__()
        self._sts = sts
        self._target = target

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that are fetched when first needed."""
        return DeferredRefreshableCredentials(self._fetch, self.METHOD)

    def _fetch(self) -> dict[str, str]:
        try:
            return self._ask()
        except RAISED_BY_BOTOCORE as exc:
            # Not `from exc`: botocore's text names the caller, and tracebacks show it.
            raise SetupError(
                _about(self._target.role, explain(exc, Request("AssumeRole")))
            ) from None

    def _ask(self) -> dict[str, str]:
        asked: AssumeRoleRequestTypeDef = {
            "RoleArn": self._target.role,
            "RoleSessionName": SESSION_NAME,
        }
        if self._target.external_id:
            asked["ExternalId"] = self._target.external_id
        answer = self._sts.assume_role(**asked)
        held = answer.get("Credentials")
        if not held:
            raise UnusableAnswer
        return {
            "access_key": held["AccessKeyId"],
            "secret_key": held["SecretAccessKey"],
            "token": held["SessionToken"],
            "expiry_time": held["Expiration"].isoformat(),
        }


def _about(role: str, why: Failure) -> Failure:
    """The same failure, naming the role; a denial counts as unavailable credentials.

    Then the failure is the caller's, and a scan ends at once rather than at every account.
    """
    if why.code in DENIED:
        return failure(
            FailureCode.CREDENTIALS_EXPIRED,
            code=why.code,
            message=f"Couldn't assume the role {role}: AWS denied it.",
            remedy=f"Allow the bot's own role in the trust policy of {role} (with the external_id, "
            "if it requires one), and allow sts:AssumeRole on it in the bot's IAM policy.",
        )
    return replace(why, message=f"Couldn't assume the role {role}. {why.message}")
