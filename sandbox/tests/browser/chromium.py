"""Finds the Chromium that the browser tests drive; run as a program, it has one installed too.

`make test` runs `python -m tests.browser.chromium` once before the tests. These then find what is
there, each process for itself, and install nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ASKED: Final = "ALTCONTACT_CHROMIUM"
"""The variable that names the browser to take; then no other is looked for, nor installed."""

NAMES: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "Google Chrome",
)
"""What Chromium is called on the PATH."""

MISSING: Final = "no Chromium was found"
REMEDY: Final = f"install one with apt-get install chromium, or name yours in {ASKED}"

ARGUMENTS: Final = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

FETCH: Final = (sys.executable, "-m", "playwright", "install", "--no-shell", "chromium")
UPDATE: Final = ("apt-get", "update", "-qq")
PACKAGES: Final = ("chromium", "fonts-noto-color-emoji")
INSTALL: Final = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES)

ANSWER_WITHIN: Final = 30.0
FETCH_WITHIN: Final = 240.0
INSTALL_WITHIN: Final = 300.0
"""Seconds for telling the version, and for each way to get a browser."""

_OWN: Final = (
    "chrome-linux*/chrome",
    "chrome-mac*/*.app/Contents/MacOS/*",
    "chrome-win*/chrome.exe",
)


def arguments() -> list[str]:
    """What Chromium is started with; its own sandbox does not work as root."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if root else [])]


def candidates(environment: Mapping[str, str], own: Path | None = None) -> Iterator[str]:
    """Where a Chromium may be, the one asked for first; some of these may not run.

    Args:
        environment: of the process.
        own: the folder in which Playwright keeps its browsers; None where that is.
    """
    if asked := environment.get(ASKED):
        yield shutil.which(asked, path=environment.get("PATH")) or asked
        return
    folder = own or own_folder(environment)
    for pattern in _OWN:
        yield from sorted(map(str, folder.glob(f"chromium-{revision()}/{pattern}")))
    for name in NAMES:
        if path := shutil.which(name, path=environment.get("PATH")):
            yield path


def works(path: str) -> bool:
    """Whether a browser starts: one without its libraries, or a mere hint at a store, does not."""
    try:
        done = subprocess.run(
            [path, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ANSWER_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


@cache
def find() -> str | None:
    """The Chromium to use, looked for once in a process; None where there is none."""
    return next(filter(works, candidates(os.environ)), None)


def install(
    environment: Mapping[str, str],
    run: Callable[[Sequence[str], float], bool],
    look: Callable[[], str | None],
    *,
    root: bool,
) -> str | None:
    """Get a Chromium in whatever way there is; None where there is none.

    Args:
        environment: of the process.
        run: runs a command for so many seconds at most; whether it succeeded.
        look: looks for a Chromium.
        root: whether Debian's packages may be installed.
    """
    if environment.get(ASKED):
        return None
    # Fetched is not yet usable: Debian's libraries may be missing.
    if run(FETCH, FETCH_WITHIN) and (found := look()):
        return found
    if root and shutil.which("apt-get", path=environment.get("PATH")):
        # A list that cannot be renewed may still do.
        run(UPDATE, INSTALL_WITHIN)
        if run(INSTALL, INSTALL_WITHIN):
            return look()
    return None


def run_within(command: Sequence[str], seconds: float) -> bool:
    """Run a command with all that it starts, silently; whether it succeeded in time."""
    process = subprocess.Popen(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def main() -> None:
    """Find a Chromium or have one installed, and say in one line what came of it."""
    found = find()
    if found is None:
        sys.stdout.write("Getting a Chromium for the browser tests; this can take minutes.\n")
        sys.stdout.flush()
        find.cache_clear()
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        found = install(os.environ, run_within, look_again, root=root)
    sys.stdout.write(f"Browser tests: {found or f'{MISSING}; {REMEDY}'}\n")


def look_again() -> str | None:
    """Find one, whatever was found before."""
    find.cache_clear()
    return find()


def own_folder(environment: Mapping[str, str]) -> Path:
    """Where Playwright keeps its browsers."""
    if told := environment.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(told)
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ms-playwright"
    if sys.platform == "win32":
        return Path.home() / "AppData/Local/ms-playwright"
    cached = environment.get("XDG_CACHE_HOME")
    return (Path(cached) if cached else Path.home() / ".cache") / "ms-playwright"


def revision() -> str:
    """The build of Chromium that the installed Playwright was made for."""
    listed = Path(playwright.__file__).parent / "driver/package/browsers.json"
    browsers = json.loads(listed.read_text())["browsers"]
    return str(next(each["revision"] for each in browsers if each["name"] == "chromium"))


if __name__ == "__main__":
    main()
