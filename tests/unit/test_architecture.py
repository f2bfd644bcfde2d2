"""The architecture page and the glossary match the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/architecture.md").read_text("utf-8")
GLOSSARY: Final = (ROOT / "docs/glossary.md").read_text("utf-8")

_NODE: Final = re.compile(r'^\s*(\w+)\["bot/([\w/]+\.py)"\]$', re.MULTILINE)
_IMPORT: Final = re.compile(r"^\s*(\w+) --> (\w+)$", re.MULTILINE)
_PORT: Final = re.compile(r'^\s*(\w+) -\. "(\w+)" \.-> (\w+)$', re.MULTILINE)
FLOWS: Final = [
    (title, block)
    for title, block in re.findall(
        r"^## (.+?)$.*?```mermaid\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL
    )
    if _NODE.search(block)
]


def module(path: str) -> str:
    """The module of a file below `bot/`."""
    return "bot." + path.removesuffix(".py").replace("/", ".")


@cache
def imports(path: str) -> frozenset[str]:
    """The modules of the bot that a file below `bot/` imports."""
    tree = ast.parse((ROOT / "bot" / path).read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return frozenset(found)


def test_the_flows_are_drawn() -> None:
    """The page draws the flow of a scan, of a fix, of a run of fixes, and of the doctor."""
    assert [title for title, _ in FLOWS] == ["Detect", "Fix", "Run", "Doctor"]


@pytest.mark.parametrize(("title", "block"), FLOWS, ids=[title for title, _ in FLOWS])
def test_arrows_are_imports(title: str, block: str) -> None:
    """Solid arrows are imports; dotted ones go through a port, and only the app knows both ends."""
    files = dict(_NODE.findall(block))
    solid, dotted = _IMPORT.findall(block), _PORT.findall(block)
    assert len(solid) + len(dotted) == len([line for line in block.splitlines() if "->" in line])
    assert len(solid) >= 5, title
    for caller, callee in solid:
        assert module(files[callee]) in imports(files[caller]), f"{caller} --> {callee}"
    constructed = frozenset[str]().union(
        *(imports(f"app/{file.name}") for file in (ROOT / "bot/app").glob("*.py"))
    )
    for caller, port, callee in dotted:
        ports = f"bot.services.ports.{port}"
        assert any(name.startswith(ports) for name in imports(files[caller])), f"{caller}: {port}"
        assert module(files[callee]) not in imports(files[caller]), f"{caller} -.-> {callee}"
        package = module(files[callee]).rsplit(".", 1)[0]
        assert {module(files[callee]), package} & constructed, callee


def test_the_folders_point_one_way() -> None:
    """The picture of the folders has all nine, and no file imports from a folder above its own."""
    block = re.search(r"## The nine folders.*?```mermaid\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    levels = re.findall(r'^\s*\w+\["([\w &]+)"\]$', block.group(1), re.MULTILINE)
    level = {name: place for place, row in enumerate(levels) for name in row.split(" & ")}
    folders = {path.name for path in (ROOT / "bot").iterdir() if (path / "__init__.py").exists()}
    assert set(level) == folders
    assert [
        tuple(pair) for pair in re.findall(r"^\s*(\w+) --> (\w+)$", block.group(1), re.MULTILINE)
    ] == [(upper.split(" & ")[0], lower.split(" & ")[0]) for upper, lower in pairwise(levels)]
    for path in sorted((ROOT / "bot").glob("*/**/*.py")):
        file = path.relative_to(ROOT / "bot").as_posix()
        mine = file.split("/", 1)[0]
        used = {name.split(".")[1] for name in imports(file) if name.startswith("bot.")}
        for other in (used & folders) - {mine}:
            assert level[mine] < level[other], f"{file} imports from bot/{other}"


def test_files_that_are_named_exist() -> None:
    """Every file and folder that the page names exists."""
    named = re.findall(r"`((?:bot|sandbox|tests|docs)/[\w./-]*)`", PAGE)
    assert named
    for name in named:
        assert (ROOT / name).exists(), name


def test_words_are_in_the_code() -> None:
    """Every name that the glossary gives for a term is defined in the bot."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))
    rows = [line.split("|") for line in GLOSSARY.splitlines() if line.startswith("| **")]
    names = [name for row in rows if len(row) > 4 for name in re.findall(r"`([\w.]+)`", row[3])]
    assert len(names) > 20
    for name in names:
        last = name.rsplit(".", 1)[-1]
        defined = rf"^\s*(?:class|def) {last}\b|^\s*{last}\s*[:=]"
        assert re.search(defined, source, re.MULTILINE), name


def test_the_page_of_modules_is_as_the_docstrings_are() -> None:
    """It lists every module with its docstring; `make modules` writes it."""
    subprocess.run([sys.executable, ROOT / ".ci/module_index.py", "--check"], check=True)
