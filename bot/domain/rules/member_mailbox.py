"""Rule `member_mailbox`: an address is one person's mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import MemberState
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput


def member_mailbox(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address belongs to an active member of the Slack workspace."""
    contact = rule_input.contact
    if contact is None:
        return None
    state = rule_input.facts.member_state(contact.email)
    if state is None or state is MemberState.DEACTIVATED:
        return None
    if not isinstance(state, MemberState):
        return Verdict.unknown(Rule.MEMBER_MAILBOX, state)
    reason = (
        f"The {rule_input.contact_type} contact's email address "
        "is one person's mailbox rather than a mailing list."
    )
    return violated_by(Rule.MEMBER_MAILBOX, rule_input, contact, reason, ("email",))
