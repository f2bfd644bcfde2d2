"""Checks the tags of accounts, as AWS does before it takes them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_TAGS: Final = 50
_SIGNS: Final = frozenset("_.:/=+-@")

_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256


def checked_tags(given: Mapping[str, Any]) -> dict[str, str]:
    """The tags as given.

    Raises:
        SandboxError: AWS would not take them.
    """
    if len(given) > _MAX_TAGS:
        raise SandboxError(f"An account has at most {_MAX_TAGS} tags.")
    for key, value in given.items():
        if not 1 <= len(key) <= _MAX_KEY or not _takes(key):
            raise SandboxError(
                f"AWS doesn't accept the tag key {key!r}.",
                f"It has 1 to {_MAX_KEY} letters, digits, spaces and _ . : / = + - @.",
            )
        if key.lower().startswith("aws:"):
            raise SandboxError("Tag keys that begin with aws: are AWS's own.")
        if not isinstance(value, str) or len(value) > _MAX_VALUE or not _takes(value):
            raise SandboxError(
                f"AWS doesn't accept the value of the tag {key!r}.",
                f"It has at most {_MAX_VALUE} letters, digits, spaces and _ . : / = + - @.",
            )
    return dict(given)


def _takes(text: str) -> bool:
    """Whether it is letters, numbers and spaces of any language, and the few signs."""
    return all(each in _SIGNS or unicodedata.category(each)[0] in "LNZ" for each in text)
