"""Gives listed accounts their OUs and tags, where the policy needs them: kept ones while they last.

Nothing is asked of AWS where no table of the policy needs it. OUs are walked once a day, tags are
read account by account once a day. What cannot be read is taken as it was kept, for a week; after
that it is not known, and neither is what the policy asks of the account.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.contacts import AccountPlacement
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode
from bot.services.ou_tree import FRESH, GOOD, UnitTree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.domain.contacts import Account, Unit
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import Policy
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store

    Path = tuple[Unit, ...]

_log = structlog.get_logger(__name__)

PATIENCE: Final = 5
"""Accounts in a row whose tags cannot be read, after which no further ones are asked for."""

_HOPELESS: Final = frozenset(
    {
        FailureCode.CREDENTIALS_EXPIRED,
        FailureCode.CREDENTIALS_MISSING,
        FailureCode.CLOCK_WRONG,
        FailureCode.DENIED,
        FailureCode.DENIED_BY_SCP,
        FailureCode.NO_ORGANIZATION,
        FailureCode.NOT_REACHED,
        FailureCode.PERMISSION_MISSING,
        FailureCode.WRONG_CALLER,
    }
)
"""Causes for which no other account's tags would be read either."""

NOTHING_KEPT: Final = AccountPlacement()


class PlacementResolver:
    """Completes the accounts of one organization, for one scan. Safe from several threads.

    Args:
        gateway: the organization.
        store: keeps what was read.
        policy: tells what is needed.
        clock: the time.
        walking: whether OUs may be walked, which takes minutes in a large organization; if not,
            those that were kept are used.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        store: Store,
        policy: Policy,
        clock: Clock,
        *,
        walking: bool = True,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, AccountPlacement] | None = None
        self._tree = UnitTree(gateway, clock, walking=walking)
        self._walk_kept = False
        self._in_a_row = 0
        self._no_tags = False
        self.failures: dict[str, Failure] = {}

    def complete(self, account: Account) -> Account:
        """The account with its `units` and `tags`, each None where it is needed and not known."""
        policy = self._policy
        if not policy.needs_units and not policy.needs_tags:
            return replace(account, units=None) if _nameless(account.units) else account
        kept = self._kept_of(account.id)
        units, tags = account.units, account.tags
        news = NOTHING_KEPT
        if policy.needs_units:
            units, units_at = self._units(account, kept)
            kept = self._kept_of(account.id)  # a walk may have kept it with all others
            changed = kept.units != units or not self._younger(kept.units_at, FRESH)
            if changed and self._younger(units_at, FRESH):
                news = replace(news, units=units, units_at=units_at)
        elif _nameless(units):
            units = None
        if policy.needs_tags:
            tags, tags_at = self._tags(account.id, kept)
            if tags_at is not None and tags_at != kept.tags_at:
                news = replace(news, tags=tags, tags_at=tags_at)
        if news is not NOTHING_KEPT:
            self._keep(account, news)
        return replace(account, units=units, tags=tags)

    def place(self, account: Account) -> Account:
        """The same for a scan, which concludes nothing from what it was kept from asking.

        Raises:
            GatewayError: something needed is not known, since the scan was stopped, or since its
                caller is not let in: then the scan cannot go on.
        """
        placed = self.complete(account)
        policy = self._policy
        for what, is_needed in (("units", policy.needs_units), ("tags", policy.needs_tags)):
            why = self.failures.get(what)
            if why is None or not is_needed or getattr(placed, what) is not None:
                continue
            if why.cause.of_the_caller or why.cause is FailureCode.NOT_REACHED:
                raise GatewayError(why)
        return placed

    def _units(
        self, account: Account, kept: AccountPlacement
    ) -> tuple[Path | None, datetime | None]:
        """The OUs and since when they are known."""
        walked: Mapping[str, AccountPlacement] = {}
        with self._lock:
            try:
                found = self._tree.find(account, kept)
            except GatewayError as error:
                self._note("units", error.failure)
                found = self._tree.last_known(account, kept)
            if not self._walk_kept:
                walked = self._tree.placements()
                self._walk_kept = bool(walked)
        if walked:
            self._keep_all(walked)
        return found

    def _tags(
        self, account_id: str, kept: AccountPlacement
    ) -> tuple[Mapping[str, str] | None, datetime | None]:
        """The tags and since when they are known."""
        if kept.tags is not None and self._younger(kept.tags_at, FRESH):
            return kept.tags, kept.tags_at
        if not self._no_tags:
            asked_at = self._clock.now()
            try:
                tags = self._gateway.tags(account_id)
            except GatewayError as error:
                self._despair(error.failure)
            else:
                self._in_a_row = 0
                return tags, asked_at
        return (kept.tags if self._younger(kept.tags_at, GOOD) else None), kept.tags_at

    def _despair(self, why: Failure) -> None:
        """Ask for no more tags where that would come to nothing again and again."""
        with self._lock:
            self._note("tags", why)
            self._in_a_row += 1
            if why.cause in _HOPELESS or self._in_a_row >= PATIENCE:
                self._no_tags = True

    def _note(self, what: str, why: Failure) -> None:
        if what not in self.failures:
            organization = self._gateway.name
            cause = why.cause.value
            _log.warning("not read", what=what, organization=organization, cause=cause)
        self.failures[what] = why

    def _kept_of(self, account_id: str) -> AccountPlacement:
        with self._lock:
            if self._kept is None:
                self._kept = self._load()
                self._tree.learn(self._kept.values())
            return self._kept.get(account_id, NOTHING_KEPT)

    def _load(self) -> dict[str, AccountPlacement]:
        try:
            return dict(self._store.surroundings(self._gateway.name))
        except StoreError as error:
            _log.warning("surroundings not known", problem=str(error))
            return {}

    def _keep(self, account: Account, news: AccountPlacement) -> None:
        with self._lock:
            known = self._kept is not None and account.id in self._kept
        try:
            if not known:
                self._store.remember_accounts((account,))
            self._store.keep_surroundings({account.id: news})
        except StoreError as error:
            # It is merely read again the next time.
            _log.warning("surroundings not kept", account=account.id, problem=str(error))

    def _keep_all(self, walked: Mapping[str, AccountPlacement]) -> None:
        """Keep what a walk told of accounts that are known; of a new one it is kept in its turn."""
        with self._lock:
            before = self._kept or {}
            news = {each: walked[each] for each in walked if each in before}
            self._kept = before | {
                each: replace(before[each], units=new.units, units_at=new.units_at)
                for each, new in news.items()
            }
        try:
            self._store.keep_surroundings(news)
        except StoreError as error:
            _log.warning("surroundings not kept", problem=str(error))

    def _younger(self, moment: datetime | None, limit: timedelta) -> bool:
        return moment is not None and self._clock.now() - moment < limit


class AccountPlacer:
    """Completes single accounts that somebody waits for: OUs that were kept, and no walk.

    Args:
        organizations: which organization an account is in.
        store: keeps what was read.
        clock: the time.
    """

    def __init__(self, organizations: OrganizationRouter, store: Store, clock: Clock) -> None:
        self._organizations = organizations
        self._store = store
        self._clock = clock

    def complete(self, account: Account, policy: Policy) -> Account:
        """The account with its OUs and tags, as far as they are needed and known."""
        if not policy.needs_units and not policy.needs_tags:
            return account
        try:
            gateway = self._organizations.for_account(account.id)
        except GatewayError:
            return account
        # What it comes with was kept, and only what is kept tells how old that is.
        bare = replace(account, units=None, tags=None)
        resolver = PlacementResolver(gateway, self._store, policy, self._clock, walking=False)
        return resolver.complete(bare)


def _nameless(path: Path | None) -> bool:
    """Whether these are OUs as AWS lists them with an account, of which nobody knows the names."""
    return any(not unit.name for unit in path or ())
