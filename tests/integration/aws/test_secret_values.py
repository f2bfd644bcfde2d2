"""Secrets from AWS, against moto's server, and what is said of each answer that is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from bot.app.settings import SecretReader, load_settings
from bot.aws.secret_values import SecretValues
from bot.config.secret_references import ManagedSecret, SecretUnreadable, parse_arn
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

    from bot.config.secret_references import AwsReference

REGION = "eu-west-1"
ABSENT = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:none-AbCdEf"
NO_PARAMETER = f"arn:aws:ssm:{REGION}:123456789012:parameter/none"


@pytest.fixture
def url(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of moto's server, found by boto3's own variables for the two services alone."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", moto)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", moto)
    return moto


@pytest.fixture
def secrets(url: str) -> SecretsManagerClient:
    """Secrets Manager in a region that isn't the bot's own."""
    return boto3.client("secretsmanager", region_name=REGION, endpoint_url=url)


@pytest.fixture
def parameters(url: str) -> SSMClient:
    """The parameters of that region."""
    return boto3.client("ssm", region_name=REGION, endpoint_url=url)


def problem(arn: str) -> SecretUnreadable:
    """Why a value can't be read."""
    with pytest.raises(SecretUnreadable) as caught:
        SecretValues(pause=lambda _: None).read(of(arn))
    assert caught.value.__cause__ is None
    assert "hush" not in f"{caught.value} {caught.value.remedy}"
    return caught.value


def of(arn: str) -> AwsReference:
    """The reference of an ARN."""
    return parse_arn(arn)


def test_a_secret_and_its_keys(secrets: SecretsManagerClient) -> None:
    """A whole secret, a key of it, an earlier version; the keys of one secret take one call."""
    tokens = json.dumps({"bot": "xoxb-1", "app": "xapp-1", "number": 5})
    arn = secrets.create_secret(Name="corp/slack", SecretString=tokens)["ARN"]
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"bot": "xoxb-2"}))
    read = SecretReader()
    assert read(of(f"{arn}:bot::")) == "xoxb-2"
    assert read(of(f"{arn}:bot:AWSPREVIOUS:")) == "xoxb-1"
    assert json.loads(read(of(f"{arn}::AWSPREVIOUS:"))) == json.loads(tokens)
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"bot": "xoxb-3"}))
    assert read(of(f"{arn}:bot::")) == "xoxb-2"
    assert SecretReader()(of(f"{arn}:bot::")) == "xoxb-3"


def test_a_parameter(parameters: SSMClient) -> None:
    """An encrypted parameter is decrypted, and an earlier version is found by its number."""
    for value in ("xoxb-1", "xoxb-2"):
        parameters.put_parameter(
            Name="/corp/bot", Value=value, Type="SecureString", Overwrite=value == "xoxb-2"
        )
    arn = parameters.get_parameter(Name="/corp/bot")["Parameter"]["ARN"]
    assert SecretReader()(of(arn)) == "xoxb-2"
    assert SecretReader()(of(f"{arn}:1")) == "xoxb-1"


