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
from bot.domain.phone_numbers import parse_phone
from bot.domain.validation import (
    EMAIL,
    LENGTHS,
    NAME,
    PHONE,
    TITLE,
    digests,
    unchanged,
    validate,
    warnings,
)

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
    """The limit is named where a text is too long."""
    wrong = problems(**{field: "x" * (LENGTHS[field] + 1)})
    assert str(LENGTHS[field]) in wrong[field]


def test_line_breaks_are_refused() -> None:
    """A name over two lines is refused."""
    assert "line breaks" in problems(name="a\nb")[NAME]


@pytest.mark.parametrize("field", [NAME, TITLE])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Secu\u202erity", "in a different order"),
        ("\u202eytiruceS", "in a different order"),
        ("Secu\u202drity\u202c", "in a different order"),
        ("Secu\u2067rity", "in a different order"),
        ("Security\u2028team", "line breaks"),
        ("Security\u2029team", "line breaks"),
        ("Security\ufffe", "other invisible characters"),
    ],
)
def test_text_that_misleads_is_refused(field: str, text: str, told: str) -> None:
    """Text that shows in another order than it is stored in, or on several lines, is refused."""
    assert told in problems(**{field: text})[field]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "text", ["\u200b", "\u200b \u200d", "\ufeff", "\u3164", "\u2800", "\u00ad", "\u115f\ufe0f"]
)
def test_what_shows_nothing_is_empty(field: str, text: str) -> None:
    """A field with nothing to be seen in it has to be filled in."""
    assert "Enter a value." in problems(**{field: text})[field]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("\u200bSecurity\u200b team\ufeff", "Security team"),
        ("\u2066Security team\u2069", "Security team"),
        ("Mu\u0308ller Team", "M\u00fcller Team"),
        ("\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None),
        ("\U0001f469\u200d\U0001f4bb Team", None),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("Team \U0001faea", None),
    ],
)
def test_a_name_is_written_as_it_is_seen(typed: str, written: str | None) -> None:
    """What nobody sees is left out; joiners within words, and emoji of any year, are kept."""
    checked = validate({**GOOD, NAME: typed, TITLE: typed}, None)
    assert isinstance(checked, AlternateContact)
    assert (checked.name, checked.title) == (written or typed,) * 2


@pytest.mark.parametrize(
    "typed",
    [
        "\u202d+44 20 7946 0958\u202c",
        "\u200e+44\u00a020\u200b7946\u20600958",
        "(+44) 20 7946 0958",
        "\uff0b44 20 7946 0958",
    ],
)
@pytest.mark.parametrize("region", [None, "US"])
def test_a_pasted_phone_number(typed: str, region: str | None) -> None:
    """A number is taken with what an address book puts around it."""
    checked = validate({**GOOD, PHONE: typed}, region)
    assert isinstance(checked, AlternateContact)
    assert checked.phone == GOOD[PHONE]


def test_a_number_in_another_order_is_refused() -> None:
    """A number that shows reversed is another one than was seen."""
    assert "in a different order" in problems(phone="+44 20 \u202e7946 0958")[PHONE]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("\u202daws-\u200bsecurity@example.com\u202c", "aws-security@example.com"),
        ("aws@b\u00fccher.example.com", "aws@xn--bcher-kva.example.com"),
        ("aws@bu\u0308cher.example.com", "aws@xn--bcher-kva.example.com"),
        ("aws@xn--bcher-kva.example.com", "aws@xn--bcher-kva.example.com"),
    ],
)
def test_an_address_is_written_in_ascii(typed: str, written: str) -> None:
    """An address loses hidden characters, and its internationalized domain becomes ASCII."""
    checked = validate({**GOOD, EMAIL: typed}, None)
    assert isinstance(checked, AlternateContact)
    assert checked.email == written


@pytest.mark.parametrize(
    "domain", ["\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", "xn--e1afmkfd.xn--p1ai"]
)
def test_a_domain_whose_ascii_form_aws_refuses(domain: str) -> None:
    """However it is typed, the person learns which part AWS does not accept, and what to do."""
    told = problems(email=f"aws@{domain}")[EMAIL]
    assert "at xn--e1afmkfd.xn--p1ai: there is a hyphen after the last dot" in told
    assert "another domain" in told


