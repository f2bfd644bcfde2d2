"""Reads the Terraform files as far as their tests need: blocks, and values without functions."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import hcl2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


_MARKS: Final = frozenset({"__is_block__", "__comments__", "__inline_comments__"})
"""Keys that python-hcl2 adds."""


@cache
def blocks(folder: Path) -> Mapping[str, list[Any]]:
    """All blocks of a module, by their kind: `variable`, `locals`, `resource` and others.

    To parse them takes a second, so tests share what was read, and change nothing in it.
    """
    found: dict[str, list[Any]] = {}
    for path in sorted(folder.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            for kind, each in plain(hcl2.load(file)).items():
                found.setdefault(kind, []).extend(each)
    return found


def plain(part: Any) -> Any:  # noqa: ANN401 - HCL of any shape
    """What python-hcl2 returns, with texts without their quotes and without its own marks."""
    if isinstance(part, list):
        return [plain(each) for each in part]
    if isinstance(part, dict):
        return {_unquoted(key): plain(value) for key, value in part.items() if key not in _MARKS}
    return _unquoted(part) if isinstance(part, str) else part


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('\\"', '"') if quoted else text


def local_values(module: Mapping[str, list[Any]]) -> dict[str, Any]:
    """All `locals` of a module."""
    return {name: value for each in module["locals"] for name, value in each.items()}


def evaluate(part: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - HCL of any shape
    """A value, with `${var.name}` and `${local.name}` replaced; anything else is an error.

    Args:
        part: a value as `plain` returns it.
        names: the values, by `var.name` and `local.name`; they may have names themselves.
    """
    if isinstance(part, list):
        return [evaluate(each, names) for each in part]
    if isinstance(part, dict):
        return {key: evaluate(value, names) for key, value in part.items()}
    if not isinstance(part, str):
        return part
    whole = re.fullmatch(r"\$\{((?:var|local)\.\w+)\}", part) or re.fullmatch(
        r"((?:var|local)\.\w+)", part
    )
    if whole:
        return evaluate(names[whole[1]], names)
    return re.sub(
        r"\$\{([^}]*)\}", lambda found: str(evaluate(names[found[1].strip()], names)), part
    )


def texts(part: Any) -> Iterator[str]:  # noqa: ANN401 - HCL of any shape
    """Every text in a value, keys as well."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield str(key)
            yield from texts(value)
    elif isinstance(part, list):
        for each in part:
            yield from texts(each)
    elif isinstance(part, str):
        yield part
