"""Rule `root_email`: a contact has the root email address, to which AWS sends mail anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Verdict
from bot.domain.rule_catalog import Rule
from bot.domain.rules.mail_addresses import mailbox
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.rules.facts import RuleInput

ROOT_UNKNOWN: Final = failure(
    FailureCode.NOT_KNOWN, message="The account's root email address isn't available here."
)


def root_email(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address belongs to the same mailbox as the root email address."""
    contact, root = rule_input.contact, rule_input.account.email
    if contact is None:
        return None
    if not root.strip():
        return Verdict.unknown(Rule.ROOT_EMAIL, ROOT_UNKNOWN)
    if mailbox(root) != mailbox(contact.email):
        return None
    reason = f"The {rule_input.contact_type} contact's email address is the account's root mailbox."
    return violated_by(Rule.ROOT_EMAIL, rule_input, contact, reason, ("email",))
