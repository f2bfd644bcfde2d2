"""The README and the docs against what the program and its tests offer."""

import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest

from bot.cli.exit_status import Exit
from bot.domain.audit import AuditAction
from bot.domain.audit_chain import Tampering
from bot.domain.failures import FailureCode
from bot.domain.findings import OUTCOMES, Outcome
from bot.domain.rule_catalog import ON_BY_DEFAULT, Rule
from bot.slack import command_parser

ROOT: Final = Path(__file__).parents[2]
README: Final = (ROOT / "README.md").read_text()
THREATS: Final = (ROOT / "docs/security.md").read_text()
COMMANDS: Final = (ROOT / "docs/commands.md").read_text()
INSTALL: Final = (ROOT / "docs/install.md").read_text()
PAGES: Final = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "sandbox/README.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
]


def rows(page: str) -> list[list[str]]:
    """The cells of each row of a page's tables whose first cell begins with code."""
    found = re.findall(r"^\| (`.*) \|$", (ROOT / page).read_text(), re.MULTILINE)
    return [[cell.strip() for cell in row.split(" |")] for row in found]


def name(cell: str) -> str:
    """The first code in a cell."""
    return cell.split("`")[1]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def test_the_readme_is_short() -> None:
    """It fits in 120 lines, and its tables in three."""
    assert len(README.splitlines()) <= 120
    assert not re.search(r"(?:^\|.*\n){4}", README, re.MULTILINE)


@pytest.mark.parametrize("target", ["sandbox", "test"])
def test_what_sets_it_up_is_in_the_readme(target: str) -> None:
    """A newcomer needs only two commands."""
    assert f"$ make {target} " in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """The target of every link to a file, and to a heading in it, exists."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_lists_every_page() -> None:
    """docs/README.md links each page and folder of prose next to it, and the README links it."""
    index = (ROOT / "docs/README.md").read_text()
    named = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert named == set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert "(decisions/)" in index
    assert "(docs/README.md)" in README


def test_decisions_are_numbered() -> None:
    """Each has a number of its own, the same in its name and its title."""
    titles = {
        path.name: path.read_text().partition(".")[0]
        for path in sorted((ROOT / "docs/decisions").glob("0*.md"))
    }
    assert list(titles.values()) == [f"# {number}" for number in range(1, len(titles) + 1)]
    assert all(int(name[:4]) == int(title[2:]) for name, title in titles.items())


def test_every_command_is_described() -> None:
    """Each command has a row, and there are no other rows."""
    described = [name(cells[0]) for cells in rows("docs/commands.md")]
    commands = [each for each in described if each.startswith("altcontact ")]
    assert [each for each in commands if not each.startswith("altcontact fix --")] == [
        "altcontact run",
        "altcontact check",
        "altcontact fix",
        "altcontact doctor",
        "altcontact policy check",
        "altcontact policy explain",
        "altcontact policy export",
        "altcontact policy init",
        "altcontact policy schema",
        "altcontact audit",
        "altcontact audit verify",
        "altcontact audit redact",
        "altcontact database copy",
        "altcontact manifest",
        "altcontact sandbox",
        "altcontact --version",
    ]


@pytest.mark.parametrize("slash", command_parser._NAMES)
def test_every_slash_command_is_described(slash: str) -> None:
    """Each slash command has a row."""
    first = [cells[0] for cells in rows("docs/commands.md")]
    assert any(f"`{command_parser.COMMAND} {slash}" in cell for cell in first)


@pytest.mark.parametrize("status", sorted(set(Exit)))
def test_every_exit_status_is_described(status: Exit) -> None:
    """The page of commands lists each exit status."""
    section = COMMANDS.partition("### Exit status")[2]
    assert re.search(rf"\b{status.value}\b", section)


def test_every_outcome_is_described() -> None:
    """Each outcome has a row, in order, and there are no other rows."""
    assert [name(cells[0]) for cells in rows("docs/outcomes.md")] == [
        outcome.value for outcome in Outcome
    ]


@pytest.mark.parametrize("action", AuditAction)
def test_every_audited_action_is_described(action: AuditAction) -> None:
    """The page of the audit log says when each action is recorded."""
    assert any(f"`{action.value}`" in cells[0] for cells in rows("docs/audit.md"))


@pytest.mark.parametrize("kind", Tampering)
def test_every_tampering_is_described(kind: Tampering) -> None:
    """The page of the audit log says what leads to each finding."""
    table = (ROOT / "docs/audit.md").read_text().partition("| what somebody did |")[2]
    assert f"`{kind.value}`" in table


def test_every_cause_is_described() -> None:
    """Each cause has one row that says how to fix it, and there are no other rows."""
    found = rows("docs/causes.md")
    assert sorted(name(cells[0]) for cells in found) == sorted(FailureCode)
    assert all(len(cells) == 3 and cells[2] for cells in found)


def test_every_rule_is_described() -> None:
    """Each rule has a row: its page, its outcome, and whether it is on without a policy."""
    page = (ROOT / "docs/policy.md").read_text()
    section = page.partition("\n## Rules\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| \[`(\w+)`\]\((.+?)\) \| .+ \| (.+?) \|(.*)\|$", section, re.MULTILINE)
    assert [rule for rule, *_ in found] == list(Rule)
    for rule, link, outcome, on in found:
        assert f"docs/{link}" == Rule(rule).page
        if rule != Rule.CHANGED:
            assert outcome == f"`{OUTCOMES.get(Rule(rule), Outcome.WEAK).value}`"
        always = ON_BY_DEFAULT | {Rule.UNREADABLE, Rule.UNSUPPORTED}
        assert (on.strip() == "yes") == (rule in always), rule


@pytest.mark.parametrize(
    "action",
    [
        "account:DeleteAlternateContact",
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
    """The IAM policy in the docs allows each action that the bot uses."""
    section = INSTALL.partition("### IAM policy")[2].partition("\n### ")[0]
    assert f'"{action}"' in section or f"`{action}`" in section


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/modules.md"])
def test_every_target_is_there(page: str) -> None:
    """The Makefile has each target that the docs name."""
    named = set(re.findall(r"(?:`|\$ |=1 )make ([\w-]+)", (ROOT / page).read_text()))
    assert named
    for target in named:
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(), target


@pytest.mark.parametrize("target", ["sandbox", "test", "lint", "bench"])
def test_the_targets_for_work_on_it_are_described(target: str) -> None:
    """Each has its row on the page for contributors."""
    assert f"| `make {target}` |" in (ROOT / "CONTRIBUTING.md").read_text()


def test_lock_files_name_no_address() -> None:
    """Lock files have names, versions and hashes, but no index."""
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
    """Its lock file extends the bot's, and has no development tools."""
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
    """Each test that docs/security.md names for a protection exists."""
    named = re.findall(r"`((?:sandbox/)?tests/[\w/]+\.py)::(\w+)`", THREATS)
    assert len(named) > 20
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


