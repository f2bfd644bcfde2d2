"""The process that runs the bot beside the sandbox: started, asked, noticed when it ends."""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from altcontact_sandbox.bot_process import BotProcess
from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0

SLACK = {"SLACK_API_URL": "http://127.0.0.1:1/api/"}

SCRIPT = """\
import os, pathlib, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: pathlib.Path("asked").touch())
{more}
print(sorted(n for n in os.environ if n.startswith("ALTCONTACT_")), flush=True)
pathlib.Path("ready").touch()
while True:
    signal.pause()
"""


@pytest.fixture
def changes() -> threading.Semaphore:
    """Released at each change."""
    return threading.Semaphore(0)


@pytest.fixture
def bot(tmp_path: Path, changes: threading.Semaphore) -> BotProcess:
    """A process in the bot's place."""
    made = process(tmp_path)
    made.on_change = changes.release
    made.tell(SLACK)
    return made


def process(folder: Path, more: str = "", stop_within: float = PATIENCE) -> BotProcess:
    """A process in the bot's place, not yet started."""
    command = (sys.executable, "-c", SCRIPT.format(more=more))
    return BotProcess(folder / "bot.log", command=command, stop_within=stop_within)


def wait_for(file: Path, bot: BotProcess) -> None:
    """Wait until the process made a file."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if file.exists():
            return
        waiting.wait(0.02)
    pytest.fail(f"{file.name}: {bot.log.read_text()}")


def test_it_is_told_and_asked(
    bot: BotProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets what it needs and nothing of its surroundings, and is sent the signal once ready."""
    monkeypatch.setenv("ALTCONTACT_TYPES", "BILLING")
    bot.start()
    try:
        told = bot.as_json()
        assert told["running"] is True
        assert told["exit_status"] is None
        assert datetime.fromisoformat(told["next_check"]) > datetime.now(UTC)
        with pytest.raises(SandboxError, match="still starting"):
            bot.check_now()
        wait_for(tmp_path / "ready", bot)
        bot.ready.set()
        bot.check_now()
        wait_for(tmp_path / "asked", bot)
    finally:
        bot.stop()
    assert "ALTCONTACT_SCHEDULE" in bot.log.read_text()
    assert "ALTCONTACT_TYPES" not in bot.log.read_text()
    assert bot.exit_status == -signal.SIGTERM


def test_its_end_is_noticed(bot: BotProcess, changes: threading.Semaphore) -> None:
    """Whoever watches learns that it ended, and how; then it cannot be asked."""
    bot.start()
    for _ in range(2):
        assert changes.acquire(timeout=PATIENCE)
    assert bot._process is not None
    bot._process.kill()
    assert changes.acquire(timeout=PATIENCE)
    told = bot.as_json()
    assert (told["running"], told["exit_status"]) == (False, -signal.SIGKILL)
    assert told["next_check"] is None
    with pytest.raises(SandboxError, match="isn't running"):
        bot.check_now()
    bot.stop()


def test_one_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """A stop that is not heeded in time is made sure of."""
    bot = process(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)", stop_within=0.1)
    bot.tell(SLACK)
    bot.start()
    wait_for(tmp_path / "ready", bot)
    bot.stop()
    assert bot.exit_status == -signal.SIGKILL


def test_a_stop_without_a_start(bot: BotProcess) -> None:
    """Stopping what was never started does nothing."""
    bot.stop()
    assert not bot.alive
    assert bot.exit_status is None


def test_it_is_killed(bot: BotProcess) -> None:
    """A kill gives it no time to end in order; it can be started again."""
    bot.kill()
    bot.start()
    wait_for(bot.log.parent / "ready", bot)
    bot.kill()
    assert bot.exit_status == -signal.SIGKILL
    bot.start()
    assert bot.alive
    bot.stop()
