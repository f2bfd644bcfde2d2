"""Which OUs an account is in: from the path that AWS gives, from a walk, or from what was kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.contacts import AccountPlacement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.domain.contacts import Account, Unit
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock

    Path = tuple[Unit, ...]

FRESH: Final = timedelta(days=1)
"""How long what was read of an account's place is used without asking again."""

GOOD: Final = timedelta(days=7)
"""How long it is used where asking again fails."""


class UnitTree:
    """The OUs of one organization, walked once at most. Not safe from several threads.

    Args:
        gateway: the organization.
        clock: the time.
        walking: whether they may be walked.
    """

    def __init__(self, gateway: ContactGateway, clock: Clock, *, walking: bool) -> None:
        self._gateway = gateway
        self._clock = clock
        self._may_walk = walking
        self._paths: dict[str, tuple[Path, datetime]] = {}
        self._walked: Mapping[str, Path] | None = None
        self._walked_at = clock.now()
        self._placed: Mapping[str, str] | None = None
        self._may_place = True

    def learn(self, kept: Iterable[AccountPlacement]) -> None:
        """Take the paths of OUs from what was kept of accounts, the newest of each."""
        for each in kept:
            if each.units is None or each.units_at is None:
                continue
            for place, unit in enumerate(each.units):
                known = self._paths.get(unit.id)
                if known is None or known[1] < each.units_at:
                    self._paths[unit.id] = each.units[: place + 1], each.units_at

    def find(self, account: Account, kept: AccountPlacement) -> tuple[Path | None, datetime | None]:
        """The OUs of an account and since when their names are known; walks where it must.

        Raises:
            GatewayError: the walk that it takes could not be made; it is not tried again.
        """
        found = self._fresh(account, kept)
        if found is None:
            self._walk()
            found = self._fresh(account, kept)
        if found is None and account.units is None:
            self._place()
            found = self._placed_at(account)
        return found or self.last_known(account, kept)

    def last_known(
        self, account: Account, kept: AccountPlacement
    ) -> tuple[Path | None, datetime | None]:
        """The same without a walk, as long as it is good."""
        if account.units is None:
            known = kept.units, kept.units_at
        else:
            known = self._named(account.units) or (None, None)
        return known if self._younger(known[1], GOOD) else (None, None)

    def placements(self) -> dict[str, AccountPlacement]:
        """What a walk told of all accounts whose paths AWS does not give; empty without one."""
        walked = self._walked or {}
        return {
            account_id: AccountPlacement(walked.get(unit, ()), self._walked_at)
            for account_id, unit in (self._placed or {}).items()
            if not unit or unit in walked
        }

    def _fresh(self, account: Account, kept: AccountPlacement) -> tuple[Path, datetime] | None:
        if account.units is not None:
            known = self._named(account.units)
            return known if known is not None and self._younger(known[1], FRESH) else None
        if self._walked is not None:
            return self._placed_at(account)
        if kept.units is None or kept.units_at is None or not self._younger(kept.units_at, FRESH):
            return None
        return kept.units, kept.units_at

    def _named(self, path: Path) -> tuple[Path, datetime] | None:
        """A path of ids with the names of its OUs, as far as all are known where they stand."""
        if not path:
            return (), self._clock.now()
        known = self._paths.get(path[-1].id)
        if known is None or [unit.id for unit in known[0]] != [unit.id for unit in path]:
            return None
        return known

    def _placed_at(self, account: Account) -> tuple[Path, datetime] | None:
        if self._walked is not None and not self._walked:
            return (), self._walked_at  # where there are no OUs, every account is in the root
        unit = (self._placed or {}).get(account.id)
        if unit is None:
            return None
        path = (self._walked or {}).get(unit) if unit else ()
        return None if path is None else (path, self._walked_at)

    def _walk(self) -> None:
        if not self._may_walk:
            return
        self._may_walk = False
        began = self._clock.now()
        self._walked = self._gateway.units()
        self._walked_at = began
        self._paths |= {unit: (path, began) for unit, path in self._walked.items()}

    def _place(self) -> None:
        """Ask which accounts are in which OU, after a walk, where AWS does not give their paths."""
        if self._walked is None or not self._may_place:
            return
        self._may_place = False
        self._placed = self._gateway.placements(tuple(self._walked))

    def _younger(self, moment: datetime | None, limit: timedelta) -> bool:
        return moment is not None and self._clock.now() - moment < limit
