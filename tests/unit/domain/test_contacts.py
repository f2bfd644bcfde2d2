"""Contacts: what is equal, and what is kept out of sight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import NO_CONTACT, AlternateContact, ContactType, fingerprint
from tests.unit.fakes import CONTACT, OTHER

FIELDS = ("name", "title", "email", "phone")
SPACES = st.text(" \t\n\u00a0", max_size=3)
WORDS = st.lists(st.text("abcXYZ<>*`é", min_size=1, max_size=6), min_size=1, max_size=4)


@st.composite
def contacts(draw: st.DrawFn) -> AlternateContact:
    """Any contact, with text of any kind."""
    return AlternateContact(*(draw(st.text(max_size=20)) for _ in FIELDS))


@st.composite
def twins(draw: st.DrawFn) -> tuple[AlternateContact, AlternateContact]:
    """One contact written tidily, and written as people and AWS may write it."""
    name, title = draw(WORDS), draw(WORDS)
    email = f"{draw(st.text('abcdefg.', min_size=1, max_size=8))}@example.com"
    digits = draw(st.text("0123456789", min_size=1, max_size=12))

    def loose(words: list[str]) -> str:
        gap = draw(st.sampled_from([" ", "  ", "\t", "\n "]))
        return draw(SPACES) + gap.join(words) + draw(SPACES)

    separator = draw(st.sampled_from(["", " ", "-", ".", ") ("]))
    return (
        AlternateContact(" ".join(name), " ".join(title), email, f"+{digits}"),
        AlternateContact(
            loose(name),
            loose(title),
            draw(SPACES) + email.upper() + draw(SPACES),
            f"{draw(SPACES)}+{separator.join(digits)}{draw(SPACES)}",
        ),
    )


@given(twins())
def test_what_is_written_otherwise_is_the_same_contact(
    pair: tuple[AlternateContact, AlternateContact],
) -> None:
    """White space, the case of an address and the spacing of a number make no difference."""
    tidy, loose = pair
    assert tidy == loose
    assert hash(tidy) == hash(loose)
    assert tidy.fingerprint == loose.fingerprint


@given(contacts())
def test_the_normal_form_is_its_own(contact: AlternateContact) -> None:
    """The normal form of a normal form is the same."""
    assert AlternateContact(*contact.normal()) == contact
    assert AlternateContact(*contact.normal()).normal() == contact.normal()


@given(contacts(), contacts())
def test_fingerprints_tell_contacts_apart(one: AlternateContact, two: AlternateContact) -> None:
    """Two contacts have one fingerprint exactly where they are equal."""
    assert (one == two) is (one.fingerprint == two.fingerprint)
    assert (one == two) is (one.normal() == two.normal())


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_makes_a_difference(field: str) -> None:
    """A contact with one other field is another contact."""
    values = {name: getattr(CONTACT, name) for name in FIELDS}
    assert AlternateContact(**values | {field: getattr(OTHER, field)}) != CONTACT


def test_the_case_of_a_name_makes_a_difference() -> None:
    """Only of an email address is the case ignored."""
    shouted = AlternateContact(CONTACT.name.upper(), CONTACT.title, CONTACT.email, CONTACT.phone)
    assert shouted != CONTACT


def test_composed_and_decomposed_letters_are_the_same() -> None:
    """A name reads and counts the same whether its umlaut is one character or two."""
    one = AlternateContact("M\u00fcller", "Che\u0301f", "c@example.com", "+351 210")
    two = AlternateContact("Mu\u0308ller", "Ch\u00e9f", "c@example.com", "+351 210")
    assert one == two


def test_an_international_number_is_not_a_national_one() -> None:
    """The leading plus makes a difference, a plus further on none."""
    national = AlternateContact("A", "B", "c@example.com", "351 210")
    assert national != AlternateContact("A", "B", "c@example.com", "+351 210")
    assert national == AlternateContact("A", "B", "c@example.com", "351+210")


def test_fields_do_not_run_into_each_other() -> None:
    """What stands at the end of one field is not taken for the beginning of the next."""
    one = AlternateContact("a b", "c", "d", "1")
    two = AlternateContact("a", "b c", "d", "1")
    assert one.fingerprint != two.fingerprint


def test_a_contact_equals_nothing_else() -> None:
    """A contact is not equal to the tuple of its fields."""
    assert CONTACT.normal() != CONTACT


def test_no_contact_has_a_fingerprint_of_its_own() -> None:
    """What is not there can be reported from all that is."""
    assert fingerprint(None) == NO_CONTACT
    assert fingerprint(CONTACT) == CONTACT.fingerprint != NO_CONTACT


def test_personal_data_is_not_shown() -> None:
    """A contact's fields are not in what gets into logs."""
    assert repr(CONTACT) == "AlternateContact()"


def test_types_have_a_word_for_people() -> None:
    """A contact type is spelled as AWS spells it, and shown as a word."""
    assert [kind.label for kind in ContactType] == ["Security", "Billing", "Operations"]
