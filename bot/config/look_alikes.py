"""Characters that look like those of TOML, and come from word processors, chats and web pages."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOUBLE: Final = "“”„‟«»″〝〞＂"
_SINGLE: Final = "‘’‚‛‹›′´＇"
_MINUS: Final = "−"


def explain(line: str, column: int) -> str:
    """What a line that is not TOML has in place of one of TOML's own characters.

    Args:
        line: the line at which a parser gave up.
        column: the character, from 1, at which it did.

    Returns:
        `“ (LEFT DOUBLE QUOTATION MARK) stands where " is needed`, with nothing else of the line;
        empty where there is no such character.
    """
    at = max(column - 1, 0)
    if at < len(line) and not line[at].isascii():
        return _describe(line[at])
    return _unended(line[:at])


def explain_unended(lines: Sequence[str]) -> str:
    """Which quotation mark only looks as if it ended a text, which goes on to the file's end.

    Args:
        lines: all of the file.

    Returns:
        As of `explain`, with the number of the line before it.
    """
    for number, line in enumerate(lines, 1):
        if reason := _unended(line):
            return f"in line {number}, {reason}"
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
        return f"{shown} may stand in quotation marks only"
    if not wanted:
        return f"{shown}, which cannot be seen, stands where nothing may; delete it"
    return f"{shown} stands where {wanted} is needed"


def _wanted(character: str) -> str | None:
    """What is to be typed instead; empty for nothing at all, None where that is not known."""
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
    """Which character of a word looks like one of another script, or cannot be seen.

    Args:
        word: what was written in place of a word of ASCII that looks the same.

    Returns:
        The character with its name, and what is wrong with it; empty where there is none. An
        accent on a Latin letter can be seen, so it is none.
    """
    for character in word:
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        if character.isascii() or name.startswith("LATIN"):
            continue
        if not character.isprintable():
            return f"{name} cannot be seen: delete it"
        if character.isalpha():
            return f"{character} ({name}) is not a Latin letter"
    return ""
