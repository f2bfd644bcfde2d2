"""Values of the environment as Docker, systemd and shells hand them over."""

from __future__ import annotations

import pwd
from typing import TYPE_CHECKING

import pytest

from bot.config.load import load, load_lenient
from bot.config.toml_file import CONFIG
from bot.domain.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, which is the home directory too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def _no_entry(*_: object) -> None:
    raise KeyError


@pytest.mark.parametrize("name", ["ALTCONTACT_DATABASE", CONFIG])
@pytest.mark.parametrize("home", ["~", "~nobody-of-this-name"])
def test_a_home_directory_that_is_not_known_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, home: str
) -> None:
    """A user without a home, as in many containers, and an unknown user are a wrong setting."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", _no_entry)
    with pytest.raises(SettingsError, match=f"{name}: “{home}/x.db” begins with {home}, but"):
        load({name: f"{home}/x.db"}, needs_slack=False)


def test_the_file_may_be_in_the_home_directory(folder: Path) -> None:
    """`ALTCONTACT_CONFIG=~/…` is expanded: nothing else does so for a variable of a service."""
    (folder / "bot.toml").write_text("read_rate = 5\n")
    assert load({CONFIG: "~/bot.toml"}, needs_slack=False).read_rate == 5
    with pytest.raises(SettingsError, match="file not found"):
        load({CONFIG: "~/none.toml"}, needs_slack=False)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("ALTCONTACT_DATABASE", '"altcontact.db"', "export ALTCONTACT_DATABASE=altcontact.db"),
        ("ALTCONTACT_TIMEZONE", "'Europe/Berlin'", "export ALTCONTACT_TIMEZONE=Europe/Berlin"),
        ("ALTCONTACT_CHANNEL", "“#alerts”", "export ALTCONTACT_CHANNEL='#alerts'"),
        ("ALTCONTACT_TYPES", '"BILLING","SECURITY"', "export ALTCONTACT_TYPES=BILLING,SECURITY"),
        ("ALTCONTACT_CHECK_ON_START", '"true"', "export ALTCONTACT_CHECK_ON_START=true"),
        ("ALTCONTACT_READ_RATE", '"5"', "export ALTCONTACT_READ_RATE=5"),
        ("SLACK_BOT_TOKEN", '"xoxb-1-secret"', "export SLACK_BOT_TOKEN='xoxb-…'"),
        ("SLACK_APP_TOKEN", '"secret"', "export SLACK_APP_TOKEN='xapp-…'"),
        ("AWS_SECRET_ACCESS_KEY", '"secret"', ""),
        ("AWS_PROFILE", '"corp"', ""),
        (CONFIG, '"/etc/altcontact.toml"', f"export {CONFIG}=/etc/altcontact.toml"),
    ],
)
def test_quotation_marks_of_an_env_file_are_told(name: str, value: str, line: str) -> None:
    """They are part of the value there: said for every setting, and for those of boto3."""
    found = load_lenient({name: value}, needs_slack=False)
    (problem,) = found.problems
    assert problem.where == name
    assert problem.what.startswith("is in quotation marks, which are part of the value")
    assert problem.snippet == line
    assert "secret" not in f"{problem} {problem.snippet}"


def test_quotation_marks_in_the_file_are_told(folder: Path) -> None:
    """A text of the TOML file that holds quotation marks of its own is the same mistake."""
    (folder / "altcontact.toml").write_text("database = '\"altcontact.db\"'\n")
    (problem,) = load_lenient({}, needs_slack=False).problems
    assert (problem.key, problem.line) == ("database", 1)
    assert problem.snippet == 'database = "altcontact.db"'


@pytest.mark.parametrize("value", ['"', '""', "''", "it's", '5" disk.db'])
def test_other_quotation_marks_are_left_alone(value: str) -> None:
    """A mark within a value is a part of it, and a value of nothing but marks is said to be so."""
    problems = load_lenient({"ALTCONTACT_DATABASE": value}, needs_slack=False).problems
    assert len(problems) == (value in {'""', "''"})
