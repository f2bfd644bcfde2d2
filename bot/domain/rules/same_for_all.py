"""Rule `same_for_all`: all three types have the same address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import ContactType
from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput


def same_for_all(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether all three addresses are equal; addresses with different tags are not."""
    contact = rule_input.contact
    if contact is None:
        return None
    email = contact.email.strip().casefold()
    failure = None
    for contact_type in ContactType:
        if contact_type in rule_input.unread:
            failure = rule_input.unread[contact_type]
            continue
        other = rule_input.contacts.get(contact_type)
        if other is None or other.email.strip().casefold() != email:
            return None
    if failure is not None:
        return Verdict.unknown(Rule.SAME_FOR_ALL, failure)
    reason = (
        f"The {rule_input.contact_type} contact's email address is the same as the other two "
        "contacts'."
    )
    return violated_by(Rule.SAME_FOR_ALL, rule_input, contact, reason, ("email",))
