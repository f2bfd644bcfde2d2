"""The form by which a contact is set, and its results, within Slack's limits."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.contacts import FIELDS, AlternateContact, ContactType
from bot.domain.errors import AltcontactError, GatewayError, NotAllowed, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import AccountPolicy, Value
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Severity
from bot.domain.validation import EMAIL, LENGTHS, PHONE, digests
from bot.services.fix_result import Fixed, FixOutcome, NotFixed, result_of
from bot.slack.views import fix_form, fix_result, problem
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound, assert_sound_view

NAMES = st.one_of(st.sampled_from(data.HOSTILE), st.text(max_size=80))


def form(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the builder's arguments
    """A form view."""
    arguments: dict[str, Any] = {
        "account_name": "Web production",
        "account_id": "444444444444",
        "contact_type": ContactType.SECURITY,
        "shown": "none",
        "shown_at": data.NOW,
        "values": data.CONTACT,
        "region": None,
    }
    return fix_form.form_view(**{**arguments, **changed})


@given(NAMES, st.text(max_size=300), st.sampled_from(list(ContactType)))
def test_forms_are_taken(name: str, text: str, contact_type: ContactType) -> None:
    """The form fits whatever AWS holds, whatever was refused."""
    contact = AlternateContact(text, text, text, text)
    view = form(
        account_name=name,
        contact_type=contact_type,
        values=contact,
        held=contact,
        notice=AltcontactError("Refused.", "Try again."),
        errors=dict.fromkeys(FIELDS, "AWS does not take this."),
    )
    assert_sound_view(view)


def test_the_form_is_labelled_filled_and_hinted() -> None:
    """Name, Title, Email, Phone; what AWS holds; a distribution list rather than one person."""
    view = form()
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["label"]["text"] for block in inputs] == ["Name", "Title", "Email", "Phone"]
    assert inputs[0]["element"]["initial_value"] == data.CONTACT.name
    assert all(block["element"]["max_length"] >= LENGTHS[block["block_id"]] for block in inputs)
    assert [block["element"].get("focus_on_load", False) for block in inputs] == [
        True,
        False,
        False,
        False,
    ]
    assert "distribution list" in json.dumps(view)
    assert "As dialled in GB" in json.dumps(form(region="GB"))
    assert "initial_value" not in json.dumps(form(values=None))
    assert view["title"]["text"] == "Security contact"


def test_the_form_carries_nothing_personal() -> None:
    """What travels hidden in the form names the account and a fingerprint, and no contact."""
    known = data.CONTACT.fingerprint
    hidden = form(shown=known, field_digests=digests(data.CONTACT))["private_metadata"]
    for part in (data.CONTACT.name, data.CONTACT.email, data.CONTACT.phone):
        assert part not in hidden


def test_what_aws_refused_stands_under_its_field() -> None:
    """An error that comes after the ack is the block below its input."""
    blocks = form(errors={EMAIL: "AWS refused this."})["blocks"]
    place = next(i for i, block in enumerate(blocks) if block.get("block_id") == EMAIL)
    assert "AWS refused this." in json.dumps(blocks[place + 1])
    after = next(i for i, block in enumerate(blocks) if block.get("block_id") == PHONE)
    assert after == place + 2


def test_a_submitted_form_is_parsed() -> None:
    """What was built is what is read: account, type, what was shown, what was typed."""
    view = form(shown="abc", field_digests={EMAIL: "d"})
    view["state"] = {"values": {field: {field: {"type": "x", "value": field}} for field in FIELDS}}
    parsed = fix_form.parse_form(view)
    assert parsed.account_id == "444444444444"
    assert parsed.type is ContactType.SECURITY
    assert (parsed.shown, parsed.shown_at) == ("abc", data.NOW)
    assert parsed.values == {field: field for field in FIELDS}
    assert parsed.held[EMAIL] == "d"


@pytest.mark.parametrize("name", data.HOSTILE)
def test_results_of_fixes(name: str) -> None:
    """Confirmed, already there and applied read differently, in the window and as a message."""
    told = {}
    for state, already in (
        (FixState.CONFIRMED, False),
        (FixState.CONFIRMED, True),
        (FixState.APPLIED, False),
    ):
        fix = data.fix(state, already_there=already, name=name)
        result = result_of(fix)
        assert isinstance(result, Fixed)
        message = fix_result.result_message(result)
        assert_sound_view(fix_form.message_view(message, fix.request.type))
        assert_sound(message)
        assert_as_typed(message.blocks, name)
        told[state, already] = message.text
    assert len(set(told.values())) == 3
    assert "does not show it yet" in told[FixState.APPLIED, False]


@pytest.mark.parametrize("state", [FixState.CONFIRMED, FixState.APPLIED])
def test_a_result_with_something_left_to_look_at(state: FixState) -> None:
    """What is still not right is told by its field, heard as well, and gets no check mark."""
    result = result_of(data.fix(state))
    assert isinstance(result, Fixed)
    message = fix_result.result_message(result, {PHONE: "Look <again>."})
    assert_sound(message)
    assert "Phone: Look <again>." in json.dumps(message.blocks)
    assert "Phone: Look &lt;again&gt;." in message.text
    assert "white_check_mark" not in json.dumps(message.blocks)


LOCKED = StoreError("The database bot.db is locked by another process.", "Look for a backup.")


@pytest.mark.parametrize("name", data.HOSTILE)
def test_a_result_that_is_not_recorded_says_so(name: str) -> None:
    """What AWS did is told first, then that the record lacks it, why, and who sees to that."""
    fix = data.fix(FixState.CONFIRMED, name=name)
    result = result_of(fix, LOCKED)
    assert isinstance(result, Fixed)
    message = fix_result.result_message(result)
    assert_sound_view(fix_form.message_view(message, fix.request.type))
    assert_sound(message)
    assert_as_typed(message.blocks, name)
    for told in (message.text, json.dumps(message.blocks)):
        assert "Confirmed" in told
        assert "isn't recorded yet" in told
        assert "locked by another process" in told
        assert "keep trying" in told
        assert "Look for a backup." in told


def test_a_fix_in_doubt_says_that_it_may_have_been_saved() -> None:
    """Nobody says that nothing was changed where AWS's answer was lost."""
    why = GatewayError(failure(FailureCode.TIMED_OUT))
    open_fix = replace(data.fix(FixState.PLANNED), ended_at=None, in_doubt_since=data.NOW)
    unknown = Fixed(FixOutcome.UNKNOWN, open_fix, problem=why)
    doubtful = replace(data.fix(FixState.FAILED), failure=why.failure, in_doubt_since=data.NOW)
    refused = result_of(doubtful, LOCKED)
    assert isinstance(refused, NotFixed)
    failed = fix_result.failed_message(doubtful.request, "Web", refused)
    notice = fix_result.told_problem(refused)
    assert_sound_view(form(notice=notice))
    told_unknown = fix_result.result_message(unknown)
    assert_sound_view(fix_form.message_view(told_unknown, ContactType.SECURITY))
    for told in (
        told_unknown.text,
        failed.text,
        json.dumps(failed.blocks),
        str(notice),
    ):
        assert "may have been saved in AWS" in told
        assert why.failure.message in told
        assert "Not changed" not in told
    assert_sound(failed)
    assert "isn't recorded yet" in failed.text


