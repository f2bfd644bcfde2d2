"""What is shipped: the bot, which runs with real credentials, and the sandbox beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(project: Path, folder: Path) -> zipfile.Path:
    """Build a project's wheel, as `python -m build` does, but in this environment."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=project, capture_output=True)
    [wheel] = folder.iterdir()
    return zipfile.Path(wheel)


def sources(folder: Path) -> set[str]:
    """The modules of a package, by their paths in a wheel."""
    return {str(path.relative_to(folder.parent)) for path in folder.rglob("*.py")}


def requirements(wheel: zipfile.Path) -> list[str]:
    """What a wheel needs, with the extras that need it."""
    [information] = [each for each in wheel.iterdir() if each.name.endswith(".dist-info")]
    lines = (information / "METADATA").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    return [line.removeprefix("Requires-Dist: ") for line in lines if "Requires-Dist" in line]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel of the bot."""
    return build(ROOT, tmp_path_factory.mktemp("bot"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel of the sandbox."""
    return build(ROOT / "sandbox", tmp_path_factory.mktemp("sandbox"))


def test_the_bot_is_shipped_without_the_sandbox(bot: zipfile.Path) -> None:
    """The bot's wheel holds the bot, and not a line of the sandbox or of any test."""
    names = set(bot.root.namelist())
    assert {name for name in names if name.endswith(".py")} == sources(ROOT / "bot")
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"bot"}
    assert "bot/py.typed" in names
    needed = [each for each in requirements(bot) if "extra ==" not in each]
    assert not [each for each in needed if each.startswith(("altcontact", "starlette", "uvicorn"))]
    assert "altcontact-sandbox; extra == 'sandbox'" in requirements(bot)


def test_the_sandbox_is_shipped_with_its_page(sandbox: zipfile.Path) -> None:
    """The sandbox's wheel holds its modules, the page and no test, and needs the bot."""
    names = set(sandbox.root.namelist())
    package = ROOT / "sandbox/altcontact_sandbox"
    assert {name for name in names if name.endswith(".py")} == sources(package)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {package.name}
    page = {str(path.relative_to(package.parent)) for path in package.rglob("static/**/*.*")}
    assert page
    assert page <= names
    assert "altcontact_sandbox/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "altcontact" in requirements(sandbox)


def test_the_sandbox_s_license_is_the_bot_s() -> None:
    """Each distribution ships the license, which is one."""
    assert (ROOT / "sandbox/LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_image_is_built_from_the_bot_alone() -> None:
    """The folder that the image is built from leaves out everything but the bot and its locks."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    files = {"LICENSE", "README.md", "pyproject.toml", "requirements.txt", "requirements-build.txt"}
    assert let_in == {"bot", "deploy/image", *files}
