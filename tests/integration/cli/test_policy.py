"""The policy on the command line: `policy check`, `policy explain`, a start with a broken one."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox

from bot.domain.contacts import AlternateContact
from tests.integration.cli.test_check import MANAGEMENT, Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = """
[policy]
domains = "corp.example"

[[policy.override]]
match.organization = "corp"
security.email = "corp@corp.example"

[[policy.override]]
match.account = "111111111111"
security.email = "management@corp.example"

[[aws]]
name = "corp"
profile = "corp"
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[AwsSandbox]:
    """A server of these tests' own."""
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


def write(folder: Path, text: str) -> None:
    """Put this text into the file that is read where none is named."""
    (folder / "altcontact.toml").write_text(text, encoding="utf-8")


def test_check(command: Command, tmp_path: Path) -> None:
    """A right file ends with 0, and a wrong one with 2 and a line that an editor can jump to."""
    write(tmp_path, POLICY)
    status, out, err = command.run("policy", "check")
    assert (status, err) == (0, "")
    assert out == "altcontact.toml: no problems found; 3 policy sections and 1 [[aws]] section.\n"
    (tmp_path / "other.toml").write_text("[policy]\n\nsecurity = 'requird'\n")
    status, out, err = command.run("policy", "check", "other.toml")
    assert (status, err) == (2, "1 problem.\n")
    assert out.startswith("other.toml:3: policy.security: invalid value “requird” (did you mean")


def test_check_needs_nothing_else(command: Command, tmp_path: Path) -> None:
    """What is wrong in the environment is not the file's."""
    write(tmp_path, POLICY)
    command.environ["ALTCONTACT_SCHEDULE"] = "never"
    assert command.run("policy", "check")[0] == 0


def test_explain(aws: AwsSandbox, command: Command, tmp_path: Path) -> None:
    """An account that no check has seen is listed, and each value named with table and line."""
    text = POLICY[: POLICY.index("[[aws]]")].replace('organization = "corp"', "name = '*'")
    write(tmp_path, text)
    status, out, err = command.run("policy", "explain", MANAGEMENT)
    assert status == 0
    assert err.startswith(MANAGEMENT)
    (email,) = [line for line in out.splitlines() if line.startswith("security.email ")]
    assert " ".join(email.split()) == (
        "security.email management@corp.example [[policy.override]] 2 (line 9) "
        "overrides [[policy.override]] 1 (line 5): corp@corp.example"
    )
    # Known once it was checked, so that AWS is not asked again.
    assert command.run("check")[0] == 1
    aws.deny("organizations:ListAccounts")
    status, out, err = command.run("policy", "explain", MANAGEMENT, "--json")
    assert status == 0, err
    made: dict[str, Any] = json.loads(out)
    assert (status, made["account"]["id"]) == (0, MANAGEMENT)
    assert {each["key"]: each["value"] for each in made["values"]}["domains"] == ["corp.example"]


@pytest.mark.parametrize(
    "pasted",
    [
        "1111-1111-1111",
        "`111111111111`",
        "\u200b111111111111\u00a0",
        "arn:aws:iam::111111111111:root",
        "https://111111111111.signin.aws.amazon.com/console",
    ],
)
def test_ids_as_they_are_pasted(command: Command, tmp_path: Path, pasted: str) -> None:
    """The policy and the argument take an account id in whatever form it was copied."""
    override = f"[[policy.override]]\nmatch.account = '{pasted}'\nsecurity.name = 'Here'\n"
    write(tmp_path, f"{override}[policy]\nsecurity = 'required'\n")
    status, out, err = command.run("policy", "explain", pasted)
    assert (status, err[:12]) == (0, MANAGEMENT)
    assert re.search("^security.name +Here ", out, re.MULTILINE)


def test_an_ou_with_a_slash_in_its_name(aws: AwsSandbox, command: Command, tmp_path: Path) -> None:
    """The path that is shown is the one that the policy matches; CD within CI is another OU."""
    aws.place(MANAGEMENT, "/Build/CI%2FCD")
    write(
        tmp_path,
        "[[policy.override]]\nmatch.ou = '/Build/CI/CD'\nsecurity.name = 'Nested'\n"
        "[[policy.override]]\nmatch.ou = '/Build/CI%2FCD'\nsecurity.name = 'Slashed'\n"
        "[policy]\nsecurity = 'required'\n",
    )
    status, out, _ = command.run("policy", "explain", MANAGEMENT, "--json")
    made: dict[str, Any] = json.loads(out)
    assert (status, made["account"]["path"]) == (0, "/Build/CI%2FCD")
    assert {each["key"]: each["value"] for each in made["values"]}["security.name"] == ["Slashed"]
    assert "in /Build/CI%2FCD\n" in command.run("policy", "explain", MANAGEMENT)[2]


