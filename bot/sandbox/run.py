"""`altcontact sandbox`: the two local servers, the shipped bot beside them, and a prompt."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.sandbox import prompt
from bot.sandbox.aws.sandbox import AwsSandbox
from bot.sandbox.errors import SandboxError
from bot.sandbox.slack.sandbox import SlackSandbox
from bot.sandbox.slack.workspace import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_WITHIN: Final = 60.0
STOP_WITHIN: Final = 15.0
"""Seconds that the bot may take to connect, and to stop."""


def run(aws_port: int, slack_port: int) -> int:
    """Run everything until the person at the prompt has enough.

    Args:
        aws_port: of the local AWS; 0 picks a free one.
        slack_port: of the local Slack, likewise.

    Returns:
        The exit status: 0.

    Raises:
        SandboxError: a port is in use, or the bot did not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="altcontact-") as folder,
        AwsSandbox(aws_port) as aws,
        SlackSandbox(slack_port) as slack,
    ):
        aws.seed_demo()
        environment = {**aws.environment("management"), **slack.environment()}
        say(f"AWS sandbox:   {aws.url}")
        say(f"Slack sandbox: {slack.url}")
        with _bot(environment, Path(folder)) as log:
            try:
                slack.wait_connected(timeout=CONNECT_WITHIN)
            except SandboxError as error:
                raise SandboxError(
                    f"The bot did not connect. Its log:\n{log.read_text()}"
                ) from error
            say(f"The bot runs; its log is {log}")
            prompt.run(slack)
        say("Stopping.")
    return 0


def say(text: str) -> None:
    """A line for the person who started the sandbox."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def _bot(environment: dict[str, str], folder: Path) -> Iterator[Path]:
    """The shipped bot as a process, told only the URLs; its log file."""
    log = folder / "bot.log"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SLACK_", "ALTCONTACT_"))
    }
    settings = {
        **kept,
        **environment,
        "ALTCONTACT_CHANNEL": "#security-alerts",
        "ALTCONTACT_FIXERS": GROUP,
        "ALTCONTACT_DATABASE": str(folder / "altcontact.db"),
        "ALTCONTACT_PHONE_REGION": "GB",
        "NO_PROXY": "127.0.0.1",
    }
    with log.open("w") as out:
        # A session of its own: Ctrl-C in the terminal is for the prompt, which then stops the bot.
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            env=settings,
            stdout=out,
            stderr=out,
            cwd=folder,
            start_new_session=True,
        )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
