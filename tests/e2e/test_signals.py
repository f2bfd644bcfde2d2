"""The shipped bot, asked by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altcontact_sandbox.aws.sandbox import AwsSandbox
    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from tests.e2e.conftest import Bot

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
    slack.wait_message("contacts missing")
    aws.delete_contact(PAYMENTS, "SECURITY")
    bot.send_signal(signal.SIGUSR1)
    slack.wait_message(lambda message: "Payments" in str(message["blocks"]))
    bot.wait_log("checking at once", why="asked to")
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