def test_a_failed_fix_can_be_tried_again() -> None:
    """Why, the next step, and a button that leads back to what was typed, if it was recorded."""
    fix = data.fix(FixState.FAILED)
    error = AltcontactError("AWS denied access.", "Check the policy.")
    recorded = NotFixed(FixOutcome.FAILED, error, fix)
    message = fix_result.failed_message(fix.request, "Web", recorded)
    assert fix_result.TRY_AGAIN in json.dumps(message.blocks)
    assert "Check the policy." in message.text
    assert_sound(message)
    not_recorded = NotFixed(FixOutcome.NOT_RECORDED, error)
    unrecorded = fix_result.failed_message(fix.request, "Web", not_recorded)
    assert fix_result.TRY_AGAIN not in json.dumps(unrecorded.blocks)


def test_views_without_a_form() -> None:
    """Loading, working and refusals are views that Slack takes."""
    contact_type = ContactType.OPERATIONS
    assert_sound_view(fix_form.loading_view("Web", "444444444444", contact_type))
    assert_sound_view(fix_form.working_view("Web", "444444444444", contact_type))
    refusal = problem.problem_message(NotAllowed("You may not.", "Ask:", ("U1",), ("S1",)))
    assert "<@U1>, <!subteam^S1>" in json.dumps(refusal.blocks)
    assert_sound(refusal)
    assert_sound_view(fix_form.message_view(refusal, contact_type))


