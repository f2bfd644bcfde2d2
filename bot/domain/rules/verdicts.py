"""What the policy names itself, and so asks for; and the verdicts on what it does not."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.findings import Difference, Verdict
from bot.domain.rules.expected_values import EMAIL, domain_matches, is_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.rule_catalog import Rule
    from bot.domain.rules.facts import RuleInput


def names(case: RuleInput, kind: ContactType, contact: AlternateContact, field: str) -> bool:
    """Whether the policy expects just this value of a field."""
    return is_named(contact, field, case.policy.expected[kind].get(field, ()))


def names_domain(case: RuleInput, kind: ContactType, contact: AlternateContact) -> bool:
    """Whether the policy names an address, or its domain in `domains` or as an `@domain`."""
    expected = case.policy.expected[kind].get(EMAIL, ())
    patterns = (*case.policy.domains, *(each[1:] for each in expected if each.startswith("@")))
    return any(domain_matches(contact.email, each) for each in patterns) or names(
        case, kind, contact, EMAIL
    )


def against(
    rule: Rule, case: RuleInput, contact: AlternateContact, words: str, fields: Iterable[str]
) -> Verdict:
    """The verdict that these fields break a rule, with what they hold."""
    held = tuple(Difference(each, (), getattr(contact, each)) for each in fields)
    return Verdict.violated(rule, words, case.policy.severities[rule], held)


@lru_cache(maxsize=4096)
def parts(email: str) -> tuple[str, str]:
    """An address in normal form: (what stands before the @, the domain)."""
    local, _, domain = email.strip().casefold().rpartition("@")
    return local, domain.rstrip(".")


@lru_cache(maxsize=4096)
def mailbox(email: str) -> str:
    """The mailbox that an address goes to: without the tag, as in `aws+prod@corp.example`."""
    local, domain = parts(email)
    return f"{local.partition('+')[0]}@{domain}"
