"""docs/races.md against the tests: each race that the bot must survive has one, and it exists."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

MUST_SHOW: Final = (
    "two fixers",
    "fixer against console",
    "fix against scan",
    "stop in flight",
    "two runs over the same accounts",
    "policy reloaded between preview and run",
    "excluded or exempted between preview and run",
    "undo after an exclusion or exemption",
    "auto-fix against an exemption",
    "approve twice",
    "approve after expiry",
    "approve after AWS changed",
    "approve many after AWS changed",
    "undo right after the fix",
    "request right after a fix",
    "exempted between request and approval",
    "request despite an exemption",
    "approver removed in between",
    "requester removed in between",
    "policy reloaded between request and approval",
    "run against SIGKILL",
    "leader against its successor",
    "replicas against kills and pauses",
    "undo after somebody else's change",
    "two people undo at once",
    "undo against scan",
    "undo against SIGKILL",
)
"""The races that must have a row."""

ROWS: Final = [
    (race, path, name)
    for line in (ROOT / "docs/races.md").read_text().splitlines()
    for race, path, name in re.findall(r"^\| `([^`]+)`.*\| `(tests/[\w/]+\.py)::(\w+)` \|$", line)
]


def test_each_race_has_a_row() -> None:
    """No race is missing, and every row of the table can be read."""
    assert {race for race, _, _ in ROWS} == set(MUST_SHOW)
    table = [line for line in (ROOT / "docs/races.md").read_text().splitlines() if line[:1] == "|"]
    assert len(ROWS) == len(table) - 2


@pytest.mark.parametrize(("race", "path", "name"), ROWS, ids=[name for _, _, name in ROWS])
def test_the_test_of_a_race_exists(race: str, path: str, name: str) -> None:
    """The file has a test of that name, which says what it shows."""
    tree = ast.parse((ROOT / path).read_text())
    found = {
        each.name: ast.get_docstring(each)
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef)
    }
    assert found.get(name), race
