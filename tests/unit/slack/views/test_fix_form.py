"""The form by which a contact is set, within Slack's limits."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Account
from bot.domain.as_code.snippets import Snippet
from bot.domain.contacts import FIELDS, AlternateContact, ContactType, fingerprint
from bot.domain.errors import AltcontactError
from bot.domain.exemptions import ExemptionKind
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import AccountPolicy, Value
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.rule_catalog import Severity
from bot.domain.validation import EMAIL, LENGTHS, PHONE, digests
from bot.services.fix_form import FormContent
from bot.services.fix_suggestions import CommonContact
from bot.slack.payloads import PayloadError
from bot.slack.views import fix_form, fix_form_managed, fix_form_suggestion, fix_modal
from bot.slack.views.row_actions import account_name
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound_view, texts

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
        suggestion=CommonContact(contact, 12),
        exemptions=[data.exemption(number) for number in range(5)],
        note=fix_form.copied_note(data.fix(FixState.CONFIRMED, name=name)),
        from_policy=frozenset(FIELDS),
        replaced=contact,
        policy=policy(security__email=(text or "x",)),
        errors=dict.fromkeys(FIELDS, "AWS doesn't accept this."),
    )
    assert_sound_view(view)


def test_the_form_is_labelled_filled_and_hinted() -> None:
    """Name, Job title, Email, Phone; what is in AWS; a distribution list; an example of a title."""
    view = form()
    menu, *inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert menu["label"]["text"] == "Contact type"
    assert [block["label"]["text"] for block in inputs] == ["Name", "Job title", "Email", "Phone"]
    assert inputs[0]["element"]["initial_value"] == data.CONTACT.name
    assert all(block["element"]["max_length"] >= LENGTHS[block["block_id"]] for block in inputs)
    assert [block["element"].get("focus_on_load", False) for block in inputs] == [
        True,
        False,
        False,
        False,
    ]
    assert "distribution list" in json.dumps(view)
    assert "As dialed in GB" in json.dumps(form(region="GB"))
    assert "initial_value" not in json.dumps(form(values=None))
    assert view["title"]["text"] == "Security contact"
    assert [block["element"].get("placeholder", {}).get("text") for block in inputs] == [
        None,
        "Example: Security operations lead",
        None,
        None,
    ]


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


# What the policy says in the form


SNIPPETS = (
    Snippet("Add this:", 'resource "x" {\n  name = "<!channel> ```"\n}'),
    Snippet("Import it:", "terraform import x " + "y" * 4000),
)


def test_a_tool_that_keeps_the_contact_as_code() -> None:
    """Which tool, and where its code is, is said at once; the form first asks for the code."""
    view = form(policy=policy(managed_by="terraform", repository="https://git.corp.example/a?b&c"))
    assert_sound_view(view)
    text = json.dumps(view)
    assert (
        "*Managed by Terraform* \\u00b7 <https://git.corp.example/a?b&amp;c|Open the code>" in text
    )
    assert view["submit"]["text"] == "Get code"
    assert fix_form_managed.CONFIRM not in text
    assert "Managed by AFT" not in json.dumps(form(policy=policy()))


def test_code_is_shown_as_it_is_above_the_fields() -> None:
    """Nothing in it is markup; the checkbox that confirms a change of AWS isn't ticked."""
    view = form(policy=policy(managed_by="aft"), snippets=SNIPPETS)
    assert_sound_view(view)
    codes = [block for block in view["blocks"] if block["type"] == "rich_text"]
    assert codes[0]["elements"][0]["elements"][0]["text"] == SNIPPETS[0].code
    (checkbox,) = [b for b in view["blocks"] if b.get("block_id") == fix_form_managed.MANAGED]
    assert checkbox["optional"] is True
    assert "initial_options" not in checkbox["element"]
    assert view["submit"]["text"] == "Continue"
    assert "focus_on_load" not in json.dumps(view)


@pytest.mark.parametrize("confirmed", ["aft", "lza", ""])
def test_a_confirmation_stays_for_the_tool_it_was_given_for(confirmed: str) -> None:
    """A form that comes back for another reason keeps it."""
    view = form(policy=policy(managed_by="aft"), snippets=SNIPPETS, confirmed_tool=confirmed)
    (checkbox,) = [b for b in view["blocks"] if b.get("block_id") == fix_form_managed.MANAGED]
    assert ("initial_options" in checkbox["element"]) == (confirmed == "aft")


