"""The shipped bot with its secrets in files and in AWS, and rotated while it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest

from tests import moto_server
from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from tests.e2e.conftest import Bot

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The URL of moto's server."""
    with moto_server.serve() as url:
        yield url


@pytest.fixture
def secret(moto: str, environment: dict[str, str]) -> Iterator[SecretsManagerClient]:
    """Secrets Manager, which the bot finds beside the sandbox's AWS; both tokens are one secret."""
    environment |= {"AWS_ENDPOINT_URL_SECRETS_MANAGER": moto, "AWS_ENDPOINT_URL_SSM": moto}
    moto_server.forget(moto)
    client = boto3.client(
        "secretsmanager",
        region_name=REGION,
        endpoint_url=moto,
        aws_access_key_id="AKIAMANAGEMENT000000",
        aws_secret_access_key="secret",
    )
    tokens = {"bot": environment["SLACK_BOT_TOKEN"], "app": environment["SLACK_APP_TOKEN"]}
    arn = client.create_secret(Name="corp/altcontact", SecretString=json.dumps(tokens))["ARN"]
    environment |= {"SLACK_BOT_TOKEN": f"{arn}:bot::", "SLACK_APP_TOKEN": f"{arn}:app::"}
    yield client
    client.close()


def doctor_lines(environment: dict[str, str]) -> dict[str, dict[str, str]]:
    """The doctor's lines about settings, by name."""
    done = launcher().run("doctor", "--json", environment=environment)
    lines: list[dict[str, str]] = json.loads(done.stdout)["lines"]
    return {line["name"]: line for line in lines if line["section"] == "Settings"}


@pytest.mark.refused("token_revoked")
def test_a_secret_in_aws_is_rotated(
    bot: Bot, slack: SlackSandbox, secret: SecretsManagerClient, environment: dict[str, str]
) -> None:
    """Both tokens are revoked and replaced in Secrets Manager: nothing restarts."""
    bot.start()
    bot.wait_log("ready")
    slack.wait_message("no security contact")
    lines = doctor_lines(environment)
    assert lines["SLACK_BOT_TOKEN"]["words"] == (
        "read from the key bot of the secret "
        f"{_name(environment)} in AWS Secrets Manager ({REGION})."
    )
    tokens = json.dumps({"bot": "xoxb-new-hush", "app": "xapp-new-hush"})
    secret.put_secret_value(SecretId="corp/altcontact", SecretString=tokens)
    slack.rotate_tokens(bot="xoxb-new-hush", app="xapp-new-hush")
    slack.command("/altcontact check data lake")
    slack.wait_private("Data lake")
    bot.wait_log("token replaced", setting="SLACK_BOT_TOKEN")
    slack.cut_sockets()
    bot.wait_log("token replaced", setting="SLACK_APP_TOKEN")
    slack.wait_connected()
    assert "hush" not in bot.log
    assert bot.terminate() == 0


def _name(environment: dict[str, str]) -> str:
    """The name of the secret, with the characters that AWS puts after it."""
    return environment["SLACK_BOT_TOKEN"].split(":")[6]


@pytest.mark.refused("token_revoked", "not_in_channel")
def test_a_token_in_a_file_is_rotated(
    bot: Bot, slack: SlackSandbox, environment: dict[str, str], tmp_path: Path
) -> None:
    """A file is read again once Slack refuses its token, before the first alert is posted."""
    file = tmp_path / "bot-token"
    file.write_text(environment.pop("SLACK_BOT_TOKEN") + "\n")
    file.chmod(0o644)
    environment["SLACK_BOT_TOKEN_FILE"] = str(file)
    assert doctor_lines(environment)["SLACK_BOT_TOKEN"]["paste"] == f"chmod 600 {file}"
    slack.remove_bot()
    bot.start()
    bot.wait_log("announcement waits")
    file.write_text("xoxb-new\n")
    slack.rotate_tokens(bot="xoxb-new")
    slack.add_bot()
    slack.command("/altcontact check data lake")
    slack.wait_message("no security contact")
    assert len([m for m in slack.messages() if "no security contact" in m["text"]]) == 1
    bot.wait_log("token replaced", place=f"the file {file}")


def test_a_secret_that_is_not_there(
    bot: Bot, secret: SecretsManagerClient, environment: dict[str, str]
) -> None:
    """The bot doesn't start, and says which setting, which secret, and what to do."""
    secret.delete_secret(SecretId="corp/altcontact")
    done = launcher().run("run", environment=environment)
    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN: couldn't read the key bot of the secret" in done.stderr
    assert "restore-secret --secret-id" in done.stderr
    assert doctor_lines(environment)["SLACK_APP_TOKEN"]["state"] == "failure"
    audit = launcher().run("audit", environment=environment)
    assert "There is no database" in audit.stderr
