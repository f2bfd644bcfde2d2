"""Decides which policy sections apply to an account, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.accounts import Account, Unit
    from bot.domain.policy.match import Match

    _Location = tuple[str, tuple[Unit, ...] | None]
    _Rank = tuple[tuple[tuple[int, int], ...], int]
    """How specifically a section matches an account, and its index."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A section that matches a location, and that also has an id, a name or tags.

    `unknown` if it is unknown whether it matches the location.
    """

    match: Match
    rank: _Rank
    unknown: bool


@dataclass(frozen=True, slots=True)
class _LocationMatch:
    """The sections that match a location: those for every account there, and the candidates.

    `unknown` if it is unknown whether one of the former matches.
    """

    ranks: tuple[_Rank, ...]
    unknown: bool
    candidates: tuple[_Candidate, ...]


@dataclass(frozen=True, slots=True)
class Precedence:
    """The matches of all sections, from top to bottom; the result of each location is cached."""

    matches: tuple[Match, ...]
    _by_location: dict[_Location, _LocationMatch] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def matching_tables(self, account: Account) -> tuple[int, ...] | None:
        """The indices of the sections that apply; each takes precedence over those before it.

        None if that is unknown because data that a section needs was not read.
        """
        location = self._match_location(account)
        ranks, unknown = list(location.ranks), location.unknown
        for candidate in location.candidates:
            matches = candidate.match.matches_account(account)
            if matches is False:
                continue
            if matches is None or candidate.unknown:
                unknown = True
            ranks.append(candidate.rank)
        if unknown:
            return None
        ranks.sort()
        return tuple(index for _, index in ranks)

    def _match_location(self, account: Account) -> _LocationMatch:
        """The result of an account's location, computed once for all accounts there."""
        key = (account.organization, account.units)
        location = self._by_location.get(key)
        if location is None:
            location = self._by_location[key] = self._compute(account)
        return location

    def _compute(self, account: Account) -> _LocationMatch:
        ranks: list[_Rank] = []
        candidates: list[_Candidate] = []
        unknown = False
        for index, match in enumerate(self.matches):
            matches = match.matches_location(account)
            if matches is False:
                continue
            rank = (match.specificity(account), index)
            if match.needs_account:
                candidates.append(_Candidate(match, rank, unknown=matches is None))
            else:
                unknown = unknown or matches is None
                ranks.append(rank)
        return _LocationMatch(tuple(ranks), unknown, tuple(candidates))
