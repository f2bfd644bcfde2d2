"""The command `altcontact`, also as `python -m bot`.

Nothing that is slow to import is imported before signals are handled. For the first process of a
container, which is process 1 there, the system discards a signal that has no handler: a stop that
is asked for while the modules load would never arrive.
"""

import os
import signal
import sys

_LONG_RUNNING = ("run", "sandbox")
"""The commands that run until a signal stops them: a stop is their success."""


def main() -> int:
    """Carry out the command line of this process.

    Returns:
        The exit status, one of `bot.cli.exit_status.Exit`.
    """
    _occupy_closed_streams()
    _handle_early_signals("".join(sys.argv[1:2]))
    _have_a_home()
    from bot.cli.main import main as carry_out  # noqa: PLC0415 - slow to import

    return carry_out()


def _occupy_closed_streams() -> None:
    """Let no file that is opened later become standard output or error (`>&-`), and be written to.

    Writing to standard output fails then, as it should; writing to standard error is lost.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free: this one


def _have_a_home() -> None:
    """Let the user have a home directory, the one that container engines choose for such a user.

    Without one, slack_bolt can't be imported: neither `HOME` nor the list of users names one where
    a cluster makes up the number of the user.
    """
    from pathlib import Path  # noqa: PLC0415 - once signals are handled

    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"


def _handle_early_signals(command: str) -> None:
    """Handle signals until the command has handlers of its own.

    SIGTERM and SIGINT end the process at once: it has not begun anything that would have to be
    ended in order. What else the bot acts on waits for `bot.app.signals`.
    """

    def stop(_number: int, _frame: object) -> None:
        if command in _LONG_RUNNING:
            os._exit(0)
        os.write(2, b"Stopped.\n")
        os._exit(130)

    signal.signal(signal.SIGTERM, stop)
    # A shell that starts a job in the background has it ignore SIGINT.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    if command == "run":
        waiting = {signal.SIGUSR1}
        # At a terminal it says that the terminal is gone, which ends a process by itself.
        if not os.isatty(2):
            waiting.add(signal.SIGHUP)
        signal.pthread_sigmask(signal.SIG_BLOCK, waiting)


if __name__ == "__main__":
    sys.exit(main())
