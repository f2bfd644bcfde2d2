"""Undoing a fix: the button, the question, and the result, within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import AlternateContact, ContactType, fingerprint
from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ManagedBy
from bot.domain.readings import Absent, Present
from bot.domain.undo import NotUndone, UndoObstacle
from bot.services.fix_result import Fixed, FixOutcome, NotFixed
from bot.services.undo import UndoAttempt, UndoQuestion
from bot.slack.payloads import PayloadError
from bot.slack.readers import FULL_ACCESS, ContactAccess
from bot.slack.views import undo, undo_obstacles
from bot.slack.views.undo_button import UNDO, undo_buttons
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts

if TYPE_CHECKING:
    from bot.domain.fixes import Fix
    from bot.slack.views.message import Message

AGENCY = AlternateContact("Bo Berg", "Partner", "bo.berg@agency.example", "+46 8 000 00")
NO_ACCESS = ContactAccess(granted=False, note="You don't have permission to see contact details.")
NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))


def made(before: AlternateContact | None = AGENCY, name: str = "Web production") -> Fix:
    """A verified fix."""
    shown = fingerprint(before)
    fix = data.fix(FixState.CONFIRMED, before=before, name=name)
    return replace(fix, request=replace(fix.request, shown=shown))


def undone(state: FixState = FixState.CONFIRMED, before: AlternateContact | None = AGENCY) -> Fix:
    """A fix that undid `made(before)`."""
    fix = made(before)
    request = replace(fix.request, wanted=before, undoes=fix.id, user_id="U0BOB00002")
    return replace(fix, id=8, request=request, state=state, before=data.CONTACT, undone_by=None)


def shown(message: Message) -> str:
    """All that a message shows."""
    assert_sound(message)
    return "\n".join([message.text, *texts(message.blocks, "plain_text", "mrkdwn")])


@given(NAMES, st.sampled_from([AGENCY, None]))
def test_the_button_asks_first(name: str, before: AlternateContact | None) -> None:
    """Its dialog says what happens, and neither has contact details."""
    fix = made(before, name)
    (button,) = undo_buttons(fix)
    assert (button["action_id"], button["value"]) == (UNDO, "7")
    assert button["text"]["text"] == "Undo"
    dialog = button["confirm"]
    assert dialog["title"]["text"] == "Undo fix #7?"
    assert (dialog.get("style") == "danger") is (before is None)
    said = json.dumps(button)
    assert ("none was set before" in said) is (before is None)
    assert AGENCY.name not in said
    assert AGENCY.email not in said


@given(NAMES)
def test_the_last_fixes_are_a_list(name: str) -> None:
    """Each with its number, and a button of its own."""
    fixes = [replace(made(name=name), id=number) for number in range(5)]
    message = undo_obstacles.which_fix_message("", fixes)
    said = shown(message)
    assert all(f"Fix #{number}: <@U0ALICE001>" in said for number in range(5))
    assert AGENCY.email not in said


def test_an_undo_is_redone() -> None:
    """The button of an undo is called by what it does."""
    (button,) = undo_buttons(undone())
    assert button["text"]["text"] == "Redo"
    assert button["confirm"]["title"]["text"] == "Redo fix #7?"


def test_what_cannot_be_undone_has_no_button() -> None:
    """For example a fix that was undone."""
    assert undo_buttons(replace(made(), undone_by=8)) == []


@pytest.mark.parametrize("before", [AGENCY, None])
@pytest.mark.parametrize("held", [data.CONTACT, None])
def test_the_question_shows_both_contacts(
    before: AlternateContact | None, held: AlternateContact | None
) -> None:
    """What AWS has and what it would have, and a button that carries what was shown."""
    message = undo.question_message(UndoQuestion(made(before), held), FULL_ACCESS)
    said = shown(message)
    assert "AWS no longer has what fix #7 saved. It was changed in AWS since." in said
    for contact in (before, held):
        assert contact is None or f"Email: {contact.email}" in said
    assert ("None: the contact is removed." in said) is (before is None)
    button = message.blocks[-1]["elements"][0]
    assert button["style"] == "danger"
    assert undo.parse_anyway(button["value"]) == (7, fingerprint(held), "")


def test_the_question_names_a_later_fix() -> None:
    """Who changed the contact, by which fix."""
    later = replace(made(), id=9, request=replace(made().request, user_id="U0BOB00002"))
    message = undo.question_message(UndoQuestion(made(), AGENCY, later), FULL_ACCESS)
    assert "<@U0BOB00002> changed it later (fix #9)." in shown(message)


def test_the_question_names_the_tool_that_keeps_the_contact() -> None:
    """The button carries that the person saw it."""
    asked = UndoQuestion(made(), data.CONTACT, tool=ManagedBy.TERRAFORM)
    message = undo.question_message(asked, FULL_ACCESS)
    assert "managed by Terraform, which puts back its own values" in shown(message)
    value = message.blocks[-1]["elements"][0]["value"]
    assert undo.parse_anyway(value) == (7, fingerprint(data.CONTACT), "terraform")
    fix = undone()
    fix = replace(fix, request=replace(fix.request, confirmed_tool="terraform"))
    attempt = UndoAttempt(made(), Fixed(FixOutcome.VERIFIED, fix))
    said = shown(undo.attempt_message(attempt, FULL_ACCESS))
    assert "Terraform overwrites this when it is next applied." in said


def test_others_see_no_details() -> None:
    """Only the domains, and which fields differ."""
    messages = [
        undo.question_message(UndoQuestion(made(), data.CONTACT), NO_ACCESS),
        undo.attempt_message(UndoAttempt(made(), Fixed(FixOutcome.VERIFIED, undone())), NO_ACCESS),
    ]
    for message in messages:
        said = shown(message)
        assert "an address at agency.example" in said
        assert NO_ACCESS.note in said
        for contact in (AGENCY, data.CONTACT):
            for value in (contact.name, contact.title, contact.email, contact.phone):
                assert value not in said
    assert "To change: name, title, email, phone." in shown(messages[0])


@pytest.mark.parametrize(
    "value", ["", "7", "7:", "7:none", "x:none:", "7::", ":none:", "7:none:pulumi", "7:none::"]
)
def test_other_values_are_no_confirmation(value: str) -> None:
    """They are from something else."""
    with pytest.raises(PayloadError):
        undo.parse_anyway(value)


def test_the_result() -> None:
    """What AWS has now, the numbers of both fixes, and a way back."""
    attempt = UndoAttempt(made(), Fixed(FixOutcome.VERIFIED, undone()))
    message = undo.attempt_message(attempt, FULL_ACCESS)
    said = shown(message)
    assert "Undone. Verified in AWS." in said
    assert AGENCY.email in said
    assert "fix #8, undoes fix #7" in said
    assert message.blocks[-1]["elements"][0]["text"]["text"] == "Redo"


def test_a_removal_says_so() -> None:
    """If no contact was set before, none is set now; the account needs attention again."""
    judged = data.result(1, Absent()).results[0]
    fix = undone(before=None)
    attempt = UndoAttempt(made(None), Fixed(FixOutcome.VERIFIED, fix), judged)
    said = shown(undo.attempt_message(attempt, FULL_ACCESS, (ContactType.SECURITY,)))
    assert "Undone. The contact was removed, and AWS shows none." in said
    assert "still needs attention" not in said
    assert "This account needs attention again." in said
    assert "white_check_mark" not in said


def test_a_check_mark_is_for_a_compliant_account() -> None:
    """Only if what was put back complies with the policy, and nothing else is open."""
    judged = data.result(1, Present(data.CONTACT)).results[0]
    attempt = UndoAttempt(made(), Fixed(FixOutcome.VERIFIED, undone()), judged)
    assert ":white_check_mark:" in shown(undo.attempt_message(attempt, FULL_ACCESS, ()))
    assert "check_mark" not in shown(undo.attempt_message(attempt, FULL_ACCESS))
    other = shown(undo.attempt_message(attempt, FULL_ACCESS, (ContactType.BILLING,)))
    assert "check_mark" not in other
    assert "This account still needs attention: Billing contact." in other


@pytest.mark.parametrize(
    ("fix", "outcome", "words"),
    [
        (undone(FixState.APPLIED), FixOutcome.SAVED, "Undone in AWS, but not verified yet."),
        (undone(FixState.PLANNED), FixOutcome.UNKNOWN, "may have been undone"),
        (replace(undone(), already_there=True), FixOutcome.VERIFIED, "Nothing was changed."),
    ],
)
def test_a_result_that_is_not_certain(fix: Fix, outcome: FixOutcome, words: str) -> None:
    """It isn't called verified."""
    locked = StoreError("The database is locked.", "Look for a backup.")
    lost = GatewayError(failure(FailureCode.TIMED_OUT))
    result = Fixed(outcome, fix, unrecorded=locked, problem=lost)
    said = shown(undo.attempt_message(UndoAttempt(made(), result), FULL_ACCESS))
    assert words in said
    assert "This isn't recorded yet" in said
    assert str(lost) in said
    assert "Undone. " not in said


