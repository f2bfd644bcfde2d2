"""Rule `impossible_phone`: a phone number cannot exist in its country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.phone_numbers import parse_phone
from bot.domain.rule_catalog import Rule
from bot.domain.rules.placeholder import is_made_up
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def impossible_phone(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether a phone number is possible; `placeholder` takes precedence."""
    contact = rule_input.contact
    if contact is None or parse_phone(contact.phone).possible is not False:
        return None
    if Rule.PLACEHOLDER in rule_input.policy.severities and is_made_up(rule_input, contact):
        return None
    reason = f"The {rule_input.contact_type} contact's phone number can't exist in its country."
    return violated_by(Rule.IMPOSSIBLE_PHONE, rule_input, contact, reason, ("phone",))
