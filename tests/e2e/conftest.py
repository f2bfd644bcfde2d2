"""The sandbox's two servers, and the shipped bot as a process that learns only their URLs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from altcontact_sandbox.aws.sandbox import AwsSandbox
from altcontact_sandbox.slack.sandbox import SlackSandbox

from tests.launcher import launcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.launcher import Command

FAR_AWAY = f"0 0 * * {(datetime.now(UTC) + timedelta(days=3)):%w}"
"""A schedule that no test lives to see, and yet none to be warned of: once a week."""


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsSandbox]:
    """One AWS sandbox for a test process."""
    with AwsSandbox() as aws:
        yield aws


@pytest.fixture
def aws(aws_server: AwsSandbox) -> AwsSandbox:
    """The AWS sandbox with the demo organization, and no quotas to wait for."""
    aws_server.reset()
    aws_server.seed_demo()
    aws_server.quotas(False)  # noqa: FBT003 - off
    return aws_server


@pytest.fixture(scope="session")
def slack_server() -> Iterator[SlackSandbox]:
    """One Slack sandbox for a test process."""
    with SlackSandbox() as slack:
        yield slack


@pytest.fixture
def slack(slack_server: SlackSandbox, request: pytest.FixtureRequest) -> Iterator[SlackSandbox]:
    """The Slack sandbox as on the first day; a test fails in which Slack refused the bot anything.

    What a test provokes it says by `@pytest.mark.refused("token_revoked", …)`.
    """
    slack_server.reset()
    yield slack_server
    provoked = {code for mark in request.node.iter_markers("refused") for code in mark.args}
    refusals = slack_server.state()["refusals"]
    assert [each for each in refusals if each["error"] not in provoked] == []


class Bot:
    """The shipped bot as a process, with its log read as it is written."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._lines: list[dict[str, Any]] = []
        self._text: list[str] = []
        self._more = threading.Condition()
        self._process: Command | None = None

    def start(self) -> Self:
        """Start it."""
        self._process = launcher().start("run", environment=self._environment)
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self

    def wait_log(
        self, event: str, timeout: float = 60.0, number: int = 1, **values: object
    ) -> dict[str, Any]:
        """Wait until there are so many lines of the log with this event and these values."""

        def found() -> list[dict[str, Any]]:
            return [
                line
                for line in self._lines
                if line.get("event") == event and values.items() <= line.items()
            ]

        with self._more:
            assert self._more.wait_for(lambda: len(found()) >= number, timeout), (
                f"not in the log: {event} {values}\n{self.log}"
            )
            return found()[number - 1]

    def wait(self, what: Callable[[], bool]) -> None:
        """Wait until something is so, looking whenever a line is logged."""
        with self._more:
            assert self._more.wait_for(what, 60), self.log

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this event."""
        return [line for line in self._lines if line.get("event") == event]

    @property
    def log(self) -> str:
        """All that it logged."""
        return "".join(self._text)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it, where it was started."""
        if self._process is not None:
            self.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    def exit_status(self) -> int:
        """Wait until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(60)

    def terminate(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()  # it would take what the next test sends
            raise

    def _read(self, process: Command) -> None:
        for text in process.stderr:
            with self._more:
                self._text.append(text)
                try:
                    self._lines.append(json.loads(text))
                except ValueError:
                    self._lines.append({})
                self._more.notify_all()
        process.stderr.close()
        process.stdout.close()


@pytest.fixture
def environment(aws: AwsSandbox, slack: SlackSandbox, tmp_path: Path) -> dict[str, str]:
    """The bot's settings; a test may change them before it starts the bot."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SLACK_", "ALTCONTACT_"))
    }
    return {
        **kept,
        **aws.environment("management"),
        **slack.environment(),
        "ALTCONTACT_CHANNEL": "#security-alerts",
        "ALTCONTACT_FIXERS": "S0SECOPS01",
        "ALTCONTACT_DATABASE": str(tmp_path / "bot.db"),
        "ALTCONTACT_SCHEDULE": FAR_AWAY,
        "ALTCONTACT_CONFIRM_TIMEOUT": "5",
        "ALTCONTACT_READ_RATE": "1000",
        "ALTCONTACT_WRITE_RATE": "1000",
        "ALTCONTACT_LOG_FORMAT": "json",
    }


@pytest.fixture
def bot(environment: dict[str, str]) -> Iterator[Bot]:
    """The bot, not started yet; ended with the test."""
    made = Bot(environment)
    yield made
    made.stop()
