"""Phone numbers as they are dialled."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.phone_numbers import parse_phone, parsed

COUNTRY_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@pytest.mark.parametrize(
    ("phone", "normal", "possible"),
    [
        ("+44 (0)20 7946 0958", "+442079460958", True),
        ("(+44) 20-7946-0958", "+442079460958", True),
        ("+39 06 1234567", "+39061234567", True),
        ("020 7946 0958", "02079460958", None),
        ("+999 1", "+9991", False),
        ("+", "+", False),
        ("", "", None),
    ],
)
def test_a_number_is_understood_without_a_guess(
    phone: str, normal: str, possible: bool | None
) -> None:
    """One with a country code is E.164, one without is its digits and nothing is said of it."""
    assert (parse_phone(phone).normal, parse_phone(phone).possible) == (normal, possible)


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ()+-]{1,25}", fullmatch=True))
def test_understanding_is_total_and_stable(phone: str) -> None:
    """Any text is understood, and a normal form is its own normal form unless it was no number."""
    number = parse_phone(phone)
    assert number.is_made_up in {True, False}
    assert repr(number) == "Phone()"
    if number.possible:
        assert parse_phone(number.normal).normal == number.normal


_MARKS = st.sampled_from(("", "", "", " ", "-", ".", "(", ")", ") ", " (", " - "))


@st.composite
def _written(draw: st.DrawFn) -> str:
    """A number of some country, or nearly, with marks where people and chance put them."""
    code = str(draw(st.sampled_from(COUNTRY_CODES) | st.integers(0, 999)))
    national = draw(st.from_regex(r"[0-9]{0,19}", fullmatch=True))
    spelled = [f"{digit}{draw(_MARKS)}" for digit in code + national]
    return f"+{draw(_MARKS)}{''.join(spelled)}"


@given(_written() | st.from_regex(r"\+?[0-9 ().+x#;*-]{1,25}", fullmatch=True))
@settings(max_examples=500)
def test_the_short_way_says_what_the_parser_says(phone: str) -> None:
    """A number is understood just as phonenumbers' own parser understands it."""
    assert parse_phone(phone) == parsed(phone)


@pytest.mark.parametrize("code", COUNTRY_CODES)
def test_the_short_way_holds_in_every_country(code: int) -> None:
    """So it is of numbers of every length, and beginning with every digit, of each country."""
    for first in "0123456789":
        for length in range(1, 19):
            phone = f"+{code}{(first + '20794609587123456')[:length]}"
            assert parse_phone(phone) == parsed(phone)
