"""Validates the fields of a contact before they are sent to AWS.

The lengths and patterns are those of botocore's `account` service model; a test keeps them equal.
Beyond those, only values that can't work are rejected: an address or a phone number that can't
exist, and text that is misleading or invisible.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Final

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.phone_numbers import is_in_known_range, is_international, is_possible
from bot.domain.visible_text import is_reordered, tidy, visible, without_format

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME, TITLE, EMAIL, PHONE = FIELDS

LENGTHS: Final = {NAME: 64, TITLE: 50, EMAIL: 254, PHONE: 25}
"""The most characters that AWS accepts (`Name`, `Title`, `EmailAddress`, `PhoneNumber`)."""

EMAIL_PATTERN: Final = re.compile(r"[\s]*[\w+=.#|!&-]+@[\w.-]+\.[\w]+[\s]*", re.ASCII)
"""AWS's pattern of `EmailAddress`, to be matched as a whole."""

PHONE_PATTERN: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
"""AWS's pattern of `PhoneNumber`, to be matched as a whole."""

_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_NONCHARACTERS: Final = frozenset(
    map(
        chr,
        (
            *range(0xFDD0, 0xFDF0),
            *(plane << 16 | 0xFFFE | last for plane in range(17) for last in (0, 1)),
        ),
    )
)
"""The code points that never will be characters (The Unicode Standard, chapter 23.7)."""


class FieldProblem(str):
    """What is wrong with a field; a plain `str` is its value."""

    __slots__ = ()


def validate(
    values: Mapping[str, str | None], region: str | None, held: Mapping[str, str] | None = None
) -> AlternateContact | dict[str, str]:
    """Check the fields of a form before they are sent to AWS.

    Args:
        values: {name | title | email | phone: as typed, None where left empty}.
        region: the country (`GB`) in whose national form a phone number may be typed, if any.
        held: `digests` of the contact in AWS: a field that was not changed is not rejected.

    Returns:
        The contact, its phone number in international form; or {field: what is wrong, and an
        example}. No text repeats what was typed, except for a domain's ASCII form.
    """
    same = unchanged(values, held or {})
    parsed = {
        field: (values.get(field) or "").strip()
        if field in same
        else parse_field(field, values.get(field) or "", region)
        for field in FIELDS
    }
    errors = {field: str(it) for field, it in parsed.items() if isinstance(it, FieldProblem)}
    return errors or AlternateContact(*(parsed[field] for field in FIELDS))


def parse_field(field: str, value: str, region: str | None = None) -> str | FieldProblem:
    """One field as it is written to AWS: composed and trimmed.

    A phone number comes in international form, an address with its domain in ASCII.

    Args:
        field: name, title, email or phone.
        value: as typed.
        region: the country in whose national form a phone number may be typed, if any.
    """
    typed = without_format(value) if field in {EMAIL, PHONE} else tidy(value)
    if problem := _common_problem(field, typed):
        return problem
    if field == EMAIL:
        return _parse_email(typed)
    return _parse_phone(typed, region) if field == PHONE else typed


def ascii_domain(name: str) -> str:
    """A domain, or with `*.` its subdomains, with internationalized labels in their `xn--` form.

    Anything that is not a domain is returned unchanged.
    """
    if name.isascii():
        return name
    star = "*." if name.startswith("*.") else ""
    try:
        validated = validate_email(f"x@{name.removeprefix(star)}", check_deliverability=False)
    except EmailNotValidError:
        return name
    return f"{star}{validated.ascii_domain}"


def is_taken_domain(domain: str) -> bool:
    """Whether AWS's pattern for addresses accepts a domain that is valid and in ASCII.

    It rejects a hyphen after the last dot, which internationalized domains have (`xn--p1ai`).
    """
    return EMAIL_PATTERN.fullmatch(f"x@{domain}") is not None


def warnings(contact: AlternateContact) -> dict[str, str]:
    """What may be wrong with a contact that is valid: {field: what to look at}."""
    if not is_international(contact.phone) or is_in_known_range(contact.phone):
        return {}
    text = "This phone number has an unknown area code. Call it to make sure that it works."
    return {PHONE: text}


