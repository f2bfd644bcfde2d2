"""Phone numbers as they are dialled: whether two are the same, and whether one can exist."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number, understood as far as that needs no guess. All of it is personal data.

    `normal` is E.164 of a number with a country code, else its digits: to be compared. `possible`
    is whether its country has numbers of this length, None of a number without a country code.
    `is_made_up` is whether it is no digit at all, one digit repeated, or counts up from 0 or 1,
    with its country code or behind it.
    """

    normal: str = field(repr=False)
    possible: bool | None = field(repr=False)
    is_made_up: bool = field(repr=False)


@lru_cache(maxsize=4096)
def understood(phone: str) -> Phone:
    """A phone number as it is held, in whatever form, understood."""
    digits = "".join(filter(str.isdecimal, phone))
    if not phone.lstrip("( \t\r\n").startswith("+"):
        return Phone(digits, None, _is_filler(digits))
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return Phone(f"+{digits}", possible=False, is_made_up=_is_filler(digits))
    reason = phonenumbers.is_possible_number_with_reason(number)
    return Phone(
        f"+{number.country_code}{phonenumbers.national_significant_number(number)}",
        reason == phonenumbers.ValidationResult.IS_POSSIBLE,
        _is_filler(digits) or _is_filler(digits.removeprefix(str(number.country_code))),
    )


_COUNTED = "01234567890123456789"
_COUNTS_FROM = 7
"""Digits from which counting up is no chance."""


def _is_filler(digits: str) -> bool:
    if len(set(digits)) <= 1:
        return True
    return len(digits) >= _COUNTS_FROM and digits[0] in "01" and digits in _COUNTED
