"""What a person can choose in place of single accounts: OUs and tags, found by what is typed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.domain.accounts import Account

MOST_UNITS: Final = 25
MOST_TAGS: Final = 25
"""OUs and tags that one answer suggests at most, so that accounts always have room beside them."""


@dataclass(frozen=True, slots=True)
class UnitSuggestion:
    """An organizational unit: its id, its path, and how many accounts are in it or below it."""

    id: str
    path: str
    accounts: int


@dataclass(frozen=True, slots=True)
class TagSuggestion:
    """A tag: its key and value, and how many accounts have it. A value may be personal data."""

    key: str
    value: str
    accounts: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The first matches of each kind, and how many there are in all."""

    accounts: Sequence[Account] = ()
    account_total: int = 0
    units: Sequence[UnitSuggestion] = ()
    unit_total: int = 0
    tags: Sequence[TagSuggestion] = ()
    tag_total: int = 0


class SuggestionIndex:
    """Accounts, their OUs and their tags, to be searched while somebody types.

    Args:
        accounts: every account that can be chosen.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._accounts = sorted(accounts, key=lambda each: (each.name.casefold(), each.id))
        self._units = _units(self._accounts)
        self._tags = _tags(self._accounts)

    def search(self, typed: str, most: int) -> Suggestions:
        """What matches: part of a name, an id, an OU's path, or a tag as `key=value`.

        Args:
            typed: what was typed; empty matches everything.
            most: how many suggestions there may be in all.
        """
        sought = " ".join(typed.split()).casefold()
        unit_text, tag_text = sought.removeprefix("ou:"), sought.removeprefix("tag:")
        units = [each for each in self._units if unit_text in each.path.casefold()]
        tags = [each for each in self._tags if tag_text in f"{each.key}={each.value}".casefold()]
        if sought.startswith("ou:"):
            return Suggestions(units=units[:most], unit_total=len(units))
        if sought.startswith("tag:"):
            return Suggestions(tags=tags[:most], tag_total=len(tags))
        found = [
            each for each in self._accounts if sought in each.name.casefold() or sought in each.id
        ]
        shown_units, shown_tags = units[:MOST_UNITS], tags[:MOST_TAGS]
        room = max(most - len(shown_units) - len(shown_tags), 0)
        return Suggestions(found[:room], len(found), shown_units, len(units), shown_tags, len(tags))


def _units(accounts: Sequence[Account]) -> list[UnitSuggestion]:
    """Every OU that has accounts in it or below it, in the order of paths."""
    paths: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for account in accounts:
        path = ""
        for unit in account.units or ():
            path += f"/{unit.segment}"
            paths[unit.id] = path
            numbers[unit.id] += 1
    return [
        UnitSuggestion(id_, path, numbers[id_])
        for id_, path in sorted(paths.items(), key=lambda item: (item[1].casefold(), item[0]))
    ]


def _tags(accounts: Sequence[Account]) -> list[TagSuggestion]:
    """Every tag, those of most accounts first."""
    numbers: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        tags: Mapping[str, str] = account.tags or {}
        numbers.update(tags.items())
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return [TagSuggestion(key, value, number) for (key, value), number in ordered]
