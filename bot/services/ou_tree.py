"""Which OUs an account is in: from AWS's path, from a walk of the tree, or from the store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from bot.domain.accounts import AccountPlacement
from bot.domain.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.domain.accounts import Account, Unit
    from bot.domain.failures import Failure
    from bot.domain.readings import PlacementsReading, UnitsReading
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock

    Path = tuple[Unit, ...]

_T = TypeVar("_T")

MAX_AGE: Final = timedelta(days=1)
"""How long an account's placement is used before it is read again."""

MAX_STALE_AGE: Final = timedelta(days=7)
"""How long it is used if it can't be read again."""


class UnitTree:
    """The OUs of one organization, walked at most once. Not safe for several threads.

    Args:
        gateway: the organization.
        clock: the time.
        may_walk: whether they may be walked.
    """

    def __init__(self, gateway: ContactGateway, clock: Clock, *, may_walk: bool) -> None:
        self._gateway = gateway
        self._clock = clock
        self._may_walk = may_walk
        self._paths: dict[str, tuple[Path, datetime]] = {}
        self._walked: UnitsReading | None = None
        self._walked_at = clock.now()
        self._located: PlacementsReading | None = None
        self._failure: Failure | None = None
        self._may_locate = True

    def learn(self, kept: Iterable[AccountPlacement]) -> None:
        """Take the paths of OUs from stored accounts, the newest of each."""
        for placement in kept:
            if placement.units is None or placement.units_at is None:
                continue
            for depth, unit in enumerate(placement.units, start=1):
                known = self._paths.get(unit.id)
                if known is None or known[1] < placement.units_at:
                    self._paths[unit.id] = placement.units[:depth], placement.units_at

    def find(self, account: Account, kept: AccountPlacement) -> tuple[Path | None, datetime | None]:
        """The OUs of an account, and when their names were read; walks the tree if necessary.

        Raises:
            GatewayError: the necessary data couldn't be read; it isn't requested again. An OU that
                couldn't be listed affects only the accounts below it.
        """
        found = self._recent(account, kept)
        if found is None:
            self._walk()
            found = self._recent(account, kept)
        if found is None and account.units is None:
            self._locate_accounts()
            found = self._walked_path(account)
        if found is None and (why := self._why_unknown(account)) is not None:
            raise GatewayError(why)
        return found or self.last_known(account, kept)

    def last_known(
        self, account: Account, kept: AccountPlacement
    ) -> tuple[Path | None, datetime | None]:
        """The same without a walk, unless the data is too old."""
        if account.units is None:
            known = kept.units, kept.units_at
        else:
            known = self._named(account.units) or (None, None)
        return known if self._is_younger(known[1], MAX_STALE_AGE) else (None, None)

    def placements(self) -> dict[str, AccountPlacement]:
        """The walk's result for accounts without a path from AWS; empty without a walk."""
        if self._walked is None or self._located is None:
            return {}
        paths = self._walked.paths
        return {
            account_id: AccountPlacement(paths.get(unit, ()), self._walked_at)
            for account_id, unit in self._located.unit_of.items()
            if not unit or unit in paths
        }

    def _recent(self, account: Account, kept: AccountPlacement) -> tuple[Path, datetime] | None:
        if account.units is not None:
            known = self._named(account.units)
            return known if known is not None and self._is_younger(known[1], MAX_AGE) else None
        if self._walked is not None:
            return self._walked_path(account)
        if kept.units is None or kept.units_at is None:
            return None
        recent = self._is_younger(kept.units_at, MAX_AGE)
        return (kept.units, kept.units_at) if recent else None

    def _named(self, path: Path) -> tuple[Path, datetime] | None:
        """A path of ids with the names of its OUs; None unless all are known at their positions."""
        if not path:
            return (), self._clock.now()
        known = self._paths.get(path[-1].id)
        if known is None or [unit.id for unit in known[0]] != [unit.id for unit in path]:
            return None
        return known

    def _walked_path(self, account: Account) -> tuple[Path, datetime] | None:
        if self._walked is None:
            return None
        if not self._walked.paths and not self._walked.failures:
            return (), self._walked_at  # without OUs, every account is in the root
        unit = self._located.unit_of.get(account.id) if self._located is not None else None
        if unit is None:
            return None
        path = self._walked.paths.get(unit) if unit else ()
        return None if path is None else (path, self._walked_at)

    def _why_unknown(self, account: Account) -> Failure | None:
        """Why an account's OUs are unknown; None if nothing failed."""
        if self._walked is None:
            return self._failure
        failures = self._walked.failures
        if account.units is not None:
            parents = ("", *(unit.id for unit in account.units))
            return next((failures[parent] for parent in parents if parent in failures), None)
        if self._located is None:
            return self._failure
        # It is in or below one of the OUs that couldn't be listed, but it is unknown which one.
        return next(iter({**self._located.failures, **failures}.values()), None)

    def _walk(self) -> None:
        if not self._may_walk:
            return
        self._may_walk = False
        began = self._clock.now()
        self._walked = self._ask(self._gateway.units)
        self._walked_at = began
        self._paths |= {unit: (path, began) for unit, path in self._walked.paths.items()}

    def _locate_accounts(self) -> None:
        """After a walk, request which accounts are in which OU, if AWS gives no paths."""
        if self._walked is None or not self._may_locate:
            return
        self._may_locate = False
        units = tuple(self._walked.paths)
        self._located = self._ask(lambda: self._gateway.placements(units))

    def _ask(self, ask: Callable[[], _T]) -> _T:
        """Make a request once, and remember why it failed for each account that needs it."""
        try:
            return ask()
        except GatewayError as error:
            self._failure = error.failure
            raise

    def _is_younger(self, moment: datetime | None, limit: timedelta) -> bool:
        return moment is not None and self._clock.now() - moment < limit
