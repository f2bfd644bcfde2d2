"""Quotes text from outside for HCL and YAML, so that it is only ever a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FIRST_ASTRAL: Final = 0x10000

_TEMPLATE: Final = re.compile(r"[$%](?=\{)")
"""What begins an interpolation (`${`) or a directive (`%{`) in HCL."""


def hcl_string(text: str) -> str:
    r"""Text as an HCL string: without interpolations, directives and invisible characters.

    A `$` or `%` before `{` is written as `\u0024` or `\u0025`, which is unambiguous wherever it is;
    the other way, `$${`, isn't read alike by every parser.
    https://developer.hashicorp.com/terraform/language/expressions/strings
    """
    return f'"{_TEMPLATE.sub(_by_code, "".join(map(_escape, text)))}"'


def yaml_string(text: str) -> str:
    """Text as a double-quoted YAML scalar, which is always a string, on one line."""
    return f'"{"".join(map(_escape, text))}"'


def comment(text: str) -> str:
    """Text from outside for the rest of a comment line: one line of visible characters."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split())


def comments(lines: Iterable[str]) -> str:
    """Lines as comments, which HCL and YAML write alike; an empty one is an empty line."""
    return "".join(f"# {line}\n" if line else "\n" for line in lines)


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < _FIRST_ASTRAL else f"\\U{code:08x}"


def _by_code(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
