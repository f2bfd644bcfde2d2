"""Rule `different`: a contact has other values than the policy expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import differences

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput


def different(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether a contact has the values that the policy expects of its type."""
    contact, contact_type, policy = (
        rule_input.contact,
        rule_input.contact_type,
        rule_input.policy,
    )
    if contact is None:
        return None
    found = differences(contact, policy.expected[contact_type])
    if not found:
        return None
    reason = f"The {contact_type} contact differs from what the policy expects."
    return Verdict.violated(Rule.DIFFERENT, reason, policy.severities[Rule.DIFFERENT], found)
