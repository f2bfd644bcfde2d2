"""A machine with a corporate proxy: servers on it are reached directly, the sandbox's bot too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from altcontact_sandbox.loopback import without_proxy

ROOT = Path(__file__).parents[2]
NOBODY = "http://bob:hunter2@127.0.0.1:9"
"""A proxy that nothing reaches anything through."""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"NO_PROXY": "127.0.0.1,localhost,::1"}),
        ({"NO_PROXY": "corp, ::1"}, {"NO_PROXY": "corp,::1,127.0.0.1,localhost"}),
        (
            {"no_proxy": "corp"},
            {"NO_PROXY": "127.0.0.1,localhost,::1", "no_proxy": "corp,127.0.0.1,localhost,::1"},
        ),
    ],
)
def test_this_machine_is_excluded(before: dict[str, str], after: dict[str, str]) -> None:
    """What was excluded stays so, in capital letters and in small ones."""
    assert without_proxy(before) == after


def test_tests_and_bot_work_behind_a_corporate_proxy() -> None:
    """The tests of a bot with its sandbox pass though the environment names a dead proxy."""
    proxies = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "ALL_PROXY")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
            "tests/integration/slack/test_connection.py::test_a_refused_handshake_is_no_connection",
            "tests/e2e/test_signals.py::test_the_scheduled_check_may_be_asked_for",
        ],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(proxies, NOBODY), "NO_PROXY": "", "no_proxy": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
