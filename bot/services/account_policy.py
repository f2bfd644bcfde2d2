"""What one account should have: the only place where the policy in force is resolved for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.policy.policy import PolicyUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.accounts import Account
    from bot.domain.failures import Failure
    from bot.domain.policy.account_policy import AccountPolicy
    from bot.domain.policy.policy import Policy
    from bot.services.placement import AccountPlacer
    from bot.services.ports.store import AccountRepository


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """An account, the whole policy that was in force, and what that asks of the account.

    `failures` says why its `units` or `tags` are unknown, where AWS was asked for them.
    """

    account: Account
    policy: Policy
    resolved: AccountPolicy | PolicyUnknown
    failures: Mapping[str, Failure] = field(default_factory=dict)

    @property
    def known(self) -> AccountPolicy | None:
        """What the policy asks of the account; None where that is not known."""
        return None if isinstance(self.resolved, PolicyUnknown) else self.resolved


class AccountPolicies:
    """Looks up what accounts should have. Safe to call from several threads.

    Args:
        accounts: the accounts as last listed.
        policies: gives the policy as it is now.
        placement: gives an account its OUs and tags, where the policy needs them; without it
            accounts stand where the store says.
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
        """The policy of an account, by what is known of where it stands."""
        policy = self._policies()
        return ResolvedPolicy(account, policy, policy.resolve(account))

    def of_placed(self, account: Account) -> ResolvedPolicy:
        """The policy of an account; AWS is asked where it stands, if the policy needs that."""
        policy = self._policies()
        failures: Mapping[str, Failure] = {}
        if self._placement is not None:
            account, failures = self._placement.complete(account, policy)
        return ResolvedPolicy(account, policy, policy.resolve(account), failures)

    def find(self, account_id: str) -> ResolvedPolicy | None:
        """The policy of an account as last listed; None where the account is not known.

        Raises:
            StoreError: it could not be looked up.
        """
        account = self._accounts.get(account_id)
        return self.of(account) if account is not None else None

    def known(self, account_id: str) -> AccountPolicy | None:
        """What the policy asks of an account; None where the account or that is not known.

        Raises:
            StoreError: it could not be looked up.
        """
        found = self.find(account_id)
        return found.known if found is not None else None
