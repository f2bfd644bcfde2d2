"""Cleans text that people type or paste: removes or detects invisible characters.

Unicode has characters without a visible form. Some programs put them around copied text (a phone
number from an address book is often between U+202D and U+202C). Others hide what a text says, or
reverse its order.
"""

from __future__ import annotations

import unicodedata
from typing import Final

BIDI_CONTROLS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Embeddings, overrides and isolates, which change the display order of the text after them."""

_RIGHT_TO_LEFT_OVERRIDE: Final = "\u202e"

_NEVER_NEEDED: Final = frozenset("\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff")
"""Soft hyphens, zero-width spaces and similar: a text reads the same without them.

Joiners (U+200C, U+200D) and direction marks (U+200E, U+200F, U+061C) are not among them: words of
some scripts, and emoji, are spelled with them.
"""

_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Invisible characters whose category is a letter, mark or symbol: Unicode's
`Default_Ignorable_Code_Point` outside of category Cf, and the empty braille pattern."""

_TAGS: Final = frozenset(map(chr, range(0xE0020, 0xE0080)))
"""Ends some flag emoji, which would be other flags without it."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def trim(text: str) -> str:
    """The text without white space and format characters at its ends.

    A right-to-left override stays, so that it can be rejected: without it the text differs from
    what was displayed.
    """
    start, end = 0, len(text)
    while start < end and _may_go(text[start]):
        start += 1
    while end > start and _may_go(text[end - 1]):
        end -= 1
    return text[start:end]


def tidy(text: str) -> str:
    """The intended text: composed (NFC), trimmed, without unnecessary characters inside."""
    kept = "".join(character for character in text if character not in _NEVER_NEEDED)
    return unicodedata.normalize("NFC", trim(kept))


def without_format(text: str) -> str:
    """A text without any format characters but a right-to-left override, and trimmed."""
    return trim("".join(character for character in text if not _is_format(character)))


def visible(text: str) -> str:
    """The visible part of a text: its words, with one space between them."""
    words = ("".join(filter(_shows, word)) for word in text.split())
    return " ".join(word for word in words if word)


def is_reordered(text: str) -> bool:
    """Whether a text is displayed in another order than it is stored in."""
    return any(character in BIDI_CONTROLS for character in text)


def _may_go(character: str) -> bool:
    return character.isspace() or _is_format(character)


def _is_format(character: str) -> bool:
    if character == _RIGHT_TO_LEFT_OVERRIDE or character in _TAGS:
        return False
    return unicodedata.category(character) == "Cf"


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in _UNSEEN and character not in _BLANK
