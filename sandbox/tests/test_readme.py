"""The sandbox's README says what is so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_blocks_example_runs() -> None:
    """What Slack refuses of blocks is available as the README shows."""
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    [alone] = [each for each in examples if "slack.blocks" in each]
    exec(alone, {})  # noqa: S102 - our own README


def test_every_folder_that_it_names_is_there() -> None:
    """The table of folders names folders, and all of those that hold modules."""
    package = ROOT / "altcontact_sandbox"
    rows = re.findall(r"^\| `(\w+)/` \| (.*) \|$", README, re.MULTILINE)
    top = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    assert {name for name, _ in rows} == top
    for name, text in rows:
        named = set(re.findall(r"`(\w+)/`", text))
        assert all((package / name / each).is_dir() for each in named)
        there = {path.parent.name for path in (package / name).glob("*/__init__.py")}
        assert there <= named
