"""Rule `primary_contact`: a contact has the phone number of the account's primary contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Verdict
from bot.domain.phone_numbers import parse_phone
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import PrimaryContact
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput

PRIMARY_UNKNOWN: Final = failure(
    FailureCode.NOT_KNOWN, message="The account's primary contact wasn't read."
)


def primary_contact(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether the numbers are the same; AWS stores no email address to compare."""
    contact, primary = rule_input.contact, rule_input.facts.primary
    if contact is None:
        return None
    if not isinstance(primary, PrimaryContact):
        return Verdict.unknown(Rule.PRIMARY_CONTACT, primary or PRIMARY_UNKNOWN)
    number = parse_phone(contact.phone).normal
    if not number or number != parse_phone(primary.phone).normal:
        return None
    reason = (
        f"The {rule_input.contact_type} contact's phone number is the same as the primary "
        "contact's."
    )
    return violated_by(Rule.PRIMARY_CONTACT, rule_input, contact, reason, ("phone",))
