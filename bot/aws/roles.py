"""Opens the boto3 session of one organization: with a profile, a role, or boto3's defaults."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import structlog
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
from bot.aws.write_origin import SESSION_NAME
from bot.domain.failures import FailureCode, failure
from bot.services.ports.metrics import NoMetrics

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef, AssumeRoleResponseTypeDef

    from bot.domain.failures import Failure
    from bot.domain.scope import AwsTarget
    from bot.services.ports.metrics import Metrics

_log = structlog.get_logger(__name__)


def open_session(
    target: AwsTarget,
    config: Config,
    session_name: str = SESSION_NAME,
    metrics: Metrics | None = None,
) -> boto3.Session:
    """The session for a target.

    Args:
        target: names the profile and the role.
        config: how calls to STS are made.
        session_name: the session's name in CloudTrail, if a role is assumed.
        metrics: take each call that assumes it.

    Raises:
        SetupError: the profile does not exist, or the configuration is wrong in another way.
    """
    profile = target.profile or None
    base = boto3.Session(botocore_session=open_core(profile))
    if not target.role:
        return base
    return assume_role(target, config, base, open_core(profile), session_name, metrics=metrics)


def assume_role(
    target: AwsTarget,
    config: Config,
    base: boto3.Session,
    core: Session,
    session_name: str = SESSION_NAME,
    *,
    metrics: Metrics | None = None,
) -> boto3.Session:
    """A session whose credentials are those of the target's role, renewed before they expire.

    Args:
        target: names the role.
        config: how calls to STS are made.
        base: whose credentials assume the role.
        core: the session to give the role's credentials to.
        session_name: the session's name in CloudTrail. If the role's trust policy doesn't allow it,
            the common name is used, and a warning is logged.
        metrics: take each call that assumes the role.

    Raises:
        SetupError: the configuration is wrong.
    """
    # The partition is in the role's ARN; STS in another partition doesn't know the role.
    partition = target.role.split(":")[1] if ":" in target.role else ""
    region = base.region_name or home_region(partition)
    sts: STSClient = make_client(base, "sts", region, config)
    provider = _Provider(sts, target, session_name, metrics or NoMetrics())
    core.register_component("credential_provider", CredentialResolver([provider]))
    return boto3.Session(botocore_session=core, region_name=base.region_name)


class _Provider(CredentialProvider):
    """Provides the role's credentials; botocore refreshes them before they expire."""

    METHOD = "assume-role"

    def __init__(
        self, sts: STSClient, target: AwsTarget, session_name: str, metrics: Metrics
    ) -> None:
        super().__init__()
        self._metrics = metrics
        self._sts = sts
        self._target = target
        self._session_name = session_name

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that are fetched when first needed."""
        return DeferredRefreshableCredentials(self._fetch, self.METHOD)

    def _fetch(self) -> dict[str, str]:
        """Credentials for the session name, or else for the common one.

        A trust policy may allow the common name alone. The write's `User-Agent` still names the
        fix, so a write goes ahead without the person's name in CloudTrail.
        """
        try:
            return self._ask(self._session_name)
        except SetupError as error:
            if self._session_name == SESSION_NAME or error.failure.code not in DENIED:
                raise
        credentials = self._ask(SESSION_NAME)
        _log.warning(
            "aws.session_name_refused",
            role=self._target.role,
            session_name=self._session_name,
            remedy=f"Allow {SESSION_NAME}-* in the condition on sts:RoleSessionName of the role's "
            "trust policy, so that CloudTrail names the person. See docs/cloudtrail.md.",
        )
        return credentials

    def _ask(self, session_name: str) -> dict[str, str]:
        """Ask STS.

        Raises:
            SetupError: the role couldn't be assumed.
        """
        asked: AssumeRoleRequestTypeDef = {
            "RoleArn": self._target.role,
            "RoleSessionName": session_name,
        }
        if self._target.external_id:
            asked["ExternalId"] = self._target.external_id
        began, outcome = time.monotonic(), "ok"
        try:
            return _credentials(self._sts.assume_role(**asked))
        except RAISED_BY_BOTOCORE as exc:
            why = explain(exc, Request("AssumeRole"))
            outcome = why.cause.value
            # Not `from exc`: botocore's text names the caller, and tracebacks show it.
            raise SetupError(_about(self._target.role, why)) from None
        finally:
            self._metrics.aws_call("AssumeRole", time.monotonic() - began, outcome)


def _credentials(answer: AssumeRoleResponseTypeDef) -> dict[str, str]:
    """The credentials of an answer, as botocore takes them.

    Raises:
        UnusableAnswer: there are none.
    """
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
