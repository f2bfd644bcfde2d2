"""Validation of the form's fields, against AWS's own lengths and patterns."""

import re
from functools import cache
from typing import Any

import botocore.session
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.validation import EMAIL, LENGTHS, NAME, PHONE, TITLE, validate

GOOD = {
    NAME: "Security team",
    TITLE: "On call",
    EMAIL: "aws-security@example.com",
    PHONE: "+44 20 7946 0958",
}
SHAPES = {NAME: "Name", TITLE: "Title", EMAIL: "EmailAddress", PHONE: "PhoneNumber"}


@cache
def metadata(field: str) -> dict[str, Any]:
    """What botocore's `account` model says of a field: min, max, pattern."""
    model = botocore.session.get_session().get_service_model("account")
    shape = model.operation_model("PutAlternateContact").input_shape
    assert shape is not None
    found: dict[str, Any] = shape.members[SHAPES[field]].metadata
    return found


def taken_by_aws(field: str, value: str) -> bool:
    """Whether botocore's model allows a value."""
    limits = metadata(field)
    fits = limits["min"] <= len(value) <= limits["max"]
    pattern = limits.get("pattern")
    return fits and (pattern is None or re.fullmatch(pattern, value, re.ASCII) is not None)


def problems(**changed: str | None) -> dict[str, str]:
    """The errors of a good form with some fields changed."""
    checked = validate({**GOOD, **changed}, None)
    assert isinstance(checked, dict)
    return checked


def test_a_good_form_is_a_contact() -> None:
    """Four good fields become the contact, trimmed."""
    checked = validate({**GOOD, NAME: "  Security team "}, None)
    assert checked == AlternateContact(GOOD[NAME], GOOD[TITLE], GOOD[EMAIL], GOOD[PHONE])


@pytest.mark.parametrize("field", FIELDS)
def test_lengths_are_those_of_aws(field: str) -> None:
    """The lengths kept here are botocore's."""
    assert LENGTHS[field] == metadata(field)["max"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_every_field_is_needed(field: str, value: str | None) -> None:
    """An empty field is named, and no other."""
    assert set(problems(**{field: value})) == {field}


def test_all_wrong_fields_are_named_at_once() -> None:
    """Each wrong field has its message."""
    wrong = problems(name="", title="x" * 51, email="nobody", phone="0")
    assert set(wrong) == set(FIELDS)


@pytest.mark.parametrize("field", [NAME, TITLE])
def test_length_is_told(field: str) -> None:
    """A text that is too long is told how long it may be."""
    wrong = problems(**{field: "x" * (LENGTHS[field] + 1)})
    assert str(LENGTHS[field]) in wrong[field]


def test_line_breaks_are_refused() -> None:
    """A name over two lines is refused."""
    assert "line breaks" in problems(name="a\nb")[NAME]


@pytest.mark.parametrize("address", ["o'brien@example.com", "a%b@example.com"])
def test_characters_that_aws_alone_refuses(address: str) -> None:
    """An address that is valid, but not to AWS, is refused with the reason."""
    assert "AWS does not take" in problems(email=address)[EMAIL]


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "a@b",
        "@example.com",
        "a b@example.com",
        "ü@example.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_no_address(address: str) -> None:
    """What is no address is refused under its field."""
    assert set(problems(email=address)) == {EMAIL}


def test_other_characters_before_the_at() -> None:
    """An address with another character that AWS refuses is told which are allowed."""
    assert "only letters" in problems(email="a*b@example.com")[EMAIL]


@pytest.mark.parametrize(
    ("typed", "region", "told"),
    [
        ("020 7946 0958", None, "begin with +"),
        ("+44 20 7946 09", None, "no such phone number"),
        ("+44 20 7946 0958 ext. 5", None, "extension"),
        ("+nonsense", None, "not a phone number"),
        ("12", "GB", "in GB"),
        ("+1 555 0100", "GB", "no such phone number"),
    ],
)
def test_phone_numbers_refused(typed: str, region: str | None, told: str) -> None:
    """A wrong phone number is refused with the reason and an example."""
    checked = validate({**GOOD, PHONE: typed}, region)
    assert isinstance(checked, dict)
    assert told in checked[PHONE]
    assert "+44" in checked[PHONE]


def test_national_form_is_understood_where_a_region_is_set() -> None:
    """A number in national form becomes international, so that it can be said back."""
    checked = validate({**GOOD, PHONE: "020 7946 0958"}, "GB")
    assert isinstance(checked, AlternateContact)
    assert checked.phone == "+44 20 7946 0958"


def test_international_form_stands_whatever_the_region() -> None:
    """A number that begins with + is not read as one of the region."""
    checked = validate({**GOOD, PHONE: "+1 (212) 555-2368"}, "GB")
    assert isinstance(checked, AlternateContact)
    assert checked.phone == "+1 212-555-2368"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_of_every_country_is_taken(region: str) -> None:
    """The example number of each country is taken, in a form that AWS takes."""
    number = phonenumbers.example_number(region)
    assert number is not None
    typed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    checked = validate({**GOOD, PHONE: typed}, None)
    assert isinstance(checked, AlternateContact)
    assert taken_by_aws(PHONE, checked.phone)


@given(
    st.fixed_dictionaries(
        {
            NAME: st.text(max_size=80),
            TITLE: st.text(max_size=60),
            EMAIL: st.one_of(st.emails(), st.text(max_size=300)),
            PHONE: st.one_of(st.text(max_size=40), st.from_regex(r"\+[0-9 ()-]{5,20}")),
        }
    ),
    st.sampled_from([None, "GB", "US", "DE"]),
)
def test_what_passes_is_taken_by_aws(values: dict[str, str], region: str | None) -> None:
    """Whatever passes fits botocore's lengths and patterns; whatever does not has a message."""
    checked = validate(values, region)
    if isinstance(checked, dict):
        assert checked
        assert all(message for message in checked.values())
        return
    for field, value in zip(
        FIELDS, (checked.name, checked.title, checked.email, checked.phone), strict=True
    ):
        assert taken_by_aws(field, value)


@given(st.emails())
def test_ordinary_addresses_pass_or_are_explained(address: str) -> None:
    """An address passes exactly where AWS's pattern and email-validator both take it."""
    checked = validate({**GOOD, EMAIL: address}, None)
    if isinstance(checked, AlternateContact):
        assert taken_by_aws(EMAIL, address)
    else:
        assert set(checked) == {EMAIL}
