"""Compares a contact with what the policy expects, in normal form; and fills a form with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import AlternateContact
from bot.domain.findings import Difference
from bot.domain.phone_numbers import parse_phone
from bot.domain.policy.policy import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

EMAIL, PHONE = "email", "phone"


def differences(
    contact: AlternateContact, expected: Mapping[str, tuple[str, ...]]
) -> tuple[Difference, ...]:
    """The fields of a contact that are none of what is expected of them, in the form's order."""
    if not expected:
        return ()
    return tuple(
        Difference(field, expected[field], getattr(contact, field))
        for field in FIELDS
        if field in expected and not _is_one_of(contact, field, expected[field])
    )


def is_named(contact: AlternateContact, field: str, values: tuple[str, ...]) -> bool:
    """Whether a field is one of these values word for word, rather than of a domain of theirs."""
    held = normal(field, getattr(contact, field))
    return any(
        normal(field, value) == held
        for value in values
        if field != EMAIL or not value.startswith("@")
    )


def domain_matches(email: str, pattern: str) -> bool:
    """Whether an address is of this domain, or with `*.` of any domain below it."""
    domain = email.strip().rpartition("@")[2].casefold()
    wanted = pattern.casefold()
    if wanted.startswith("*."):
        return domain.endswith(wanted[1:])
    return domain == wanted


def normal(field: str, value: str) -> str:
    """A field's value in the form in which it is compared.

    That is the form of `AlternateContact.normal`, but that a phone number with a country code is
    E.164: `+44 (0)20 7946 0958` is the number `+442079460958`, which AWS cannot know.
    """
    if field == PHONE:
        return parse_phone(value).normal
    if field == EMAIL:
        return value.strip().casefold()
    return " ".join(value.split())


def prefilled(expected: Mapping[str, tuple[str, ...]]) -> AlternateContact:
    """What a form is filled with where AWS holds nothing: each field's first expected value."""
    first = {
        field: next((each for each in values if not each.startswith("@")), "")
        for field, values in expected.items()
    }
    return AlternateContact(*(first.get(field, "") for field in FIELDS))


def _is_one_of(contact: AlternateContact, field: str, values: tuple[str, ...]) -> bool:
    if is_named(contact, field, values):
        return True
    return field == EMAIL and any(
        domain_matches(contact.email, value[1:]) for value in values if value.startswith("@")
    )
