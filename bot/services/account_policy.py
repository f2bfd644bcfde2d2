"""What one account should have: the only place where the policy in force is resolved for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.policy.policy import PolicyUnknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.contacts import Account
    from bot.domain.policy.policy import AccountPolicy, Policy
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """An account, the whole policy that was in force, and what that asks of the account."""

    account: Account
    policy: Policy
    resolved: AccountPolicy | PolicyUnknown

    @property
    def known(self) -> AccountPolicy | None:
        """What the policy asks of the account; None where that is not known."""
        return None if isinstance(self.resolved, PolicyUnknown) else self.resolved


class AccountPolicies:
    """Looks up what accounts should have. Safe to call from several threads.

    Args:
        store: the accounts as last listed.
        policies: gives the policy as it is now.
        place: gives an account its OUs and tags, where the policy needs them.
    """

    def __init__(
        self,
        store: Store,
        policies: Callable[[], Policy],
        *,
        place: Callable[[Account, Policy], Account] = lambda account, _: account,
    ) -> None:
        self._store = store
        self._policies = policies
        self._place = place

    def of(self, account: Account) -> ResolvedPolicy:
        """The policy of an account, by what is known of where it stands."""
        policy = self._policies()
        return ResolvedPolicy(account, policy, policy.resolve(account))

    def of_placed(self, account: Account) -> ResolvedPolicy:
        """The policy of an account; AWS is asked where it stands, if the policy needs that."""
        policy = self._policies()
        placed = self._place(account, policy)
        return ResolvedPolicy(placed, policy, policy.resolve(placed))

    def find(self, account_id: str) -> ResolvedPolicy | None:
        """The policy of an account as last listed; None where the account is not known.

        Raises:
            StoreError: it could not be looked up.
        """
        account = self._store.account(account_id)
        return self.of(account) if account is not None else None

    def known(self, account_id: str) -> AccountPolicy | None:
        """What the policy asks of an account; None where the account or that is not known.

        Raises:
            StoreError: it could not be looked up.
        """
        found = self.find(account_id)
        return found.known if found is not None else None
