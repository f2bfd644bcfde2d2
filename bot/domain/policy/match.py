"""Matches accounts by organization, OU, tag, name and id, for a policy section."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.accounts import Account, Unit

_ORGANIZATION, _OU, _TAG, _NAME, _ACCOUNT = range(1, 6)
_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_SLASH: Final = "\N{INFORMATION SEPARATOR ONE}"
_SEGMENT_PART: Final = re.compile(r"[*?]|[^*?]+")


@dataclass(frozen=True, slots=True)
class Match:
    """The accounts that a section applies to.

    One value of a criterion must match, but all tags must. All criteria must match. Without
    criteria, every account matches.

    Args:
        accounts: account ids.
        names: globs of account names, whatever their case.
        tags: (key, glob of the value) pairs.
        units: OU paths as globs, whatever their case: `/Production` is the OU itself,
            `/Production/*` its children, `/Production/**` it and everything below it; an id
            (`ou-ab12-11111111`) can replace the path of its OU; percent-encoded characters are
            literal, so `/CI%2FCD` is the OU named `CI/CD`.
        organizations: names of `[[aws]]` sections.
    """

    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    units: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    def matches(self, account: Account) -> bool | None:
        """Whether it matches this account; None if necessary data was not read."""
        answers = (self.matches_account(account), self.matches_location(account))
        if False in answers:
            return False
        return None if None in answers else True

    @property
    def needs_account(self) -> bool:
        """Whether it distinguishes accounts at one location: by id, name or tag."""
        return bool(self.accounts or self.names or self.tags)

    def matches_account(self, account: Account) -> bool | None:
        """Whether the account's id, name and tags match, if they are criteria."""
        if self.accounts and account.id not in self.accounts:
            return False
        if self.names and _any_of(self.names).fullmatch(_folded(account.name)) is None:
            return False
        if not self.tags:
            return True
        if account.tags is None:
            return None
        tags = {_composed(key): _composed(value) for key, value in account.tags.items()}
        return all(
            _composed(key) in tags and fnmatch.fnmatchcase(tags[_composed(key)], _composed(value))
            for key, value in self.tags
        )

    def matches_location(self, account: Account) -> bool | None:
        """Whether the account's organization and OUs match, if they are criteria."""
        if self.organizations and account.organization not in self.organizations:
            return False
        if not self.units:
            return True
        if account.units is None:
            return None
        return any(_is_in(unit, account.units) for unit in self.units)

    def specificity(self, account: Account) -> tuple[tuple[int, int], ...]:
        """How specific the match of an account is: the greater value takes precedence.

        From most to least specific: id, name, tag, OU (deeper ones first), organization. With the
        same most specific criterion, more criteria are more specific.
        """
        criteria = []
        if self.accounts:
            criteria.append((_ACCOUNT, 0))
        if self.names:
            criteria.append((_NAME, 0))
        if self.tags:
            criteria.append((_TAG, len(self.tags)))
        if self.units and account.units is not None:
            units = account.units
            depths = [_depth(unit, units) for unit in self.units if _is_in(unit, units)]
            criteria.append((_OU, max(depths, default=0)))
        if self.organizations:
            criteria.append((_ORGANIZATION, 0))
        return tuple(criteria)


EVERY: Final = Match()
"""Matches every account."""


def _composed(text: str) -> str:
    """Text in NFC: `ü` may be one character or two, and looks the same."""
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _composed(text).casefold()


@lru_cache(maxsize=1024)
def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """The pattern of a lower-case text that matches any of these globs."""
    return re.compile("|".join(fnmatch.translate(_folded(glob)) for glob in globs))


def _is_in(pattern: str, units: tuple[Unit, ...]) -> bool:
    index = _index_of(pattern, units)
    if index is None:
        return _path(pattern).fullmatch(_joined(unit.name for unit in units)) is not None
    if index == len(units):
        return False
    names = (units[index].id, *(unit.name for unit in units[index + 1 :]))
    return _path(pattern).fullmatch(_joined(names)) is not None


def _index_of(pattern: str, units: tuple[Unit, ...]) -> int | None:
    """The index of the unit whose id begins a pattern: past the end if absent, None if no id."""
    first = pattern.strip("/").partition("/")[0]
    if _ID.fullmatch(first) is None:
        return None
    return next((index for index, unit in enumerate(units) if unit.id == first), len(units))


def _joined(names: Iterable[str]) -> str:
    """A path of names. A slash within a name isn't a boundary: `%2F`, `?` and `*` match it."""
    return _folded("".join(f"/{name.replace('/', _SLASH)}" for name in names))


def _depth(pattern: str, units: tuple[Unit, ...]) -> int:
    """How many levels a pattern names, counted from the root."""
    parts = [part for part in pattern.strip("/").split("/") if part and part != "**"]
    return len(parts) + (_index_of(pattern, units) or 0)


@lru_cache(maxsize=1024)
def _path(pattern: str) -> re.Pattern[str]:
    """The pattern of an OU path, each of whose segments is a glob."""
    parts = [part for part in pattern.strip("/").split("/") if part]
    return re.compile(
        "".join("(?:/[^/]+)*" if part == "**" else f"/{_segment(part)}" for part in parts)
    )


def _segment(glob: str) -> str:
    """A glob as a regular expression that stays within one segment of a path."""
    return "".join(
        "[^/]*" if part == "*" else "[^/]" if part == "?" else _literal(unquote(part))
        for part in _SEGMENT_PART.findall(glob)
    )


def _literal(text: str) -> str:
    return re.escape(_folded(text.replace("/", _SLASH)))
