"""The preview of a run, within Slack's limits; details are for those who have permission."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import AlternateContact, ContactType
from bot.domain.disclosure import HIDDEN
from bot.domain.run_summary import summarize
from bot.domain.runs import ItemState, RunItem, RunKind, RunState
from bot.slack.payloads import PayloadError
from bot.slack.views.run_preview import (
    DOWNLOAD,
    PreviewPosition,
    Tab,
    parse_position,
    parse_turn,
    preview_view,
)
from tests.unit.fakes import CONTACT, OTHER
from tests.unit.slack.views.assertions import assert_as_typed, assert_sound_view, texts
from tests.unit.slack.views.sample_data import HOSTILE, account_id
from tests.unit.slack.views.test_run_message import run


def item(
    number: int,
    before: AlternateContact | None = None,
    wanted: AlternateContact | None = CONTACT,
    *,
    name: str = "Web production",
    reason: str = "",
) -> RunItem:
    """The security contact of an account."""
    return RunItem(
        number,
        12,
        account_id(number),
        name,
        ContactType.SECURITY,
        wanted,
        before,
        state=ItemState.LEFT_OUT if reason else ItemState.PLANNED,
        reason=reason,
    )


def view(
    *items: RunItem,
    tab: Tab = Tab.CHANGES,
    page: int = 0,
    unusual: tuple[str, ...] = (),
    with_details: bool = True,
    kind: RunKind = RunKind.FIX,
    note: str = "",
) -> dict[str, Any]:
    """A page that Slack takes."""
    made = preview_view(
        run(RunState.PREVIEWED, kind),
        summarize(items),
        PreviewPosition(12, tab, page, unusual),
        with_details=with_details,
        note=note,
    )
    assert_sound_view(made)
    buttons = pressable(made)
    assert len({each["action_id"] for each in buttons}) == len(buttons)
    assert all(each["accessibility_label"] for each in buttons)
    return made


def pressable(made: dict[str, Any]) -> list[dict[str, Any]]:
    """Its buttons."""
    rows = [block["elements"] for block in made["blocks"] if block["type"] == "actions"]
    return [each for row in rows for each in row]


def shown(made: dict[str, Any]) -> str:
    """All that is to be read."""
    return "\n".join(texts(made, "plain_text", "mrkdwn"))


def test_what_changes_is_said_field_by_field() -> None:
    """Before and after, grouped where equal; the button says how many contacts it fixes."""
    made = view(item(1), item(2), item(3, OTHER))
    said = shown(made)
    assert "3 contacts will change, in 3 accounts" in said
    assert "*Security contact of 2 accounts*" in said
    assert f"none → {CONTACT.name} · {CONTACT.title} · {CONTACT.email} · {CONTACT.phone}" in said
    assert f"Email: {OTHER.email} → {CONTACT.email}" in said
    assert "takes about 1 s ·" in said
    assert made["submit"]["text"] == "Fix 3 contacts"


def test_fields_that_stay_are_named() -> None:
    """So that nobody looks for them."""
    before = replace(CONTACT, phone=OTHER.phone)
    said = shown(view(item(1, before)))
    assert f"Phone: {OTHER.phone} → {CONTACT.phone}" in said
    assert "Unchanged: name, job title, email" in said


def test_the_window_carries_the_id_of_the_run_alone() -> None:
    """No account and no contact: those are in the database."""
    made = view(item(1))
    told = json.loads(made["private_metadata"])
    assert told == {"run": 12, "tab": "changes", "page": 0, "unusual": [], "unread": 0}
    assert parse_position(made) == PreviewPosition(12)


def test_details_are_hidden_from_those_who_may_not_see_them() -> None:
    """There is no file for them either."""
    for tab in Tab:
        made = view(
            item(1, OTHER), item(2), with_details=False, tab=tab, note="You can't see them."
        )
        said = shown(made)
        assert CONTACT.email not in said
        assert OTHER.phone not in said
        assert DOWNLOAD not in {each["action_id"] for each in pressable(made)}
    assert HIDDEN in shown(view(item(1, OTHER), with_details=False))


def test_what_is_left_out_has_a_list_with_reasons() -> None:
    """It is one press away, and counted."""
    items = [item(1), item(2, reason="The account is suspended."), item(3, reason="Already right.")]
    assert "2 contacts left out" in shown(view(*items))
    said = shown(view(*items, tab=Tab.LEFT_OUT))
    assert "*1:* The account is suspended." in said
    assert f"`{account_id(3)}`" in said


def test_an_unusual_domain_is_pointed_out_on_every_page() -> None:
    """The person who sees it decides."""
    items = [item(1), item(2, reason="Already right.")]
    for tab in Tab:
        made = view(*items, tab=tab, unusual=("crop.example",))
        assert "Few or no other accounts have an address at crop.example." in shown(made)
        assert parse_position(made).unusual_domains == ("crop.example",)


def test_nothing_to_change_has_no_button() -> None:
    """Only reasons."""
    made = view(item(1, reason="Already right."))
    assert "submit" not in made
    assert "Nothing to change" in shown(made)
    assert "*1:* Already right." in shown(made)


def test_a_removal_and_an_undo() -> None:
    """Their buttons say what they do."""
    removal = view(item(1, CONTACT, None), kind=RunKind.REMOVE)
    assert removal["submit"]["text"] == "Remove 1 contact"
    assert "→ removed" in shown(removal)
    assert view(item(1, CONTACT, OTHER), kind=RunKind.UNDO)["submit"]["text"] == "Restore 1 contact"


@pytest.mark.parametrize("tab", Tab)
@pytest.mark.parametrize("number", [1, 9, 129, 1_000])
def test_any_number_of_contacts_has_pages(number: int, tab: Tab) -> None:
    """Nothing is cut short: every page can be reached, and the last one follows the first."""
    items = [
        item(each, replace(OTHER, name=f"Person {each}"), reason="" if each % 2 else "No.")
        for each in range(number)
    ]
    first = view(*items, tab=tab)
    last = view(*items, tab=tab, page=10_000)
    assert (
        json.loads(last["private_metadata"])["page"]
        >= json.loads(first["private_metadata"])["page"]
    )


def test_pages_and_lists_are_read_back() -> None:
    """From the button that was pressed."""
    items = [item(each, replace(OTHER, name=f"Person {each}")) for each in range(60)]
    made = view(*items, item(99, reason="No."))
    turns = {each["text"]["text"]: each for each in pressable(made)}

    def pressed(label: str) -> PreviewPosition:
        return parse_turn({"view": made, "actions": [turns[label]]})

    assert pressed("Next") == PreviewPosition(12, Tab.CHANGES, 1)
    assert pressed("Last") == PreviewPosition(12, Tab.CHANGES, 7)
    assert pressed("By account (60)") == PreviewPosition(12, Tab.ACCOUNTS, 0)
    assert pressed("Left out (1)") == PreviewPosition(12, Tab.LEFT_OUT, 0)


@pytest.mark.parametrize("value", ["", "changes", "other:1", "changes:-1", "changes:x"])
def test_a_forged_press_is_refused(value: str) -> None:
    """What no button of the window carries."""
    with pytest.raises(PayloadError):
        parse_turn({"view": view(item(1)), "actions": [{"value": value}]})


@pytest.mark.parametrize("name", HOSTILE)
def test_names_show_as_typed(name: str) -> None:
    """Nothing in them formats or mentions."""
    for tab in (Tab.CHANGES, Tab.ACCOUNTS):
        assert_as_typed(view(item(1, name=name), tab=tab)["blocks"], name)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_contact_fits(text: str, other: str) -> None:
    """Whatever AWS has there."""
    before = AlternateContact(text, other, text, other)
    for tab in (Tab.CHANGES, Tab.ACCOUNTS):
        view(item(1, before), tab=tab)
