"""Rule `person_left`: an address belongs to a person who has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import MemberState
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput


def person_left(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address belongs to a deactivated member of the Slack workspace."""
    contact = rule_input.contact
    if contact is None:
        return None
    state = rule_input.facts.member_state(contact.email)
    if state is None or state is MemberState.ACTIVE:
        return None
    if not isinstance(state, MemberState):
        return Verdict.unknown(Rule.PERSON_LEFT, state)
    reason = (
        f"The {rule_input.contact_type} contact's email address "
        "belongs to a deactivated member of the Slack workspace."
    )
    return violated_by(Rule.PERSON_LEFT, rule_input, contact, reason, ("email",))