def test_an_undo_that_failed() -> None:
    """Why, and the next step; if its result is unknown, that."""
    denied = GatewayError(failure(FailureCode.PERMISSION_MISSING))
    said = shown(
        undo.attempt_message(
            UndoAttempt(made(), NotFixed(FixOutcome.FAILED, denied, undone(FixState.FAILED))),
            FULL_ACCESS,
        )
    )
    assert f"Not undone. {denied}" in said
    assert denied.remedy in said
    doubt = replace(undone(FixState.FAILED, None), in_doubt_since=data.NOW)
    said = shown(
        undo.attempt_message(
            UndoAttempt(made(None), NotFixed(FixOutcome.FAILED, denied, doubt)), FULL_ACCESS
        )
    )
    assert "It may have been removed in AWS." in said
    assert "still shows the contact" in said


@given(NAMES)
@pytest.mark.parametrize("obstacle", UndoObstacle)
@pytest.mark.parametrize("other", [undone(), None])
def test_every_obstacle_is_explained(obstacle: UndoObstacle, other: Fix | None, name: str) -> None:
    """Each says that nothing was changed, and who did what."""
    found = NotUndone(made(name=name), obstacle, other)
    said = shown(undo_obstacles.not_undone_message(found))
    assert "ix #7" in said or obstacle is UndoObstacle.UNDER_WAY
    assert "Nothing was changed now." in said


def test_what_the_bot_did_by_itself_says_so() -> None:
    """The bot isn't mentioned like a person."""
    fix = undone()
    by_bot = replace(fix, request=replace(fix.request, user_id="bot"))
    found = NotUndone(made(), UndoObstacle.UNDONE, by_bot)
    said = shown(undo_obstacles.not_undone_message(found))
    assert "already undid fix #7" in said
    assert "<@bot>" not in said
    asked = UndoQuestion(made(), AGENCY, by_bot)
    assert "<@bot>" not in shown(undo.question_message(asked, FULL_ACCESS))


def test_an_undone_fix_says_who_and_how_to_redo_it() -> None:
    """After a redo, the number of that one."""
    found = NotUndone(made(), UndoObstacle.UNDONE, undone())
    said = shown(undo_obstacles.not_undone_message(found))
    assert "<@U0BOB00002> already undid fix #7 (fix #8), <!date^" in said
    assert "To redo the fix, type: /altcontact undo 8" in said
    redone = replace(found, other=replace(undone(), undone_by=9))
    said = shown(undo_obstacles.not_undone_message(redone))
    assert "To undo the fix again, type: /altcontact undo 9" in said
