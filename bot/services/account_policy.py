"""Looks up an account's policy: the only place where the current policy is resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.accounts import Account
from bot.domain.policy.policy import PolicyUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy, ManagedBy
    from bot.domain.policy.policy import Policy
    from bot.services.placement import AccountPlacer
    from bot.services.ports.store import AccountRepository


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """An account, the complete policy, and the account's part of it.

    `failures` says why its `units` or `tags` are unknown, if they were requested from AWS.
    """

    account: Account
    policy: Policy
    resolved: AccountPolicy | PolicyUnknown
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def known(self) -> AccountPolicy | None:
        """The account's policy; None if it is unknown."""
        return None if isinstance(self.resolved, PolicyUnknown) else self.resolved


class AccountPolicies:
    """Looks up accounts' policies. Safe to call from several threads.

    Args:
        accounts: the accounts as last listed.
        policies: returns the current policy.
        placement: reads an account's OUs and tags if the policy needs them; None uses the stored
            ones.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        policies: Callable[[], Policy],
        placement: AccountPlacer | None = None,
    ) -> None:
        self._accounts = accounts
        self._policies = policies
        self._placement = placement

    def of(self, account: Account) -> ResolvedPolicy:
        """The policy of an account, by its known OUs and tags."""
        policy = self._policies()
        return ResolvedPolicy(account, policy, policy.resolve(account))

    def of_placed(self, account: Account) -> ResolvedPolicy:
        """The policy of an account; requests its OUs and tags if the policy needs them."""
        policy = self._policies()
        failures: Mapping[str, Failure] = {}
        if self._placement is not None:
            account, failures = self._placement.complete(account, policy)
        return ResolvedPolicy(account, policy, policy.resolve(account), failures)

    @property
    def current(self) -> Policy:
        """The whole policy as it is now."""
        return self._policies()

    def rights(self, account_id: str, *, placed: bool = False) -> AccountPolicy | PolicyUnknown:
        """Who may do what about an account: unknown unless every section that applies is known.

        Args:
            account_id: the account.
            placed: whether its OUs and tags are requested from AWS if they were never read.

        Raises:
            StoreError: the database can't be read.
        """
        policy = self._policies()
        account = self._accounts.get(account_id)
        if account is None:
            if any(table.match.names or table.match.organizations for table in policy.tables):
                return PolicyUnknown(("account",), policy.evaluated_types)
            return policy.resolve_rights(Account(account_id, account_id))
        rights = policy.resolve_rights(account)
        if placed and isinstance(rights, PolicyUnknown) and self._placement is not None:
            rights = policy.resolve_rights(self._placement.complete(account, policy)[0])
        return rights

    def tool(self, account_id: str) -> ManagedBy | None:
        """The tool that keeps an account's contacts as code; None if none does, or if unknown.

        Raises:
            StoreError: the database can't be read.
        """
        rights = self.rights(account_id)
        return None if isinstance(rights, PolicyUnknown) else rights.managed_by

    def find(self, account_id: str) -> ResolvedPolicy | None:
        """The policy of an account as last listed; None if the account is unknown.

        Raises:
            StoreError: the database can't be read.
        """
        account = self._accounts.get(account_id)
        return self.of(account) if account is not None else None

    def known(self, account_id: str) -> AccountPolicy | None:
        """An account's policy; None if it, or the account, is unknown.

        Raises:
            StoreError: the database can't be read.
        """
        found = self.find(account_id)
        return found.known if found is not None else None
