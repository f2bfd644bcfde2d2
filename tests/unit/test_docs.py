"""README.md and docs/security.md against what the program and its tests offer."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from bot.domain.findings import Outcome
from bot.slack import command_parser

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text()
THREATS: Final = (ROOT / "docs/security.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "run",
        "check",
        "doctor",
        "policy check",
        "policy explain",
        "policy init",
        "policy schema",
        "sandbox",
        "--version",
    ],
)
def test_every_command_is_described(name: str) -> None:
    """Each command of the command line has its row."""
    assert f"| `altcontact {name}` |" in README


@pytest.mark.parametrize("name", command_parser._NAMES)
def test_every_slash_command_is_described(name: str) -> None:
    """Each slash command has its row."""
    assert f"`{command_parser.COMMAND} {name}" in README


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_described(outcome: Outcome) -> None:
    """Each outcome stands in the table of outcomes or below it."""
    assert f"`{outcome.value}`" in README


@pytest.mark.parametrize(
    "action",
    [
        "account:GetAccountInformation",
        "account:GetAlternateContact",
        "account:GetContactInformation",
        "account:PutAlternateContact",
        "organizations:DescribeOrganization",
        "organizations:ListAWSServiceAccessForOrganization",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListDelegatedAdministrators",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListRoots",
        "organizations:ListTagsForResource",
        "sts:AssumeRole",
        "sts:GetCallerIdentity",
    ],
)
def test_every_action_is_in_the_iam_policy(action: str) -> None:
    """What the bot calls is what the README has the role allowed."""
    section = README.partition("#### IAM policy")[2].partition("\n### ")[0]
    assert f'"{action}"' in section or f"`{action}`" in section


@pytest.mark.parametrize("target", ["sandbox", "test", "lint", "bench"])
def test_every_target_is_there(target: str) -> None:
    """Each target that the README names is in the Makefile."""
    assert f"make {target}" in README
    assert f"\n{target}:" in (ROOT / "Makefile").read_text()


def test_lock_files_name_no_address() -> None:
    """Locks hold names, versions and hashes, and no index."""
    for lock in ROOT.glob("requirements*.txt"):
        assert "://" not in lock.read_text()
        assert "--hash=sha256:" in lock.read_text()


def _pins(name: str) -> set[str]:
    lines = (ROOT / name).read_text().splitlines()
    return {line.split(";")[0].strip(" \\") for line in lines if "==" in line}


def test_what_the_image_installs_is_what_is_tested() -> None:
    """The locks of the image and of its build are a part of the lock that tests run on."""
    assert _pins("requirements.txt") <= _pins("requirements-dev.txt")
    assert _pins("requirements-build.txt") <= _pins("requirements-dev.txt")


def test_the_sandbox_installs_what_it_needs_and_no_more() -> None:
    """Its lock lies between the bot's and the one for development, with no tool for development."""
    assert _pins("requirements.txt") < _pins("requirements-sandbox.txt")
    assert _pins("requirements-sandbox.txt") < _pins("requirements-dev.txt")
    names = {pin.split("==")[0] for pin in _pins("requirements-sandbox.txt")}
    assert "starlette" in names
    tools = {"boto3-stubs", "flask", "moto", "mypy", "playwright", "pytest", "ruff"}
    assert not names & tools


def test_the_image_is_not_run_as_root() -> None:
    """The Dockerfile's last user is a number that is not 0, and its entry point needs no shell."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1].replace(":", "").isdigit()
    assert not users[-1].startswith("0")
    assert 'ENTRYPOINT ["altcontact"]' in lines


def test_the_threat_model_names_tests_that_exist() -> None:
    """Each test by which docs/security.md claims that something is stopped is there."""
    named = re.findall(r"`((?:sandbox/)?tests/[\w/]+\.py)::(\w+)`", THREATS)
    assert len(named) > 20
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


@pytest.mark.parametrize(
    "threat",
    ["stolen bot token", "malicious member", "hijacked fixer", "Hostile acc", "compromised host"],
)
def test_the_threat_model_is_complete(threat: str) -> None:
    """Each threat has a section that says what stops it, and what is left."""
    section = re.search(rf"\n### [^\n]*{threat}.*?(?=\n##)", THREATS, re.DOTALL)
    assert section is not None
    assert "| test |" in section[0]
    assert "\nLeft: " in section[0]


def test_vulnerabilities_are_reported_privately() -> None:
    """SECURITY.md leads to GitHub's private reporting, and makes up no address."""
    text = (ROOT / "SECURITY.md").read_text()
    assert "private vulnerability reporting" in text
    assert "@" not in text
    assert "docs/security.md" in README
    assert "SECURITY.md" in README


def test_writing_is_narrowed() -> None:
    """The statement for fixing names the contact types; a container runs without privileges."""
    section = README.partition("To fix as well")[2].partition("```json\n")[2].partition("```")[0]
    condition = json.loads(section)["Condition"]["ForAnyValue:StringEquals"]
    assert condition == {"account:AlternateContactTypes": ["SECURITY"]}
    run = re.findall(r"\$ docker run ([^`]*?) altcontact\n", README)
    assert run
    for options in run:
        for option in ("--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"):
            assert option in options
