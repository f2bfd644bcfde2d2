"""The modal behind Show all: its search, its filters, and its pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.blocks import suggestion_problems
from altcontact_sandbox.slack.blocks.view_state import initial_values, state
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.domain.finding_lists import FindingFilter, FindingList, FindingPage, ListKind
from bot.domain.rule_catalog import Severity
from bot.slack.payloads import PayloadError
from bot.slack.views import row_actions, show_all, show_all_filters
from bot.slack.views.show_all import TURN, ListPosition
from bot.slack.views.show_all_filters import FILTER, UNIT
from tests.unit.slack.views import sample_data as data
from tests.unit.slack.views.assertions import assert_sound_view, texts

if TYPE_CHECKING:
    from bot.domain.findings import Finding

ALERT = FindingList(ListKind.ALERT, "a" * 32)
TEXTS = st.one_of(st.sampled_from(data.HOSTILE), st.text(st.characters(codec="utf-8")))
FILTERS = st.builds(
    FindingFilter,
    TEXTS.map(lambda text: " ".join(text.split())[: show_all_filters.SEARCH_TEXT].strip()),
    st.none() | st.sampled_from(ContactType),
    st.none() | st.sampled_from(Severity),
    st.sampled_from(["", "ou-ab12-11111111"]),
)
POSITIONS = st.builds(
    ListPosition,
    st.builds(FindingList, st.just(ListKind.CHECK), st.integers(0, 10**12).map(str))
    | st.just(ALERT),
    FILTERS,
    st.integers(0, 499),
    st.integers(0, 9),
)


def page_of(total: int, number: int = 0, matching: int | None = None) -> FindingPage:
    """A page of a list of so many contacts, all open."""
    found = total if matching is None else matching
    start = number * show_all.ROWS
    findings = [data.finding(each) for each in range(start, min(start + show_all.ROWS, found))]
    return FindingPage(tuple(findings), total, found, found)


def view_of(position: ListPosition, page: FindingPage, unit_path: str = "") -> dict[str, Any]:
    """A window as Slack would hand it back, with what stands in its inputs."""
    view = show_all.list_view(position, page, unit_path=unit_path)
    assert_sound_view(view)
    return {**view, "state": state(view, initial_values(view), {})}


def pressed(view: dict[str, Any], action_id: str, value: str = "") -> ListPosition:
    """What a window should show after a press in it."""
    body = {"view": view, "actions": [{"action_id": action_id, "value": value}]}
    return show_all.parse_change(body)


def choose(view: dict[str, Any], action_id: str, value: str) -> ListPosition:
    """What a window should show after an option of a menu was chosen."""
    for block in view["state"]["values"].values():
        if action_id in block:
            block[action_id]["selected_option"] = {"value": value}
    return pressed(view, action_id)


@pytest.mark.parametrize("total", [0, 1, 20, 21, 129, 10_000])
def test_every_page_fits_and_leads_to_its_neighbors(total: int) -> None:
    """The pager stands above and below the rows, with buttons that lead elsewhere only."""
    count = show_all.page_count(total)
    for number in {0, 1, count // 2, count - 1} & set(range(count)):
        view = view_of(ListPosition(ALERT, page=number), page_of(total, number))
        shown = json.dumps(view)
        assert f"Page {number + 1:,} of {count:,}" in shown
        for label, there in (("Next", number < count - 1), ("Previous", number > 0)):
            assert shown.count(f'"{label}"') == (2 if there else 0)
        if number < count - 1:
            assert pressed(view, f"{TURN}:bottom_next", str(number + 1)).page == number + 1


@given(POSITIONS)
def test_filters_survive_a_page_turn(position: ListPosition) -> None:
    """The list, the filters and the page come back from the window, within Slack's limit."""
    view = view_of(position, page_of(10_000, position.page, 10_000), unit_path="/Prod")
    assert len(view["private_metadata"]) <= 3_000
    assert show_all.parse_position(view) == position
    assert pressed(view, f"{TURN}:next", "3") == ListPosition(
        position.listed, position.wanted, 3, position.revision
    )


def test_new_filters_begin_at_the_first_page() -> None:
    """A search or a choice narrows the list, so the page that was shown means nothing."""
    position = ListPosition(ALERT, page=2)
    for action_id, value, wanted in (
        (f"{FILTER}:type", "BILLING", FindingFilter(type=ContactType.BILLING)),
        (f"{FILTER}:severity", "high", FindingFilter(severity=Severity.HIGH)),
    ):
        view = view_of(position, page_of(100, 2))
        assert choose(view, action_id, value) == ListPosition(ALERT, wanted)
    view = view_of(position, page_of(100, 2))
    view["state"]["values"]["search:0"][f"{FILTER}:search"]["value"] = "  data   lake "
    assert pressed(view, f"{FILTER}:search") == ListPosition(ALERT, FindingFilter("data lake"))
    # What was typed but not searched yet isn't lost by turning the page.
    assert pressed(view, f"{TURN}:next", "3") == ListPosition(ALERT, FindingFilter("data lake"))


