"""What the benchmarks share: the shipped bot as a process, its memory, and a plain table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was measured, the figure, and what it is to be seen beside."""

    what: str
    figure: str
    beside: str = ""


def environment(folder: Path, *parts: dict[str, str], **settings: str) -> dict[str, str]:
    """The settings of a bot on a database in `folder`, and nothing of this shell's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SLACK_", "ALTCONTACT_"))
    }
    for part in parts:
        kept |= part
    return {
        **kept,
        "ALTCONTACT_DATABASE": str(folder / "altcontact.db"),
        "ALTCONTACT_LOG_FORMAT": "json",
        "NO_PROXY": "127.0.0.1",
        **settings,
    }


@dataclass(frozen=True, slots=True)
class Checked:
    """An `altcontact check --json`: how long it took, its peak memory in bytes, what it said."""

    seconds: float
    peak: int
    report: dict[str, Any]


def check(settings: dict[str, str], folder: Path) -> Checked:
    """Run `altcontact check --json`, and watch its memory."""
    output = folder / "report.json"
    began = time.monotonic()
    with output.open("w") as out, (folder / "check.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "check", "--json"], env=settings, stdout=out, stderr=log
        )
        peak = watch(process)
    return Checked(time.monotonic() - began, peak, json.loads(output.read_text()))


def watch(process: subprocess.Popen[Any]) -> int:
    """Wait for a process to end; the most memory it was seen to hold, in bytes."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_peak(process.pid))
        time.sleep(0.02)
    return peak


def resident_peak(pid: int) -> int:
    """The peak resident memory that the kernel has seen of a process, in bytes."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return int(psutil.Process(pid).memory_info().rss)
    except (OSError, psutil.Error):
        return 0


@contextmanager
def bot(settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[Any]]:
    """The bot while the block runs, its log in a file."""
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=settings, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def wait_log(log: Path, event: str, timeout: float = 1200.0) -> None:
    """Wait until an event stands in a log."""
    deadline = time.monotonic() + timeout
    while f'"{event}"' not in log.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(event)
        time.sleep(0.005)


def seconds_of(command: list[str], settings: dict[str, str]) -> float:
    """How long a command takes."""
    began = time.monotonic()
    subprocess.run(command, env=settings, check=True, capture_output=True)
    return time.monotonic() - began


def share(values: Sequence[float], part: float) -> float:
    """The value below which this part of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
