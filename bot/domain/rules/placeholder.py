"""Tells what was typed only to fill a form: placeholders, and phones that cannot exist."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bot.domain.phone_numbers import parse_phone
from bot.domain.rule_catalog import Rule
from bot.domain.rules.verdicts import against, names, names_domain, parts

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact, ContactType
    from bot.domain.findings import Verdict
    from bot.domain.rules.facts import RuleInput

RESERVED: Final = frozenset(
    {"test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"}
)
"""The domains of RFC 2606 and RFC 6761 that nobody can receive mail at; those below them too."""

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
"""What before the @ names nobody: without tags, dots, dashes and underscores, and last digits."""

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
"""What as a name or a title says nothing, as a whole and whatever its case."""


def placeholder(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether any field just fills the form; what the policy names does not."""
    reasons = fillers(case, kind, contact)
    if not reasons:
        return None
    words = f"The {kind} contact is filled with placeholders: {', '.join(reasons.values())}."
    return against(Rule.PLACEHOLDER, case, contact, words, reasons)


def fillers(case: RuleInput, kind: ContactType, contact: AlternateContact) -> dict[str, str]:
    """The fields that just fill the form: {field: why, as part of a sentence}."""
    reasons = {}
    if is_filler(contact.name) and not names(case, kind, contact, "name"):
        reasons["name"] = "the name says nothing"
    if is_filler(contact.title):
        reasons["title"] = "the title says nothing"
    elif _same(contact.name, contact.title):
        reasons["title"] = "the title is just the name"
    if "title" in reasons and names(case, kind, contact, "title"):
        del reasons["title"]
    if why := _of_email(case, kind, contact):
        reasons["email"] = why
    if _is_made_up(case, kind, contact):
        reasons["phone"] = "the phone number is made up"
    return reasons


def impossible_phone(
    case: RuleInput, kind: ContactType, contact: AlternateContact
) -> Verdict | None:
    """Judge whether a phone number cannot exist, unless that is told of it as a placeholder."""
    if parse_phone(contact.phone).possible is not False:
        return None
    if Rule.PLACEHOLDER in case.policy.severities and _is_made_up(case, kind, contact):
        return None
    words = f"The {kind} contact's phone number cannot exist in its country."
    return against(Rule.IMPOSSIBLE_PHONE, case, contact, words, ("phone",))


@lru_cache(maxsize=4096)
def is_reserved(domain: str) -> bool:
    """Whether a domain is reserved for examples and tests, or below one that is."""
    labels = domain.split(".")
    return labels[-1] in RESERVED or ".".join(labels[-2:]) in RESERVED


@lru_cache(maxsize=4096)
def is_filler(text: str) -> bool:
    """Whether a name or a title is a word that says nothing, or has no letter and no digit."""
    plain = " ".join(text.casefold().split())
    return plain in WORDS or not any(character.isalnum() for character in plain)


def is_nobody(local: str) -> bool:
    """Whether what stands before the @ names nobody."""
    plain = local.partition("+")[0]
    for mark in ".-_":
        plain = plain.replace(mark, "")
    return plain.rstrip("0123456789") in MAILBOXES


def _same(name: str, title: str) -> bool:
    return name.split() == title.split() or name.casefold().split() == title.casefold().split()


def _of_email(case: RuleInput, kind: ContactType, contact: AlternateContact) -> str:
    local, domain = parts(contact.email)
    if is_reserved(domain) and not names_domain(case, kind, contact):
        return "the email address is of a domain reserved for examples"
    if is_nobody(local) and not names(case, kind, contact, "email"):
        return "the email address names nobody"
    return ""


def _is_made_up(case: RuleInput, kind: ContactType, contact: AlternateContact) -> bool:
    return parse_phone(contact.phone).is_made_up and not names(case, kind, contact, "phone")
