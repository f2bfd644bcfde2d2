"""The forms that exempt and verify, and the list, within Slack's limits and read back as built."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.domain.errors import ExemptionRefused, NotAllowed
from bot.domain.exemptions import ExemptionKind
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.services.exempt import FINDINGS, REASON, TYPES, UNTIL
from bot.slack.views import exemption_forms, exemption_inputs, exemption_list
from bot.slack.views.row_actions import account_name
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import (
    assert_as_typed,
    assert_sound,
    assert_sound_view,
    texts,
)

if TYPE_CHECKING:
    from bot.domain.findings import Finding

NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))
TODAY = data.NOW.date()
UNTIL_DAY, LAST = TODAY + timedelta(days=90), TODAY + timedelta(days=180)
ACCOUNT = data.account_id(1)


def exempting(findings: list[Finding], *chosen: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the builder's arguments
    """The form that exempts findings, which Slack takes."""
    arguments: dict[str, Any] = {"until": UNTIL_DAY, "last": LAST, **more}
    name = arguments.pop("name", "Web production")
    view = exemption_forms.exemption_view(name, ACCOUNT, findings, chosen, **arguments)
    assert_sound_view(view)
    return view


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The elements of a view's inputs, by block id."""
    return {b["block_id"]: b["element"] for b in view["blocks"] if b["type"] == "input"}


def filled(view: dict[str, Any], **chosen: Any) -> dict[str, Any]:  # noqa: ANN401 - what each kind of input holds
    """A view as Slack hands it in."""
    values: dict[str, Any] = {}
    for block_id in inputs(view):
        field = block_id.partition(":")[0]
        values[block_id] = {field: chosen.get(field, {})}
    return {**view, "state": {"values": values}}


@given(NAMES, st.text(max_size=600), st.sampled_from([1, 10, 11, 100, 130]))
def test_forms_of_any_size_are_taken(name: str, reason: str, number: int) -> None:
    """However many findings are open, whatever the account is called, and whatever was typed."""
    findings = [replace(data.finding(each, name), reason=reason or "So.") for each in range(number)]
    refused = ExemptionRefused("Somebody else did.", "Look again.", by="U0BOB00002")
    view = exempting(findings, 1, 3, name=name, reason=reason, notice=refused)
    assert account_name(name, ACCOUNT) in texts(view["blocks"], "mrkdwn")
    assert ("and 30 more" in json.dumps(view)) is (number == 130)


def test_the_form_says_what_until_when_and_why() -> None:
    """Each finding is a box with its rule, severity and reason; the latest day is shown."""
    aside = data.exemption()
    findings = [
        data.finding(1),
        data.finding(2, rule=Rule.PLACEHOLDER, outcome=Outcome.WEAK, aside=aside),
        data.finding(3, rule=Rule.ROOT_EMAIL, outcome=Outcome.UNKNOWN),
        data.finding(4, outcome=Outcome.UNSUPPORTED),
    ]
    view = exempting(findings, 1)
    boxes = inputs(view)[f"{FINDINGS}:0"]
    assert boxes["type"] == "checkboxes"
    assert [each["text"]["text"] for each in boxes["options"]] == [
        "Security: missing · very high",
        "Security: placeholder · high · exempt until 2026-03-09",
        "Security: root_email (couldn't be evaluated)",
        "Security: unsupported",
    ]
    assert [each["value"] for each in boxes["initial_options"]] == ["1:0"]
    assert inputs(view)[UNTIL]["initial_date"] == UNTIL_DAY.isoformat()
    assert re.search(rf"Latest day: <!date\^\d+\^{{date_short}}\|{LAST}>\.", json.dumps(view))
    assert inputs(view)[REASON]["min_length"] == 10
    assert "initial_options" not in inputs(exempting(findings))[f"{FINDINGS}:0"]


def test_many_findings_are_offered_in_a_menu() -> None:
    """More than ten findings go into a menu, of which several may be chosen."""
    view = exempting([data.finding(each) for each in range(11)])
    assert inputs(view)[f"{FINDINGS}:0"]["type"] == "multi_static_select"


def test_what_is_submitted_is_parsed() -> None:
    """What was shown is what is read: findings with their exemptions, reason and day."""
    findings = [data.finding(1), data.finding(2, aside=data.exemption(7))]
    view = exempting(findings, contact_type=ContactType.SECURITY, revision=2)
    options = inputs(view)[f"{FINDINGS}:2"]["options"]
    handed_in = filled(
        view,
        findings={"selected_options": options},
        reason={"value": "Closed soon."},
        until={"selected_date": "2026-04-01"},
    )
    asked = exemption_forms.parse(handed_in)
    assert asked.findings == {1: 0, 2: 7}
    assert (asked.account_id, asked.type, asked.revision) == (ACCOUNT, ContactType.SECURITY, 2)
    assert (asked.reason, str(asked.until)) == ("Closed soon.", "2026-04-01")
    assert exemption_inputs.block_of(FINDINGS, 2) in inputs(view)
    assert exemption_inputs.block_of(UNTIL, 2) in inputs(view)


