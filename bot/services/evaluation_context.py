"""Loads what an evaluation needs besides readings: the policy and stored facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import FLIPS, HISTORY, AccountFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.domain.contacts import ContactType
    from bot.domain.exemptions import Exemption
    from bot.domain.failures import Failure
    from bot.domain.policy.policy import Policy
    from bot.domain.rules.facts import Members, PastContact, PrimaryContact
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """The policy, and the facts that rules need besides readings.

    `history` is by (account id, type), `exemptions` by account id. `recent_fixes` has the
    fingerprints of what fixes wrote that were verified so recently that AWS may still return an
    older value, by (account id, type).
    """

    policy: Policy
    members: Members | Failure | None = None
    history: Mapping[tuple[str, ContactType], tuple[PastContact, ...]] = field(default_factory=dict)
    exemptions: Mapping[str, Mapping[tuple[ContactType, Rule], Exemption]] = field(
        default_factory=dict
    )
    recent_fixes: Mapping[tuple[str, ContactType], str] = field(default_factory=dict)

    def facts(
        self,
        account_id: str,
        types: tuple[ContactType, ...],
        primary: PrimaryContact | Failure | None,
    ) -> AccountFacts:
        """The facts for the contacts of these types of one account."""
        history = {
            contact_type: self.history[account_id, contact_type]
            for contact_type in types
            if (account_id, contact_type) in self.history
        }
        return AccountFacts(primary, self.members, history, self.exemptions.get(account_id, {}))


def load_context(
    policy: Policy,
    store: Store,
    clock: Clock,
    members: Callable[[], Members | Failure | None],
) -> EvaluationContext:
    """Load what an evaluation needs, as far as the policy requires it.

    Args:
        policy: what accounts should have.
        store: the database.
        clock: the time.
        members: the members of the Slack workspace; reading them may take a minute in a large one.

    Raises:
        StoreError: the database can't be read.
    """
    contested = policy.turns_on(Rule.CONTESTED)
    since = clock.now() - timedelta(days=HISTORY)
    return EvaluationContext(
        policy,
        members=members() if policy.needs_members else None,
        history=store.accounts.contact_history(since, FLIPS - 1) if contested else {},
        exemptions=store.exemptions.in_force(),
        recent_fixes=store.fixes.recent(),
    )
