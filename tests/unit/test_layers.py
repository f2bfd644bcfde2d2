"""Every module is in exactly one layer of the import contracts, and `bot/` holds no more."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CONTRACTS: Final[list[dict[str, Any]]] = [
    contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    if contract["type"] == "layers"
]


def layered(container: str) -> list[str]:
    """The modules that a contract names in its layers, each as often as it is named."""
    [contract] = [each for each in CONTRACTS if each["containers"] == [container]]
    assert contract["exhaustive"]
    return [name for layer in contract["layers"] for name in layer.split(" | ")]


@pytest.mark.parametrize("container", ["bot", "bot.domain"])
def test_every_module_is_in_exactly_one_layer(container: str) -> None:
    """None is left out, none is named twice, and none is named that is not there."""
    folder = ROOT / container.replace(".", "/")
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert Counter(layered(container)) == Counter(modules | packages)


def test_every_folder_is_a_package() -> None:
    """A folder without an `__init__.py` would be seen by no contract."""
    folders = {path.parent for path in (ROOT / "bot").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_bot_is_nine_folders() -> None:
    """A stranger sees the architecture where it begins."""
    found = {path.name for path in (ROOT / "bot").iterdir()} - {"__pycache__"}
    folders = {"app", "aws", "cli", "config", "domain", "http", "services", "slack", "store"}
    assert found == folders | {"__init__.py", "__main__.py", "py.typed"}
