"""Runs a bot until a signal stops it, and passes it the requests of other signals."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)


class Runnable(Protocol):
    """A bot that can be started and controlled by signals."""

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
        """Stop cleanly."""
        ...


def run_until_stopped(build: Callable[[], Runnable]) -> int:
    """Run a bot until a signal stops it (SIGTERM, SIGINT).

    SIGUSR1 runs the scheduled check now. SIGHUP applies the policy file, but stops the bot if the
    terminal in which it was started is closed.

    Args:
        build: constructs the bot, after the signal handlers are installed.

    Returns:
        The exit status: 0.
    """
    received, receives = os.pipe()
    os.set_blocking(receives, False)
    # Whichever thread receives a signal, its number is written here and ends the read below. A
    # lock would not always wake up: the main thread may just have started to wait for it.
    signal.set_wakeup_fd(receives, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    # Signals that arrived while the command was loading are pending: see `bot.__main__`.
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
    """Whether standard error is a terminal that is still open."""
    try:
        os.tcgetpgrp(sys.stderr.fileno())
    except OSError:
        return False
    return True
