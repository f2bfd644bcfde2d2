"""The button that removes a contact, and the result of a removal."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from altcontact_sandbox.slack.blocks import problems
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import ManagedBy
from bot.services.fix_result import Fixed, FixOutcome
from bot.slack.payloads import PayloadError
from bot.slack.views import fix_result, remove
from bot.slack.views.blocks import actions
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound, texts

ID = "444444444444"
BILLING = ContactType.BILLING


@given(st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80)))
def test_the_button_asks_first(name: str) -> None:
    """In Slack's dialog; what it carries is read again, and has no contact details."""
    button = remove.remove_button(1, (name, ID), BILLING, data.CONTACT, data.NOW)
    assert problems([actions(button)], surface="message") == []
    assert button["confirm"]["style"] == "danger"
    assert ID in button["accessibility_label"]
    said = json.dumps(button)
    assert data.CONTACT.email not in said
    shown = remove.parse_remove(button["value"])
    expected = remove.ShownContact(ID, BILLING, data.CONTACT.fingerprint, data.NOW)
    assert shown == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        ID,
        f"{ID}:BILLING",
        f"{ID}:BILLING:none:",
        f"{ID}:BILLING:none::yesterday",
        f"{ID}:BILLING:none::2026-01-05T09:00:00",
        f"{ID}:OTHER:none::2026-01-05T09:00:00+00:00",
        ":BILLING:none::2026-01-05T09:00:00+00:00",
        f"{ID}:BILLING:::2026-01-05T09:00:00+00:00",
        f"{ID}:BILLING:none:pulumi:2026-01-05T09:00:00+00:00",
    ],
)
def test_other_values_remove_nothing(value: str) -> None:
    """They are from something else."""
    with pytest.raises(PayloadError):
        remove.parse_remove(value)


def test_a_contact_that_a_tool_keeps_is_confirmed_once_more() -> None:
    """The button carries that the person saw it."""
    shown = remove.ShownContact(ID, BILLING, data.CONTACT.fingerprint, data.NOW)
    message = remove.managed_message("<!channel>", shown, ManagedBy.LZA)
    assert_sound(message)
    assert "managed by Landing Zone Accelerator" in message.text
    button = message.blocks[-1]["elements"][0]
    assert remove.parse_remove(button["value"]) == replace(shown, confirmed_tool="lza")


@pytest.mark.parametrize(
    ("state", "already_there", "words"),
    [
        (FixState.CONFIRMED, False, "Removed and verified in AWS."),
        (FixState.CONFIRMED, True, "AWS already had no contact. Nothing was changed."),
        (FixState.APPLIED, False, "Removed in AWS, but AWS still shows it."),
        (FixState.PLANNED, False, "This may have been removed in AWS."),
    ],
)
def test_the_result_of_a_removal(state: FixState, words: str, *, already_there: bool) -> None:
    """It says what AWS has now, and can be undone if it changed something."""
    fix = data.fix(state, already_there=already_there, before=data.CONTACT)
    fix = replace(fix, request=replace(fix.request, wanted=None))
    message = fix_result.result_message(Fixed(FixOutcome.VERIFIED, fix))
    assert_sound(message)
    said = "\n".join([message.text, *texts(message.blocks, "plain_text", "mrkdwn")])
    assert words in said
    assert "saved" not in said.lower()
    can_undo = state in {FixState.CONFIRMED, FixState.APPLIED} and not already_there
    assert ("Undo" in said) is can_undo
