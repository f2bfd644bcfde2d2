"""Reads the OUs and tags that the policy needs, and stores them to read less often.

Nothing is requested unless a section of the policy needs it. OUs are walked once a day, and tags
are read account by account once a day. If AWS doesn't answer, stored values are used for a week;
after that the account's policy is unknown. A failure concerns one account: others are still
requested, unless several in a row failed.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.accounts import AccountPlacement
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode
from bot.services.ou_tree import MAX_AGE, MAX_STALE_AGE, UnitTree
from bot.services.tag_reader import TagReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.domain.accounts import Account, Unit
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import Policy
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import AccountRepository

    Path = tuple[Unit, ...]

_log = structlog.get_logger(__name__)

_NOTHING_KEPT: Final = AccountPlacement()


class PlacementResolver:
    """Places the accounts of one organization, for one scan. Safe to call from several threads.

    Args:
        gateway: the organization.
        accounts: stores the OUs and tags that were read.
        policy: says what is needed.
        clock: the time.
        may_walk: whether OUs may be walked, which takes minutes in a large organization; otherwise
            stored ones are used.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        accounts: AccountRepository,
        policy: Policy,
        clock: Clock,
        *,
        may_walk: bool = True,
    ) -> None:
        self._gateway = gateway
        self._accounts = accounts
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, AccountPlacement] | None = None
        self._tree = UnitTree(gateway, clock, may_walk=may_walk)
        self._walk_is_kept = False
        self._tags = TagReader(gateway)
        self._logged: set[str] = set()
        self._failures: defaultdict[str, dict[str, Failure]] = defaultdict(dict)

    def complete(self, account: Account) -> Account:
        """The account with its `units` and `tags`, each None if it is needed but unknown."""
        policy = self._policy
        if not policy.needs_units and not policy.needs_tags:
            return replace(account, units=None) if _lacks_names(account.units) else account
        kept = self._kept_placement(account.id)
        units, tags = account.units, account.tags
        update = _NOTHING_KEPT
        if policy.needs_units:
            units, units_at = self._find_units(account, kept)
            kept = self._kept_placement(account.id)  # a walk may have stored it with all others
            changed = kept.units != units or not self._is_younger(kept.units_at, MAX_AGE)
            if changed and self._is_younger(units_at, MAX_AGE):
                update = replace(update, units=units, units_at=units_at)
        elif _lacks_names(units):
            units = None
        if policy.needs_tags:
            tags, tags_at = self._find_tags(account.id, kept)
            if tags_at is not None and tags_at != kept.tags_at:
                update = replace(update, tags=tags, tags_at=tags_at)
        if update is not _NOTHING_KEPT:
            self._keep(account, update)
        return replace(account, units=units, tags=tags)

    def complete_stored(self, account: Account) -> Account:
        """The same for an account from the store, whose placement has no known age."""
        return self.complete(replace(account, units=None, tags=None))

    def failures_of(self, account_id: str) -> dict[str, Failure]:
        """Why an account's `units` or `tags` couldn't be read, if they were needed."""
        with self._lock:
            return dict(self._failures.get(account_id, {}))

    @property
    def tags_are_refused(self) -> bool:
        """Whether the tags of several accounts in a row couldn't be read, and none succeeded."""
        return self._tags.has_given_up

    def tries_tags(self, account: Account) -> bool:
        """Whether this account's tags would be requested, and decide whether others' are.

        Such accounts are placed one after another, so that every scan has the same result.
        """
        return not self._tags.is_settled and self.needs_tags_of(account)

    def needs_tags_of(self, account: Account) -> bool:
        """Whether this account's tags must be requested."""
        if not self._policy.needs_tags or not account.is_active:
            return False
        kept = self._kept_placement(account.id)
        return kept.tags is None or not self._is_younger(kept.tags_at, MAX_AGE)

    def retry_tags(self) -> None:
        """Request the tags of a few more accounts before giving up on all."""
        self._tags.resume()

    def place(self, account: Account) -> Account:
        """The same for a scan, which concludes nothing from data that wasn't requested.

        Raises:
            GatewayError: something needed is unknown because the scan was stopped, or because the
                caller is denied: then the scan can't continue.
        """
        placed = self.complete(account)
        policy = self._policy
        failures = self.failures_of(account.id)
        for what, is_needed in (("units", policy.needs_units), ("tags", policy.needs_tags)):
            why = failures.get(what)
            if why is None or not is_needed or getattr(placed, what) is not None:
                continue
            if why.cause.of_the_caller or why.cause is FailureCode.NOT_REACHED:
                raise GatewayError(why)
        return placed

    def _find_units(
        self, account: Account, kept: AccountPlacement
    ) -> tuple[Path | None, datetime | None]:
        """The OUs, and when they were read."""
        walked: Mapping[str, AccountPlacement] = {}
        with self._lock:
            try:
                found = self._tree.find(account, kept)
            except GatewayError as error:
                self._record_failure(account.id, "units", error.failure)
                found = self._tree.last_known(account, kept)
            if not self._walk_is_kept:
                walked = self._tree.placements()
                self._walk_is_kept = bool(walked)
        if walked:
            self._keep_all(walked)
        return found

    def _find_tags(
        self, account_id: str, kept: AccountPlacement
    ) -> tuple[Mapping[str, str] | None, datetime | None]:
        """The tags, and when they were read."""
        if kept.tags is not None and self._is_younger(kept.tags_at, MAX_AGE):
            return kept.tags, kept.tags_at
        asked_at = self._clock.now()
        try:
            return self._tags.read(account_id), asked_at
        except GatewayError as error:
            with self._lock:
                self._record_failure(account_id, "tags", error.failure)
        return (kept.tags if self._is_younger(kept.tags_at, MAX_STALE_AGE) else None), kept.tags_at

    def _record_failure(self, account_id: str, what: str, why: Failure) -> None:
        if what not in self._logged:
            self._logged.add(what)
            organization = self._gateway.name
            cause = why.cause.value
            _log.warning("not read", what=what, organization=organization, cause=cause)
        self._failures[account_id][what] = why

    def _kept_placement(self, account_id: str) -> AccountPlacement:
        with self._lock:
            if self._kept is None:
                self._kept = self._load()
                self._tree.learn(self._kept.values())
            return self._kept.get(account_id, _NOTHING_KEPT)

    def _load(self) -> dict[str, AccountPlacement]:
        try:
            return dict(self._accounts.placements(self._gateway.name))
        except StoreError as error:
            _log.warning("placement unknown", problem=str(error))
            return {}

    def _keep(self, account: Account, update: AccountPlacement) -> None:
        with self._lock:
            known = self._kept is not None and account.id in self._kept
        try:
            if not known:
                self._accounts.remember((account,))
            self._accounts.keep_placements({account.id: update})
        except StoreError as error:
            # It is only read again the next time.
            _log.warning("placement not stored", account=account.id, problem=str(error))

    def _keep_all(self, walked: Mapping[str, AccountPlacement]) -> None:
        """Store the walk's result for known accounts; a new account's is stored later."""
        with self._lock:
            before = self._kept or {}
            updates = {each: walked[each] for each in before.keys() & walked.keys()}
            self._kept = before | {
                account_id: replace(before[account_id], units=new.units, units_at=new.units_at)
                for account_id, new in updates.items()
            }
        try:
            self._accounts.keep_placements(updates)
        except StoreError as error:
            _log.warning("placement not stored", problem=str(error))

    def _is_younger(self, moment: datetime | None, limit: timedelta) -> bool:
        return moment is not None and self._clock.now() - moment < limit


class AccountPlacer:
    """Places single accounts for which a person is waiting: with stored OUs, without a walk.

    Args:
        organizations: which organization an account is in.
        accounts: stores the OUs and tags that were read.
        clock: the time.
    """

    def __init__(
        self, organizations: OrganizationRouter, accounts: AccountRepository, clock: Clock
    ) -> None:
        self._organizations = organizations
        self._accounts = accounts
        self._clock = clock

    def complete(self, account: Account, policy: Policy) -> tuple[Account, Mapping[str, Failure]]:
        """The account with its OUs and tags, if they are needed and known.

        Returns:
            The account, and why its `units` or `tags` are unknown, if they were requested.
        """
        if not policy.needs_units and not policy.needs_tags:
            return account, {}
        try:
            gateway = self._organizations.for_account(account.id)
        except GatewayError as error:
            return account, dict.fromkeys(("units", "tags"), error.failure)
        resolver = PlacementResolver(gateway, self._accounts, policy, self._clock, may_walk=False)
        return resolver.complete_stored(account), resolver.failures_of(account.id)


def _lacks_names(path: Path | None) -> bool:
    """Whether these are OUs as AWS lists them with an account, without their names."""
    return any(not unit.name for unit in path or ())
