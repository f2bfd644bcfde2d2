"""Rule `disposable_mail`: an address is at a provider of disposable addresses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import has_named_domain
from bot.domain.rules.mail_addresses import split_address
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def disposable_mail(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address is disposable."""
    contact = rule_input.contact
    if contact is None or not is_disposable(split_address(contact.email)[1]):
        return None
    if has_named_domain(rule_input, contact):
        return None
    reason = (
        f"The {rule_input.contact_type} contact's email address is at a provider of disposable "
        "addresses."
    )
    return violated_by(Rule.DISPOSABLE_MAIL, rule_input, contact, reason, ("email",))


@lru_cache(maxsize=4096)
def is_disposable(domain: str) -> bool:
    """Whether a domain, or a parent of it, provides disposable addresses."""
    # A big list, loaded only if the rule is on.
    from disposable_email_domains import blocklist  # noqa: PLC0415

    labels = domain.split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))
