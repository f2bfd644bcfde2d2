"""Installs a lock, and projects of this repository as they lie here, into a virtual environment.

Usage: install.py VENV LOCK [PROJECT ...]

uv installs where it is on PATH; pip where it is not, or where uv could not: pip may be set up for
an index that uv knows nothing of. Both hold every file to the lock's hashes, and neither looks for
dependencies, since a lock names them all. Neither compiles, since Python writes what it compiles on
the first import, unless that is off (PYTHONDONTWRITEBYTECODE): then every start would
compile again, and the installation does it once. Nothing is there yet when this runs, so it needs
nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PIN: Final = re.compile(r"^[a-z0-9][\w.-]*(\[[\w,-]+\])?==", re.MULTILINE | re.IGNORECASE)
_TAKEN: Final = re.compile(
    r"(?:Collecting|Processing|Requirement already satisfied:|Ignoring) (?:\S*/)?"
    r"(?P<name>[A-Za-z0-9_.]+(?:-[A-Za-z_][\w.]*)*)"
)
_UNPACKING: Final = "Installing collected packages"
_ONE_PACKAGE: Final = (" + ", " - ", " ~ ")
"""How uv begins a line about one package that it changed."""

_STEP: Final = 20
_PIP: Final = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input")


def main() -> int:
    """Install what the command line says; the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whichever Python is there runs this
        found = ".".join(str(part) for part in sys.version_info[:2])
        print(f"altcontact needs Python 3.11 or newer, and this is {found};")
        print("say which to use: make PYTHON=python3.13")
        return 1
    venv, lock, *projects = sys.argv[1:]
    return install(
        Path(venv),
        Path(lock),
        projects,
        shutil.which("uv"),
        sys.stdout,
        compiled=sys.dont_write_bytecode,
    )


def install(
    venv: Path,
    lock: Path,
    projects: Sequence[str],
    uv: str | None,
    output: TextIO,
    *,
    compiled: bool = False,
) -> int:
    """Make the environment where it is not there, and install into it.

    Args:
        venv: the environment's folder.
        lock: the file with the pinned packages and their hashes.
        projects: folders to install as they lie there, without what they depend on.
        uv: the command; None where there is none.
        output: where the progress goes.
        compiled: whether to compile what the lock names.

    Returns:
        The exit status: 0, or that of what failed.
    """
    count = len(_PIN.findall(lock.read_text(encoding="utf-8")))
    progress = Progress(count, output)
    python = str(venv / "bin" / "python")
    installs = [["--require-hashes", "--no-deps", "--requirement", str(lock)]]
    if projects:
        editable = [word for project in projects for word in ("--editable", project)]
        installs.append(["--quiet", "--no-deps", "--no-build-isolation", *editable])
    uv_compiles, pip_compiles = (["--compile-bytecode"], []) if compiled else ([], ["--no-compile"])
    if uv is not None:
        progress.say(f"Installing {count} packages into {venv}, with uv")
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(venv)]
        into = [uv, "pip", "install", "--python", python, *uv_compiles]
        commands = [[*into, *each] for each in installs]
        if not _works(python, "pass"):
            commands.insert(0, make)
        if not _run(commands, progress.of_uv, progress):
            return 0
        progress.say("uv could not, so pip tries.")
    progress.say(f"Installing {count} packages into {venv}, with pip")
    commands = [[python, *_PIP, *pip_compiles, *each] for each in installs]
    if not _works(python, "import pip"):
        commands.insert(0, [sys.executable, "-m", "venv", str(venv)])
    return _run(commands, progress.of_pip, progress)


class Progress:
    """Tells how far an installation is: in one line of a terminal, else in a line now and then."""

    def __init__(self, count: int, output: TextIO) -> None:
        self._count = count
        self._output = output
        self._terminal = output.isatty()
        self._taken = 0

    def say(self, line: str) -> None:
        """Write a line."""
        self._output.write(f"{line}\n")
        self._output.flush()

    def of_uv(self, line: str) -> None:
        """Pass on what uv says, but for a line a package."""
        if line.strip() and not line.startswith(_ONE_PACKAGE):
            self.say(f"  {line.strip()}")

    def of_pip(self, line: str) -> None:
        """Count the packages that pip names."""
        found = _TAKEN.match(line)
        if line.startswith(_UNPACKING) and self._taken:
            self._taken = 0
            self._tell("unpacking", worth_a_line=True)
        elif found is not None and self._taken < self._count:
            self._taken += 1
            worth_a_line = self._taken == self._count or self._taken % _STEP == 0
            self._tell(f"{self._taken} of {self._count}: {found['name']}", worth_a_line)

    def end(self) -> None:
        """Wipe the terminal's line away."""
        if self._terminal:
            self._output.write("\r\x1b[K")
            self._output.flush()

    def _tell(self, what: str, worth_a_line: bool) -> None:
        if self._terminal:
            self._output.write(f"\r\x1b[K  {what}")
            self._output.flush()
        elif worth_a_line:
            self.say(f"  {what}")


def _works(python: str, code: str) -> bool:
    try:
        done = subprocess.run([python, "-c", code], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def _run(commands: Sequence[Sequence[str]], take: Callable[[str], None], progress: Progress) -> int:
    """Run one command after the other; the first exit status that is not 0, with what it said."""
    for command in commands:
        said: deque[str] = deque(maxlen=30)
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
        ) as process:
            for line in process.stdout or ():
                said.append(line)
                take(line)
        progress.end()
        if process.returncode:
            progress.say("".join(said).rstrip())
            return process.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
