"""Secrets by reference: what counts as one, what files are refused, and that nothing is shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from pydantic import SecretStr

from bot.config.database_url import PostgresUrl
from bot.config.load import Settings, load, load_lenient
from bot.config.secret_references import (
    BY_FILE,
    MOST_BYTES,
    SECRETS,
    ManagedSecret,
    SecretFile,
    SecretReference,
    SecretUnreadable,
    StoredParameter,
    is_exposed,
    parse_arn,
    read_secret_file,
)
from bot.config.settings import variable
from bot.domain.errors import SettingProblem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SECRET: Final = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:altcontact/slack-AbCdEf"
PARAMETER: Final = "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/altcontact/bot"
BOT: Final = "xoxb-1-hush"
URL: Final = "postgresql://bot@db.example/bots"
APART: Final = {"ALTCONTACT_DATABASE": URL, "ALTCONTACT_DATABASE_PASSWORD_FILE": "password"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(reference: SecretReference) -> str:
    """Read files as the bot does; AWS has nothing but one token."""
    return read_secret_file(reference.path) if isinstance(reference, SecretFile) else BOT


def problems(environ: dict[str, str]) -> tuple[SettingProblem, ...]:
    """What is wrong with these settings."""
    found = load_lenient(environ, needs_slack=False, read_secret=read)
    assert "hush" not in repr(found)
    return found.problems


def test_every_secret_can_be_a_reference() -> None:
    """Whatever setting hides its value can be set by a file or an ARN."""
    hidden = {
        name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    assert hidden <= set(SECRETS)
    assert [variable(name) for name in BY_FILE] == [f"{variable(name)}_FILE" for name in SECRETS]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_file(folder: Path, ending: str) -> None:
    """The file's content is the value, without the line feeds at its end."""
    (folder / "token").write_bytes(f"{BOT}{ending}".encode())
    environ = {"SLACK_BOT_TOKEN_FILE": str(folder / "token")}
    settings = load(environ, needs_slack=False, read_secret=read)
    assert settings.slack_bot_token.get_secret_value() == BOT


def test_a_file_named_in_the_settings_file(folder: Path) -> None:
    """`altcontact.toml` names files and ARNs too, and the environment wins in either form."""
    (folder / "token").write_text(f"\ufeff{BOT}\n", encoding="utf-8")
    (folder / "altcontact.toml").write_text(
        f'slack_bot_token_file = "token"\nslack_app_token = "{SECRET}"\n'
    )
    found = load_lenient({}, needs_slack=False, read_secret=read)
    assert found.problems == ()
    assert found.settings.slack_bot_token.get_secret_value() == BOT
    other = load({"SLACK_BOT_TOKEN": "xoxb-2"}, needs_slack=False, read_secret=read)
    assert other.slack_bot_token.get_secret_value() == "xoxb-2"


def test_both_are_set(folder: Path) -> None:
    """A setting and the file for it, both in one place, contradict each other: both are named."""
    environ = {"SLACK_BOT_TOKEN": BOT, "SLACK_BOT_TOKEN_FILE": "token"}
    (problem,) = problems(environ)
    assert str(problem) == (
        "SLACK_BOT_TOKEN: SLACK_BOT_TOKEN_FILE is set as well. Remove one of the two."
    )
    (folder / "altcontact.toml").write_text("database = 'a.db'\ndatabase_file = 'b'\n")
    (problem,) = problems({})
    assert problem.where.startswith("database in altcontact.toml, line 1")
    assert "database_file is set as well" in problem.what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"x" * (MOST_BYTES + 1), "is larger than 64 KiB"),
        (b"SQLite format 3\x00hush", "is an SQLite database"),
        (b"hush", "does not look like a Slack bot token"),
        (b"xoxb-hush hush", "isn't a complete Slack bot token"),
        (b"xapp-hush", "are the two tokens swapped?"),
    ],
)
def test_a_file_that_is_no_secret(folder: Path, content: bytes, what: str) -> None:
    """What can't be a secret is refused by the file's name, and never shown."""
    (folder / "token").write_bytes(content)
    (problem,) = problems({"SLACK_BOT_TOKEN_FILE": "token"})
    assert problem.where == "SLACK_BOT_TOKEN_FILE"
    assert "token" in problem.what
    assert what in problem.what