@pytest.mark.parametrize(
    "threat",
    [
        "stolen bot token",
        "Forged requests",
        "malicious member",
        "hijacked fixer",
        "Hostile acc",
        "compromised host",
        "rewrites the record",
    ],
)
def test_the_threat_model_is_complete(threat: str) -> None:
    """Each threat has a section that says what stops it, and which risk remains."""
    section = re.search(rf"\n### [^\n]*{threat}.*?(?=\n##)", THREATS, re.DOTALL)
    assert section is not None
    assert "| test |" in section[0]
    assert "\nRemaining risk: " in section[0]


def test_vulnerabilities_are_reported_privately() -> None:
    """SECURITY.md points to GitHub's private reporting, and invents no address."""
    text = (ROOT / "SECURITY.md").read_text()
    assert "private vulnerability reporting" in text
    assert "@" not in text
    assert "docs/security.md" in README
    assert "SECURITY.md" in README


def test_writing_is_narrowed() -> None:
    """The statement for fixing names the contact types; a container runs without privileges."""
    section = INSTALL.partition("To fix contacts")[2].partition("```json\n")[2].partition("```")[0]
    condition = json.loads(section)["Condition"]["ForAnyValue:StringEquals"]
    assert condition == {"account:AlternateContactTypes": ["SECURITY"]}
    docker = (ROOT / "docs/deploy/docker.md").read_text()
    for page in (INSTALL, docker):
        options = re.findall(r"\$ docker run ([^`]*?)\baltcontact(?::[\d.]+)?\n", page)[0]
        for option in ("--read-only", "--cap-drop ALL", "--security-opt no-new-privileges"):
            assert option in options
