"""`altcontact check` as a process against the strict AWS: exit status, JSON, orderly end."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from altcontact_sandbox.aws.organizations.identity import MEMBER_ID, STANDALONE_ID
from altcontact_sandbox.aws.sandbox import AwsSandbox

from bot.domain.contacts import AlternateContact
from tests.launcher import Command as Process
from tests.launcher import launcher

MANAGEMENT: Final = "111111111111"
CONTACT: Final = AlternateContact("Security team", "Security", "sec@corp.internal", "+442079460958")


class Command:
    """Runs `altcontact` in an empty folder, as one of the sandbox's callers."""

    def __init__(self, aws: AwsSandbox, folder: Path) -> None:
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ALTCONTACT_", "SLACK_", "AWS_"))
        }
        self.environ |= aws.environment("management")
        self.environ |= {
            "ALTCONTACT_DATABASE": str(folder / "altcontact.db"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._folder = folder

    def become(self, aws: AwsSandbox, caller: str) -> None:
        """Call as another of the sandbox's callers; not all have a session token."""
        self.environ.pop("AWS_SESSION_TOKEN", None)
        self.environ |= aws.environment(caller)

    def start(self, *arguments: str) -> Process:
        """Start the command."""
        return launcher(measured=True).start(
            *arguments, environment=self.environ, folder=self._folder
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        done = launcher(measured=True).run(
            *arguments, environment=self.environ, folder=self._folder
        )
        return done.returncode, done.stdout, done.stderr

    def check(self) -> tuple[int, dict[str, Any], str]:
        """`check --json`, its output parsed."""
        status, out, err = self.run("check", "--json")
        parsed: dict[str, Any] = json.loads(out)
        return status, parsed, err


@pytest.fixture(scope="module")
def own_server() -> Iterator[AwsSandbox]:
    """A server of these tests' own: no call that another test left behind strikes its faults."""
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture
def aws(own_server: AwsSandbox) -> AwsSandbox:
    """The server, with a small organization."""
    own_server.reset()
    return own_server


@pytest.fixture
def command(aws: AwsSandbox, tmp_path: Path) -> Command:
    """The command, with a database of its own."""
    return Command(aws, tmp_path)


def set_everywhere(aws: AwsSandbox) -> None:
    """Give every account its SECURITY contact."""
    for account in aws.accounts():
        aws.set_contact(account["id"], "SECURITY", CONTACT)


def test_compliant(aws: AwsSandbox, command: Command) -> None:
    """Where every account has its contact the status is 0, and the JSON holds what AWS holds."""
    set_everywhere(aws)
    status, made, _ = command.check()
    assert status == 0
    assert made["scan"]["complete"] is True
    assert made["scan"]["scope"] == "organization"
    assert made["scan"]["caller"] == f"management account {MANAGEMENT}"
    assert made["summary"]["compliant"] == made["summary"]["accounts"] == len(aws.accounts())
    held = {each["id"]: each["contacts"]["SECURITY"]["contact"] for each in made["accounts"]}
    assert held[MANAGEMENT]["email"] == "sec@corp.internal"


def test_non_compliant(aws: AwsSandbox, command: Command) -> None:
    """Where a contact is missing the status is 1, whatever else could not be checked."""
    aws.seed_demo()
    status, made, _ = command.check()
    assert status == 1
    summary = made["summary"]
    assert min(summary["missing"], summary["unknown"], summary["skipped"]) > 0
    assert summary["accounts"] == len(aws.accounts()) == len(made["accounts"])


def test_piped(aws: AwsSandbox, command: Command) -> None:
    """Piped, there is a line an account, without tabs and colour."""
    aws.seed_demo()
    status, out, err = command.run("check")
    assert status == 1
    assert {line[:12] for line in out.splitlines()} == {each["id"] for each in aws.accounts()}
    assert "\t" not in out
    assert "\x1b" not in out + err
    assert f"{len(aws.accounts())} accounts: " in err


def test_unchecked(aws: AwsSandbox, command: Command) -> None:
    """Where nothing is non-compliant but an account could not be checked the status is 3."""
    set_everywhere(aws)
    aws.deny("account:GetAlternateContact", by="scp")
    status, made, err = command.check()
    assert status == 3
    assert made["summary"]["unknown"] == made["summary"]["accounts"]
    assert "Traceback" not in err


def test_incomplete(aws: AwsSandbox, command: Command) -> None:
    """A check whose credentials are lost is not complete, says why, and ends with 3."""
    set_everywhere(aws)
    aws.fault("expire", "GetAlternateContact", count=1)
    status, made, err = command.check()
    assert status == 3
    assert made["scan"]["complete"] is False
    assert "The check is incomplete" in err
    assert "credentials" in err


def test_settings(command: Command, tmp_path: Path) -> None:
    """Wrong settings, and a folder of the database that is not there, end with 2 in words."""
    command.environ["ALTCONTACT_TYPES"] = "SECURTY"
    status, out, err = command.run("check", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "settings")
    assert "did you mean “SECURITY”?" in err
    command.environ["ALTCONTACT_TYPES"] = "SECURITY"
    command.environ["ALTCONTACT_DATABASE"] = str(tmp_path / "nowhere" / "altcontact.db")
    status, out, err = command.run("check", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (2, "database")
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(aws: AwsSandbox, command: Command, number: signal.Signals) -> None:
    """A check that is asked to stop ends in order with 130; the next one runs as ever."""
    set_everywhere(aws)
    fault = aws.fault("hang", "GetAlternateContact")
    with command.start("check", "--json") as process:
        while not next(each for each in aws.faults() if each["id"] == fault)["struck"]:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=25)  # less than AWS's silence, tried three times
    assert (process.returncode, out) == (130, "")
    assert "Stopped." in err
    assert "Traceback" not in err
    aws.clear_faults()
    assert command.check()[0] == 0


@pytest.mark.parametrize("caller", ["member", "standalone"])
def test_one_account(aws: AwsSandbox, command: Command, caller: str) -> None:
    """A first check: alone is all there is; in an organization that can't be listed it isn't."""
    command.become(aws, caller)
    own = {"member": MEMBER_ID, "standalone": STANDALONE_ID}[caller]
    aws.set_contact(own, "SECURITY", CONTACT)
    status, made, err = command.check()
    assert [account["id"] for account in made["accounts"]] == [own]
    limits = made["scan"]["limits"]
    if caller == "standalone":
        assert (status, limits) == (0, [])
        return
    assert status == 3
    assert limits[0]["code"] == "wrong_caller"
    assert f"Only account {own} is checked, since the bot can't list its organization." in err
    assert limits[0]["remedy"] in err
    command.environ["ALTCONTACT_SCOPE"] = "account"
    status, made, err = command.check()
    assert (status, made["scan"]["limits"]) == (0, [])
    assert "Only account" not in err


@pytest.mark.parametrize("caller", ["management", "member", "standalone"])
def test_an_organization_that_was_listed_before(
    aws: AwsSandbox, command: Command, caller: str
) -> None:
    """With another role, or one without a right, no account is taken for all, and none is gone."""
    set_everywhere(aws)
    assert command.check()[0] == 0
    aws.deny("organizations:ListAccounts")
    command.become(aws, caller)
    status, made, err = command.check()
    assert status == 2
    assert made["accounts"] == []
    assert "earlier checks covered the organization o-" in err
    assert "other accounts" in err
    assert "ALTCONTACT_SCOPE=account" in err
    with closing(sqlite3.connect(command.environ["ALTCONTACT_DATABASE"])) as db:
        assert not db.execute("SELECT id FROM accounts WHERE gone_at IS NOT NULL").fetchall()
    aws.clear_denials()
    command.become(aws, "management")
    status, made, _ = command.check()
    assert (status, len(made["accounts"])) == (0, len(aws.accounts()))


def test_without_credentials(command: Command, tmp_path: Path) -> None:
    """It ends with 2 and the reason, as JSON too, and leaves no database behind."""
    for name in list(command.environ):
        if name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED":
            del command.environ[name]
    command.environ |= {"AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/none"}
    status, made, err = command.check()
    assert status == 2
    assert made["error"]["code"] == "credentials_missing"
    assert made["error"]["message"] in err
    assert made["error"]["remedy"] in err
    status, out, err = command.run("check")
    assert (status, out) == (2, "")
    assert "0 accounts" not in err
    assert command.run("policy", "explain", MANAGEMENT)[0] == 3
    assert command.run("policy", "init")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_recorded_where_there_is_a_database(aws: AwsSandbox, command: Command) -> None:
    """A check that cannot begin is in the records of a bot that was checking before."""
    set_everywhere(aws)
    assert command.check()[0] == 0
    aws.fault("expire", "GetCallerIdentity", count=1000)
    status, made, _ = command.check()
    assert status == 2
    assert made["scan"]["id"] == 2
    assert made["error"]["code"] == "credentials_expired"


@pytest.mark.parametrize("words", [("check",), ("policy", "explain", MANAGEMENT)])
def test_a_database_that_cannot_be_looked_for(
    command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A name that is too long, like a folder that may not be entered, ends with 2 in words."""
    command.environ["ALTCONTACT_DATABASE"] = str(tmp_path / ("x" * 300))
    status, out, err = command.run(*words)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