# What the policy says in the form


def policy(**values: Value) -> AccountPolicy:
    """What an account should have, `__` for a dot."""
    given = {key.replace("__", "."): value for key, value in values.items()}
    mine = Policy.requiring(tables=[PolicyTable("policy", given)]).resolve(Account("4", "Web"))
    assert isinstance(mine, AccountPolicy)
    return mine


def hint(view: dict[str, Any], field: str) -> str:
    """What stands below an input."""
    block = next(each for each in view["blocks"] if each.get("block_id") == field)
    return str(block.get("hint", {}).get("text", ""))


def test_hints_say_what_the_policy_expects() -> None:
    """Each field says what it may be, and one that may be anything what does good."""
    mine = policy(
        security__email=("@corp.example", "a@b.internal"), security__phone=("+44 20 7946 0958",)
    )
    view = form(policy=mine)
    assert "any address at corp.example or a@b.internal" in hint(view, EMAIL)
    assert "expects +44 20 7946 0958. With + and the country code" in hint(view, PHONE)
    assert hint(view, "name") == ""
    assert "distribution list" in hint(form(policy=mine, contact_type=ContactType.BILLING), EMAIL)


def test_hints_name_the_domains_that_are_asked_for() -> None:
    """The policy's domains are told where a foreign one would be alerted of, and only there."""
    domains = tuple(f"d{number}.corp.example" for number in range(9))
    asked = policy(domains=domains, rules__foreign_domain=Severity.MEDIUM)
    told = hint(form(policy=asked), EMAIL)
    assert "d0.corp.example" in told
    assert "d8" not in told
    few = policy(domains=domains[:1], rules__foreign_domain=Severity.MEDIUM)
    assert "at d0.corp.example. A distribution list" in hint(form(policy=few), EMAIL)
    assert "corp.example" not in hint(form(policy=policy(domains=domains)), EMAIL)


@given(st.text(min_size=1, max_size=254), st.integers(1, 60))
def test_hints_of_any_length_are_taken(text: str, number: int) -> None:
    """Whatever the policy expects, and however much, the form fits."""
    values = tuple(f"{text}{each}" for each in range(number))
    every = dict.fromkeys((f"security__{field}" for field in FIELDS), values)
    mine = policy(**every, domains=values, rules__foreign_domain=Severity.LOW)
    assert_sound_view(form(policy=mine))


def test_another_contact_is_chosen_in_the_form() -> None:
    """The form has a menu of the three contacts, on its own, and what is chosen is parsed."""
    view = form(contact_type=ContactType.BILLING)
    menu = view["blocks"][0]["accessory"]
    assert menu["action_id"] == fix_form.CHOOSE_TYPE
    assert menu["initial_option"]["value"] == "BILLING"
    body = {"view": view, "actions": [{"selected_option": menu["options"][2]}]}
    assert fix_form.parse_type(body) == ("444444444444", ContactType.OPERATIONS)


@pytest.mark.parametrize("held", [data.CONTACT, None])
def test_a_forbidden_contact_has_no_form(held: AlternateContact | None) -> None:
    """Where the policy forbids a contact, it is said how to delete it, if it is there."""
    view = fix_form.forbidden_view("<!channel>", "444444444444", ContactType.BILLING, held)
    assert_sound_view(view)
    assert_as_typed(view["blocks"], "<!channel>")
    assert "submit" not in view
    told = json.dumps(view)
    assert ("delete-alternate-contact --account-id 444444444444" in told) is (held is not None)
    assert fix_form.CHOOSE_TYPE in told
