"""A contact compared with what the policy expects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import FIELDS, AlternateContact
from bot.domain.findings import Difference
from bot.domain.rules.expected_values import (
    differences,
    domain_matches,
    expected_contact,
    normal,
    prefill,
    undetermined_fields,
)
from tests.unit.fakes import CONTACT


@pytest.mark.parametrize(
    ("field", "held", "expected", "equal"),
    [
        ("name", " Ana  Lima ", ("Ana Lima",), True),
        ("name", "ana lima", ("Ana Lima",), False),
        ("name", "Mu\u0308ller Team", ("M\u00fcller Team",), True),
        ("name", "\u200bAna\u00a0Lima", ("Ana Lima",), True),
        ("title", "Che\u0301f", ("Che\u0301f", "Lead"), True),
        ("title", "Lead", ("Head", "Lead"), True),
        ("email", " SEC@Corp.example ", ("sec@corp.example",), True),
        ("email", "sec@corp.example", ("@corp.example",), True),
        ("email", "sec@CORP.example", ("@corp.example",), True),
        ("email", "sec@eu.corp.example", ("@corp.example",), False),
        ("email", "sec@eu.corp.example", ("@*.corp.example",), True),
        ("email", "sec@corp.example", ("@*.corp.example",), False),
        ("email", "sec@notcorp.example", ("@corp.example", "@*.corp.example"), False),
        ("email", "sec+aws@corp.example", ("sec@corp.example",), False),
        ("phone", "+44 (0)20 7946 0958", ("+442079460958",), True),
        ("phone", "+44 20-7946-0958", ("+44 20 7946 0958",), True),
        ("phone", "020 7946 0958", ("+44 20 7946 0958",), False),
        ("phone", "020 7946 0958", ("02079460958",), True),
        ("phone", "+442079460959", ("+442079460958", "+442079460957"), False),
        ("name", "@corp.example", ("@corp.example",), True),
    ],
)
def test_each_field_is_compared_in_its_normal_form(
    field: str, held: str, expected: tuple[str, ...], equal: bool
) -> None:
    """White space, the case of an address and the way a phone is written make no difference."""
    contact = replace(CONTACT, **{field: held})
    wanted = () if equal else (Difference(field, expected, held),)
    assert differences(contact, {field: expected}) == wanted


def test_differences_come_in_the_forms_order() -> None:
    """Each field that is not as expected is named, those not expected are not."""
    expected = {"phone": ("+1",), "email": ("@corp.example",), "name": (CONTACT.name,)}
    found = differences(CONTACT, expected)
    assert [each.field for each in found] == ["email", "phone"]
    assert differences(CONTACT, {}) == ()


def test_a_form_is_filled_in_where_one_value_is_expected() -> None:
    """Where only a domain, or one of several values, is expected, the field stays empty."""
    expected = {"email": ("@corp.example", "a@b.example"), "name": ("Ana", "Bo")}
    assert prefill(None, expected) == (
        AlternateContact("", "", "a@b.example", ""),
        frozenset({"email"}),
    )
    assert prefill(None, {"email": ("@corp.example",)}) == (None, frozenset())
    assert prefill(None, {}) == (None, frozenset())


def test_only_values_that_the_policy_does_not_allow_are_replaced() -> None:
    """A field that complies stays as it is, also where only its domain is expected."""
    expected = {
        "title": ("Duty",),
        "email": ("@corp.internal", "aws@corp.internal"),
        "phone": (CONTACT.phone.replace(" ", "-"),),
    }
    filled, fields = prefill(CONTACT, expected)
    assert filled == replace(CONTACT, title="Duty")
    assert fields == {"title"}
    assert prefill(CONTACT, {"name": (CONTACT.name,)}) == (CONTACT, frozenset())


COMPLETE = {
    "name": ("Security team",),
    "title": ("Duty", "Lead"),
    "email": ("@corp.example", "aws@corp.example"),
    "phone": ("+44 20 7946 0958",),
}


def test_the_contact_that_an_account_should_have() -> None:
    """Each field has one usable value: the only one, or the allowed one that AWS has."""
    assert undetermined_fields(None, COMPLETE) == ("title",)
    assert expected_contact(None, COMPLETE) is None
    title = {**COMPLETE, "title": ("Duty",)}
    whole = AlternateContact("Security team", "Duty", "aws@corp.example", "+44 20 7946 0958")
    assert expected_contact(None, title) == whole
    held = replace(CONTACT, title="Lead", email="ops@corp.example")
    kept = replace(whole, title="Lead", email="ops@corp.example")
    assert expected_contact(held, COMPLETE) == kept
    assert expected_contact(kept, COMPLETE) == kept


@pytest.mark.parametrize("field", FIELDS)
def test_a_policy_that_leaves_a_field_open(field: str) -> None:
    """Without a value for each field, or with only a domain, nothing is made up."""
    rest = {key: values for key, values in COMPLETE.items() if key != field}
    assert field in undetermined_fields(CONTACT, rest)
    assert expected_contact(CONTACT, rest) is None
    domain = {**COMPLETE, "email": ("@corp.example",)}
    assert undetermined_fields(None, domain) == ("title", "email")


TEXTS = st.text(max_size=20) | st.from_regex(r"[+]?[0-9 ()-]{1,20}", fullmatch=True)


@given(st.sampled_from(FIELDS), TEXTS, TEXTS)
def test_comparing_is_symmetrical(field: str, one: str, other: str) -> None:
    """What is expected and what is held may change places, and every value equals itself."""
    empty = AlternateContact("", "", "", "")
    there = differences(replace(empty, **{field: one}), {field: (other,)})
    back = differences(replace(empty, **{field: other}), {field: (one,)})
    if not (field == "email" and (one.startswith("@") or other.startswith("@"))):
        assert bool(there) == bool(back)
        assert not differences(replace(empty, **{field: one}), {field: (one,)})
    assert normal(field, one) == normal(field, f" {one} ")


@given(TEXTS, TEXTS)
def test_a_domain_is_of_itself_and_not_below_itself(local: str, domain: str) -> None:
    """`*.` stands for domains below alone."""
    plain = domain.strip()
    address = f"{local}@{plain}"
    if "@" not in domain and not plain.startswith("*."):
        assert domain_matches(address, plain)
        assert not domain_matches(address, f"*.{plain}")
        assert domain_matches(f"{local}@eu.{plain}", f"*.{plain}")
