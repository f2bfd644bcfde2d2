"""Tells whether a contact reaches anybody whom AWS would not reach without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Verdict
from bot.domain.phone_numbers import parse_phone
from bot.domain.rule_catalog import Rule
from bot.domain.rules.facts import PrimaryContact
from bot.domain.rules.verdicts import against, mailbox

if TYPE_CHECKING:
    from bot.domain.contacts import AlternateContact
    from bot.domain.rules.facts import RuleInput

ROOT_UNKNOWN: Final = failure(
    FailureCode.NOT_KNOWN, message="The account's root email address is not known here."
)
PRIMARY_UNKNOWN: Final = failure(
    FailureCode.NOT_KNOWN, message="The account's primary contact was not read."
)


def root_email(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether mail goes to the root mailbox, which AWS writes to anyway."""
    root = case.account.email
    if not root.strip():
        return Verdict.unknown(Rule.ROOT_EMAIL, ROOT_UNKNOWN)
    if mailbox(root) != mailbox(contact.email):
        return None
    words = f"The {kind} contact's email address is the account's root mailbox."
    return against(Rule.ROOT_EMAIL, case, contact, words, ("email",))


def primary_contact(
    case: RuleInput, kind: ContactType, contact: AlternateContact
) -> Verdict | None:
    """Judge whether a phone number is the primary contact's, of which AWS holds no address."""
    primary = case.evidence.primary
    if not isinstance(primary, PrimaryContact):
        return Verdict.unknown(Rule.PRIMARY_CONTACT, primary or PRIMARY_UNKNOWN)
    number = parse_phone(contact.phone).normal
    if not number or number != parse_phone(primary.phone).normal:
        return None
    words = f"The {kind} contact's phone number is the account's primary contact's."
    return against(Rule.PRIMARY_CONTACT, case, contact, words, ("phone",))


def same_for_all(case: RuleInput, kind: ContactType, contact: AlternateContact) -> Verdict | None:
    """Judge whether one address stands for all three types; tags in it tell addresses apart."""
    mine = contact.email.strip().casefold()
    unread = None
    for each in ContactType:
        if each in case.unread:
            unread = case.unread[each]
        elif each not in case.contacts or case.contacts[each].email.strip().casefold() != mine:
            return None
    if unread is not None:
        return Verdict.unknown(Rule.SAME_FOR_ALL, unread)
    words = f"The {kind} contact's email address is the same as that of both other types."
    return against(Rule.SAME_FOR_ALL, case, contact, words, ("email",))
