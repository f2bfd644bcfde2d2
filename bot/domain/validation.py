"""Validates the fields of a form: a contact that AWS accepts, or the problem of each field.

The lengths and patterns are those of botocore's `account` service model; a test keeps them equal.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bot.domain.contacts import FIELDS, AlternateContact

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME, TITLE, EMAIL, PHONE = FIELDS

LENGTHS: Final = {NAME: 64, TITLE: 50, EMAIL: 254, PHONE: 25}
"""The most characters that AWS accepts (`Name`, `Title`, `EmailAddress`, `PhoneNumber`)."""

EMAIL_PATTERN: Final = re.compile(r"[\s]*[\w+=.#|!&-]+@[\w.-]+\.[\w]+[\s]*", re.ASCII)
"""AWS's pattern of `EmailAddress`, to be matched as a whole."""

PHONE_PATTERN: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
"""AWS's pattern of `PhoneNumber`, to be matched as a whole."""


def validate(
    values: Mapping[str, str | None], region: str | None
) -> AlternateContact | dict[str, str]:
    """Check the fields of a form before AWS is asked.

    Args:
        values: {name | title | email | phone: as typed, None where left empty}.
        region: the country (`GB`) in whose national form a phone number may be typed, if any.

    Returns:
        The contact, its phone number in international form; or {field: what is wrong, and an
        example}. No text of it repeats what was typed.
    """
    typed = {field: (values.get(field) or "").strip() for field in FIELDS}
    errors = {
        field: problem for field in FIELDS if (problem := _common_problem(field, typed[field]))
    }
    if EMAIL not in errors and (problem := _email_problem(typed[EMAIL])):
        errors[EMAIL] = problem
    phone = ""
    if PHONE not in errors:
        parsed = _parse_phone(typed[PHONE], region)
        if isinstance(parsed, _Problem):
            errors[PHONE] = parsed
        else:
            phone = parsed
    return errors or AlternateContact(typed[NAME], typed[TITLE], typed[EMAIL], phone)


def problem_of(field: str, value: str) -> str:
    """What is wrong with one field, a phone number in international form; empty if nothing is."""
    problem = _common_problem(field, value)
    if not problem and field == EMAIL:
        problem = _email_problem(value)
    if not problem and field == PHONE:
        parsed = _parse_phone(value, None)
        problem = parsed if isinstance(parsed, _Problem) else ""
    return problem


class _Problem(str):
    """What is wrong with a field, where a plain `str` would be a value."""

    __slots__ = ()


def _common_problem(field: str, value: str) -> str:
    if not value:
        return "Please fill this in; AWS needs all four fields."
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in value):
        return "Please remove line breaks and other characters that do not show."
    if len(value) > LENGTHS[field] and field != PHONE:
        return f"AWS takes {LENGTHS[field]} characters at most; this has {len(value)}."
    return ""


def _email_problem(address: str) -> str:
    local, _, _ = address.rpartition("@")
    if any(character in local for character in "'%"):
        return "AWS does not take an apostrophe or a % before the @. Please use another address."
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return "This is not an email address. Example: aws-security@example.com"
    if EMAIL_PATTERN.fullmatch(address) is None:
        return (
            "AWS does not take this address: before the @ only letters, digits and _ + = . # "
            "| ! & - may stand. Example: aws-security@example.com"
        )
    return ""


def _parse_phone(typed: str, region: str | None) -> str | _Problem:
    example = "+44 20 7946 0958"
    if region is None and not typed.startswith("+"):
        return _Problem(f"Please begin with + and the country code. Example: {example}")
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return _Problem(f"This is not a phone number. Example: {example}")
    if number.extension:
        return _Problem(f"AWS does not take an extension. Please give a direct number: {example}")
    if not phonenumbers.is_valid_number(number):
        where = f" in {region}" if region and not typed.startswith("+") else ""
        return _Problem(f"There is no such phone number{where}. Example: {example}")
    for form in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
        text: str = phonenumbers.format_number(number, form)
        if len(text) <= LENGTHS[PHONE] and PHONE_PATTERN.fullmatch(text):
            return text
    return _Problem(f"AWS does not take this phone number. Example: {example}")