def test_settings(
    secrets: SecretsManagerClient, parameters: SSMClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings have the values; what is wrong names the setting, the secret, the next step."""
    arn = secrets.create_secret(Name="corp/bot", SecretString="xoxb-1")["ARN"]
    parameters.put_parameter(Name="/corp/db", Value="/data/a.db", Type="SecureString")
    database = parameters.get_parameter(Name="/corp/db")["Parameter"]["ARN"]
    environ = {"SLACK_BOT_TOKEN": arn, "ALTCONTACT_DATABASE": database}
    settings = load_settings(environ, needs_slack=False)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert str(settings.database) == "/data/a.db"
    with pytest.raises(SettingsError) as caught:
        load_settings({"SLACK_BOT_TOKEN": ABSENT}, needs_slack=False)
    assert str(caught.value).splitlines()[1] == (
        "  SLACK_BOT_TOKEN: couldn't read the secret none-AbCdEf in AWS Secrets Manager "
        "(eu-west-1). It doesn't exist there, or has no value in this version "
        "(ResourceNotFoundException). Correct the ARN. It is shown by: aws secretsmanager "
        "list-secrets"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match="No AWS credentials were found"):
        load_settings({"SLACK_BOT_TOKEN": arn}, needs_slack=False)


def test_secrets_that_are_none(secrets: SecretsManagerClient, parameters: SSMClient) -> None:
    """Deleted, binary, without that key, of another form, not there: each has its own words."""
    assert "doesn't exist there" in str(problem(NO_PARAMETER))
    binary = secrets.create_secret(Name="binary", SecretBinary=b"hush")["ARN"]
    assert "is binary" in str(problem(binary))
    plain = secrets.create_secret(Name="plain", SecretString="hush")["ARN"]
    assert "is not a JSON object" in str(problem(f"{plain}:bot::"))
    keyed = secrets.create_secret(Name="keyed", SecretString='{"hush": 5, "n": 5}')["ARN"]
    assert "has no key “bot”" in str(problem(f"{keyed}:bot::"))
    assert "is not a string" in str(problem(f"{keyed}:n::"))
    assert "doesn't exist there, or has no value" in str(problem(f"{keyed}::AWSPENDING:"))
    secrets.delete_secret(SecretId=plain)
    deleted = problem(plain)
    assert "is scheduled for deletion" in str(deleted)
    assert f"restore-secret --secret-id {plain}" in deleted.remedy
    parameters.put_parameter(Name="/corp/bot", Value="hush", Type="SecureString")
    arn = parameters.get_parameter(Name="/corp/bot")["Parameter"]["ARN"]
    assert "There is no such version" in str(problem(f"{arn}:9"))


def refused(code: str, message: str = "hush", status: int = 400) -> Exception:
    """An error that AWS answers."""
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetSecretValue")


DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/bot/jo@corp.example is not authorized to perform:"
    " {} on resource: x because no identity-based policy allows the {} action"
)


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (
            refused("AccessDeniedException", DENIED.replace("{}", "secretsmanager:GetSecretValue")),
            "permission to call secretsmanager:GetSecretValue",
            f"Allow secretsmanager:GetSecretValue on {ABSENT} in the IAM policy of the bot's role",
        ),
        (
            refused("AccessDeniedException", "Access to KMS is not allowed"),
            "permission to call kms:Decrypt",
            "Allow kms:Decrypt on its KMS key",
        ),
        (
            refused("AccessDeniedException", DENIED.replace("{}", "kms:Decrypt")),
            "permission to call kms:Decrypt",
            "Allow kms:Decrypt on its KMS key",
        ),
        (refused("DecryptionFailure"), "can't decrypt it", "Check in AWS KMS"),
        (refused("InvalidParameterException"), "no such version", "the stage and the version"),
        (refused("ThrottlingException"), "kept throttling", "Start the bot again."),
        (refused("InternalServiceError", status=500), "internal error", "Try again later"),
        (refused("ExpiredTokenException"), "have expired", "Renew the bot's credentials"),
        (ConnectTimeoutError(endpoint_url="x"), "didn't respond in time", "Check the network"),
        (EndpointConnectionError(endpoint_url="x"), "Couldn't reach AWS", "Check the network"),
        (KeyError("hush"), "doesn't seem to come from AWS", "proxy"),
    ],
)
def test_refusals(
    url: str, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str, remedy: str
) -> None:
    """Each way in which AWS doesn't answer has its cause, and the permission or step that helps."""
    del url

    class Client:
        def get_secret_value(self, **_: str) -> None:
            raise error

    monkeypatch.setattr("bot.aws.sessions.Clients.secrets_manager", lambda *_: Client())
    found = problem(ABSENT)
    assert what in str(found)
    assert remedy in found.remedy
    assert "jo@" not in f"{found} {found.remedy}"


def test_a_region_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped region is named, with the one that was meant."""
    del url
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
    found = problem(ABSENT.replace("eu-west-1", "eu-wst-1"))
    assert "The region eu-wst-1 in the ARN isn't known" in str(found)
    assert "Did you mean eu-west-1?" in found.remedy
    assert isinstance(of(ABSENT), ManagedSecret)