def test_the_confirmation_is_parsed() -> None:
    """Ticked or not, or missing in a form that has no checkbox; anything else isn't a form."""
    view = form(policy=policy(managed_by="aft"), snippets=SNIPPETS)
    state: dict[str, Any] = {field: {field: {"type": "x", "value": field}} for field in FIELDS}
    view["state"] = {"values": state}
    assert fix_form.parse_form(view).confirmed_tool == ""
    for options, tool in (([], ""), ([{"value": "aft"}], "aft")):
        state[fix_form_managed.MANAGED] = {fix_form_managed.CONFIRM: {"selected_options": options}}
        assert fix_form.parse_form(view).confirmed_tool == tool
    forgeries: tuple[Any, ...] = ([{"value": "cobol"}], [{}], "aft", {"0": 1})
    for forged in forgeries:
        state[fix_form_managed.MANAGED] = {fix_form_managed.CONFIRM: {"selected_options": forged}}
        with pytest.raises(PayloadError):
            fix_form.parse_form(view)


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
    assert "expects +44 20 7946 0958. Include + and the country code" in hint(view, PHONE)
    assert hint(view, "name") == ""
    assert "distribution list" in hint(form(policy=mine, contact_type=ContactType.BILLING), EMAIL)


def test_hints_name_the_domains_that_are_asked_for() -> None:
    """The policy's domains learn where a foreign one would be alerted of, and only there."""
    domains = tuple(f"d{number}.corp.example" for number in range(9))
    asked = policy(domains=domains, rules__foreign_domain=Severity.MEDIUM)
    told = hint(form(policy=asked), EMAIL)
    assert "d0.corp.example" in told
    assert "d8" not in told
    few = policy(domains=domains[:1], rules__foreign_domain=Severity.MEDIUM)
    assert "at d0.corp.example. Use a distribution list" in hint(form(policy=few), EMAIL)
    assert "corp.example" not in hint(form(policy=policy(domains=domains)), EMAIL)


@given(st.text(min_size=1, max_size=254), st.integers(1, 60))
def test_hints_of_any_length_are_taken(text: str, number: int) -> None:
    """Whatever the policy expects, and however much, the form fits."""
    values = tuple(f"{text}{each}" for each in range(number))
    every = dict.fromkeys((f"security__{field}" for field in FIELDS), values)
    mine = policy(**every, domains=values, rules__foreign_domain=Severity.LOW)
    assert_sound_view(form(policy=mine))


@pytest.mark.parametrize("name", data.HOSTILE)
def test_the_form_names_its_account_inertly(name: str) -> None:
    """Bold, with its id as code; a name like a mention mentions nobody."""
    blocks = form(account_name=name)["blocks"]
    assert blocks[0]["text"]["text"] == account_name(name, "444444444444")
    assert not any("<!channel>" in text for text in texts(blocks, "mrkdwn"))


def test_what_is_filled_in_from_the_policy_says_so() -> None:
    """Below its field, with what AWS has there."""
    mine = policy(security__email=("a@b.internal",), security__phone=("+44 20 7946 0958",))
    filled = form(policy=mine, from_policy=frozenset({EMAIL}), replaced=data.CONTACT)
    assert hint(filled, EMAIL) == f"Filled in from the policy. AWS has: {data.CONTACT.email}"
    assert "The policy expects" in hint(filled, PHONE)
    empty = form(policy=mine, from_policy=frozenset({EMAIL}), values=None)
    assert hint(empty, EMAIL) == "Filled in from the policy."


SHARED = CommonContact(replace(data.CONTACT, phone="+46 8 506 390 00"), 1_234)


def test_a_shared_contact_is_offered() -> None:
    """By a button with the number of accounts, above the fields, with its values below it."""
    blocks = form(values=None, suggestion=SHARED)["blocks"]
    place = next(i for i, block in enumerate(blocks) if block["type"] == "actions")
    (button,) = blocks[place]["elements"]
    assert button["text"]["text"] == "Use the contact that 1,234 other accounts have"
    assert button["action_id"] == fix_form_suggestion.USE
    assert button["value"] == SHARED.contact.fingerprint
    assert "style" not in button
    shown = json.dumps(blocks[place + 1])
    assert all(getattr(SHARED.contact, field) in shown for field in FIELDS)
    assert [block.get("block_id") for block in blocks[place + 2 :]] == list(FIELDS)


