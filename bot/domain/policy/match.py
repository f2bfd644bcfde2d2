"""Which accounts a table of the policy is for: by organization, OU, tag, name and id."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.contacts import Account, Unit

_ORGANIZATION, _OU, _TAG, _NAME, _ACCOUNT = range(1, 6)
_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_SLASH: Final = "\N{INFORMATION SEPARATOR ONE}"


@dataclass(frozen=True, slots=True)
class Match:
    """What an account must be for a table to count.

    Within one kind any of them is enough, but of the tags each must match; of several kinds each
    must match. Nothing given matches every account.

    Args:
        accounts: account ids.
        names: globs of account names, whatever their case.
        tags: (key, glob of the value) pairs.
        units: OU paths as globs: `/Production` is the OU itself, `/Production/*` those right below
            it, `/Production/**` it and all below; an id (`ou-ab12-11111111`) may stand for the
            path down to it. Whatever their case.
        organizations: names of `[[aws]]` tables.
    """

    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    units: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    def matches(self, account: Account) -> bool | None:
        """Whether it is for this account; None where that needs what was not read of it."""
        answers = (self.is_about(account), self.is_around(account))
        if False in answers:
            return False
        return None if None in answers else True

    @property
    def asks_about_it(self) -> bool:
        """Whether it tells accounts of one place apart: by id, name or tag."""
        return bool(self.accounts or self.names or self.tags)

    def is_about(self, account: Account) -> bool | None:
        """Whether the account's id, name and tags match, as far as they are asked for."""
        if self.accounts and account.id not in self.accounts:
            return False
        if self.names and _any_of(self.names).fullmatch(account.name.casefold()) is None:
            return False
        if not self.tags:
            return True
        if account.tags is None:
            return None
        held = account.tags
        return all(
            key in held and fnmatch.fnmatchcase(held[key], value) for key, value in self.tags
        )

    def is_around(self, account: Account) -> bool | None:
        """Whether the account's organization and OUs match, as far as they are asked for."""
        if self.organizations and account.organization not in self.organizations:
            return False
        if not self.units:
            return True
        if account.units is None:
            return None
        return any(_is_in(unit, account.units) for unit in self.units)

    def specificity(self, account: Account) -> tuple[tuple[int, int], ...]:
        """How closely it names an account that it matches: greater wins.

        An id is closer than a name, then a tag, an OU (a deeper one closer), an organization; of
        two with the same closest kind the one with a further kind is closer.
        """
        kinds = []
        if self.accounts:
            kinds.append((_ACCOUNT, 0))
        if self.names:
            kinds.append((_NAME, 0))
        if self.tags:
            kinds.append((_TAG, len(self.tags)))
        if self.units and account.units is not None:
            held = account.units
            depths = [_depth(unit, held) for unit in self.units if _is_in(unit, held)]
            kinds.append((_OU, max(depths, default=0)))
        if self.organizations:
            kinds.append((_ORGANIZATION, 0))
        return tuple(kinds)


EVERY: Final = Match()
"""Matches every account."""


@lru_cache(maxsize=1024)
def _any_of(globs: tuple[str, ...]) -> re.Pattern[str]:
    """The pattern of a text, in lower case, that is any of these globs."""
    return re.compile("|".join(fnmatch.translate(glob.casefold()) for glob in globs))


def _is_in(pattern: str, units: tuple[Unit, ...]) -> bool:
    place = _place_of(pattern, units)
    if place is None:
        return _path(pattern).fullmatch(_joined(unit.name for unit in units)) is not None
    if place == len(units):
        return False
    names = (units[place].id, *(unit.name for unit in units[place + 1 :]))
    return _path(pattern).fullmatch(_joined(names)) is not None


def _place_of(pattern: str, units: tuple[Unit, ...]) -> int | None:
    """Where the unit stands by whose id a pattern begins: last of all if nowhere, None if none."""
    first = pattern.strip("/").partition("/")[0]
    if _ID.fullmatch(first) is None:
        return None
    return next((place for place, unit in enumerate(units) if unit.id == first), len(units))


def _joined(names: Iterable[str]) -> str:
    """A path of names; a slash within a name is no boundary, and only `?` or `*` matches it."""
    return "".join(f"/{name.replace('/', _SLASH)}" for name in names).casefold()


def _depth(pattern: str, units: tuple[Unit, ...]) -> int:
    """How many levels a pattern names, counted from the root."""
    parts = [part for part in pattern.strip("/").split("/") if part and part != "**"]
    return len(parts) + (_place_of(pattern, units) or 0)


@lru_cache(maxsize=1024)
def _path(pattern: str) -> re.Pattern[str]:
    """The pattern of an OU path, of which each segment is a glob of its own."""
    parts = [part for part in pattern.strip("/").casefold().split("/") if part]
    return re.compile(
        "".join("(?:/[^/]+)*" if part == "**" else f"/{_segment(part)}" for part in parts)
    )


def _segment(glob: str) -> str:
    """A glob as a regular expression that stays within one segment of a path."""
    return "".join(
        "[^/]*" if character == "*" else "[^/]" if character == "?" else re.escape(character)
        for character in glob
    )
