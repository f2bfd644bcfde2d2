"""Standard output and error, where they are closed, full, or shared with a progress bar."""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import contextmanager, redirect_stderr, suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

from bot.cli.exit_status import Exit
from bot.cli.shared import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


_NUMBERS: Final = (1, 2)
"""Standard output and standard error, as file descriptors."""


def prepare() -> None:
    """Make standard output and standard error fit to be written to.

    What the terminal's character set lacks is escaped. Of a stream that was closed before the
    start (`>&-`) Python makes None: writing to it fails from then on as writing to a full disk
    does, and what is closed as standard error is lost. `bot.__main__` sees to it that no file
    takes the place of one.
    """
    if sys.stdout is None:
        # It is not closed with the object: whatever is opened next would take its number.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a number
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    sys.stdout, sys.stderr = _remembering(sys.stdout), _remembering(sys.stderr)


class _Remembering(io.FileIO):
    """A file that remembers why it could not be written to."""

    failure: OSError | None = None

    def write(self, content: Any) -> int:  # noqa: ANN401 - any buffer
        """Write; see `io.FileIO.write`."""
        try:
            return super().write(content) or 0
        except OSError as error:
            self.failure = error
            raise


def _remembering(stream: TextIO) -> TextIO:
    """A stream to the same file; what is not one of the process's own stays as it is."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")
    try:
        number = stream.fileno()
    except OSError:
        return stream
    if number not in _NUMBERS:
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Remembering(number, "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        # With PYTHONUNBUFFERED the stream has no buffer.
        line_buffering=stream.line_buffering or stream.write_through,
    )


def output_error() -> OSError | None:
    """Why standard output, or else standard error, took not everything; None where both did."""
    return _error_of(sys.stdout) or _error_of(sys.stderr)


def _error_of(stream: TextIO) -> OSError | None:
    try:
        stream.flush()
    except OSError as error:
        return error
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _Remembering) else None


def give_up(error: OSError) -> Exit:
    """Say that the output could not be written, where that can be said; the status to end with."""
    discard(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"Could not write the output: {error.strerror or 'unknown error'}.")
    if _error_of(sys.stderr) is not None:
        discard(sys.stderr)
    return Exit.PIPE_CLOSED if isinstance(error, BrokenPipeError) else Exit.CANNOT_WRITE


def discard(stream: TextIO) -> None:
    """Discard what a stream has left: Python writes it at its end, and would complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Above(io.TextIOBase):
    """Standard error while a progress bar is shown: whole lines, each above the bar.

    rich's own wraps lines at the terminal's width, which breaks a line of JSON into several, and
    mixes up the lines of several threads.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._rests: dict[int, str] = {}

    def write(self, text: str) -> int:
        """Write what is complete; the rest waits for its line feed, of each thread by itself."""
        writer = threading.get_ident()
        with self._lock:
            *lines, self._rests[writer] = (self._rests.get(writer, "") + text).split("\n")
            for line in lines:
                self._print(line)
        return len(text)

    def isatty(self) -> bool:
        """It is: there is no bar anywhere else."""
        return True

    def finish(self) -> None:
        """Write what has no line feed."""
        for rest in filter(None, self._rests.values()):
            self._print(rest)

    def _print(self, line: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - slow to import, and of use with a bar only

        self._console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)


@contextmanager
def above_bar(console: Console) -> Iterator[None]:
    """Let what is written to standard error appear above the progress bar of a console."""
    stream = _Above(console)
    try:
        with redirect_stderr(stream):
            yield
    finally:
        stream.finish()
