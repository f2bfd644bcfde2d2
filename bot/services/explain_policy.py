"""Finds an account, reads what its policy depends on, and has the domain explain the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.policy.explain import explain_values
from bot.services.placement import PlacementResolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.accounts import Account
    from bot.domain.failures import Failure
    from bot.domain.policy.explain import ExplainedValue
    from bot.domain.policy.policy import Policy, PolicyUnknown
    from bot.services.find_account import AccountFinder
    from bot.services.organizations import OrganizationRouter
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import AccountRepository

MAX_MATCHES: Final = 21
"""Accounts to search for: one more than are shown if several have the name."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One account's policy; `failures` says why OUs or tags couldn't be read."""

    account: Account
    values: tuple[ExplainedValue, ...] | PolicyUnknown
    failures: Mapping[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotFound:
    """No account, or more than one, matches.

    `several` has the accounts that match. `failures` says, by organization, why accounts couldn't
    be listed.
    """

    several: Sequence[Account] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict)


def explain(
    text: str,
    policy: Policy,
    finder: AccountFinder,
    *,
    gateways: OrganizationRouter,
    accounts: AccountRepository,
    clock: Clock,
) -> Explanation | NotFound:
    """Every value of an account's policy; reads its OUs and tags if the policy needs them.

    Raises:
        GatewayError: the account is in none of the checked organizations.
        StoreError: the database can't be read.
    """
    matches = finder.find(text, MAX_MATCHES)
    account = matches.only
    if account is None:
        return NotFound(matches.exact or matches.accounts, matches.failures)
    failures: Mapping[str, Failure] = {}
    if policy.needs_units or policy.needs_tags:
        resolver = PlacementResolver(gateways.for_account(account.id), accounts, policy, clock)
        account = resolver.complete_stored(account)
        failures = resolver.failures_of(account.id)
    return Explanation(account, explain_values(policy, account), failures)
