"""How `make` fills the virtual environment: by uv or pip, from the lock that a target needs."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]


def script_of(path: Path) -> ModuleType:
    """A script that is no part of a package, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


INSTALL = script_of(ROOT / ".ci/install.py")


def wheel(folder: Path) -> str:
    """Make a wheel with one module; its SHA-256."""
    files = {
        "brick.py": b"LAID = True\n",
        "brick-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: brick\nVersion: 1.0\n",
        "brick-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "brick-1.0.dist-info/RECORD"
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}")
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    path = folder / "brick-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def script(path: Path, *lines: str) -> Path:
    """Make a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def recording(path: Path, log: Path, status: int = 0) -> Path:
    """Make a command that writes down what it was called with."""
    return script(path, f'echo "{path.name} $*" >>{log}', 'echo " + brick==1.0"', f"exit {status}")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of one package that no index has."""
    path = tmp_path / "requirements.txt"
    path.write_text(f"brick==1.0 \\\n    --hash=sha256:{wheel(tmp_path)}\n")
    return path


def test_pip_installs_a_lock_and_holds_it_to_its_hashes(tmp_path: Path, lock: Path) -> None:
    """Without uv the environment is made and filled by pip; a file of another hash is refused."""
    venv = tmp_path / "venv"
    command: list[str | Path] = [sys.executable, ROOT / ".ci/install.py", venv, lock]
    environment = {"PATH": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)

    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        f"Installing 1 packages into {venv}, with pip",
        "  1 of 1: brick",
        "  unpacking",
    ]
    subprocess.run([venv / "bin/python", "-c", "import brick"], check=True)
    lock.write_text(f"brick==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    subprocess.run([venv / "bin/python", "-m", "pip", "uninstall", "-qy", "brick"], check=True)
    refused = run()
    assert refused.returncode != 0
    assert "DO NOT MATCH" in refused.stdout


@pytest.mark.parametrize("told", [True, False])
def test_pip_compiles_where_python_does_not(tmp_path: Path, lock: Path, *, told: bool) -> None:
    """Where Python was asked to write no bytecode, every start would compile what is imported."""
    venv = tmp_path / "venv"
    environment = {"PATH": "", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    if told:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command: list[str | Path] = [sys.executable, ROOT / ".ci/install.py", venv, lock]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert bool(list(venv.rglob("brick.*.pyc"))) is told


def test_uv_compiles_where_python_does_not(tmp_path: Path, lock: Path) -> None:
    """The same is asked of uv."""
    log = tmp_path / "log"
    uv = str(recording(tmp_path / "bin/uv", log))
    INSTALL.install(tmp_path / "venv", lock, [], uv, io.StringIO(), compiled=True)
    assert "--compile-bytecode" in log.read_text().splitlines()[-1]


def test_uv_installs_where_it_is_there(tmp_path: Path, lock: Path) -> None:
    """The environment is made, and lock and projects installed, by uv; its list is left out."""
    log = tmp_path / "log"
    uv = recording(tmp_path / "bin/uv", log)
    output = io.StringIO()
    assert INSTALL.install(tmp_path / "venv", lock, [".", "./sandbox"], str(uv), output) == 0
    python = tmp_path / "venv/bin/python"
    into = f"uv pip install --python {python}"
    assert log.read_text().splitlines() == [
        f"uv venv --quiet --allow-existing --python {sys.executable} {tmp_path / 'venv'}",
        f"{into} --require-hashes --no-deps --requirement {lock}",
        f"{into} --quiet --no-deps --no-build-isolation --editable . --editable ./sandbox",
    ]
    assert output.getvalue() == f"Installing 1 packages into {tmp_path / 'venv'}, with uv\n"


def test_pip_tries_where_uv_could_not(tmp_path: Path, lock: Path) -> None:
    """Where uv fails, since only pip knows the index, that is reported, and pip tries."""
    log = tmp_path / "log"
    uv = recording(tmp_path / "bin/uv", log, status=2)
    recording(tmp_path / "venv/bin/python", log)
    output = io.StringIO()
    assert INSTALL.install(tmp_path / "venv", lock, [], str(uv), output) == 0
    assert "+ brick==1.0\nuv could not, so pip tries.\nInstalling 1" in output.getvalue()
    assert "-m pip install" in log.read_text().splitlines()[-1]


def test_what_fails_ends_it(tmp_path: Path, lock: Path) -> None:
    """Where pip fails too, its exit status is the script's, and what it said is there."""
    script(tmp_path / "venv/bin/python", '[ "$1" = -c ] && exit 0', "echo no space left", "exit 3")
    output = io.StringIO()
    assert INSTALL.install(tmp_path / "venv", lock, ["."], None, output) == 3
    assert output.getvalue().endswith("with pip\nno space left\n")


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def test_a_terminal_shows_each_package_in_one_line() -> None:
    """On a terminal the line is written over; what pip fetches, has and leaves out is counted."""
    output = Terminal()
    progress = INSTALL.Progress(3, output)
    for line in (
        "Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment\n",
        "Collecting click-default-group==1.2.4 (from -r requirements.txt (line 1))\n",
        "  Downloading click_default_group-1.2.4-py2.py3-none-any.whl (4.1 kB)\n",
        "Processing /opt/wheels/python_dateutil-2.9.0-py2.py3-none-any.whl (from -r x (line 4))\n",
        "Installing collected packages: click-default-group\n",
    ):
        progress.of_pip(line)
    progress.end()
    assert output.getvalue().split("\r\x1b[K") == [
        "",
        "  1 of 3: colorama",
        "  2 of 3: click-default-group",
        "  3 of 3: python_dateutil",
        "  unpacking",
        "",
    ]


@pytest.mark.parametrize(
    ("targets", "locks"),
    [
        (["sandbox"], ["sandbox"]),
        (["sandbox", "sandbox"], ["sandbox"]),
        (["sandbox", "install"], ["sandbox", "dev"]),
        (["install", "sandbox"], ["dev"]),
        (["sandbox", "install", "sandbox", "install"], ["sandbox", "dev"]),
    ],
)
def test_each_target_installs_the_lock_that_it_needs(
    tmp_path: Path, targets: list[str], locks: list[str]
) -> None:
    """The sandbox needs the smaller lock, and nothing once the larger one is installed."""
    make = shutil.which("make")
    assert make is not None
    for name in ("Makefile", "pyproject.toml", "sandbox/pyproject.toml", ".ci/install.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for lock in ROOT.glob("requirements*.txt"):
        shutil.copy(lock, tmp_path)
    script(tmp_path / ".venv/bin/altcontact", "true")
    log = tmp_path / "log"
    log.touch()
    python = recording(tmp_path / "bin/python3.13", log)
    environment = {**os.environ, "MAKEFLAGS": ""}
    for target in targets:
        subprocess.run(
            [make, "-s", f"PYTHON={python}", target], check=True, cwd=tmp_path, env=environment
        )
    assert log.read_text().splitlines() == [
        f"python3.13 .ci/install.py .venv requirements-{lock}.txt . ./sandbox" for lock in locks
    ]
