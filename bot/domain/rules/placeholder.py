"""Rule `placeholder`: a field has a value that was entered only to fill in the form."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.domain.phone_numbers import parse_phone
from bot.domain.rule_catalog import Rule
from bot.domain.rules.expected_values import has_named_domain, is_named
from bot.domain.rules.mail_addresses import split_address
from bot.domain.rules.verdicts import violated_by
from bot.domain.visible_text import visible

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput

RESERVED: Final = frozenset(
    {
        "arpa",
        "example",
        "example.com",
        "example.net",
        "example.org",
        "invalid",
        "local",
        "localhost",
        "onion",
        "test",
    }
)
"""Domains that, like their subdomains, can't receive mail from AWS: those of RFC 2606, RFC 6761,
RFC 6762 (`local`) and RFC 7686 (`onion`), and `arpa`, which is for name servers."""

MAILBOXES: Final = frozenset(
    {
        "asdf",
        "changeme",
        "donotreply",
        "dummy",
        "example",
        "fake",
        "foo",
        "foobar",
        "fixme",
        "janedoe",
        "johndoe",
        "nobody",
        "none",
        "noreply",
        "null",
        "placeholder",
        "qwerty",
        "sample",
        "someone",
        "tbd",
        "test",
        "testing",
        "todo",
        "xxx",
        "youremail",
        "yourname",
    }
)
"""Generic local parts, without tags, dots, dashes, underscores and trailing digits."""

WORDS: Final = frozenset(
    {
        "asdf",
        "change me",
        "changeme",
        "dummy",
        "example",
        "fake",
        "first last",
        "firstname lastname",
        "fixme",
        "foo",
        "foo bar",
        "foobar",
        "jane doe",
        "john doe",
        "n.a",
        "n.a.",
        "n/a",
        "name",
        "nil",
        "none",
        "not applicable",
        "null",
        "placeholder",
        "qwerty",
        "sample",
        "tba",
        "tbc",
        "tbd",
        "test",
        "test test",
        "test user",
        "testing",
        "title",
        "to be defined",
        "to be determined",
        "todo",
        "unknown",
        "x",
        "xx",
        "xxx",
        "your name",
        "your title",
    }
)
"""Complete names and titles that are placeholders, in lower case."""


def placeholder(rule_input: RuleInput) -> Verdict | None:
    """Evaluate whether any field is a placeholder; a value that the policy names is not one."""
    contact = rule_input.contact
    if contact is None:
        return None
    reasons = placeholder_fields(rule_input, contact)
    if not reasons:
        return None
    reason = (
        f"The {rule_input.contact_type} contact has placeholder values: "
        f"{', '.join(reasons.values())}."
    )
    return violated_by(Rule.PLACEHOLDER, rule_input, contact, reason, reasons)


def placeholder_fields(rule_input: RuleInput, contact: AlternateContact) -> dict[str, str]:
    """The fields that are placeholders: {field: why, as part of a sentence}."""
    reasons = {}
    if is_filler(contact.name) and not is_named(rule_input, contact, "name"):
        reasons["name"] = "the name is a placeholder"
    if is_filler(contact.title):
        reasons["title"] = "the title is a placeholder"
    elif contact.name.casefold().split() == contact.title.casefold().split():
        reasons["title"] = "the title repeats the name"
    if "title" in reasons and is_named(rule_input, contact, "title"):
        del reasons["title"]
    if reason := _email_reason(rule_input, contact):
        reasons["email"] = reason
    if is_made_up(rule_input, contact):
        reasons["phone"] = "the phone number is made up"
    return reasons


def is_made_up(rule_input: RuleInput, contact: AlternateContact) -> bool:
    """Whether a phone number is made up, and not one that the policy names."""
    made_up = parse_phone(contact.phone).is_made_up
    return made_up and not is_named(rule_input, contact, "phone")


@lru_cache(maxsize=4096)
def is_reserved(domain: str) -> bool:
    """Whether a domain, or a parent of it, is reserved and can't receive mail."""
    labels = domain.split(".")
    return labels[-1] in RESERVED or ".".join(labels[-2:]) in RESERVED


@lru_cache(maxsize=4096)
def is_filler(text: str) -> bool:
    """Whether a name or a title is a placeholder word, or has no letter and no digit."""
    plain = visible(text.casefold())
    return plain in WORDS or not any(character.isalnum() for character in plain)


def is_nobody(local: str) -> bool:
    """Whether the part before the @ is generic."""
    plain = local.partition("+")[0]
    for mark in ".-_":
        plain = plain.replace(mark, "")
    return plain.rstrip("0123456789") in MAILBOXES


def _email_reason(rule_input: RuleInput, contact: AlternateContact) -> str:
    local, domain = split_address(contact.email)
    if is_reserved(domain) and not has_named_domain(rule_input, contact):
        return "the email address is at a reserved domain, which can't receive email"
    if is_nobody(local) and not is_named(rule_input, contact, "email"):
        return "the email address is a placeholder"
    return ""
