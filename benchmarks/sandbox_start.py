"""How long the sandbox takes to a usable page: warm, and cold from a fresh clone, in phases."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from benchmarks.measuring import Row, environment, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]

_ADDRESS: Final = "Page:"
_INSTALLING: Final = re.compile(r"Installing (?P<packages>\d+) packages into .*, with (?P<by>\w+)")


def warm(folder: Path) -> Iterator[Row]:
    """From the command to the page, with everything installed."""
    place = folder / "sandbox"
    place.mkdir()
    settings = environment(place)
    empty = seconds_of([sys.executable, "-c", "pass"], settings)
    command = [sys.executable, "-m", "bot", "sandbox", "--headless", "--port", "0"]
    with _started(command, place, settings) as process:
        began = time.monotonic()
        url, _ = _read_until_address(process)
        for what, moment in _usable(url):
            took = moment - began
            beside = f"{took / empty:.0f} x an empty Python"
            yield Row(f"sandbox, warm: {what}", f"{took:.2f} s", beside)


def cold(folder: Path) -> Iterator[Row]:
    """From `make sandbox` in a fresh clone, without any cache, to the page."""
    place = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    settings = {**environment(place), "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    settings["BROWSER"] = "true"
    with _started(["make", "sandbox"], place, settings) as process:
        began = time.monotonic()
        url, echoed = _read_until_address(process)
        for line, _ in echoed:
            installing = _INSTALLING.match(line)
            if installing is not None:
                by = f"by {installing['by']}"
                yield Row("sandbox, cold: packages to install", installing["packages"], by)
        for what, moment in _usable(url):
            yield Row(f"sandbox, cold: {what}", f"{moment - began:.1f} s", "since make began")


@contextmanager
def _started(
    command: list[str], place: Path, settings: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        cwd=place,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _read_until_address(process: subprocess.Popen[str]) -> tuple[str, list[tuple[str, float]]]:
    """The page's address, and each line before it with the moment at which it came."""
    lines: list[tuple[str, float]] = []
    for line in process.stdout or ():
        lines.append((line, time.monotonic()))
        if line.startswith(_ADDRESS):
            return line.split()[1], lines
    raise RuntimeError("".join(line for line, _ in lines))


def _usable(url: str) -> Iterator[tuple[str, float]]:
    """When the page was there, showed Slack and AWS, had the bot, and showed its first alert."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        client.get(url).raise_for_status()
        yield "page open", time.monotonic()
        state: dict[str, Any] = client.get(f"{url}/control/state").json()
        yield "Slack and AWS shown in it", time.monotonic()
        for what, member in (("bot connected", "connected"), ("first alert posted", "messages")):
            while not state["slack"][member]:
                time.sleep(0.02)
                state = client.get(f"{url}/control/state").json()
            yield what, time.monotonic()
