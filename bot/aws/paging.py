"""Reads all pages of a listing, and stops if AWS's tokens repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from bot.aws.error_mapping import UnusableAnswer
from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_T = TypeVar("_T")


def every(page: Callable[[str], tuple[list[_T], str]]) -> Iterator[_T]:
    """Everything on all pages, in order. An empty page may be followed by others.

    Args:
        page: requests the page at a token, "" for the first; returns its items and the token of the
            next page, "" if it is the last.

    Raises:
        GatewayError: a page couldn't be read; those before it were yielded.
    """
    token, seen = "", set[str]()
    while True:
        entries, token = page(token)
        yield from entries
        if not token:
            return
        if token in seen:
            # A repeated token would make this loop endless.
            raise GatewayError(failure(FailureCode.MALFORMED))
        seen.add(token)


def entries_of(
    answer: Mapping[str, Any], key: str, *, known_by: str = "Id"
) -> list[dict[str, Any]]:
    """The items of a page under this key.

    Raises:
        UnusableAnswer: there are none, or an item has no id.
    """
    entries = answer.get(key)
    if not isinstance(entries, list):
        raise UnusableAnswer
    if not all(isinstance(entry, dict) and entry.get(known_by) for entry in entries):
        raise UnusableAnswer
    return entries


def next_token(answer: Mapping[str, Any]) -> str:
    """The token of the next page; empty if there is none."""
    return str(answer.get("NextToken") or "")
