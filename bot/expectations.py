"""Compares a contact with what the policy expects, in normal form; and fills a form with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.contacts import AlternateContact
from bot.findings import Difference
from bot.policy import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

EMAIL = "email"


def differences(
    contact: AlternateContact, expected: Mapping[str, tuple[str, ...]]
) -> tuple[Difference, ...]:
    """The fields of a contact that are none of what is expected of them, in the form's order."""
    return tuple(
        Difference(field, expected[field], getattr(contact, field))
        for field in FIELDS
        if field in expected and not _is_one_of(contact, field, expected[field])
    )


def domain_matches(email: str, pattern: str) -> bool:
    """Whether an address is of this domain, or with `*.` of any domain below it."""
    domain = email.strip().rpartition("@")[2].casefold()
    wanted = pattern.casefold()
    if wanted.startswith("*."):
        return domain.endswith(wanted[1:])
    return domain == wanted


def prefilled(expected: Mapping[str, tuple[str, ...]]) -> AlternateContact:
    """What a form is filled with where AWS holds nothing: each field's first expected value."""
    first = {
        field: next((each for each in values if not each.startswith("@")), "")
        for field, values in expected.items()
    }
    return AlternateContact(*(first.get(field, "") for field in FIELDS))


def _is_one_of(contact: AlternateContact, field: str, values: tuple[str, ...]) -> bool:
    held = getattr(contact, field)
    for value in values:
        if field == EMAIL and value.startswith("@"):
            if domain_matches(held, value[1:]):
                return True
        elif _normal(field, value) == _normal(field, held):
            return True
    return False


def _normal(field: str, value: str) -> str:
    alone = AlternateContact(*(value if each == field else "" for each in FIELDS))
    return alone.normal()[FIELDS.index(field)]