def test_files_that_cannot_be_read(folder: Path) -> None:
    """Missing, a directory, a pipe, or changeable by everyone: each has its own words."""
    for given, what in (
        ("none", "none doesn't exist"),
        (str(folder), "is a directory"),
        ("pipe", "is not a regular file"),
        ("open", "every user of this machine can change open"),
        ("/dev/null", "/dev/null is not a regular file"),
        ("a/\0b", "can't be read"),
        ('"token"', "is in quotation marks"),
        ("~nobody-of-this-name/token", "that home directory is unknown"),
        ("loop", "can't be read"),
    ):
        if given == "pipe":
            os.mkfifo(given)
        if given == "open":
            (folder / "open").write_text(BOT)
            (folder / "open").chmod(0o666)
        if given == "loop":
            (folder / "loop").symlink_to("loop")
        (problem,) = problems({"SLACK_BOT_TOKEN_FILE": given})
        assert what in problem.what, given


def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without permission, the user of the bot is the next step; the test may run as root."""

    def refuse(*_: object) -> int:
        raise PermissionError

    (folder / "token").write_text(BOT)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SecretUnreadable, match="isn't allowed to read") as caught:
        read_secret_file(folder / "token")
    assert "user that the bot runs as" in caught.value.remedy


def test_an_exposed_file(folder: Path) -> None:
    """A file of one's own that everyone may read is noticed; what others mounted is not."""
    file = folder / "token"
    file.write_text(BOT)
    file.chmod(0o644)
    assert is_exposed(file)
    file.chmod(0o640)
    assert not is_exposed(file)
    assert not is_exposed(folder / "none")


@pytest.mark.parametrize(
    ("text", "key", "stage", "version"),
    [
        (SECRET, "", "", ""),
        (f"{SECRET}:bot_token::", "bot_token", "", ""),
        (f"{SECRET}:bot_token:AWSPREVIOUS:", "bot_token", "AWSPREVIOUS", ""),
        (f"{SECRET}:::9d4cb84b-ad69", "", "", "9d4cb84b-ad69"),
        (f"{SECRET}::AWSCURRENT:", "", "AWSCURRENT", ""),
        (f"{SECRET}:bot token", "bot token", "", ""),
    ],
)
def test_the_arn_of_a_secret(text: str, key: str, stage: str, version: str) -> None:
    """Key, stage and version are where Amazon ECS has them, and no part of the ARN."""
    name = "altcontact/slack-AbCdEf"
    assert parse_arn(text) == ManagedSecret(SECRET, "eu-west-1", name, key, stage, version)


def test_other_arns() -> None:
    """Parameters, secrets that AWS manages, and other partitions."""
    assert parse_arn(PARAMETER) == StoredParameter(PARAMETER, "cn-north-1", "/altcontact/bot")
    labelled = f"{PARAMETER}:prod"
    assert parse_arn(labelled) == StoredParameter(labelled, "cn-north-1", "/altcontact/bot:prod")
    of_rds = "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:rds!db-1a2b-AbCdEf"
    found = parse_arn(of_rds)
    assert isinstance(found, ManagedSecret)
    assert found.name == "rds!db-1a2b-AbCdEf"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("arn:aws:s3:::bucket/token", "of neither a secret"),
        ("arn:aws:secretsmanager:eu-west-1:1111:secret:a", "of neither a secret"),
        (f"{SECRET}#bot_token", "A JSON key follows it after a colon"),
        (f"{SECRET}:a:b:c:d", "is not the ARN of a secret"),
        ("arn:aws:ssm:eu-west-1:111122223333:document/a", "is not the ARN of a parameter"),
    ],
)
def test_arns_that_are_none(text: str, what: str) -> None:
    """An ARN of something else is an error before AWS is asked for anything."""
    (problem,) = problems({"SLACK_BOT_TOKEN": text})
    assert problem.where == "SLACK_BOT_TOKEN"
    assert what in problem.what


