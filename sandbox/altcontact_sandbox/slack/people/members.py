"""The members of the workspace as Slack lists them: the three people, bots, and a crowd."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from altcontact_sandbox.sample_names import FAMILY, GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOMAIN: Final = "corp.example"
"""Where the members have their mailboxes."""

_IN_A_HUNDRED: Final = {"bot": 1, "deactivated": 8, "guest": 4, "guest without an email": 2}


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody whom the workspace knows; `email` is empty where Slack does not give one.

    `is_guest` is a guest of several channels, `is_single_channel_guest` one of a single channel.
    `team_id` is the workspace that a person of Slack Connect comes from, empty for this one;
    `is_stranger` is one of those who shares no channel with the app. On Enterprise Grid
    `enterprise_id` is another organization than this one's, and `teams` are the workspaces that
    the person is in, where that is not this one alone.
    """

    id: str
    name: str
    real_name: str
    email: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_single_channel_guest: bool = False
    is_stranger: bool = False
    team_id: str = ""
    enterprise_id: str = ""
    teams: tuple[str, ...] = ()


class Roster:
    """All members: people who are known by id, and a crowd behind them that only is listed.

    Args:
        people: the first ones.
    """

    def __init__(self, people: Iterable[Member]) -> None:
        self._people = {member.id: member for member in people}
        self._crowd: tuple[Member, ...] = ()

    def __len__(self) -> int:
        return len(self._people) + len(self._crowd)

    def part(self, start: int, stop: int) -> Iterator[Member]:
        """Some of them, in order."""
        everyone = itertools.chain(self._people.values(), self._crowd)
        return itertools.islice(everyone, start, stop)

    def find(self, identity: str) -> Member | None:
        """Who has this id."""
        found = (member for member in self._crowd if member.id == identity)
        return self._people.get(identity) or next(found, None)

    def with_email(self, email: str) -> Member | None:
        """Who has this address and may use Slack."""
        wanted = email.strip().casefold()
        found = (
            member
            for member in self.part(0, len(self))
            if wanted and member.email.casefold() == wanted and not member.deleted
        )
        return next(found, None)

    def change(self, identity: str, given: dict[str, Any]) -> None:
        """Change a member, or let one come who is described so.

        Args:
            identity: who.
            given: the fields of `Member` but for `id` and `real_name`; what is not given stays.

        Raises:
            ValueError: something of it is unknown or of another type.
            KeyError: somebody new has no name.
        """
        for member, value in given.items():
            if member not in _TYPES:
                raise ValueError(f"a person has no {member}")
            if not isinstance(value, _TYPES[member]):
                raise ValueError(f"{member} is no {_TYPES[member].__name__}")  # noqa: TRY004 - one error for what is given wrongly
        known = self.find(identity)
        if known is None or "name" in given:
            name = given["name"]
            names = {"name": name.lower().replace(" ", "."), "real_name": name}
            given = {**given, **names}
        if "teams" in given:
            given = {**given, "teams": tuple(map(str, given["teams"]))}
        self._people[identity] = replace(known or Member(identity, "", ""), **given)
        self._crowd = tuple(member for member in self._crowd if member.id != identity)

    def gather(self, number: int, seed: int, domain: str = DOMAIN) -> None:
        """Put a crowd of so many in place of the one before."""
        self._crowd = tuple(crowd(number, seed, domain))


_TYPES: Final[dict[str, type]] = {
    "name": str,
    "email": str,
    "deleted": bool,
    "is_bot": bool,
    "is_guest": bool,
    "is_single_channel_guest": bool,
    "is_stranger": bool,
    "team_id": str,
    "enterprise_id": str,
    "teams": list,
}


def crowd(number: int, seed: int, domain: str) -> Iterator[Member]:
    """So many believable members, the same for the same seed; no two with one address."""
    chance = random.Random(seed)  # noqa: S311 - not for cryptography
    kinds, weights = [*_IN_A_HUNDRED, ""], [*_IN_A_HUNDRED.values(), 0]
    weights[-1] = 100 - sum(weights)
    for count in range(1, number + 1):
        first, last = chance.choice(GIVEN), chance.choice(FAMILY)
        (kind,) = chance.choices(kinds, weights)
        # The number makes it unique; real handles have one too where a name is a common one.
        name = f"{first}.{last}{count}".lower()
        yield Member(
            f"U1{count:07d}",
            name,
            f"{first} {last}",
            "" if kind in {"bot", "guest without an email"} else f"{name}@{domain}",
            deleted=kind == "deactivated",
            is_bot=kind == "bot",
            is_guest=kind.startswith("guest"),
        )
