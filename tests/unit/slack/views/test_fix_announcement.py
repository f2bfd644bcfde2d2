"""The message that a contact was changed through this bot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import AlternateContact
from bot.domain.fixes import FixState
from bot.slack.views.announcements import announcement_message
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound, texts

AGENCY = AlternateContact("Bo Berg", "Partner", "bo.berg@agency.example", "+46 8 000 00")
TEXT = st.text(max_size=80)


def told(
    before: AlternateContact | None,
    wanted: AlternateContact = data.CONTACT,
    *,
    state: FixState = FixState.CONFIRMED,
    unusual: bool = False,
) -> str:
    """All that a message of such a fix shows."""
    fix = data.fix(state, before=before, wanted=wanted, unusual_domain=unusual)
    message = announcement_message(data.fix_announcement(fix))
    assert_sound(message)
    return "\n".join([message.text, *texts(message.blocks, "plain_text", "mrkdwn")])


def test_who_changed_what_from_where_to_where() -> None:
    """Account, type and person are named, and the domain before and after."""
    shown = told(data.CONTACT, AGENCY)
    assert "<@U0ALICE001> changed the *Security contact*." in shown
    assert f"*Web production*  `{data.account_id(1)}`" in shown
    assert "Before: an address at corp.internal. Now: an address at agency.example." in shown
    assert "Changed: name, title, email, phone." in shown
    assert "verified" in shown
    assert "other accounts have" not in shown


def test_nothing_personal_is_shown() -> None:
    """No name, title, address or phone number is in the message, old or new."""
    shown = told(data.CONTACT, AGENCY, unusual=True)
    for contact in (data.CONTACT, AGENCY):
        for value in (contact.name, contact.title, contact.email, contact.phone):
            assert value not in shown
    assert "Few or no other accounts have an address at agency.example." in shown


def test_a_contact_that_was_not_there_before() -> None:
    """A contact that was set says that there was none."""
    shown = told(None)
    assert "set the *Security contact*" in shown
    assert "Before: none. Now: an address at corp.internal." in shown


def test_a_change_within_a_domain() -> None:
    """The changed fields are named."""
    shown = told(replace(data.CONTACT, phone="+44 20 7946 0000"))
    assert "Before and now: an address at corp.internal. Changed: phone." in shown


@pytest.mark.parametrize("state", [FixState.PLANNED, FixState.FAILED])
def test_a_change_in_doubt(state: FixState) -> None:
    """What AWS may have saved is called neither saved nor not saved."""
    fix = replace(data.fix(state, before=AGENCY), in_doubt_since=data.NOW)
    message = announcement_message(data.fix_announcement(fix))
    assert_sound(message)
    shown = "\n".join([message.text, *texts(message.blocks, "mrkdwn")])
    assert "<@U0ALICE001> may have changed the *Security contact*." in shown
    assert "its response was lost" in shown
    assert "didn't save" not in shown


@pytest.mark.parametrize(
    ("state", "in_doubt"),
    [(FixState.PLANNED, False), (FixState.FAILED, False), (FixState.PLANNED, True)],
)
def test_what_may_not_be_saved_is_requested(state: FixState, *, in_doubt: bool) -> None:
    """A message doesn't say that AWS has now what it rejected, or may have."""
    for before, words in (
        (AGENCY, "Before: an address at agency.example. Requested: an address at corp.internal."),
        (replace(data.CONTACT, name="Other"), "Before and requested: an address at corp.internal."),
        (None, "Before: none. Requested: an address at corp.internal."),
    ):
        fix = data.fix(state, before=before)
        fix = replace(fix, in_doubt_since=data.NOW) if in_doubt else fix
        shown = announcement_message(data.fix_announcement(fix))
        assert words in shown.text
        assert words in str(shown.blocks)
        assert "Changed: " not in shown.text


def test_a_notification_says_who() -> None:
    """The text for notifications and screen readers names the person, as the message does."""
    message = announcement_message(data.fix_announcement(data.fix(FixState.CONFIRMED)))
    assert "<@U0ALICE001> " in message.text


def test_each_state_reads_differently() -> None:
    """Without a check mark, since other findings of the account may be open."""
    shown = {state: told(data.CONTACT, AGENCY, state=state) for state in FixState}
    assert len(set(shown.values())) == len(FixState)
    assert not any("check_mark" in text for text in shown.values())


@pytest.mark.parametrize("name", data.HOSTILE)
def test_hostile_names_show_as_typed(name: str) -> None:
    """An account's name formats nothing in the message."""
    fix = data.fix(FixState.APPLIED, name=name, before=AGENCY)
    message = announcement_message(data.fix_announcement(fix))
    assert_sound(message)
    assert_as_typed(message.blocks, name)


@given(st.builds(AlternateContact, TEXT, TEXT, TEXT, TEXT), TEXT)
def test_announcements_of_anything_are_taken(contact: AlternateContact, name: str) -> None:
    """Whatever AWS had before, Slack accepts the message."""
    fix = data.fix(FixState.CONFIRMED, before=contact, name=name, unusual_domain=True)
    assert_sound(announcement_message(data.fix_announcement(fix)))