def test_what_comes_from_aws_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that isn't valid is named by its secret; one that is JSON needs a key."""
    monkeypatch.setitem(globals(), "BOT", '{"bot_token": "hush"}')
    (problem,) = problems({"SLACK_BOT_TOKEN": SECRET})
    assert "the value in the secret altcontact/slack-AbCdEf in AWS Secrets" in problem.what
    assert "is a JSON object. Add the key" in problem.remedy
    monkeypatch.setitem(globals(), "BOT", "hush")
    (problem,) = problems({"SLACK_BOT_TOKEN": f"{SECRET}:bot_token::"})
    assert "the value in the key bot_token of the secret altcontact/slack" in problem.what
    assert "Bot User OAuth Token" in problem.remedy


def test_what_is_not_needed_is_not_read() -> None:
    """A command reads the secrets that it uses; `policy check` reads none."""
    asked: list[str] = []

    def note(reference: SecretReference) -> str:
        asked.append(str(reference))
        raise SecretUnreadable("couldn't read it", "Try again.")

    environ = {
        "SLACK_BOT_TOKEN": SECRET,
        "SLACK_APP_TOKEN_FILE": "/run/secrets/app",
        "ALTCONTACT_DATABASE": PARAMETER,
    }
    assert load_lenient(environ, needs_slack=False).problems == ()
    found = load_lenient(environ, needs_slack=False, read_secret=note, secrets=("database",))
    assert [str(each) for each in asked] == [
        "the parameter /altcontact/bot in AWS Systems Manager (cn-north-1)"
    ]
    assert found.wrong >= {"database"}
    assert "slack_bot_token" not in found.wrong
    asked.clear()
    with pytest.raises(SettingsError, match="couldn't read it") as caught:
        load(environ, needs_slack=False, read_secret=note)
    assert len(caught.value.problems) == len(asked) == 2


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        (URL, f"{URL}?password=hush%2F%26%20%25"),
        (f"{URL}?sslmode=require", f"{URL}?sslmode=require&password=hush%2F%26%20%25"),
    ],
)
def test_a_password_apart_from_the_address(folder: Path, url: str, whole: str) -> None:
    """It is part of the address afterwards, which shows it to nobody."""
    (folder / "password").write_text("hush/& %\n")
    settings = load(APART | {"ALTCONTACT_DATABASE": url}, needs_slack=False, read_secret=read)
    assert isinstance(settings.database, PostgresUrl)
    assert settings.database.get_secret_value() == whole
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("change", "what", "remedy"),
    [
        ({"ALTCONTACT_DATABASE": "/data/bot.db"}, "names a SQLite file", "Remove it, or"),
        ({"ALTCONTACT_DATABASE": ""}, "names a SQLite file", "Remove it, or"),
        (
            {"ALTCONTACT_DATABASE": URL.replace("@", ":hush@")},
            "has a password as well",
            "Remove one of the two.",
        ),
        (
            {"ALTCONTACT_DATABASE": f"{URL}?password=hush"},
            "has a password as well",
            "Remove one of the two.",
        ),
        (
            {"ALTCONTACT_DATABASE_PASSWORD_FILE": "whole"},
            "is a JSON object, not a password",
            "Add the key to use",
        ),
        ({"ALTCONTACT_DATABASE_PASSWORD_FILE": "none"}, "none doesn't exist", "Correct the path"),
    ],
)
def test_a_password_that_cannot_be_used(
    folder: Path, change: dict[str, str], what: str, remedy: str
) -> None:
    """One message says why. Without the password, the address isn't usable either."""
    (folder / "password").write_text("hush")
    (folder / "whole").write_text('{"username": "bot", "password": "hush"}')
    found = load_lenient(APART | change, needs_slack=False, read_secret=read)
    (problem,) = found.problems
    assert problem.where.startswith("ALTCONTACT_DATABASE_PASSWORD")
    assert what in problem.what
    assert remedy in problem.remedy
    assert "hush" not in repr(found)
    if "ALTCONTACT_DATABASE" not in change:
        assert "database" in found.wrong


def test_a_password_whose_database_is_not_read() -> None:
    """A command that needs no database says nothing about it."""
    environ = {"ALTCONTACT_DATABASE": SECRET, "ALTCONTACT_DATABASE_PASSWORD": "hush"}
    assert load_lenient(environ, needs_slack=False).problems == ()
