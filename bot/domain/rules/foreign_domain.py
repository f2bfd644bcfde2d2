"""Rule `foreign_domain`: an address is at none of the domains that the policy allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import has_named_domain
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def foreign_domain(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address is at an allowed domain, if the policy names any."""
    contact = rule_input.contact
    if contact is None or not rule_input.policy.domains or has_named_domain(rule_input, contact):
        return None
    reason = (
        f"The {rule_input.contact_type} contact's email address isn't at a domain that the policy "
        "allows."
    )
    return violated_by(Rule.FOREIGN_DOMAIN, rule_input, contact, reason, ("email",))