@pytest.mark.parametrize("domain", ["corp.local", "corp.test", "corp.ONION"])
def test_a_reserved_domain_is_for_the_policy_to_refuse(domain: str) -> None:
    """The form takes what AWS takes and the check does not object to, such as a domain it names."""
    checked = validate({**GOOD, EMAIL: f"aws@{domain}"}, None)
    assert isinstance(checked, AlternateContact)
    assert set(problems(email=f"a..ws@{domain}")) == {EMAIL}
    checked = validate({**GOOD, EMAIL: f"aws@b\u00fccher.{domain}"}, None)
    assert isinstance(checked, AlternateContact)
    assert checked.email.casefold() == f"aws@xn--bcher-kva.{domain}".casefold()


@pytest.mark.parametrize("address", ["o'brien@example.com", "a%b@example.com"])
def test_characters_that_aws_alone_refuses(address: str) -> None:
    """An address that is valid, but not to AWS, is refused with the reason."""
    assert "AWS doesn't accept" in problems(email=address)[EMAIL]


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
    """Where AWS refuses another character of an address, the allowed ones are named."""
    assert "only letters" in problems(email="a*b@example.com")[EMAIL]


@pytest.mark.parametrize(
    ("typed", "region", "told"),
    [
        ("020 7946 0958", None, "Start with +"),
        ("+44 20 7946 09", None, "This phone number doesn't exist"),
        ("+44 20 7946 0958 ext. 5", None, "extension"),
        ("+nonsense", None, "isn't a phone number"),
        ("12", "GB", "in GB"),
        ("+1 555 0100", "GB", "This phone number doesn't exist"),
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


@pytest.mark.parametrize("phone", ["+1 436 234 5678", "+1 (436) 234-5678"])
def test_an_area_code_newer_than_the_table(phone: str) -> None:
    """What the check accepts the form accepts, with the advice to look again."""
    assert parse_phone(phone).possible
    checked = validate({**GOOD, PHONE: phone}, None)
    assert isinstance(checked, AlternateContact)
    assert set(warnings(checked)) == {PHONE}


@given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True))
def test_the_form_and_the_check_agree(phone: str) -> None:
    """A number passes exactly where rule `impossible_phone` has nothing to say of it."""
    checked = validate({**GOOD, PHONE: phone}, None)
    assert isinstance(checked, AlternateContact) is (parse_phone(phone).possible is True)


def test_a_good_contact_has_no_warnings() -> None:
    """Nothing is said of a contact whose number is in a known range, or in national form."""
    assert warnings(AlternateContact(*GOOD.values())) == {}
    assert warnings(AlternateContact("a", "b", "c", "020 7946 0958")) == {}


def test_what_was_not_changed_is_not_refused() -> None:
    """A field that AWS holds so passes as it is, whatever it holds; the others are checked."""
    held = AlternateContact("N\u202e", "T", "weird@", "020 7946 0958")
    typed = {NAME: "N\u202e", TITLE: " New ", EMAIL: "weird@", PHONE: "020 7946 0958 "}
    assert unchanged(typed, digests(held)) == {NAME, EMAIL, PHONE}
    checked = validate(typed, None, digests(held))
    assert isinstance(checked, AlternateContact)
    assert (checked.name, checked.email, checked.phone) == (held.name, held.email, held.phone)
    assert checked.title == "New"
    assert set(problems(**typed)) == {NAME, EMAIL, PHONE}
    assert unchanged(typed, digests(None)) == set()


def test_digests_show_nothing() -> None:
    """A digest tells whether a field is the same, and holds nothing of it."""
    shown = digests(AlternateContact(*GOOD.values()))
    assert not any(value in str(shown) for value in GOOD.values())


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
        assert taken_by_aws(EMAIL, checked.email)
    else:
        assert set(checked) == {EMAIL}
