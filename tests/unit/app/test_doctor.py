"""What a bot logs after its start, and what is said of one that cannot start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from bot.app import doctor
from bot.app.settings import StartSettings
from bot.config.load import Settings
from bot.domain.errors import SettingsError, StoreError
from bot.services.doctor import CheckResult, Section, State
from tests.unit.loggers import logging_put_back

if TYPE_CHECKING:
    from pathlib import Path

LINES = [
    CheckResult(Section.AWS, state.value, state, "is so.", "To fix it, run:", "fix it")
    for state in State
]


def test_what_is_amiss_is_logged() -> None:
    """A failure is an error, a warning a warning, and what is well is not logged."""
    with structlog.testing.capture_logs() as logs:
        doctor.log_at_start(iter(LINES), wanted=lambda: True)
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("doctor", "error"),
        ("doctor", "warning"),
        ("doctor finished", "info"),
    ]
    assert logs[1] == {
        "event": "doctor",
        "log_level": "warning",
        "section": "AWS",
        "check": "warning",
        "problem": "is so.",
        "remedy": "To fix it, run: fix it",
    }


def test_a_bot_that_stops_logs_no_more() -> None:
    """What is found while the bot stops is nobody's concern."""
    with structlog.testing.capture_logs() as logs:
        doctor.log_at_start(iter(LINES), wanted=lambda: False)
    assert logs == []


def test_a_database_that_is_well_by_now(tmp_path: Path) -> None:
    """Where the doctor finds nothing wrong, what kept the bot from starting is said as it was."""
    error = StoreError("It was locked.", "Look who locks it.")
    (line,) = doctor.wrong_database(Settings(database=tmp_path / "bot.db"), error)
    assert (line.state, line.message, line.remedy) == (State.FAILURE, str(error), error.remedy)


def test_a_defect_is_in_the_log() -> None:
    """The reference that a line gives leads to the log."""
    with logging_put_back(), structlog.testing.capture_logs() as logs:
        reference = doctor.log_defect(RuntimeError("odd"))
    assert logs[0]["reference"] == reference


def wrong_settings(environ: dict[str, str]) -> list[CheckResult]:
    """What is said of settings that keep a bot from starting."""
    with pytest.raises(SettingsError) as caught:
        StartSettings(environ)
    return doctor.wrong_settings(caught.value)


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    """What depends on a setting that is wrong is not checked, and the rest is."""
    environ = {
        "SLACK_API_URL": "nonsense",
        "ALTCONTACT_SCHEDULE": "whenever",
        "ALTCONTACT_FIXERS": "everybody",
        "ALTCONTACT_CONFIG": str(tmp_path / "none.toml"),
    }
    lines = wrong_settings(environ)
    assert {line.name for line in lines} >= {"SLACK_API_URL", "ALTCONTACT_SCHEDULE"}
    assert all(line.state is State.FAILURE for line in lines)


def test_settings_that_are_none(tmp_path: Path) -> None:
    """What is no setting is to be taken away, from the environment and from the file."""
    file = tmp_path / "jo@example.com.toml"
    file.write_text("colour = 1\n")
    environ = {"ALTCONTACT_CHANEL": "#alerts", "ALTCONTACT_CONFIG": str(file)}
    lines = {line.name.split()[0]: line for line in wrong_settings(environ)}
    assert lines["ALTCONTACT_CHANEL"].snippet == "unset ALTCONTACT_CHANEL"
    assert "Unset it" in lines["ALTCONTACT_CHANEL"].remedy
    assert "from the file" in lines["colour"].remedy
    assert "jo@" not in lines["colour"].name


def found_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, section: Section
) -> list[CheckResult]:
    """What an installation with this file comes to, where neither AWS nor Slack is there."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    file = tmp_path / "altcontact.toml"
    file.write_text(content)
    environ = {
        "SLACK_API_URL": "nonsense",
        "ALTCONTACT_CONFIG": str(file),
        "ALTCONTACT_DATABASE": str(tmp_path / "altcontact.db"),
    }
    return [line for line in doctor.check_installation(environ) if line.section is section]


def test_each_organization_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each `[[aws]]` table has its lines, and what the policy needs is among them."""
    tables = "".join(f'[[aws]]\nname = "{name}"\nprofile = "{name}"\n' for name in ("one", "two"))
    content = f'[policy.rules]\nprimary_contact = "low"\n{tables}'
    lines = {line.name: line for line in found_in(tmp_path, monkeypatch, content, Section.AWS)}
    for name in ("one", "two"):
        assert "profile" in lines[f"Caller ({name})"].message
        assert lines[f"Primary contacts ({name})"].state is State.NOT_TESTED


def test_aws_is_not_asked_by_tables_that_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not known which AWS is meant, none is asked."""
    content = '[[aws]]\nname = "one"\nprofil = "one"\n'
    [line] = found_in(tmp_path, monkeypatch, content, Section.AWS)
    assert line.state is State.NOT_TESTED
    assert "[[aws]]" in line.message
