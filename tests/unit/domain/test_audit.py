"""Entries of the audit log: what their hashes and digests cover, and what is never in them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import (
    COLUMNS,
    GENESIS,
    AuditAction,
    AuditEntry,
    contact_digest,
    hash_of,
    seal,
)
from bot.domain.contacts import FIELDS, AlternateContact, ContactType

AT: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SALT: Final = "5a" * 32
ANA: Final = AlternateContact("Ana Lima", "Lead", "sec@example.com", "+351 210 000 000")
BO: Final = AlternateContact("Bo Berg", "Lead", "ops@example.com", "+351 210 000 000")

WIPED: Final[dict[str, Any]] = {"before": None, "after": None, "salt": None}

_texts = st.text(st.characters(exclude_categories=["Cs"]))
contacts = st.builds(AlternateContact, _texts, _texts, _texts, _texts)
entries = st.builds(
    AuditEntry,
    action=st.sampled_from([each for each in AuditAction if each is not AuditAction.REDACTED]),
    actor=_texts,
    account_id=st.text("0123456789", max_size=12),
    type=st.none() | st.sampled_from(ContactType),
    fix_id=st.none() | st.integers(1, 9),
    run_id=st.none() | st.integers(1, 9),
    before=st.none() | contacts,
    after=st.none() | contacts,
    request_id=_texts,
    details=st.dictionaries(_texts, _texts, max_size=3),
)


def entry(**values: Any) -> AuditEntry:  # noqa: ANN401 - the columns differ
    """A write by U1."""
    known = AuditEntry(
        AuditAction.WRITE_SENT,
        "U1",
        account_id="444444444444",
        type=ContactType.SECURITY,
        fix_id=3,
        before=ANA,
        after=BO,
        details={"state": "planned"},
    )
    return replace(known, **values)


@given(entries, st.sampled_from(COLUMNS))
def test_the_hash_covers_everything_but_the_contacts(wanted: AuditEntry, column: str) -> None:
    """Any other column that is changed gives another hash; contacts and their salt don't."""
    sealed = seal(wanted, 1, AT, GENESIS, SALT)
    assert sealed.hash == hash_of(sealed)
    value: Any = f"{getattr(sealed, column)}x"
    changed = replace(sealed, **{column: value})
    is_covered = column not in {"before", "after", "salt", "hash"}
    assert (hash_of(changed) != sealed.hash) is is_covered


@given(entries, st.text("ab", min_size=1))
def test_values_do_not_run_into_each_other(wanted: AuditEntry, more: str) -> None:
    """Text that is moved from one column to the next gives another hash."""
    one = seal(replace(wanted, actor=more, account_id=""), 1, AT, GENESIS, SALT)
    two = seal(replace(wanted, actor="", account_id=more), 1, AT, GENESIS, SALT)
    assert one.hash != two.hash


@given(contacts, contacts)
def test_digests_show_which_fields_changed(
    before: AlternateContact, after: AlternateContact
) -> None:
    """Exactly the fields whose text differs, even after the contacts were wiped."""
    sealed = seal(entry(before=before, after=after), 1, AT, GENESIS, SALT)
    differ = tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))
    assert replace(sealed, **WIPED).changed_fields == differ


def test_digests_differ_by_salt_and_field() -> None:
    """Nobody learns from two entries, or two fields, that they hold the same text."""
    same = json.dumps(["x", "x", "x", "x"])
    one, two = (json.loads(contact_digest(same, salt)) for salt in ("1" * 64, "2" * 64))
    assert list(one) == list(FIELDS)
    assert len({*one.values(), *two.values()}) == 8


def test_a_contact_that_is_not_there_has_no_digest() -> None:
    """An entry without contacts needs no salt; a contact that is removed changes all fields."""
    plain = seal(entry(before=None, after=None), 1, AT, GENESIS, SALT)
    assert (plain.salt, plain.before_digest, plain.after_digest) == (None, "", "")
    assert not plain.has_contacts
    assert not plain.is_wiped
    removed = seal(entry(after=None), 1, AT, GENESIS, SALT)
    assert (removed.after, removed.after_digest) == (None, "")
    assert removed.changed_fields == FIELDS
    assert removed.contacts() == (ANA, None)


def test_no_contact_is_in_the_covered_columns_or_in_repr() -> None:
    """Personal data is in the two columns that can be wiped, and nowhere else."""
    wanted = entry(details={"reason": "Ana's mail sec@example.com, +351 210 000 000"})
    sealed = seal(wanted, 1, AT, GENESIS, SALT)
    kept = replace(sealed, **WIPED)
    shown = f"{wanted!r}"
    for text in (f"{kept}", f"{sealed!r}", shown.replace(str(wanted.details), "")):
        for private in ("Ana Lima", "Bo Berg", "sec@example.com", "ops@", "210 000 000"):
            assert private not in text
    assert sealed.details_by_name() == {"reason": "Ana's mail [email], [phone]"}
    assert kept.is_wiped
    assert kept.contacts() == (None, None)


def test_a_lone_surrogate_is_stored() -> None:
    """JSON from outside can hold one, and SQLite refuses it."""
    odd = AlternateContact("\ud800", "Lead", "sec@example.com", "+1")
    sealed = seal(entry(actor="U\ud800", before=odd), 1, AT, GENESIS, SALT)
    "".join(str(getattr(sealed, name)) for name in COLUMNS).encode()  # raises if it can't be stored
    assert sealed.contacts()[0] == odd


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "7"])
def test_columns_that_cannot_be_read_are_empty(text: str) -> None:
    """A column that was tampered with is shown as empty rather than ending the list."""
    sealed = seal(entry(), 1, AT, GENESIS, SALT)
    broken = replace(sealed, at=text, details=text, before=text, after=text)
    broken = replace(broken, before_digest=text, after_digest=text)
    assert broken.moment is None
    assert broken.details_by_name() == {}
    assert broken.contacts() == (None, None)
    assert broken.changed_fields == ()
    assert sealed.moment == AT