def test_units_are_offered_where_they_are_known() -> None:
    """The menu of OUs searches; choosing one or all of them narrows or widens the list."""
    page = FindingPage((data.finding(1),), 1, 1, 1, has_units=True)
    assert UNIT not in json.dumps(view_of(ListPosition(ALERT), page_of(1)))
    narrowed = choose(view_of(ListPosition(ALERT), page), UNIT, "ou-ab12-11111111")
    assert narrowed.wanted == FindingFilter(unit="ou-ab12-11111111")
    view = view_of(narrowed, page, unit_path="/" + "x" * 90 + "/Prod")
    assert "x/Prod" in json.dumps(view)
    assert choose(view, UNIT, "any").wanted.is_empty


def test_filters_are_cleared() -> None:
    """One button clears them, and the fields get new ids, or Slack would keep what was typed."""
    position = ListPosition(ALERT, FindingFilter("nobody", ContactType.BILLING))
    for page in (FindingPage(total=40), page_of(40)):
        view = view_of(position, page)
        assert ("No finding matches" in json.dumps(view)) == (not page.matching)
        assert json.dumps(view).count("Clear filters") == 1
        assert pressed(view, f"{FILTER}:clear") == ListPosition(ALERT, revision=1)
    assert "initial_value" not in json.dumps(view_of(ListPosition(ALERT, revision=1), page_of(40)))


def test_an_empty_list_says_so() -> None:
    """Without filters there is nothing to clear."""
    shown = json.dumps(view_of(ListPosition(ALERT), FindingPage()))
    assert "There are no findings in this list any more." in shown
    assert "Clear filters" not in shown


def test_the_summary_counts_what_matches() -> None:
    """Contacts by their state, and how many the filters leave out."""
    page = FindingPage((data.finding(1),), 250, 12, 7, 3)
    view = view_of(ListPosition(ALERT, FindingFilter("lab")), page)
    assert "Page 1 of 1 · 12 of 250 contacts: 7 open, 3 exempt, 2 resolved" in json.dumps(
        view, ensure_ascii=False
    )


def test_a_page_beyond_the_end_is_the_last() -> None:
    """A list that has become shorter shows its last page."""
    view = view_of(ListPosition(ALERT, page=9), page_of(30, 1))
    assert "Page 2 of 2" in json.dumps(view)
    assert show_all.parse_position(view).page == 1


def test_windows_of_older_versions_turn_their_pages() -> None:
    """They kept the announcement and the page only."""
    view = {"private_metadata": json.dumps({"announcement": "a" * 32, "page": 1})}
    assert pressed(view, f"{TURN}:next", "2") == ListPosition(ALERT, page=2)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"announcement": 7, "page": 0},
        {"announcement": "a", "page": -1},
        {"list": "drop:1", "page": 0, "revision": 0, "text": "", "type": "", "severity": ""},
        {"list": "open:", "page": 0, "revision": 0, "text": "", "type": "X", "severity": ""},
    ],
)
def test_other_windows_are_refused(metadata: dict[str, Any]) -> None:
    """What this version can't read changes nothing."""
    with pytest.raises(PayloadError):
        show_all.parse_position({"private_metadata": json.dumps(metadata)})


def test_unknown_options_are_refused() -> None:
    """An option that no version offered."""
    with pytest.raises(PayloadError):
        choose(view_of(ListPosition(ALERT), page_of(1)), f"{FILTER}:type", "NONE")


@given(
    st.dictionaries(st.text(min_size=1, max_size=30), TEXTS.map(lambda t: f"/{t}"), max_size=150),
    TEXTS,
)
def test_units_are_options_that_slack_takes(units: dict[str, str], typed: str) -> None:
    """At most 100, of which the first is all of them; what is typed narrows them down."""
    options = show_all_filters.unit_options(units, typed)
    assert list(suggestion_problems({"options": options})) == []
    assert len(options) <= 100
    assert [each["value"] for each in show_all_filters.unit_options({"ou-1": "/Prod"}, "prod")] == [
        "ou-1"
    ]
    assert show_all_filters.unit_options(units, "")[0]["value"] == "any"


@pytest.mark.parametrize("name", data.HOSTILE)
def test_hostile_names_are_inert(name: str) -> None:
    """A name is shown as it is, and mentions nobody."""
    findings: tuple[Finding, ...] = (data.finding(1, name),)
    view = view_of(ListPosition(ALERT), FindingPage(findings, 1, 1, 1))
    assert not any("<!channel>" in text for text in texts(view["blocks"], "mrkdwn"))
    assert row_actions.FIX in json.dumps(view)
