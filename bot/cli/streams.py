"""Standard output and error that may be closed, full, or shared with a progress bar."""

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
    """Make standard output and standard error safe to write to.

    Characters that the terminal's character set lacks are escaped. Python sets a stream that was
    closed before the start (`>&-`) to None: writing to standard output then fails as on a full
    disk, and text for standard error is lost. `bot.__main__` ensures that no file takes the
    descriptor of a closed stream.
    """
    if sys.stdout is None:
        # Not closed with the object: the next file opened would take its descriptor.
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - a number
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    sys.stdout, sys.stderr = _remembering(sys.stdout), _remembering(sys.stderr)


class _Remembering(io.FileIO):
    """A file that remembers why a write failed."""

    failure: OSError | None = None

    def write(self, content: Any) -> int:  # noqa: ANN401 - any buffer
        """Write; see `io.FileIO.write`."""
        try:
            return super().write(content) or 0
        except OSError as error:
            self.failure = error
            raise


def _remembering(stream: TextIO) -> TextIO:
    """A stream to the same file; a stream that is not the process's own is returned unchanged."""
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
        # With PYTHONUNBUFFERED, the stream has no buffer.
        line_buffering=stream.line_buffering or stream.write_through,
    )


def output_error() -> OSError | None:
    """Why a write to standard output, or else standard error, failed; None if none did."""
    return _error_of(sys.stdout) or _error_of(sys.stderr)


def _error_of(stream: TextIO) -> OSError | None:
    try:
        stream.flush()
    except OSError as error:
        return error
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.failure if isinstance(raw, _Remembering) else None


def give_up(error: OSError) -> Exit:
    """Report, if possible, that the output couldn't be written; returns the exit status."""
    discard(sys.stdout)
    if not isinstance(error, BrokenPipeError):
        say(f"Couldn't write the output: {error.strerror or 'unknown error'}.")
    if _error_of(sys.stderr) is not None:
        discard(sys.stderr)
    return Exit.PIPE_CLOSED if isinstance(error, BrokenPipeError) else Exit.CANNOT_WRITE


def discard(stream: TextIO) -> None:
    """Discard a stream's buffered text, which Python would try to write at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Above(io.TextIOBase):
    """Standard error while a progress bar is shown: complete lines above the bar.

    rich's own redirection wraps lines at the terminal's width, which splits a line of JSON, and
    mixes lines of several threads.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._rests: dict[int, str] = {}

    def write(self, text: str) -> int:
        """Write complete lines; each thread's rest waits for its line feed."""
        writer = threading.get_ident()
        with self._lock:
            *lines, self._rests[writer] = (self._rests.get(writer, "") + text).split("\n")
            for line in lines:
                self._print(line)
        return len(text)

    def isatty(self) -> bool:
        """Always true: a progress bar is only shown on a terminal."""
        return True

    def finish(self) -> None:
        """Write text that still lacks a line feed."""
        for rest in filter(None, self._rests.values()):
            self._print(rest)

    def _print(self, line: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - slow to import, and needed only with a bar

        self._console.print(Text.from_ansi(line), soft_wrap=True, highlight=False)


@contextmanager
def above_bar(console: Console) -> Iterator[None]:
    """Show text for standard error above the progress bar of a console."""
    stream = _Above(console)
    try:
        with redirect_stderr(stream):
            yield
    finally:
        stream.finish()
