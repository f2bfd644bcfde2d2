"""Rule `forbidden`: a contact is set, although the policy forbids one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import FIELDS
from bot.domain.rule_catalog import Rule
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def forbidden(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether a forbidden contact is set; the verdict shows all of it."""
    contact, contact_type = rule_input.contact, rule_input.contact_type
    if contact is None or not rule_input.is_forbidden:
        return None
    reason = f"A {contact_type} contact is set, but the policy forbids it."
    return violated_by(Rule.FORBIDDEN, rule_input, contact, reason, FIELDS)
