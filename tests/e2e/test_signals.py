"""The shipped bot, asked by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

ROOT: Final = Path(__file__).parents[2]

PAYMENTS = "121212121212"
"""An account of the demo organization that has a contact."""

ELSEWHERE = """
import signal, threading
from bot.app.signals import run_until_stopped

class Bot:
    def __init__(self):
        self.checked = threading.Semaphore(0)

    def start(self):
        threading.Thread(target=self.ask, daemon=True).start()

    def ask(self):
        for _ in range(20):
            signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
            self.checked.acquire()
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    def check_now(self):
        self.checked.release()

    def stop(self):
        print("stopped")

raise SystemExit(run_until_stopped(Bot))
"""
"""A bot in whose process another thread than the main one gets the signals."""


def test_a_signal_counts_whichever_thread_it_reaches() -> None:
    """The system may give a signal to any thread; none is missed for that."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr


def test_the_scheduled_check_may_be_asked_for(
    bot: Bot, aws: AwsSandbox, slack: SlackSandbox
) -> None:
    """SIGUSR1 runs the scheduled check at once, and the bot then goes on and stops as ever."""
    bot.start()
    slack.wait_message("no security contact")
    aws.delete_contact(PAYMENTS, "SECURITY")
    bot.send_signal(signal.SIGUSR1)
    slack.wait_message(lambda message: "Payments" in str(message["blocks"]))
    bot.wait_log("checking now", why="requested")
    assert bot.terminate() == 0


IN_TERMINAL = """
import fcntl, os, runpy, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.argv = ["altcontact", "run"]
runpy.run_module("bot", run_name="__main__")
"""
"""The shipped command, in a session whose terminal is its standard input."""


def test_a_terminal_that_is_gone_stops_the_bot(
    environment: dict[str, str], slack: SlackSandbox
) -> None:
    """SIGHUP reloads the policy while the terminal is there; its end ends the bot in order."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        slack.wait_connected()
        process.send_signal(signal.SIGHUP)
        while b"policy reloaded" not in shown:
            shown += os.read(ours, 4096)
        os.close(ours)
        assert process.wait(60) == 0


EARLY = """
import runpy, signal, sys

class Slow:
    def find_spec(self, name, *_):
        if name == "bot.cli.main":
            signal.raise_signal(signal.NUMBER)

# A shell that starts a job in the background has it ignore SIGINT, and Python keeps to that.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Slow())
runpy.run_module("bot", run_name="__main__")
"""
"""The shipped command, which gets a signal just as it begins to import its modules."""


@pytest.mark.parametrize(
    ("command", "number", "status", "told"),
    [
        ("run", signal.SIGTERM, 0, ""),
        ("run", signal.SIGINT, 0, ""),
        ("sandbox", signal.SIGTERM, 0, ""),
        ("check", signal.SIGTERM, 130, "Stopped.\n"),
        ("doctor", signal.SIGINT, 130, "Stopped.\n"),
    ],
)
def test_a_stop_is_honored_before_the_modules_are_loaded(
    tmp_path: Path, command: str, number: signal.Signals, status: int, told: str
) -> None:
    """Process 1 of a container never gets a signal that it has no handler for."""
    code = EARLY.replace("NUMBER", number.name)
    done = subprocess.run(
        [sys.executable, "-c", code, command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", told)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_an_early_request_does_not_end_the_bot(tmp_path: Path, number: signal.Signals) -> None:
    """A check or a reload asked for too early waits; here for a bot whose settings are missing."""
    code = EARLY.replace("NUMBER", number.name)
    done = subprocess.run(
        [sys.executable, "-c", code, "run"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN" in done.stderr


WAITING = """
import os, signal
from bot.app.signals import run_until_stopped

class Bot:
    def start(self): pass
    def check_now(self):
        print("checked", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
    def stop(self): print("stopped")

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
signal.raise_signal(signal.SIGUSR1)
raise SystemExit(run_until_stopped(Bot))
"""
"""A bot that was asked to check before it could."""


def test_an_early_request_is_carried_out_once_the_bot_runs() -> None:
    """The signal that has waited is acted on, and later ones too."""
    done = subprocess.run(
        [sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "checked\nstopped\n"), done.stderr
