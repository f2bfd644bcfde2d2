"""Puts the policy's tables in order for an account: which count, and which gives way to which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.contacts import Account, Unit
    from bot.domain.policy.match import Match

    _Place = tuple[str, tuple[Unit, ...] | None]
    _Order = tuple[tuple[tuple[int, int], ...], int]


@dataclass(frozen=True, slots=True)
class _Asking:
    """A table that tells accounts of one place apart, and how close it is where it matches."""

    match: Match
    order: _Order
    undecided: bool


@dataclass(frozen=True, slots=True)
class _LocationMatch:
    """What one place in an organization says of the tables: which count, and which ask further."""

    counting: tuple[_Order, ...]
    undecided: bool
    asking: tuple[_Asking, ...]


@dataclass(frozen=True, slots=True)
class Precedence:
    """The matches of all tables, from top to bottom; what it found out of a place, it keeps."""

    matches: tuple[Match, ...]
    _known: dict[_Place, _LocationMatch] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def places(self, account: Account) -> tuple[int, ...] | None:
        """Which tables count, the one that gives way to all others first.

        None where that cannot be told, since what a table asks for was not read of the account.
        """
        around = self._around(account)
        counting, undecided = list(around.counting), around.undecided
        for each in around.asking:
            about = each.match.is_about(account)
            if about is False:
                continue
            if about is None or each.undecided:
                undecided = True
            counting.append(each.order)
        if undecided:
            return None
        counting.sort()
        return tuple(place for _, place in counting)

    def _around(self, account: Account) -> _LocationMatch:
        """What an account's place says; many stand in one, so it is found out once for each."""
        key = (account.organization, account.units)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look_around(account)
        return known

    def _look_around(self, account: Account) -> _LocationMatch:
        counting: list[_Order] = []
        asking: list[_Asking] = []
        undecided = False
        for place, match in enumerate(self.matches):
            answer = match.is_around(account)
            if answer is False:
                continue
            order = (match.specificity(account), place)
            if match.asks_about_it:
                asking.append(_Asking(match, order, undecided=answer is None))
            else:
                undecided = undecided or answer is None
                counting.append(order)
        return _LocationMatch(tuple(counting), undecided, tuple(asking))
