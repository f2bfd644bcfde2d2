"""Runs a bot until a signal stops it, and hands it what other signals ask for."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)


class Runnable(Protocol):
    """A bot that can be started, and told what a signal asks for."""

    def start(self) -> None:
        """Start everything."""
        ...

    def check_now(self) -> None:
        """Run the scheduled check now."""
        ...

    def reload(self) -> None:
        """Apply the policy file."""
        ...

    def stop(self) -> None:
        """Stop in order."""
        ...


def run_until_stopped(build: Callable[[], Runnable]) -> int:
    """Run a bot until it is told to stop (SIGTERM, SIGINT).

    SIGUSR1 runs the scheduled check now, SIGHUP applies the policy file, unless it says that the
    terminal is gone that the bot was started in: then the bot stops.

    Args:
        build: constructs the bot, once its signals are waited for.

    Returns:
        The exit status: 0.
    """
    received, receives = os.pipe()
    os.set_blocking(receives, False)
    # Whichever thread a signal reaches, its number is written here and ends the read below. A wait
    # for a lock is not always ended by one: the main thread may have begun it just then.
    signal.set_wakeup_fd(receives, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    # Those that came while the command was loading have waited until now: see `bot.__main__`.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    in_terminal = _has_terminal()
    bot = build()
    bot.start()
    while True:
        asked = os.read(received, 1)[0]
        if asked == signal.SIGUSR1:
            bot.check_now()
        elif asked != signal.SIGHUP or (in_terminal and not _has_terminal()):
            break
        else:
            bot.reload()
    bot.stop()
    return 0


def _has_terminal() -> bool:
    """Whether standard error is a terminal that is still there."""
    try:
        os.tcgetpgrp(sys.stderr.fileno())
    except OSError:
        return False
    return True
