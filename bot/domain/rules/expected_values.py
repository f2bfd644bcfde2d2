"""Compares a contact with the values that the policy expects, and fills in a form with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.findings import Difference
from bot.domain.phone_numbers import parse_phone
from bot.domain.visible_text import tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.rules.facts import RuleInput

EMAIL, PHONE = "email", "phone"


def differences(
    contact: AlternateContact, expected: Mapping[str, tuple[str, ...]]
) -> tuple[Difference, ...]:
    """The fields of a contact whose value is not an expected one, in the order of the form."""
    if not expected:
        return ()
    return tuple(
        Difference(field, expected[field], getattr(contact, field))
        for field in FIELDS
        if field in expected and not _is_one_of(contact, field, expected[field])
    )


def is_named(rule_input: RuleInput, contact: AlternateContact, field: str) -> bool:
    """Whether the policy expects exactly this value of a field, rather than only its domain."""
    expected = rule_input.policy.expected[rule_input.contact_type].get(field, ())
    return _has_value(contact, field, expected)


def has_named_domain(rule_input: RuleInput, contact: AlternateContact) -> bool:
    """Whether the policy names an address, or its domain in `domains` or as an `@domain`."""
    expected = rule_input.policy.expected[rule_input.contact_type].get(EMAIL, ())
    patterns = (
        *rule_input.policy.domains,
        *(value[1:] for value in expected if value.startswith("@")),
    )
    return any(domain_matches(contact.email, pattern) for pattern in patterns) or is_named(
        rule_input, contact, EMAIL
    )


def domain_matches(email: str, pattern: str) -> bool:
    """Whether an address is at this domain, or with `*.` at any subdomain of it."""
    domain = email.strip().rpartition("@")[2].casefold()
    wanted = pattern.casefold()
    if wanted.startswith("*."):
        return domain.endswith(wanted[1:])
    return domain == wanted


def normal(field: str, value: str) -> str:
    """A field's value in the form in which it is compared.

    It is the form of `AlternateContact.normal`, except that a phone number with a country code is
    E.164 (`+44 (0)20 7946 0958` is the number `+442079460958`, which AWS can't know), and that
    invisible characters are ignored.
    """
    if field == PHONE:
        return parse_phone(value).normal
    if field == EMAIL:
        return value.strip().casefold()
    return " ".join(tidy(value).split())


def prefill(
    contact: AlternateContact | None, expected: Mapping[str, tuple[str, ...]]
) -> tuple[AlternateContact | None, frozenset[str]]:
    """Fill in the fields for which exactly one value is expected and the contact lacks it.

    An `@domain` is not a value. A field that already has an allowed value stays as it is.

    Args:
        contact: what a form starts from; None if no contact is set.
        expected: {field: allowed values}.

    Returns:
        The contact, and the fields that were filled in; None and no fields if there is nothing.
    """
    filled: dict[str, str] = {}
    for field, allowed in expected.items():
        values = _values(field, allowed)
        if len(values) == 1 and not (contact and _is_one_of(contact, field, allowed)):
            filled[field] = values[0]
    if not filled:
        return contact, frozenset()
    values_now = {field: getattr(contact, field, "") for field in FIELDS} | filled
    return AlternateContact(*(values_now[field] for field in FIELDS)), frozenset(filled)


def expected_contact(
    contact: AlternateContact | None, expected: Mapping[str, tuple[str, ...]]
) -> AlternateContact | None:
    """The contact that an account should have, if the policy says so for all four fields.

    A field that already has an allowed value keeps it; any other becomes the single expected value.

    Args:
        contact: the contact in AWS; None if no contact is set.
        expected: {field: allowed values}.

    Returns:
        The contact; None if `undetermined_fields` has any.
    """
    if undetermined_fields(contact, expected):
        return None
    return prefill(contact, expected)[0]


def undetermined_fields(
    contact: AlternateContact | None, expected: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The fields for which the policy doesn't expect one single value, in the form's order.

    It expects none, only a domain, or several of which AWS has none.
    """
    return tuple(
        field
        for field in FIELDS
        if len(_values(field, expected.get(field, ()))) != 1
        and not (contact and _is_one_of(contact, field, expected.get(field, ())))
    )


def _values(field: str, allowed: tuple[str, ...]) -> list[str]:
    """The allowed values without those of the form `@domain`."""
    return [value for value in allowed if field != EMAIL or not value.startswith("@")]


def _is_one_of(contact: AlternateContact, field: str, values: tuple[str, ...]) -> bool:
    if _has_value(contact, field, values):
        return True
    return field == EMAIL and any(
        domain_matches(contact.email, value[1:]) for value in values if value.startswith("@")
    )


def _has_value(contact: AlternateContact, field: str, values: tuple[str, ...]) -> bool:
    """Whether a field has one of these values, leaving out those of the form `@domain`."""
    actual = normal(field, getattr(contact, field))
    return any(normal(field, value) == actual for value in _values(field, values))
