"""The shipped bot as a process beside the sandbox, which gets other URLs and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final, Protocol
from zoneinfo import ZoneInfo

from altcontact_sandbox.errors import SandboxError
from altcontact_sandbox.loopback import without_proxy
from altcontact_sandbox.slack.workspace import APPROVERS, GROUP
from bot.config import crontab

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SCHEDULE: Final = "0 9 * * *"
TIMEZONE: Final = "UTC"
"""When the sandbox's bot checks by itself; told to it, so that the page knows it as well."""

COMMAND: Final = (sys.executable, "-m", "bot", "run")
"""The shipped bot, by the Python that runs the sandbox."""

_OWN: Final = ("AWS_", "SLACK_", "ALTCONTACT_")


class Process(Protocol):
    """What `subprocess.Popen` has of a process that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""
        ...

    def poll(self) -> int | None:
        """The exit status; None before it has ended."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, seconds at most; the exit status."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""
        ...

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        ...


class BotProcess:
    """The bot, or the place where it would be.

    Args:
        log: the file that its log goes to.
        managed: false where the person runs a bot of their own.
        command: what is run as the bot.
        stop_within: seconds that it may take to stop; then it is killed.
    """

    def __init__(
        self,
        log: Path,
        *,
        managed: bool = True,
        command: Sequence[str] = COMMAND,
        stop_within: float = 15.0,
    ) -> None:
        self.log = log
        self.managed = managed
        self._command = command
        self._stop_within = stop_within
        self.ready = threading.Event()
        self.environment: dict[str, str] = {}
        self.on_change: Callable[[], None] = lambda: None
        self._process: Process | None = None

    @property
    def exit_status(self) -> int | None:
        """How it ended; None before that."""
        return self._process.poll() if self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process id; None before it was started."""
        return self._process.pid if self._process is not None else None

    def tell(self, urls: Mapping[str, str]) -> None:
        """Say what a bot needs to find both servers, and to act on them.

        Args:
            urls: what the two servers say of themselves.
        """
        self.environment = {
            **urls,
            "ALTCONTACT_CHANNEL": "#security-alerts",
            "ALTCONTACT_FIXERS": f"{GROUP},{APPROVERS}",
            "ALTCONTACT_PHONE_REGION": "GB",
            "ALTCONTACT_SCHEDULE": SCHEDULE,
            "ALTCONTACT_TIMEZONE": TIMEZONE,
            **without_proxy(os.environ),
        }
        self.on_change()

    def start(self) -> None:
        """Start the process; what its surroundings say of other workspaces is kept from it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        database = {"ALTCONTACT_DATABASE": str(self.log.parent / "altcontact.db")}
        with self.log.open("wb") as out:
            self._process = self._run({**kept, **self.environment, **database}, out)
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()
        self.on_change()

    def check_now(self) -> None:
        """Have it run the scheduled check now.

        Raises:
            SandboxError: no bot of this sandbox runs, or it is not listening yet.
        """
        if not self.managed:
            raise SandboxError(
                "The sandbox runs no bot.",
                "Send SIGUSR1 to your bot to run the scheduled check.",
            )
        if self._process is None or not self.alive:
            raise SandboxError(
                "The bot isn't running.", f"Its log says why: {self.log}. Start the sandbox again."
            )
        # A process that has not yet said what the signal means to it would be ended by it.
        if not self.ready.is_set():
            raise SandboxError("The bot is still starting.", "Try again in a moment.")
        self._process.send_signal(signal.SIGUSR1)

    def stop(self) -> None:
        """Stop it in order, or else at once; does nothing where it does not run."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._stop_within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it at once, as a machine that fails does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def as_json(self) -> dict[str, Any]:
        """As the control interface tells it."""
        return {
            "managed": self.managed,
            "running": self.alive,
            "exit_status": self.exit_status,
            "schedule": SCHEDULE if self.managed else None,
            "timezone": TIMEZONE if self.managed else None,
            "next_check": self._next_check(),
            "environment": self.environment,
        }

    def _next_check(self) -> str | None:
        if not self.alive:
            return None
        trigger = crontab.trigger(SCHEDULE, ZoneInfo(TIMEZONE))
        due: datetime | None = trigger.get_next_fire_time(None, datetime.now(UTC))
        return due.isoformat() if due else None

    def _run(self, environment: Mapping[str, str], out: IO[bytes]) -> Process:
        # A session of its own: Ctrl-C in the terminal is for the sandbox, which then stops it.
        return subprocess.Popen(  # noqa: S603 - this program itself
            self._command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=self.log.parent,
            start_new_session=True,
        )

    def _watch(self, process: Process) -> None:
        process.wait()
        self.on_change()