def digests(contact: AlternateContact | None) -> dict[str, str]:
    """{field: a short digest of its value}, to detect changes later; {} if there is no contact."""
    if contact is None:
        return {}
    return {field: _digest(getattr(contact, field)) for field in FIELDS}


def unchanged(values: Mapping[str, str | None], held: Mapping[str, str]) -> frozenset[str]:
    """The fields that are the same as in AWS, by `digests` of the contact there."""
    return frozenset(
        field for field in FIELDS if field in held and held[field] == _digest(values.get(field))
    )


def _digest(value: str | None) -> str:
    plain = unicodedata.normalize("NFC", " ".join((value or "").split()))
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]


def _common_problem(field: str, value: str) -> FieldProblem | None:
    if not visible(value):
        return FieldProblem("Enter a value. AWS requires all four fields.")
    if is_reordered(value):
        return FieldProblem(
            "Type this again. It has hidden characters that display text in a different order."
        )
    if any(map(_does_not_show, value)):
        return FieldProblem("Remove line breaks and other invisible characters.")
    if len(value) > LENGTHS[field] and field != PHONE:
        return FieldProblem(
            f"AWS accepts at most {LENGTHS[field]} characters; this has {len(value)}."
        )
    return None


def _does_not_show(character: str) -> bool:
    # Unassigned ones (Cn) may be newer than Python's table of them, such as this year's emoji.
    return unicodedata.category(character) in _UNSEEN or character in _NONCHARACTERS


def _parse_email(address: str) -> str | FieldProblem:
    local, _, domain = address.rpartition("@")
    if any(character in local for character in "'%"):
        return FieldProblem(
            "AWS doesn't accept an apostrophe or a % before the @. Use another address."
        )
    # Whether a reserved domain is allowed is up to the policy: its rule `placeholder` rejects it.
    is_reserved = domain.casefold().rpartition(".")[2] in SPECIAL_USE_DOMAIN_NAMES
    suffix = ".example" if is_reserved and "." in domain else ""
    try:
        validated = validate_email(
            address + suffix, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError:
        return FieldProblem("This isn't an email address. Example: aws-security@example.com")
    if not domain.isascii():
        return _in_ascii(local, validated.ascii_domain.removesuffix(suffix))
    if not is_taken_domain(domain):
        return _domain_not_taken(domain)
    if EMAIL_PATTERN.fullmatch(address) is None:
        return FieldProblem(
            "AWS doesn't accept this address. Before the @, use only letters, digits and _ + = . # "
            "| ! & -. Example: aws-security@example.com"
        )
    return address


def _in_ascii(local: str, domain: str) -> str | FieldProblem:
    """An address with an internationalized domain, in the form that AWS accepts."""
    if not is_taken_domain(domain):
        return _domain_not_taken(domain)
    ascii_form = f"{local}@{domain}"
    return _common_problem(EMAIL, ascii_form) or ascii_form


def _domain_not_taken(domain: str) -> FieldProblem:
    return FieldProblem(
        f"AWS doesn't accept addresses at {domain}: there is a hyphen after the last dot. Use an "
        "address at another domain."
    )


def _parse_phone(typed: str, region: str | None) -> str | FieldProblem:
    example = "+44 20 7946 0958"
    if region is None and not is_international(typed):
        return FieldProblem(f"Start with + and the country code. Example: {example}")
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return FieldProblem(f"This isn't a phone number. Example: {example}")
    if number.extension:
        return FieldProblem(
            f"AWS doesn't accept extensions. Enter a direct number. Example: {example}"
        )
    if not is_possible(number):
        where = f" in {region}" if region and not is_international(typed) else ""
        return FieldProblem(f"This phone number doesn't exist{where}. Example: {example}")
    for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        text: str = phonenumbers.format_number(number, form)
        if len(text) <= LENGTHS[PHONE] and PHONE_PATTERN.fullmatch(text):
            return text
    return FieldProblem(f"AWS doesn't accept this phone number. Example: {example}")
