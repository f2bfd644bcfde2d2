"""Phone numbers as they are dialled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.phones import understood


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
    assert (understood(phone).normal, understood(phone).possible) == (normal, possible)


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ()+-]{1,25}", fullmatch=True))
def test_understanding_is_total_and_stable(phone: str) -> None:
    """Any text is understood, and a normal form is its own normal form unless it was no number."""
    number = understood(phone)
    assert number.is_made_up in {True, False}
    assert repr(number) == "Phone()"
    if number.possible:
        assert understood(number.normal).normal == number.normal
