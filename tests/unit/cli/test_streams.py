"""Standard output and error that take nothing more, and a log above a progress bar."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console
from rich.progress import Progress

from bot.cli import streams

ROOT: Final = Path(__file__).parents[3]
ALTCONTACT: Final = f"{sys.executable} -m bot"


def shell(line: str, folder: Path, *, unbuffered: bool) -> tuple[int, str]:
    """A line of a shell: its status, and what it wrote to standard error."""
    environ = {name: value for name, value in os.environ.items() if "ALTCONTACT" not in name}
    environ |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1" if unbuffered else ""}
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


CLOSED: Final = "Couldn't write the output: Bad file descriptor.\n"
FULL: Final = "Couldn't write the output: No space left on device.\n"


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("--version >&-", 74, CLOSED),
        ("--version >/dev/full", 74, FULL),
        ("policy schema >&-", 74, CLOSED),
        ("policy schema >/dev/full", 74, FULL),
        ("--version >&- 2>&-", 74, ""),
        ("policy schema >/dev/full 2>/dev/full", 74, ""),
        ("--version 2>&- >/dev/null", 0, ""),
    ],
)
def test_output_that_cannot_be_written(tmp_path: Path, line: str, status: int, told: str) -> None:
    """It is no defect, and never taken for what 1 means; the reason is shown where it can be."""
    assert shell(f"{ALTCONTACT} {line}", tmp_path, unbuffered=False) == (status, told)


def test_output_that_cannot_be_written_without_a_buffer(tmp_path: Path) -> None:
    """As in the image, where what could not be written is kept nowhere."""
    line = f"{ALTCONTACT} policy schema >/dev/full"
    assert shell(line, tmp_path, unbuffered=True) == (74, FULL)


def test_errors_that_cannot_be_told(tmp_path: Path) -> None:
    """Where standard error takes nothing, the status says at least that."""
    line = f"{ALTCONTACT} policy check 2>/dev/full >/dev/null"
    assert shell(line, tmp_path, unbuffered=False) == (74, "")


@pytest.mark.parametrize("command", ["--help", "policy schema"])
def test_a_reader_that_is_gone(tmp_path: Path, command: str) -> None:
    """`| true` ends it quietly, whoever notices first."""
    line = f"{{ {ALTCONTACT} {command}; echo $? >status; }} | true"
    assert shell(line, tmp_path, unbuffered=True) == (0, "")
    assert (tmp_path / "status").read_text() == "141\n"


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """What is printed never ends up in a file that was opened since."""
    code = (
        "import os, runpy, sys; sys.argv = ['altcontact', '--version']\n"
        "try: runpy.run_module('bot', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "with open('opened', 'w') as file: number = file.fileno()\n"
        "open('number', 'w').write(str(number))"
    )
    (tmp_path / "code.py").write_text(code)
    shell(f"{sys.executable} code.py <&- >&- 2>&-", tmp_path, unbuffered=False)
    assert int((tmp_path / "number").read_text()) > 2


def test_lines_above_a_progress_bar_are_whole() -> None:
    """However long they are, and however many threads write, each is a line of its own."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=40)
    lines = [json.dumps({"thread": thread, "text": "long " * 30}) for thread in range(8)]

    def write(line: str) -> None:
        for _ in range(20):
            sys.stderr.write(line[:50])
            sys.stderr.write(line[50:] + "\n")

    before = sys.stderr
    bar = Progress(console=console, redirect_stderr=False)
    with bar, streams.above_bar(console):
        bar.add_task("Checking")
        threads = [threading.Thread(target=write, args=(line,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sys.stderr.write("the end")
    assert sys.stderr is before
    shown = out.getvalue()
    assert "the end\n" in shown
    assert [shown.count(f"{line}\n") for line in lines] == [20] * 8
