"""Writes docs/modules.md: every module of the bot, with the first sentence of its docstring.

Usage: module_index.py [--check]

With `--check` nothing is written; the exit status is 1 where the page is not as it would be.
"""

from __future__ import annotations

import ast
import sys
from itertools import groupby
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs/modules.md"

_HEAD: Final = """\
# Modules

What each file of `bot/` is for, in the words of its docstring. `make modules` writes this page, and
a test holds it to the code. How the folders belong together is in [architecture](architecture.md).
"""


def page() -> str:
    """The page as the code has it."""
    files = sorted(path.relative_to(ROOT) for path in (ROOT / "bot").rglob("*.py"))
    named = sorted((path for path in files if path.name != "__init__.py"), key=_folder_first)
    sections = [_section(folder, list(paths)) for folder, paths in groupby(named, _folder)]
    return "\n".join([_HEAD, *sections])


def _folder_first(path: Path) -> tuple[str, str]:
    return _folder(path), path.name


def _folder(path: Path) -> str:
    return path.parent.as_posix()


def _section(folder: str, paths: list[Path]) -> str:
    rows = (f"| [{path.name}](../{path.as_posix()}) | {_summary(path)} |\n" for path in paths)
    return f"## `{folder}/`\n\n| file | what it is for |\n| --- | --- |\n{''.join(rows)}"


def _summary(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse((ROOT / path).read_text("utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", r"\|")


def main() -> int:
    """Write the page, or check it; the exit status."""
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
