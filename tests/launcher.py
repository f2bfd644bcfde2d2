"""Starts the shipped command from a process that has loaded its modules already.

To load boto3, slack_bolt and the like takes a processor 1.5 s, and a run of the tests starts the
command two hundred times. So one process for each process of tests loads them, and forks for each
start; from there on all is as with `python -m bot`: arguments, environment, folder, streams,
signals, exit status. Starts from nothing are tested beside it, in `test_signals.py` and by the
sandbox, which starts the bot itself.

A bot that is started so is not measured for coverage: that took as long again, and the tests of the
units run through the same lines. A command is, where its test asks for it.
"""

from __future__ import annotations

import atexit
import functools
import gc
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[1]
_LENGTH: Final = 8
_STREAMS: Final = 3
_MEASURES: Final = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


class Command:
    """A command that was started, with what `subprocess.Popen` has of it."""

    def __init__(self, status: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.pid = int(status.readline())
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._await, args=(status,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self.stdout.close()
        self.stderr.close()

    def poll(self) -> int | None:
        """The exit status, where it has ended."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit status.

        Raises:
            TimeoutExpired: it did not end in time.
        """
        if not self._ended.wait(timeout) or self.returncode is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended, and its status is on its way
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All that it writes until its end.

        Raises:
            TimeoutExpired: it did not end in time; it is killed then.
        """
        with ThreadPoolExecutor(2) as pool:
            out, err = pool.submit(self.stdout.read), pool.submit(self.stderr.read)
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            return out.result(), err.result()

    def _await(self, status: TextIO) -> None:
        with status:
            self.returncode = int(status.readline())
        self._ended.set()


class Launcher:
    """Starts commands, each a process of its own.

    Args:
        measured: whether coverage counts what they run through, where it is measured at all.
    """

    def __init__(self, *, measured: bool = False) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.launcher", str(theirs.fileno())],
                cwd=ROOT,
                env={
                    name: value
                    for name, value in os.environ.items()
                    if measured or name not in _MEASURES
                },
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def close(self) -> None:
        """Start no more."""
        self._socket.close()
        self._process.wait()

    def start(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path | None = None,
        module: str = "bot",
        log: IO[bytes] | None = None,
    ) -> Command:
        """Start `altcontact`, or another module, with these arguments in this environment.

        What it writes goes to `log` where there is one, and is empty for the caller.
        """
        asked = json.dumps([module, arguments, dict(environment), str(folder or ROOT)]).encode()
        pipes = [os.pipe() for _ in range(_STREAMS if log is None else 1)]
        ours, theirs = zip(*pipes, strict=True)
        streams = theirs if log is None else (*theirs, log.fileno(), log.fileno())
        with self._lock:
            socket.send_fds(self._socket, [len(asked).to_bytes(_LENGTH)], streams)
            self._socket.sendall(asked)
        for each in theirs:
            os.close(each)
        status, *said = (os.fdopen(each, encoding="utf-8") for each in ours)
        return Command(status, *(said or (io.StringIO(), io.StringIO())))

    def run(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path | None = None,
        timeout: float = 200.0,
    ) -> subprocess.CompletedProcess[str]:
        """The command, to its end."""
        with self.start(*arguments, environment=environment, folder=folder) as command:
            out, err = command.communicate(timeout)
        return subprocess.CompletedProcess(arguments, command.wait(), out, err)


@functools.cache
def launcher(*, measured: bool = False) -> Launcher:
    """The one of this process, which ends with it."""
    made = Launcher(measured=measured)
    atexit.register(made.close)
    return made


def _serve(asking: socket.socket) -> None:
    """Fork for each command that is asked for, until nobody can ask any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    while True:
        length, streams, *_ = socket.recv_fds(asking, _LENGTH, _STREAMS)
        if not length:
            return
        asked = asking.recv(int.from_bytes(length), socket.MSG_WAITALL)
        if os.fork() == 0:
            asking.close()
            _keep(asked, *streams)
            return
        for each in streams:
            os.close(each)


def _keep(asked: bytes, status: int, out: int, err: int) -> None:
    """Tell the command's process id and in the end its exit status; in the fork, run it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # As at a terminal: what a shell starts in the background ignores it, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pid = os.fork()
    if pid:
        os.close(out)
        os.close(err)
        os.write(status, f"{pid}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.write(status, f"{code}\n".encode())
        os._exit(0)
    os.close(status)
    for stream, number in ((out, 1), (err, 2)):
        os.dup2(stream, number)
        os.close(stream)
    module, arguments, environment, folder = json.loads(asked)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["altcontact", *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _load() -> None:
    """Load what commands load."""
    import bot.app.bot  # noqa: PLC0415 - here alone, not in the tests' own process
    import bot.app.doctor  # noqa: PLC0415 - the same
    import bot.app.one_shot  # noqa: PLC0415 - the same
    import bot.cli.check  # noqa: PLC0415 - the same
    import bot.cli.doctor  # noqa: PLC0415 - the same
    import bot.cli.policy  # noqa: PLC0415 - the same
    import bot.cli.run  # noqa: PLC0415 - the same
    import bot.config.load  # noqa: F401, PLC0415 - the same

    gc.freeze()  # or every fork would copy all of it


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
