"""Rule `missing`: a contact that the policy requires is not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Difference, Verdict
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput


def missing(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether a required contact is absent; the verdict has the expected values."""
    contact_type, policy = rule_input.contact_type, rule_input.policy
    if rule_input.contact is not None or policy.presence[contact_type] is not Presence.REQUIRED:
        return None
    expected = policy.expected[contact_type]
    differences = tuple(Difference(field, values) for field, values in expected.items())
    reason = f"No {contact_type} contact is set."
    return Verdict.violated(Rule.MISSING, reason, policy.severities[Rule.MISSING], differences)
