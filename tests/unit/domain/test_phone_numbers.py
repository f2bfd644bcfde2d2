"""Phone numbers: normal form, and whether they can exist."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.phone_numbers import parse_phone

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


@given(_written())
@settings(max_examples=500)
def test_a_number_with_a_country_code_is_phonenumbers_e164(phone: str) -> None:
    """Its normal form and whether it is possible are those of phonenumbers, where it parses it."""
    number = parse_phone(phone)
    try:
        known = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        assert not number.possible
        return
    e164 = phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.E164)
    assert number.normal == e164
    lengths = phonenumbers.is_possible_number_with_reason(known)
    assert number.possible == (lengths == phonenumbers.ValidationResult.IS_POSSIBLE)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_of_every_country_is_possible_in_each_notation(region: str) -> None:
    """A number that exists is possible and not made up, and the same however it is written."""
    example = phonenumbers.example_number(region)
    assert example is not None
    forms = phonenumbers.PhoneNumberFormat
    written = [
        phonenumbers.format_number(example, form) for form in (forms.E164, forms.INTERNATIONAL)
    ]
    assert {parse_phone(phone).normal for phone in written} == {written[0]}
    assert all(parse_phone(phone).possible for phone in written)


@pytest.mark.parametrize("code", COUNTRY_CODES)
def test_numbers_of_every_length_are_judged_in_every_country(code: int) -> None:
    """Numbers of every length, beginning with every digit, are as possible as phonenumbers says."""
    for first in "0123456789":
        for length in range(1, 19):
            phone = f"+{code}{(first + '20794609587123456')[:length]}"
            try:
                known = phonenumbers.parse(phone)
            except phonenumbers.NumberParseException:
                assert parse_phone(phone).possible is False
                continue
            reason = phonenumbers.is_possible_number_with_reason(known)
            possible = reason == phonenumbers.ValidationResult.IS_POSSIBLE
            assert parse_phone(phone).possible is possible
