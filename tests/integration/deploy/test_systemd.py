"""The unit, and the command that runs others as the unit does."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from tests.integration.deploy.policies import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = ROOT / "deploy/systemd"
SHARED: Final = (
    "DynamicUser",
    "EnvironmentFile",
    "StateDirectory",
    "StateDirectoryMode",
    "UMask",
    "WorkingDirectory",
)
"""What a command needs as the unit has it."""


def unit() -> dict[str, str]:
    """The unit's settings; of those that come several times, the last one."""
    text = (FOLDER / "altcontact.service").read_text(encoding="utf-8")
    lines = [line for line in text.replace("%S", "/var/lib").splitlines() if "=" in line]
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def environment() -> set[str]:
    """The variables that the unit sets, as NAME=value."""
    text = (FOLDER / "altcontact.service").read_text(encoding="utf-8").replace("%S", "/var/lib")
    lines = [line.partition("=") for line in text.splitlines()]
    return {each for name, _, value in lines if name == "Environment" for each in value.split()}


def test_a_command_runs_as_the_unit_does(tmp_path: Path) -> None:
    """With its user, its folder and its settings, and with the words as they were typed."""
    fake = tmp_path / "systemd-run"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n', encoding="utf-8")
    fake.chmod(0o755)
    done = subprocess.run(
        [FOLDER / "altcontact", "fix", "--reason", "a new team"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (7, "")
    given = done.stdout.splitlines()
    program = unit()["ExecStart"].split()[0]
    assert given[given.index(program) :] == [program, "fix", "--reason", "a new team"]
    assert {f"--property={name}={unit()[name]}" for name in SHARED} <= set(given)
    assert "--property=User=altcontact" in given
    variables = {each.removeprefix("--setenv=") for each in given if each.startswith("--setenv=")}
    assert variables <= environment()
    assert {each.partition("=")[0] for each in variables} == {"HOME", "ALTCONTACT_DATABASE"}


def test_the_process_can_be_measured() -> None:
    """Without `/proc/stat` there are no metrics of the process; the lead needs the boot's id."""
    assert "ProcSubset" not in unit()


def test_a_bot_that_cannot_start_yet_is_started_again() -> None:
    """However long its database can't be reached."""
    assert (unit()["Restart"], unit()["StartLimitIntervalSec"]) == ("on-failure", "0")