def test_a_shared_contact_is_hidden_from_those_who_may_not_see_it() -> None:
    """The number of accounts stays, and whom to ask; no value, and no button."""
    note = "You don't have permission to see contact details. Ask <@U1>."
    view = form(values=None, suggestion=SHARED, hidden_note=note)
    assert_sound_view(view)
    told = json.dumps(view)
    assert f"1,234 other accounts share a Security contact. {note}" in told
    assert fix_form_suggestion.USE not in told
    assert not any(getattr(SHARED.contact, field) in told for field in FIELDS)


def test_an_exempt_contact_says_so_and_can_be_fixed() -> None:
    """Until when, by whom and why; of many exemptions the first three."""
    view = form(exemptions=[data.exemption(reason="Closed <soon>.")])
    (line,) = [text for text in texts(view["blocks"], "mrkdwn") if "Closed &lt;soon&gt;." in text]
    assert "<@U0BOB00002>" in line
    assert "Exempt until <!date^" in line
    assert "submit" in view
    many = json.dumps(form(exemptions=[data.exemption(number) for number in range(5)]))
    assert many.count("<@U0BOB00002>") == 3
    assert "And 2 more exemptions." in many
    verified = form(exemptions=[data.exemption(kind=ExemptionKind.VERIFICATION)])
    assert_sound_view(verified)


def content(**changed: Any) -> FormContent:  # noqa: ANN401 - any of its members
    """What a form starts from."""
    account = Account("444444444444", "Web production")
    return replace(FormContent(account, ContactType.SECURITY, data.NOW), **changed)


def test_a_loaded_form_shows_what_it_starts_from() -> None:
    """What the person knows of AWS travels with the form, and nothing personal."""
    view = fix_form.loaded_view(content(held=data.CONTACT, values=data.CONTACT), region=None)
    parsed = fix_form.parse_form(submitted(view))
    assert (parsed.shown, parsed.shown_at) == (data.CONTACT.fingerprint, data.NOW)
    assert parsed.held == digests(data.CONTACT)
    assert parsed.typed == data.CONTACT
    assert "In AWS now" not in json.dumps(view)
    empty = fix_form.parse_form(submitted(fix_form.loaded_view(content(), region=None)))
    assert (empty.shown, empty.held) == (fingerprint(None), dict.fromkeys(FIELDS, ""))


def test_a_copied_contact_is_told_from_the_one_in_aws() -> None:
    """Where its values are from is said, and what AWS has, if that is something else."""
    other = replace(data.CONTACT, name="Other team")
    note = fix_form.copied_note(data.fix(FixState.CONFIRMED, name="Data lake"))
    told = json.dumps(
        fix_form.loaded_view(content(held=other, values=data.CONTACT), region=None, note=note)
    )
    assert "Filled in with the contact that you saved for *Data lake*" in told
    assert "In AWS now:" in told
    same = fix_form.loaded_view(
        content(held=data.CONTACT, values=data.CONTACT), region=None, note=note
    )
    assert "In AWS now:" not in json.dumps(same)


def test_an_inactive_account_that_aws_still_reads_is_told() -> None:
    """Its state is said above the form."""
    account = Account("444444444444", "Old", "PENDING_CLOSURE")
    view = fix_form.loaded_view(content(account=account), region=None)
    assert "This account was pending closure at the last check." in json.dumps(view)


def submitted(view: dict[str, Any]) -> dict[str, Any]:
    """A form as Slack delivers it, as it was filled in."""
    blocks = [block for block in view["blocks"] if block.get("block_id") in FIELDS]
    values = {
        block["block_id"]: {block["block_id"]: {"value": block["element"].get("initial_value")}}
        for block in blocks
    }
    return {**view, "state": {"values": values}}


def test_a_form_that_was_not_filled_in_again_is_noticed() -> None:
    """The menu's type is parsed; of a form of an earlier version it isn't an input."""
    view = submitted(form())
    chosen = {fix_modal.CHOOSE_TYPE: {"selected_option": {"value": "BILLING"}}}
    view["state"]["values"][fix_modal.TYPE] = chosen
    assert fix_form.parse_form(view).chosen == "BILLING"
    for block in view["blocks"]:
        if block.get("block_id") == fix_modal.TYPE:
            block["type"] = "section"
    assert fix_form.parse_form(view).chosen == ""
