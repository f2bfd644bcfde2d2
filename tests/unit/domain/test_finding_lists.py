"""Lists of findings, as buttons and windows name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.finding_lists import FindingFilter, FindingList, FindingPage, ListKind


@given(st.builds(FindingList, st.sampled_from(ListKind), st.integers(0, 10**15 - 1).map(str)))
def test_a_list_comes_back_from_its_text(listed: FindingList) -> None:
    """A button's value names the list."""
    assert FindingList.parse(str(listed)) == listed


def test_a_text_without_a_kind_is_an_alert() -> None:
    """As buttons of older versions named it."""
    assert FindingList.parse("a1b2") == FindingList(ListKind.ALERT, "a1b2")


@pytest.mark.parametrize(
    "text", ["drop:1", "check:", "check:x", "check:²", "check:" + "9" * 16, ":"]
)
def test_other_texts_are_no_list(text: str) -> None:
    """A kind that doesn't exist, or a scan without a number that the database can hold."""
    with pytest.raises(ValueError, match=r".*"):
        FindingList.parse(text)


def test_counts_of_a_page_add_up() -> None:
    """What is neither open nor exempt is resolved."""
    assert FindingPage((), 10, 8, 4, 1).resolved == 3
    assert FindingFilter().is_empty
    assert not FindingFilter(text="x").is_empty
