"""Says in one line which tests did not run for want of a browser; to CI that is a failure.

No proxy of the machine's stands between tests and servers on it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.loopback import without_proxy

from sandbox.tests.browser import chromium

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

FOLDER = "sandbox/tests/browser"

os.environ.update(without_proxy(os.environ))


def not_run(config: pytest.Config) -> int:
    """How many tests were skipped because there is no Chromium."""
    reporter: TerminalReporter | None = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    return sum(1 for report in skipped if chromium.MISSING in str(report.longrepr))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the browser's tests together, in whatever order: one process of tests starts it, once.

    Strewn among the others, they would have it started for every few of them. They come first,
    since they take longest: what is left at the end is small enough to be shared.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(FOLDER))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count tests that could not run as a failure where CI runs them."""
    if os.environ.get("CI") and not_run(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say which tests did not run."""
    number = not_run(config)
    if number:
        terminalreporter.write_line(
            f"The browser tests did not run ({number} tests in {FOLDER}): {chromium.MISSING}; "
            f"{chromium.REMEDY}.",
            red=True,
        )
