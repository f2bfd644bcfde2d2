"""What pytest says where there is no Chromium."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sandbox.tests.browser import chromium


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_one_line_names_what_did_not_run(ci: str, status: int) -> None:
    """One line says how many tests did not run and what to do; to CI that is a failure."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "sandbox/tests/browser/test_story.py"]
    done = subprocess.run(
        command,
        env={**os.environ, "CI": ci, chromium.ASKED: "/nowhere/chromium"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == status, done.stdout
    (line,) = (line for line in done.stdout.splitlines() if "did not run" in line)
    assert "tests in sandbox/tests/browser)" in line
    assert chromium.MISSING in line
    assert chromium.REMEDY in line
