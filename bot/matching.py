"""Which accounts a table of the policy is for: by organization, OU, tag, name and id."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.contacts import Account, Unit

_ORGANIZATION, _OU, _TAG, _NAME, _ACCOUNT = range(1, 6)


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
    tags: tuple[tuple[str, str], ...] = ()
    units: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()

    def matches(self, account: Account) -> bool | None:
        """Whether it is for this account; None where that needs what was not read of it."""
        answers = (
            not self.accounts or account.id in self.accounts,
            not self.names or any(_glob(name, account.name) for name in self.names),
            not self.organizations or account.organization in self.organizations,
            self._tagged(account),
            self._placed(account),
        )
        if False in answers:
            return False
        return None if None in answers else True

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
            depths = [_depth(unit) for unit in self.units if _is_in(unit, account.units)]
            kinds.append((_OU, max(depths, default=0)))
        if self.organizations:
            kinds.append((_ORGANIZATION, 0))
        return tuple(kinds)

    def _tagged(self, account: Account) -> bool | None:
        if not self.tags:
            return True
        if account.tags is None:
            return None
        held = account.tags
        return all(
            key in held and fnmatch.fnmatchcase(held[key], value) for key, value in self.tags
        )

    def _placed(self, account: Account) -> bool | None:
        if not self.units:
            return True
        if account.units is None:
            return None
        return any(_is_in(unit, account.units) for unit in self.units)


EVERY: Final = Match()
"""Matches every account."""


def _glob(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold())


def _is_in(pattern: str, units: tuple[Unit, ...]) -> bool:
    first = pattern.strip("/").partition("/")[0]
    if first.startswith("ou-"):
        for place, unit in enumerate(units):
            if unit.id == first:
                below = "/".join(["", first, *(each.name for each in units[place + 1 :])])
                return _path(pattern).fullmatch(below.casefold()) is not None
        return False
    path = "".join(f"/{unit.name}" for unit in units)
    return _path(pattern).fullmatch(path.casefold()) is not None


def _depth(pattern: str) -> int:
    return sum(1 for part in pattern.strip("/").split("/") if part and part != "**")


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
