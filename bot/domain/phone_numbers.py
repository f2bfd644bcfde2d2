"""Phone numbers as they are dialled: whether two are the same, and whether one can exist."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Callable


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
def parse_phone(phone: str) -> Phone:
    """A phone number as it is held, in whatever form, understood."""
    if _PLAIN.fullmatch(phone) is not None:
        digits = phone.translate(_TO_DIGITS)
        plain = _understood_plain(digits)
        if plain is not None:
            return plain
    return parsed(phone)


def parsed(phone: str) -> Phone:
    """The same by phonenumbers' own parser, which takes seven times as long."""
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


_PLAIN: Final = re.compile(r"\+[0-9][0-9 ().-]{1,48}[0-9]")
_TO_DIGITS: Final = {ord(mark): None for mark in "+ ().-"}
_SHORTEST, _LONGEST = 2, 17
"""Digits behind the country code that the parser takes for a number."""


@dataclass(frozen=True, slots=True)
class _Country:
    """What a country code says of the digits behind it: how many, and with what one dials them.

    `dials_first` finds what people dial first at home (the 0 of `+44 (0)20`), None where nothing.
    """

    lengths: frozenset[int]
    dials_first: Callable[[str], object] | None


def _understood_plain(digits: str) -> Phone | None:
    """A number of a known country in which there is nothing to strip; None of any other."""
    for length in (1, 2, 3):
        country = _country(digits[:length])
        if country is not None:
            break
    else:
        return None
    national = digits[length:]
    if not _SHORTEST <= len(national) <= _LONGEST:
        return None
    if country.dials_first is not None and country.dials_first(national) is not None:
        return None
    return Phone(
        f"+{digits}",
        len(national) in country.lengths,
        _is_filler(digits) or _is_filler(national),
    )


@lru_cache(maxsize=1200)
def _country(code: str) -> _Country | None:
    """What is known of a country code; None of what is none."""
    region = phonenumbers.region_code_for_country_code(int(code))
    if code.startswith("0") or region == phonenumbers.phonenumberutil.UNKNOWN_REGION:
        return None
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None or metadata.general_desc is None:
        return None
    general = metadata.general_desc
    first = metadata.national_prefix_for_parsing
    return _Country(
        frozenset(general.possible_length) - frozenset(general.possible_length_local_only),
        re.compile(first).match if first else None,
    )


_COUNTED = "01234567890123456789"
_COUNTS_FROM = 7
"""Digits from which counting up is no chance."""


def _is_filler(digits: str) -> bool:
    if len(set(digits)) <= 1:
        return True
    return len(digits) >= _COUNTS_FROM and digits[0] in "01" and digits in _COUNTED
