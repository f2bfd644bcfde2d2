"""What most accounts have, as a policy to start from."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import starter_file
from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.policy.starter import starters

SECURITY, BILLING, OPERATIONS = (
    ContactType.SECURITY,
    ContactType.BILLING,
    ContactType.OPERATIONS,
)


def contact(email: str, name: str = "Team") -> AlternateContact:
    """A contact with this address."""
    return AlternateContact(name, "Duty", email, "+442079460958")


OURS, THEIRS = contact("sec@corp.example", "Security team"), contact("other@corp.example")


def test_what_most_have_is_required() -> None:
    """Billing of most is required, that of half is not; security is in any case."""
    found = starters(
        {
            SECURITY: [None, None, THEIRS],
            BILLING: [THEIRS, THEIRS, None],
            OPERATIONS: [THEIRS, None],
        }
    )
    assert [(each.type, each.read, each.held, each.is_required) for each in found] == [
        (SECURITY, 3, 1, True),
        (BILLING, 3, 2, True),
        (OPERATIONS, 2, 1, False),
    ]


@pytest.mark.parametrize(
    ("held", "email"),
    [
        ([OURS, OURS, THEIRS], ("sec@corp.example", 2)),
        ([OURS, THEIRS], None),
        ([OURS, OURS, THEIRS, THEIRS], None),
        ([OURS], None),
        ([], None),
    ],
)
def test_a_value_is_common_where_more_than_half_share_it(
    held: list[AlternateContact], email: tuple[str, int] | None
) -> None:
    """Half is not most, and one account shares with nobody."""
    (security, _, _) = starters({SECURITY: [*held, None]})
    assert security.values.get("email") == email


def test_nothing_of_a_contact_is_in_a_log() -> None:
    """Values are personal data."""
    assert "corp.example" not in repr(starters({SECURITY: [OURS, OURS]}))


def test_the_file_has_what_is_common() -> None:
    """The address is expected, all else waits as a comment for somebody to decide."""
    text = starter_file.render(
        starters({SECURITY: [OURS, OURS, None], BILLING: [None, None, THEIRS], OPERATIONS: []})
    )
    assert tomllib.loads(text)["policy"] == {
        "security": {"presence": "required", "email": "sec@corp.example"}
    }
    assert 'security.presence = "required"  # 2 of 3 accounts have one\n' in text
    assert '# security.name = "Security team"  # 2 of 2\n' in text
    assert '# billing.presence = "required"  # 1 of 3 accounts have one\n' in text


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_value_is_written_as_toml(value: str) -> None:
    """Quotation marks, line feeds and control characters of a contact stay within its text."""
    text = starter_file.render(starters({SECURITY: [contact(value), contact(value)]}))
    assert tomllib.loads(text)["policy"]["security"]["email"] == value.strip()
