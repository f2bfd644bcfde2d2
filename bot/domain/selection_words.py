"""Splits what people type to select accounts into words, with quotation marks of any kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from bot.domain.visible_text import tidy

OU, TAG, ORGANIZATION = "ou", "tag", "org"
PREFIXES: Final = (OU, TAG, ORGANIZATION)
_ALIASES: Final = {
    "ous": OU,
    "unit": OU,
    "tags": TAG,
    "organization": ORGANIZATION,
    "organisation": ORGANIZATION,
}
_QUOTES: Final = {
    '"': '"\u201c\u201d\u201e',
    "\u201c": '"\u201d\u201c',
    "\u201d": '"\u201d\u201c',
    "\u201e": '"\u201c\u201d',
    "\u00ab": "\u00bb",
    "`": "`",
    "'": "'\u2019",
    "\u2018": "'\u2019",
}
"""What opens a quotation, with what may close it."""

_APOSTROPHES: Final = "'\u2018"
"""They open a quotation only if something closes it: `'t Harde` is a name."""


_PREFIX: Final = re.compile(r"([A-Za-z]+):(.*)", re.DOTALL)
_UNIT_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}(?:/.*)?")


@dataclass(frozen=True, slots=True)
class SelectionProblem:
    """A part of what was typed that selects nothing: `part` as typed, what is wrong, what to do.

    A part may be personal data, so it is not in `repr`.
    """

    part: str = field(repr=False)
    message: str
    suggestion: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"\u201c{self.part}\u201d {self.message}{self.hint}."

    @property
    def hint(self) -> str:
        """` (did you mean “…”?)`; empty without a suggestion."""
        return f" (did you mean \u201c{self.suggestion}\u201d?)" if self.suggestion else ""


@dataclass(frozen=True, slots=True)
class SelectionWord:
    """A word as typed. `quoted`: it begins with a quotation mark, so it is no `all`, no glob."""

    text: str
    quoted: bool = False
    excluded: bool = False


def split_words(line: str) -> list[list[SelectionWord]] | SelectionProblem:
    """The words of a line, grouped by the commas between them."""
    parts: list[list[SelectionWord]] = [[]]
    at = 0
    while at < len(line):
        if line[at] == ",":
            parts.append([])
            at += 1
        elif line[at].isspace():
            at += 1
        else:
            word = _word_at(line, at)
            if isinstance(word, SelectionProblem):
                return word
            parsed, at = word
            if parsed is not None:
                parts[-1].append(parsed)
    return [part for part in parts if part]


def _word_at(line: str, at: int) -> tuple[SelectionWord | None, int] | SelectionProblem:
    """The word that begins here, and where it ends; None for one without any text."""
    began = at
    excluded = line[at] == "!"
    at += excluded
    text = ""
    quoted = at < len(line) and _closing(line, at) is not None
    may_open = True
    while at < len(line) and not (line[at] == "," or line[at].isspace()):
        closing = _closing(line, at) if may_open else None
        if closing == -1:
            return SelectionProblem(tidy(line[began:]), "has an unclosed quotation mark")
        if closing is not None:
            text += line[at + 1 : closing]
            at = closing + 1
        else:
            may_open = line[at] in ":="
            text += line[at]
            at += 1
    text = tidy(text)
    return (SelectionWord(text, quoted, excluded) if text else None), at


def _closing(line: str, at: int) -> int | None:
    """Where the quotation that begins here is closed: -1 if nowhere, None if none begins."""
    closers = _QUOTES.get(line[at])
    if closers is None:
        return None
    found = [index for index in range(at + 1, len(line)) if line[index] in closers]
    if line[at] in _APOSTROPHES:
        # Only before a space or a comma: Bob's and Ann's are no quotation.
        found = [
            index
            for index in found
            if index + 1 == len(line) or line[index + 1] == "," or line[index + 1].isspace()
        ]
        return found[0] if found else None
    return found[0] if found else -1


def criterion_of(text: str) -> tuple[str, str] | None:
    """The criterion and its value; also of a path or an OU's id without `ou:`."""
    if text.startswith("/") or _UNIT_ID.fullmatch(text):
        return OU, text
    found = _PREFIX.fullmatch(text)
    if found is None or found[1].casefold() in {"arn", "http", "https"}:
        return None
    key = found[1].casefold()
    return _ALIASES.get(key, key if key in PREFIXES else found[1]), found[2].strip()
