"""Reads secrets from AWS Secrets Manager and from the parameters of AWS Systems Manager."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.aws.access_denied import Request
from bot.aws.error_mapping import UnusableAnswer
from bot.aws.regions import DEFAULT
from bot.aws.retrying_calls import ApiCaller
from bot.aws.sessions import Clients
from bot.aws.setting_names import listed_regions, similar_region
from bot.config.secret_references import ManagedSecret, SecretUnreadable
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import boto3
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueRequestTypeDef

    from bot.config.secret_references import AwsReference, StoredParameter
    from bot.domain.failures import Failure

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0
TRIES: Final = {
    FailureCode.THROTTLED: 5,
    FailureCode.AWS_FAULT: 3,
    FailureCode.TIMED_OUT: 2,
    FailureCode.UNREACHABLE: 2,
}
"""Fewer than for other calls: the bot can't start before it has its tokens."""

_WRONG_ARN: Final = "Correct the ARN. It is shown by: "
_EXPLAINED: Final[Mapping[str, tuple[str, str]]] = {
    "ResourceNotFoundException": (
        "It doesn't exist there, or has no value in this version.",
        f"{_WRONG_ARN}aws secretsmanager list-secrets",
    ),
    "InvalidRequestException": (
        "It is scheduled for deletion, or has another state in which it can't be read.",
        "To keep it, run: aws secretsmanager restore-secret --secret-id {arn}",
    ),
    "InvalidParameterException": (
        "There is no such version.",
        "Correct the stage and the version at the end of the ARN.",
    ),
    "DecryptionFailure": (
        "Its KMS key can't decrypt it.",
        "Check in AWS KMS that the key exists and is enabled.",
    ),
    "ParameterNotFound": (
        "It doesn't exist there.",
        f"{_WRONG_ARN}aws ssm describe-parameters",
    ),
    "ParameterVersionNotFound": (
        "There is no such version.",
        "Correct the version or label at the end of the ARN.",
    ),
    "InvalidKeyId": (
        "Its KMS key can't decrypt it.",
        "Check in AWS KMS that the key exists and is enabled.",
    ),
    "ValidationException": (
        "AWS doesn't accept its name.",
        f"{_WRONG_ARN}aws ssm describe-parameters",
    ),
}


class SecretValues:
    """Reads values with boto3's default credentials. Several keys of one secret take one call.

    Args:
        session: a boto3 session instead of the default one.
        pause: waits this many seconds between tries; tests replace it.
        connect_seconds: how long a connection may take.
        read_seconds: how long to wait for data of an answer.
        tries: how often a call is made before a failure with this cause counts.
    """

    def __init__(
        self,
        session: boto3.Session | None = None,
        pause: Callable[[float], object] | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        tries: Mapping[FailureCode, int] = TRIES,
    ) -> None:
        self._clients = Clients(
            1, session, connect_seconds=connect_seconds, read_seconds=read_seconds
        )
        self._calls = ApiCaller(pause, tries, credentials=self._clients)
        self._kept: dict[tuple[str, str, str], str] = {}

    def read(self, reference: AwsReference) -> str:
        """The value of a secret or of a parameter.

        Raises:
            SecretUnreadable: AWS didn't return it, or it is no text.
        """
        try:
            if not isinstance(reference, ManagedSecret):
                return self._parameter(reference)
            version = (reference.arn, reference.stage, reference.version)
            if version not in self._kept:
                self._kept[version] = self._secret(reference)
        except GatewayError as error:
            why = _explained(error.failure, reference)
            code = f" ({why.code})" if why.code else ""
            message = f"couldn't read {reference}. {why.message.removesuffix('.')}{code}"
            # Not `from error`: its traceback has the answer's parts.
            raise SecretUnreadable(message, why.remedy) from None
        return _key_of(self._kept[version], reference) if reference.key else self._kept[version]

    def _secret(self, reference: ManagedSecret) -> str:
        wanted: GetSecretValueRequestTypeDef = {"SecretId": reference.arn}
        if reference.stage:
            wanted["VersionStage"] = reference.stage
        if reference.version:
            wanted["VersionId"] = reference.version

        def get() -> str | None:
            client = self._clients.secrets_manager(reference.region)
            answer: Mapping[str, Any] = client.get_secret_value(**wanted)
            if "SecretString" not in answer and "SecretBinary" not in answer:
                raise UnusableAnswer
            return answer.get("SecretString")

        value = self._calls.call(Request("GetSecretValue"), get)
        if value is None:
            raise SecretUnreadable(f"{reference} is binary", "Store it as text.")
        return value

    def _parameter(self, reference: StoredParameter) -> str:
        def get() -> str:
            client = self._clients.parameters(reference.region)
            answer = client.get_parameter(Name=reference.arn, WithDecryption=True)
            return answer["Parameter"]["Value"]

        return self._calls.call(Request("GetParameter"), get)


def _key_of(value: str, reference: ManagedSecret) -> str:
    """The value of one key of a secret.

    Raises:
        SecretUnreadable: there is none.
    """
    whole = replace(reference, key="")
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        remedy = f"Remove “:{reference.key}” from the end of the ARN, or store a JSON object there."
        raise SecretUnreadable(f"{whole} is not a JSON object", remedy)
    if reference.key not in found:
        remedy = "Correct the key at the end of the ARN, or add it to the secret."
        raise SecretUnreadable(f"{whole} has no key “{reference.key}”", remedy)
    if not isinstance(found[reference.key], str):
        raise SecretUnreadable(f"{reference} is not a string", "Store it as a JSON string.")
    return str(found[reference.key])


def _explained(why: Failure, reference: AwsReference) -> Failure:
    """The same failure, with what it means for a secret."""
    if why.code in _EXPLAINED:
        message, remedy = _EXPLAINED[why.code]
        return replace(why, message=message, remedy=remedy.format(arn=reference.arn))
    if why.cause.is_denial:
        return replace(why, remedy=_permission(why, reference))
    if why.cause is FailureCode.THROTTLED:
        return replace(why, remedy="Start the bot again.")
    if (
        why.cause in {FailureCode.UNREACHABLE, FailureCode.TIMED_OUT}
        and reference.region not in listed_regions()
    ):
        likely = similar_region(reference.region)
        hint = f" Did you mean {likely}?" if likely != DEFAULT else ""
        return replace(
            why,
            message=f"The region {reference.region} in the ARN isn't known.",
            remedy=f"Correct the ARN.{hint}",
        )
    return why


def _permission(why: Failure, reference: AwsReference) -> str:
    if "kms:" in why.message:
        return (
            "Allow kms:Decrypt on its KMS key in the IAM policy of the bot's role and in the key's "
            "policy."
        )
    action = "secretsmanager:GetSecretValue"
    if not isinstance(reference, ManagedSecret):
        action = "ssm:GetParameter"
    where = "On Amazon ECS, that is the task role."
    return f"Allow {action} on {reference.arn} in the IAM policy of the bot's role. {where}"
