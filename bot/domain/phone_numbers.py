"""Normalizes phone numbers for comparison, and detects those that can't exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import phonenumbers


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number, parsed as far as possible without a guess. All of it is personal data.

    `normal`, for comparison, is the E.164 form of a number with a country code, otherwise its
    digits. `possible` is the result of `is_possible`, None for a number without a country code.
    `is_made_up` is true if it has no digits, repeats one digit, or counts up from 0 or 1, with or
    without its country code.
    """

    normal: str = field(repr=False)
    possible: bool | None = field(repr=False)
    is_made_up: bool = field(repr=False)


@lru_cache(maxsize=4096)
def parse_phone(phone: str) -> Phone:
    """Parse a phone number in any notation."""
    digits = "".join(filter(str.isdecimal, phone))
    if not is_international(phone):
        return Phone(digits, None, _is_sequence(digits))
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return Phone(f"+{digits}", possible=False, is_made_up=_is_sequence(digits))
    return Phone(
        f"+{number.country_code}{phonenumbers.national_significant_number(number)}",
        is_possible(number),
        _is_sequence(digits) or _is_sequence(digits.removeprefix(str(number.country_code))),
    )


def is_international(phone: str) -> bool:
    """Whether a number begins with + (also a full-width one), and so with a country code."""
    return phone.lstrip("( \t\r\n").startswith(("+", "\N{FULLWIDTH PLUS SIGN}"))


def is_possible(number: phonenumbers.PhoneNumber) -> bool:
    """Whether the number's country has numbers of this length; checks and forms reject others.

    Whether the area code is assigned doesn't matter: codes are added faster than tables are
    updated.
    """
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def is_in_known_range(phone: str) -> bool:
    """Whether phonenumbers' tables have the area code of a number in international form."""
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(phone)))
    except phonenumbers.NumberParseException:
        return False


_ASCENDING: Final = "01234567890123456789"
_SHORTEST_SEQUENCE: Final = 7
"""How many ascending digits are not a coincidence."""


def _is_sequence(digits: str) -> bool:
    """Whether digits are all the same, or count up from 0 or 1."""
    if len(set(digits)) <= 1:
        return True
    return len(digits) >= _SHORTEST_SEQUENCE and digits[0] in "01" and digits in _ASCENDING
