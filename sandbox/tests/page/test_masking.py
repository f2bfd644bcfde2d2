"""What hides personal data in what went over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from altcontact_sandbox.page.masking import MASKED, WireMasking
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.masking import EMAIL, PHONE, SECRET

HELD = {
    "Name": "Ida  Müller-Lys",
    "Title": "R&D",
    "EmailAddress": "ida@example.com",
    "PhoneNumber": "+442079460958",
}
ACCOUNTS: list[dict[str, Any]] = [
    {
        "id": "111111111111",
        "name": "Data lake",
        "email": "root@example.com",
        "contacts": {"SECURITY": HELD, "BILLING": None},
    }
]


def entry(
    name: str = "chat.postMessage", sent: object = None, answered: object = None
) -> dict[str, Any]:
    """An entry of the wire."""
    return {"number": 1, "name": name, "sent": sent or {}, "answered": answered or {}}


@pytest.fixture
def masking() -> WireMasking:
    """Knows the one contact."""
    masking = WireMasking()
    masking.learn_accounts(ACCOUNTS)
    return masking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Contact: Ida Müller-Lys, now", "Contact: [masked], now"),
        ("Ida  Müller-Lys", "[masked]"),
        ("Title: R&amp;D.", "Title: R&amp;D."),
        ("root@example.com and other@example.com", "[masked] and [email]"),
        ("Data lake (111111111111)", "Data lake (111111111111)"),
        ("xoxb-123-abc", "[secret]"),
        ("", ""),
    ],
)
def test_texts(masking: WireMasking, text: str, shown: str) -> None:
    """What is known stands masked as a whole word, in whichever form; what has a shape too."""
    assert masking.text(text) == shown


def test_a_short_value_is_masked_where_it_is_all_there_is() -> None:
    """A value of one or two letters would be found everywhere, so only equals are masked."""
    masking = WireMasking()
    masking.learn(["ad", " "])
    assert masking.text("ad") == MASKED
    assert masking.text("an ad here") == "an ad here"
    assert masking.text(" ") == " "


def test_the_longest_value_is_masked() -> None:
    """Of two values that begin alike the longer one is masked as a whole."""
    masking = WireMasking()
    masking.learn(["Ida Lys", "Ida Lys, deputy"])
    assert masking.text("Ida Lys, deputy; Ida Lys") == "[masked]; [masked]"


def test_members_of_a_contact_are_masked_and_learned(masking: WireMasking) -> None:
    """A contact in a call of the account service is hidden there, and from then on everywhere."""
    sent = {"AccountId": "111111111111", "Name": "Bo Ek", "Title": "Lead", "Type": "SECURITY"}
    shown = masking.entry(entry("account:PutAlternateContact", sent))
    assert shown["sent"] == {**sent, "Name": MASKED, "Title": MASKED}
    assert masking.text("Bo Ek, Lead") == "[masked], Lead"


def test_a_common_word_is_masked_in_its_field_alone(masking: WireMasking) -> None:
    """A title, or a name that is a word of the bot's own, takes no word out of other texts."""
    typed = {"type": "plain_text_input", "value": "Security"}
    values = {"title": {"a": typed}, "name": {"a": typed}}
    held = {"block_id": "title", "element": {**typed, "initial_value": "Security"}}
    sent = {"view": {"title": {"type": "plain_text", "text": "Fix"}, "blocks": [held]}}
    masking.learn_typed({"title": "Head", "title/a": "Chief", "name": "Security team"})
    shown = masking.entry(entry("view_submission", {"view": {"state": {"values": values}}}))
    state = shown["sent"]["view"]["state"]["values"]
    assert state["title"]["a"]["value"] == state["name"]["a"]["value"] == MASKED
    shown = masking.entry(entry("views.update", sent))
    assert shown["sent"]["view"]["blocks"][0]["element"]["initial_value"] == MASKED
    text = "Security contact of the Security team; Head of Chief"
    assert masking.text(text) == text


def test_names_of_accounts_are_no_contacts(masking: WireMasking) -> None:
    """An account's name is reported as it stands where accounts are listed."""
    listed = {"Accounts": [{"Name": "Data lake", "Email": "root@example.com", "Id": "1"}]}
    shown = masking.entry(entry("organizations:ListAccounts", None, listed))
    assert shown["answered"] == {"Accounts": [{"Name": "Data lake", "Email": MASKED, "Id": "1"}]}


