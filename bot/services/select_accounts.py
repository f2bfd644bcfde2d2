"""Selects accounts by what people type, and reads the OUs and tags that this needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bot.domain.account_selection import needs_of, select_accounts
from bot.domain.policy.match import Match
from bot.domain.policy.policy import BUILT_IN, Policy, PolicyTable
from bot.services.placement import PlacementResolver

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.domain.account_selection import Selection
    from bot.domain.accounts import Account
    from bot.domain.failures import Failure
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import AccountRepository

MOST_TAGGED: Final = 200
"""The most accounts whose tags are read for a selection, one call each: 40 seconds at 5 a second.
The tags of others stay unknown until a policy that matches on tags has them read by a check."""

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class SelectedAccounts:
    """The selection, every known account, and {organization: why it couldn't be listed}."""

    selection: Selection
    known: Sequence[Account]
    failures: Mapping[str, Failure] = field(default_factory=dict)


class AccountSelector:
    """Selects accounts among those listed last. Safe to call from several threads.

    Args:
        accounts: the accounts as last listed.
        organizations: list accounts, OUs and tags in AWS.
        clock: the time.
    """

    def __init__(
        self, accounts: AccountRepository, organizations: OrganizationRouter, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._organizations = organizations
        self._clock = clock

    def select(self, typed: str | Sequence[str], *, fresh: bool = False) -> SelectedAccounts:
        """Select accounts.

        Args:
            typed: see `select_accounts`.
            fresh: whether to list the accounts in AWS now; they are listed anyway if none is known.

        Raises:
            StoreError: the database can't be used.
        """
        failures: Mapping[str, Failure] = {}
        known = self._accounts.all()
        if fresh or not known:
            failures = self.list_again()
            known = self._accounts.all()
        if needs := needs_of(typed):
            known = self.placed(known, needs, MOST_TAGGED)
        return SelectedAccounts(select_accounts(typed, known), known, failures)

    def list_again(self) -> Mapping[str, Failure]:
        """List the accounts in AWS now; returns {organization: why it couldn't be listed}.

        Raises:
            StoreError: the database can't be used.
        """
        listing = self._organizations.accounts()
        for start in range(0, len(listing.accounts), _BATCH):
            self._accounts.remember(listing.accounts[start : start + _BATCH])
        return listing.failures

    def placed(
        self,
        accounts: Sequence[Account],
        needs: Collection[str],
        most_tagged: int | None = None,
    ) -> list[Account]:
        """The accounts with the OUs and tags that are needed, as far as they can be read now.

        Args:
            accounts: accounts as stored.
            needs: `units`, `tags`, or both.
            most_tagged: how many accounts' tags are read at most, one call each.
        """
        units = ("/",) if "units" in needs else ()
        needed = Match(units=units)
        unplaced = {each.id for each in accounts if units and each.units is None}
        if "tags" in needs:
            needed = replace(needed, tags=(("*", "*"),))
            untagged = [each.id for each in accounts if each.tags is None and each.is_active]
            unplaced |= set(untagged[:most_tagged])
        # A policy that matches on the same data has it read the same way.
        policy = Policy((BUILT_IN, PolicyTable("the selection", {}, needed)))
        resolvers = {
            gateway.name: PlacementResolver(gateway, self._accounts, policy, self._clock)
            for gateway in self._organizations.all
        }
        only = next(iter(resolvers.values())) if len(resolvers) == 1 else None
        placed = []
        for account in accounts:
            resolver = only or resolvers.get(account.organization)
            if resolver is None or account.id not in unplaced:
                placed.append(account)
            else:
                placed.append(resolver.complete_stored(account))
        return placed