def test_an_empty_form_is_parsed() -> None:
    """What was left empty is read as such."""
    asked = exemption_forms.parse(filled(exempting([data.finding(1)])))
    assert (asked.findings, asked.types, asked.reason, asked.until) == ({}, {}, "", None)
    assert asked.type is None


@given(NAMES, st.text(max_size=600))
def test_the_form_to_verify(name: str, seen: str) -> None:
    """It says where to look in the console; types are read with their findings."""
    offered = {ContactType.SECURITY: 5, ContactType.BILLING: 0}
    view = exemption_forms.verify_view(
        name,
        ACCOUNT,
        offered,
        [ContactType.SECURITY],
        valid_until=UNTIL_DAY,
        seen=seen,
        notice=ExemptionRefused("It was resolved."),
    )
    assert_sound_view(view)
    boxes = inputs(view)[f"{TYPES}:0"]
    assert [each["value"] for each in boxes["initial_options"]] == ["SECURITY:5"]
    assert "Alternate contacts" in json.dumps(view)
    handed_in = filled(view, types={"selected_options": boxes["options"]}, reason={"value": "x"})
    assert exemption_forms.parse(handed_in).types == offered


@pytest.mark.parametrize("kind", list(ExemptionKind))
def test_what_was_recorded_is_told(kind: ExemptionKind) -> None:
    """The person reads what they exempted or verified, until when and why; no check mark."""
    made = data.exemption(kind=kind, reason="<!channel> & so on", name="<!channel>")
    message = exemption_forms.done_message([made], "https://docs.internal/rules")
    assert_sound(message)
    assert_sound_view(exemption_forms.note_view(message))
    assert_as_typed(message.blocks, "<!channel> & so on")
    verified = kind is ExemptionKind.VERIFICATION
    shown = "Verified manually, valid until" if verified else "Exempt until"
    assert shown in message.text
    assert f"*{shown} <!date^" in json.dumps(message.blocks)
    assert ":white_check_mark:" not in json.dumps(message.blocks)


# The list


@given(NAMES, st.text(max_size=500), st.sampled_from([0, 1, 20]), st.booleans())
def test_pages_are_taken(name: str, reason: str, number: int, read_only: bool) -> None:
    """A page fits and shows names and reasons as typed, each with its button."""
    found = [data.exemption(each, name=name, reason=reason) for each in range(number)]
    ended = data.exemption(99, name=name, reason=reason)
    notice = ExemptionRefused("It has ended already.", by="U0BOB00002")
    view = exemption_list.list_view(
        found, 41 if number else 0, 1, read_only=read_only, ended=ended, notice=notice
    )
    assert_sound_view(view)
    shown = json.dumps(view)
    if number:
        named = account_name(name, found[0].request.account_id)
        assert any(text.startswith(named) for text in texts(view["blocks"], "mrkdwn"))
    assert shown.count(f"{exemption_list.END}:") == (0 if read_only else number)
    assert "<@U0BOB00002>" in shown
    if number:
        assert "Page 2 of 3" in shown
        assert {f"{exemption_list.TURN}:previous", f"{exemption_list.TURN}:next"} == {
            each["action_id"] for each in view["blocks"][-1]["elements"]
        }


def test_a_row_of_the_list() -> None:
    """Account, contact, rule, reason, by whom and until when; ending it has to be confirmed."""
    verified = data.exemption(2, kind=ExemptionKind.VERIFICATION, rule=Rule.UNSUPPORTED)
    view = exemption_list.list_view([data.exemption(), verified], 2, 0)
    told = "\n".join(texts(view["blocks"], "plain_text", "mrkdwn"))
    assert "2 in total, ending soonest first" in told
    assert f"*Web production*  `{ACCOUNT}`\nSecurity: missing · until *<!date^" in told
    assert "Closed at the end" in told
    assert "Exempt by <@U0BOB00002>" in told
    assert "Verified manually by <@U0BOB00002>" in told
    assert "End this exemption?" in told
    assert "End this verification?" in told
    labels = [block["accessory"]["accessibility_label"] for block in view["blocks"][1:]]
    assert labels == [
        "End exemption: missing of Web production",
        "End verification: unsupported of Web production",
    ]
    assert view["blocks"][-1]["type"] != "actions"


def test_who_can_end_is_shown() -> None:
    """Who can't end something reads who can."""
    refused = NotAllowed("You can't.", "Ask", ("U1",), ("S1",))
    told = json.dumps(exemption_list.list_view([data.exemption()], 1, 0, notice=refused))
    assert "Ask <@U1>, <!subteam^S1>" in told


def test_what_was_pressed_in_the_list() -> None:
    """The page is read from the view, and whether it is the list at all."""
    body = {"view": exemption_list.list_view([], 0, 3)}
    assert exemption_list.is_list(body)
    assert exemption_list.parse_page(body) == 3
    assert not exemption_list.is_list({"view": {"callback_id": "other"}})
    assert not exemption_list.is_list({"message": {}})