def test_a_lost_zero_is_told(command: Command) -> None:
    """A number with a digit too few is no account, and why is said."""
    status, out, err = command.run("policy", "explain", "98765432109")
    assert (status, out) == (2, "")
    assert "has 11 digits, and an account id has 12: perhaps a leading zero was lost" in err


def test_explain_what_is_not_there(command: Command) -> None:
    """No such account is wrong usage."""
    status, out, err = command.run("policy", "explain", "nobody")
    assert (status, out) == (2, "")
    assert err == "No account matches “nobody”.\n"


def test_explain_what_cannot_be_told(aws: AwsSandbox, command: Command, tmp_path: Path) -> None:
    """Where tags that the policy matches cannot be read the status is 3, in JSON too."""
    write(tmp_path, "[[policy.override]]\nmatch.tag.env = 'prod'\nsecurity = 'optional'\n")
    aws.deny("organizations:ListTagsForResource")
    status, out, err = command.run("policy", "explain", MANAGEMENT)
    assert (status, out) == (3, "")
    assert "policy unknown, since its tags couldn't be read" in err
    status, out, _ = command.run("policy", "explain", MANAGEMENT, "--json")
    assert (status, json.loads(out)["undecided"]) == (3, ["tags"])


def test_run_with_a_broken_policy(command: Command, tmp_path: Path) -> None:
    """A bot with a broken policy ends with 2 before it connects to anything or makes a database."""
    write(tmp_path, "[policy]\nsecurity = 'required'\n\nrules.missing = 'off'\n")
    with socket.create_server(("127.0.0.1", 0)) as slack:
        slack.setblocking(False)  # noqa: FBT003 - the socket's own signature
        command.environ |= {
            "SLACK_API_URL": f"http://127.0.0.1:{slack.getsockname()[1]}/api/",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{slack.getsockname()[1]}",
            "SLACK_BOT_TOKEN": "xoxb-1-abc",
            "SLACK_APP_TOKEN": "xapp-1-def",
            "ALTCONTACT_CHANNEL": "#alerts",
        }
        status, _, err = command.run("run")
        with pytest.raises(BlockingIOError):
            slack.accept()
    assert status == 2
    assert "altcontact can't start." in err
    assert "policy.rules.missing in altcontact.toml, line 4: can't be turned off" in err
    assert 'missing = "on"' in err
    assert not (tmp_path / "altcontact.db").exists()
    assert command.run("check")[0] == 2


def test_init(aws: AwsSandbox, command: Command, tmp_path: Path) -> None:
    """A file is written from what most accounts have, is right, and is never replaced."""
    contact = AlternateContact("Security team", "Duty", "sec@corp.internal", "+442079460958")
    accounts = [account["id"] for account in aws.accounts()]
    for account_id in accounts:
        aws.set_contact(account_id, "SECURITY", contact)
    status, out, err = command.run("policy", "check")
    assert (status, out) == (2, "altcontact.toml: file not found\n")
    assert err.endswith("altcontact policy init\n")
    status, out, err = command.run("policy", "init")
    assert (status, out) == (0, "")
    assert err == "Wrote altcontact.toml. Review it, then run: altcontact policy check\n"
    assert 'security.email = "sec@corp.internal"' in (tmp_path / "altcontact.toml").read_text()
    assert command.run("policy", "check")[0] == 0
    assert command.run("check")[0] == 0
    before = (tmp_path / "altcontact.toml").read_text()
    status, _, err = command.run("policy", "init")
    assert status == 2
    assert "altcontact.toml already exists" in err
    assert command.run("policy", "init", "-") == (0, before, "")
    assert (tmp_path / "altcontact.toml").read_text() == before
    status, _, err = command.run("policy", "init", "nowhere/policy.toml")
    assert status == 2
    assert err == "Couldn't write nowhere/policy.toml: No such file or directory.\n"


def test_init_records_nothing(aws: AwsSandbox, command: Command, tmp_path: Path) -> None:
    """It reads every contact, and neither announces nor keeps what it has read."""
    aws.seed_demo()
    assert command.run("policy", "init")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["altcontact.toml"]
