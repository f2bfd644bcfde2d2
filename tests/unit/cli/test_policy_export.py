"""`altcontact policy export`: from the database to a file, without AWS."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
import yaml

from bot.cli import main
from bot.domain.as_code import cloudformation
from bot.store import SqliteStore
from tests.unit.domain.as_code.contacts import lint, read_hcl
from tests.unit.fakes import FakeClock, account
from tests.unit.loggers import logging_put_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = """
[policy.security]
name = "Security team"
title = "Duty"
email = "sec@corp.example"
phone = "+44 20 7946 0958"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with a policy, no other setting, and logging put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith(("ALTCONTACT_", "SLACK_", "AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALTCONTACT_DATABASE", str(tmp_path / "bot.db"))
    (tmp_path / "altcontact.toml").write_text(POLICY)
    with logging_put_back():
        yield tmp_path


def know(folder: Path, number: int = 2) -> None:
    """Put accounts into the database, the last of them suspended."""
    accounts = [account(each) for each in range(1, number + 1)]
    with SqliteStore(folder / "bot.db", FakeClock()) as store:
        store.accounts.remember([*accounts, account(number + 1, state="SUSPENDED")])


def export(*arguments: str) -> int:
    """Run the command."""
    return main(["policy", "export", *arguments])


def test_terraform_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The code alone is there, the same each time; what happened is said beside it."""
    know(folder)
    assert export("--terraform") == 0
    first = capsys.readouterr()
    assert len(read_hcl(first.out)["resource"]) == 2
    assert first.err == "2 contacts; 1 left out, as comments at the end say.\n"
    assert export("--terraform") == 0
    assert capsys.readouterr().out == first.out


def test_cloudformation_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is replaced as a whole, and only its owner can read it."""
    know(folder)
    target = folder / "contacts.yaml"
    target.write_text("old")
    assert export("--cloudformation", "--out", str(target)) == 0
    assert lint(target.read_text()) == []
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert capsys.readouterr().out == ""
    assert {each.name for each in folder.iterdir() if "yaml" in each.name} == {"contacts.yaml"}


def test_several_templates_need_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has at most as many resources as CloudFormation takes."""
    monkeypatch.setattr(cloudformation, "MOST_RESOURCES", 2)
    know(folder, 3)
    assert export("--cloudformation") == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "",
        "This takes 2 templates. Name a file: --out contacts.yaml\n",
    )
    assert export("--cloudformation", "--out", "contacts.yaml") == 0
    texts = [(folder / f"contacts-{number}.yaml").read_text() for number in (1, 2)]
    assert [len(yaml.safe_load(text)["Resources"]) for text in texts] == [2, 1]


@pytest.mark.parametrize("arguments", [(), ("--terraform", "--cloudformation")])
def test_one_kind_has_to_be_chosen(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither and both are refused."""
    assert export(*arguments) == 2
    assert "either --terraform or --cloudformation" in capsys.readouterr().err


def test_without_a_database_none_is_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next step is a check; also where a database has no accounts."""
    assert export("--terraform") == 2
    assert "Run altcontact check first." in capsys.readouterr().err
    assert not (folder / "bot.db").exists()
    SqliteStore(folder / "bot.db", FakeClock()).close()
    assert export("--terraform") == 2
    assert "No accounts are known yet." in capsys.readouterr().err


def test_nothing_that_could_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file is written; each account has its reason."""
    know(folder, 1)
    (folder / "altcontact.toml").write_text("[policy.security]\nname = 'Security team'\n")
    assert export("--terraform", "--out", "contacts.tf") == 2
    said = capsys.readouterr().err
    assert "so nothing was written" in said
    assert "000000000001 Account 1, Security: the policy doesn't expect exactly one value" in said
    assert not (folder / "contacts.tf").exists()


def test_a_file_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is said, and nothing is left behind."""
    know(folder)
    assert export("--terraform", "--out", str(folder / "nowhere" / "contacts.tf")) == 2
    assert "Couldn't write" in capsys.readouterr().err
    (folder / "taken.tf").mkdir()
    assert export("--terraform", "--out", str(folder / "taken.tf")) == 2
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []
