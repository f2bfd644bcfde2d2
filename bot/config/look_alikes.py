"""Characters that look like TOML's own and come from word processors, chats and web pages."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOUBLE: Final = "“”„‟«»″〝〞＂"
_SINGLE: Final = "‘’‚‛‹›′´＇"
_MINUS: Final = "−"


def explain(line: str, column: int) -> str:
    """Explain which look-alike character makes a line invalid TOML.

    Args:
        line: the line at which the parser failed.
        column: the character at which it failed, counted from 1.

    Returns:
        `“ (LEFT DOUBLE QUOTATION MARK) is used instead of "`, with nothing else of the line;
        empty if there is no such character.
    """
    at = max(column - 1, 0)
    if at < len(line) and not line[at].isascii():
        return _describe(line[at])
    return _unended(line[:at])


def explain_unended(lines: Sequence[str]) -> str:
    """Explain which look-alike quotation mark leaves a text unclosed up to the end of the file.

    Args:
        lines: all of the file.

    Returns:
        As in `explain`, after the line's number.
    """
    for number, line in enumerate(lines, 1):
        if reason := _unended(line):
            return f"on line {number}, {reason}"
    return ""


def _unended(line: str) -> str:
    for straight, alike in (('"', _DOUBLE), ("'", _SINGLE)):
        if line.count(straight) % 2:
            for character in line:
                if character in alike:
                    return _describe(character)
    return ""


def _describe(character: str) -> str:
    name = unicodedata.name(character, f"U+{ord(character):04X}")
    shown = f"{character} ({name})" if character.isprintable() else name
    wanted = _wanted(character)
    if wanted is None:
        return f"{shown} is allowed only inside quotation marks"
    if not wanted:
        return f"{shown} is an invisible character; delete it"
    return f"{shown} is used instead of {wanted}"


def _wanted(character: str) -> str | None:
    """What to type instead; empty if it should be deleted, None if unknown."""
    if character in _DOUBLE:
        return '"'
    if character in _SINGLE:
        return "'"
    category = unicodedata.category(character)
    if category == "Pd" or character == _MINUS:
        return "-"
    if category in {"Zs", "Zl", "Zp"}:
        return "a plain space" if category == "Zs" else "a new line"
    if category in {"Cf", "Mn"}:
        return ""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain.isprintable() else None


def explain_word(word: str) -> str:
    """Explain which character of a word is a look-alike from another script, or invisible.

    Args:
        word: what was written instead of an ASCII word that looks the same.

    Returns:
        The character with its name, and what is wrong with it; empty if there is none. An accent
        on a Latin letter is visible, so it doesn't count.
    """
    for character in word:
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        if character.isascii() or name.startswith("LATIN"):
            continue
        if not character.isprintable():
            return f"{name} is an invisible character; delete it"
        if character.isalpha():
            return f"{character} ({name}) is not a Latin letter"
    return ""