def test_what_is_typed_into_a_form_is_masked_and_learned(masking: WireMasking) -> None:
    """Values of text inputs are hidden, other values are not; an account's name is not learned."""
    values = {
        "name": {"a": {"type": "plain_text_input", "value": "Olaf Berg"}},
        "account": {"a": {"type": "plain_text_input", "value": "Data lake"}},
        "kind": {"a": {"type": "static_select", "selected_option": {"value": "BILLING"}}},
        "empty": {"a": {"type": "email_text_input", "value": None}},
    }
    shown = masking.entry(entry("view_submission", {"view": {"state": {"values": values}}}))
    masked = shown["sent"]["view"]["state"]["values"]
    assert masked["name"]["a"]["value"] == masked["account"]["a"]["value"] == MASKED
    assert masked["kind"] == values["kind"]
    assert masked["empty"] == values["empty"]
    assert masking.text("Olaf Berg, Data lake") == "[masked], Data lake"


def test_json_inside_of_a_text_is_masked_as_json(masking: WireMasking) -> None:
    """What is escaped in `private_metadata` is found all the same; what only looks so is a text."""
    metadata = json.dumps({"held": HELD["Name"], "account": "Data lake"})
    shown = masking.masked({"private_metadata": metadata, "text": "[1, {oh}", "n": 3, "s": "[1]"})
    assert json.loads(shown["private_metadata"]) == {"held": MASKED, "account": "Data lake"}
    assert shown["text"] == "[1, {oh}"
    assert shown["n"] == 3


def test_json_inside_of_a_text_is_learned_from(masking: WireMasking) -> None:
    """A form whose view is sent as a text is learned from as well."""
    view = json.dumps([{"type": "plain_text_input", "initial_value": "Olaf Berg"}])
    shown = masking.entry(entry("views.open", {"view": view}, [1]))
    assert "Olaf" not in json.dumps(shown)
    assert masking.text("by Olaf Berg") == "by [masked]"


WORDS = st.text(
    st.characters(categories=("Lu", "Ll", "Nd"), include_characters=" &<>-.'\"\\"), min_size=3
).filter(lambda text: len(" ".join(text.split())) >= 3)
FILLING = st.sampled_from(["", " ", ", ", "*", "`", "\n", "(", "text: ", "“"])


@given(value=WORDS, before=FILLING, after=FILLING.map(lambda text: text[::-1].strip("txe:")))
def test_no_known_value_survives(value: str, before: str, after: str) -> None:
    """Wherever a contact's value stands in an entry as a word of its own, it is hidden."""
    assume(not any(value.strip() in mark for mark in (MASKED, EMAIL, PHONE, SECRET)))
    masking = WireMasking()
    account = {**ACCOUNTS[0], "contacts": {"SECURITY": {**HELD, "Name": value}}}
    masking.learn_accounts([account])
    text = f"{before}{value}{after}"
    parts = [text, {"deep": [text]}, json.dumps({"inside": text}), value]
    shown = masking.entry(entry(sent={"parts": parts}, answered={"parts": parts}))
    assert value.strip() not in "\n".join(_texts(shown))


def _texts(part: object) -> list[str]:
    """Every text in JSON, what is JSON inside of a text included, without what names it."""
    if isinstance(part, dict):
        return [text for each in part.values() for text in _texts(each)]
    if isinstance(part, list):
        return [text for each in part for text in _texts(each)]
    if isinstance(part, str) and part.startswith("{"):
        return _texts(json.loads(part))
    return [part] if isinstance(part, str) and part != "chat.postMessage" else []


def test_a_primary_contact_is_hidden_as_a_whole() -> None:
    """Its name is masked wherever it stands, its town and country in their place alone."""
    masking = WireMasking()
    held = {"FullName": "Ana Roe", "PhoneNumber": "+44 1632 960123", "City": "Leeds"}
    answered = {"ContactInformation": held}
    shown = masking.entry(entry("account:GetContactInformation", answered=answered))
    assert shown["answered"] == {"ContactInformation": dict.fromkeys(held, MASKED)}
    assert masking.text("Ana Roe, Leeds") == "[masked], Leeds"


def test_a_block_may_be_called_type(masking: WireMasking) -> None:
    """What a form holds is masked though one of its blocks has the name of a member of its own."""
    name = {"name": {"type": "plain_text_input", "value": "Noa Quist"}}
    values = {"type": {"altcontact_type": {"type": "static_select"}}, "name": name}
    shown = masking.entry(entry("views.update", answered={"view": {"state": {"values": values}}}))
    assert shown["answered"]["view"]["state"]["values"]["name"]["name"]["value"] == MASKED
