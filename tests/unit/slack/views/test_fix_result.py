"""The results of submitted forms, within Slack's limits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import ContactType
from bot.domain.errors import AltcontactError, GatewayError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.validation import PHONE
from bot.services.fix_result import Fixed, FixOutcome, NotFixed, result_of
from bot.slack.payloads import PayloadError
from bot.slack.views import fix_modal, fix_result
from bot.slack.views.row_actions import account_name
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, assert_sound_view, texts

if TYPE_CHECKING:
    from bot.slack.views.message import Message

SECURITY, BILLING, OPERATIONS = ContactType
NEXT = Account("555555555555", "Web production")
LOCKED = StoreError("The database bot.db is locked by another process.", "Look for a backup.")
CHECK_MARK = "white_check_mark"


def fixed(state: FixState = FixState.CONFIRMED, **more: Any) -> Fixed:  # noqa: ANN401 - of `data.fix`
    """A fix that AWS accepted."""
    result = result_of(data.fix(state, **more))
    assert isinstance(result, Fixed)
    return result


def assert_named(message: Message, name: str) -> None:
    """Slack takes it as a message and in a modal, and it names its account inertly."""
    assert_sound(message)
    assert_sound_view(fix_modal.message_view(message, SECURITY, close="Done"))
    shown = texts(message.blocks, "mrkdwn")
    assert any(account_name(name, data.account_id(1)) in text for text in shown)
    assert not any("<!channel>" in text for text in shown)


@pytest.mark.parametrize("name", data.HOSTILE)
def test_results_of_fixes(name: str) -> None:
    """Verified, already there and saved read differently, in the modal and as a message."""
    told = {}
    for state, already in (
        (FixState.CONFIRMED, False),
        (FixState.CONFIRMED, True),
        (FixState.APPLIED, False),
    ):
        message = fix_result.result_message(fixed(state, already_there=already, name=name))
        assert_named(message, name)
        told[state, already] = message.text
    assert len(set(told.values())) == 3
    assert "Saved and verified in AWS." in told[FixState.CONFIRMED, False]
    assert "doesn't show it yet" in told[FixState.APPLIED, False]
    unread = GatewayError(failure(FailureCode.THROTTLED))
    result = replace(fixed(FixState.APPLIED, already_there=False, name=name), problem=unread)
    text = fix_result.result_message(result).text
    assert "Saved in AWS, but not verified yet. I'll keep checking." in text
    assert f"{unread} {unread.remedy}" in text


@pytest.mark.parametrize(
    ("state", "still_open", "has_mark"),
    [
        (FixState.CONFIRMED, (), True),
        (FixState.CONFIRMED, (BILLING,), False),
        (FixState.CONFIRMED, None, False),
        (FixState.APPLIED, (), False),
    ],
)
def test_a_check_mark_means_that_the_account_is_compliant(
    state: FixState, still_open: tuple[ContactType, ...] | None, has_mark: bool
) -> None:
    """Not that one of its contacts was saved, nor that nothing else is known."""
    message = fix_result.result_message(fixed(state), still_open=still_open)
    assert (CHECK_MARK in json.dumps(message.blocks)) is has_mark


def test_what_is_still_open_is_told() -> None:
    """By the contact types, seen and heard."""
    one = fix_result.result_message(fixed(), still_open=(BILLING,))
    assert "This account still needs attention: Billing contact." in one.text
    every = fix_result.result_message(fixed(), still_open=tuple(ContactType))
    words = "still needs attention: Security, Billing and Operations contacts."
    assert words in every.text
    assert words in json.dumps(every.blocks)


@given(st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80)))
def test_the_next_account_is_offered(name: str) -> None:
    """By its name, as the one primary button; what it is for is parsed again."""
    account = Account("555555555555", name)
    message = fix_result.result_message(fixed(), next_account=account)
    assert_named(message, "Web production")
    (actions,) = [block for block in message.blocks if block["type"] == "actions"]
    button, undo = actions["elements"]
    assert (undo["text"]["text"], "style" in undo) == ("Undo", False)
    assert button["text"]["text"].startswith("Next account: ")
    assert button["style"] == "primary"
    assert "Security contact" in button["accessibility_label"]
    wanted = fix_result.NextAccount(7, "555555555555", SECURITY)
    assert fix_result.parse_next(button["value"]) == wanted


@pytest.mark.parametrize("value", ["", "7", "7::SECURITY", "x:5:SECURITY", "7:5:OTHER", "7:5:5:5"])
def test_other_values_are_no_next_account(value: str) -> None:
    """They are from something else."""
    with pytest.raises(PayloadError):
        fix_result.parse_next(value)


@pytest.mark.parametrize("next_account", [NEXT, None])
def test_a_next_account_that_needs_no_fix(next_account: Account | None) -> None:
    """Who fixed it is said if that is known, and which account is next if there is one."""
    wanted = fix_result.NextAccount(7, data.account_id(1), SECURITY)
    for fixed_by in ("U0BOB00002", ""):
        message = fix_result.no_longer_needed_message(
            "Web production", wanted, fixed_by=fixed_by, next_account=next_account
        )
        assert_named(message, "Web production")
        assert ("<@U0BOB00002> already fixed" in message.text) is bool(fixed_by)
        assert ("No other account needs" in message.text) is (next_account is None)
        assert (fix_result.NEXT in json.dumps(message.blocks)) is (next_account is not None)


@pytest.mark.parametrize("state", [FixState.CONFIRMED, FixState.APPLIED])
def test_a_result_with_something_left_to_check(state: FixState) -> None:
    """It is reported by its field, heard as well, and gets no check mark."""
    message = fix_result.result_message(fixed(state), {PHONE: "Look <again>."})
    assert_sound(message)
    assert "Phone: Look <again>." in json.dumps(message.blocks)
    assert "Phone: Look &lt;again&gt;." in message.text
    assert CHECK_MARK not in json.dumps(message.blocks)
    title = fix_result.result_message(fixed(), {"title": "The policy expects Duty."})
    assert "Job title: The policy expects Duty." in title.text


@pytest.mark.parametrize("name", data.HOSTILE)
def test_a_result_that_is_not_recorded_says_so(name: str) -> None:
    """What AWS did is reported first, then that it isn't recorded, why, and what happens next."""
    result = result_of(data.fix(FixState.CONFIRMED, name=name), LOCKED)
    assert isinstance(result, Fixed)
    message = fix_result.result_message(result)
    assert_named(message, name)
    assert CHECK_MARK not in json.dumps(message.blocks)
    for told in (message.text, json.dumps(message.blocks)):
        assert "Saved and verified" in told
        assert "isn't recorded yet" in told
        assert "locked by another process" in told
        assert "keep trying" in told
        assert "Look for a backup." in told


