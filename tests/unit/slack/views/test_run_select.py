"""The first window of a run, within Slack's limits, and what is read back from it."""

from __future__ import annotations

from typing import Any

import pytest
from altcontact_sandbox.slack.blocks import suggestion_problems
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account_suggestions import SuggestionIndex, Suggestions, TagSuggestion
from bot.domain.accounts import Unit
from bot.domain.contacts import ContactType
from bot.domain.errors import AltcontactError
from bot.domain.finding_lists import FindingList, ListKind
from bot.slack.payloads import PayloadError
from bot.slack.views.run_select import (
    ACCOUNTS,
    MOST_CHOSEN,
    SOURCE,
    TYPES,
    ContactSource,
    SelectForm,
    parse_select,
    select_view,
)
from bot.slack.views.run_select_options import (
    MAX_OPTIONS,
    Chosen,
    list_choice,
    option_groups,
    term_choice,
)
from tests.unit.fakes import account
from tests.unit.slack.views.assertions import assert_sound_view, texts
from tests.unit.slack.views.sample_data import HOSTILE

VALUES = {"name": "Ana", "title": "Lead", "email": "a@corp.internal", "phone": "+351 21 792 3400"}
OPEN = FindingList(ListKind.OPEN)


def state_of(view: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of Slack
    """The window as Slack sends it, with what it was filled in with."""
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        told = {
            "selected_options": element.get("initial_options"),
            "selected_option": element.get("initial_option"),
            "value": element.get("initial_value"),
        }
        values[block["block_id"]] = {element["action_id"]: told}
    return {**view, "state": {"values": values | more}}


@pytest.mark.parametrize("source", ContactSource)
def test_what_it_is_filled_in_with_is_read_back(source: ContactSource) -> None:
    """Accounts, types, and the four fields if there is one contact for all."""
    form = SelectForm(
        (list_choice(OPEN), term_choice("ou:/Prod/**"), Chosen("000000000001", "Web · 1")),
        (ContactType.SECURITY, ContactType.BILLING),
        source,
        VALUES if source is ContactSource.ONE else dict.fromkeys(VALUES),
    )
    view = select_view(form, region=None)
    assert_sound_view(view)
    assert parse_select(state_of(view)) == form


def test_an_empty_window_asks_for_everything() -> None:
    """No account is chosen by itself, and each account's own contact is the first choice."""
    view = select_view(SelectForm(), region="GB")
    assert_sound_view(view)
    assert "Each account's expected contact" in texts(view, "plain_text")
    assert parse_select(state_of(view)) == SelectForm(values=dict.fromkeys(VALUES))


def test_the_fields_appear_for_one_contact_for_all() -> None:
    """With the same lengths and hints as the form for one account."""
    labels = {"Name", "Job title", "Email", "Phone"}
    assert labels.isdisjoint(texts(select_view(SelectForm(), region=None), "plain_text"))
    view = select_view(SelectForm(source=ContactSource.ONE), region=None)
    assert labels <= set(texts(view, "plain_text"))


def test_why_there_was_no_preview_comes_first() -> None:
    """Text from outside is escaped in it."""
    notice = AltcontactError("<!channel> matches no account.", "Try again.")
    view = select_view(SelectForm(), region=None, notice=notice)
    assert_sound_view(view)
    assert "&lt;!channel&gt;" in view["blocks"][0]["text"]["text"]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (SOURCE, {SOURCE: {"selected_option": {"value": "other"}}}),
        (SOURCE, {}),
        (TYPES, {TYPES: {"selected_options": [{"value": "ROOT"}]}}),
        (ACCOUNTS, {ACCOUNTS: {"selected_options": [{"value": ""}]}}),
        (ACCOUNTS, {ACCOUNTS: {"selected_options": [{"value": "x" * 151}]}}),
        (ACCOUNTS, {ACCOUNTS: {"selected_options": [{"value": "list:nothing:1"}]}}),
        (ACCOUNTS, {ACCOUNTS: {"selected_options": [{"value": "all"}] * (MOST_CHOSEN + 1)}}),
    ],
)
def test_a_forged_window_is_refused(block: str, told: dict[str, Any]) -> None:
    """What no version of the window offers."""
    with pytest.raises(PayloadError):
        parse_select(state_of(select_view(SelectForm(), region=None), **{block: told}))


def test_an_answer_has_at_most_a_hundred_options_and_says_how_many_match() -> None:
    """The lists that stand for many accounts come first, where nothing is typed."""
    index = SuggestionIndex(account(number, f"Account {number}") for number in range(1, 501))
    groups = option_groups(index.search("", MAX_OPTIONS - 2), with_lists=True)
    assert list(suggestion_problems({"option_groups": groups})) == []
    assert sum(len(group["options"]) for group in groups) == MAX_OPTIONS
    assert groups[0]["options"][0]["text"]["text"] == "All accounts that need attention"
    assert groups[-1]["label"]["text"] == "Accounts: 98 of 500. Type to narrow down."


def test_no_match_is_no_group() -> None:
    """Slack takes an empty list of options, but no group without any."""
    assert option_groups(Suggestions(), with_lists=False) == []


def test_a_tag_too_long_for_an_option_is_counted() -> None:
    """It can be typed in the command."""
    tags = [TagSuggestion("key", "x" * 200, 1), TagSuggestion("env", "prod", 2)]
    [group] = option_groups(Suggestions(tags=tags, tag_total=2), with_lists=False)
    assert [each["value"] for each in group["options"]] == ["tag:env=prod"]
    assert group["label"]["text"].startswith("Tags: 1 of 2")


@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_names_make_options_that_slack_takes(names: list[str]) -> None:
    """Of accounts and OUs; an account's id is always whole."""
    found = [account(number, name or "x") for number, name in enumerate([*names, *HOSTILE], 1)]
    units = SuggestionIndex(
        [
            type(each)(each.id, each.name, units=(Unit("ou-ab12-11111111", each.name),))
            for each in found
        ]
    )
    groups = option_groups(units.search("", MAX_OPTIONS), with_lists=False)
    assert list(suggestion_problems({"option_groups": groups})) == []
    for option in groups[-1]["options"]:
        assert option["value"] in option["text"]["text"]


@pytest.mark.parametrize(
    ("key", "value", "term"),
    [
        ("env", "prod", "tag:env=prod"),
        ("team", "Data and AI", 'tag:team="Data and AI"'),
        ("note", "a,b", 'tag:note="a,b"'),
        ("glob", "*", "tag:glob=[*]"),
    ],
)
def test_a_tag_becomes_a_term_that_means_it_alone(key: str, value: str, term: str) -> None:
    """Spaces and commas are quoted; what would be a glob is no glob."""
    found = Suggestions(tags=[TagSuggestion(key, value, 1)], tag_total=1)
    [group] = option_groups(found, with_lists=False)
    assert group["options"][0]["value"] == term