def test_a_fix_in_doubt_says_that_it_may_have_been_saved() -> None:
    """Where AWS's answer was lost, nothing says that the contact wasn't changed."""
    why = GatewayError(failure(FailureCode.TIMED_OUT))
    open_fix = replace(data.fix(FixState.PLANNED), ended_at=None, in_doubt_since=data.NOW)
    unknown = Fixed(FixOutcome.UNKNOWN, open_fix, problem=why)
    doubtful = replace(data.fix(FixState.FAILED), failure=why.failure, in_doubt_since=data.NOW)
    refused = result_of(doubtful, LOCKED)
    assert isinstance(refused, NotFixed)
    failed = fix_result.failed_message(doubtful.request, "Web production", refused)
    notice = fix_result.problem_of(refused)
    told_unknown = fix_result.result_message(unknown)
    assert_named(told_unknown, "Web production")
    assert not fix_result.is_done(unknown)
    for told in (told_unknown.text, failed.text, json.dumps(failed.blocks), str(notice)):
        assert "may have been saved in AWS" in told
        assert why.failure.message in told
        assert "Not changed" not in told
    assert_named(failed, "Web production")
    assert "isn't recorded yet" in failed.text


@pytest.mark.parametrize("name", data.HOSTILE)
def test_a_failed_fix_can_be_tried_again(name: str) -> None:
    """Why, the next step, and a button that leads back to what was typed, if it was recorded."""
    fix = data.fix(FixState.FAILED, name=name)
    error = AltcontactError("AWS denied access.", "Check the policy.")
    message = fix_result.failed_message(fix.request, name, NotFixed(FixOutcome.FAILED, error, fix))
    assert_named(message, name)
    assert fix_result.TRY_AGAIN in json.dumps(message.blocks)
    assert message.text.endswith("not changed. AWS denied access. Check the policy.")
    not_recorded = NotFixed(FixOutcome.NOT_RECORDED, AltcontactError("No.", ""))
    unrecorded = fix_result.failed_message(fix.request, name, not_recorded)
    assert_named(unrecorded, name)
    assert fix_result.TRY_AGAIN not in json.dumps(unrecorded.blocks)
