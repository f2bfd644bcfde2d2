"""The share of compliant accounts, and what the counts add up to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.findings import Outcome
from bot.domain.overview import Overview

NUMBERS = st.dictionaries(st.sampled_from(Outcome), st.integers(0, 20_000))


@given(NUMBERS)
def test_every_account_is_counted_once(counts: dict[Outcome, int]) -> None:
    """All but the skipped ones are compliant, non-compliant, unchecked or exempt."""
    overview = Overview(counts)
    exempt = counts.get(Outcome.EXEMPT, 0)
    parts = overview.compliant + overview.non_compliant + overview.unchecked + exempt
    assert parts == overview.checked
    assert overview.checked + counts.get(Outcome.SKIPPED, 0) == sum(counts.values())


@given(NUMBERS)
def test_a_hundred_percent_is_every_account(counts: dict[Outcome, int]) -> None:
    """It is rounded down, so that nobody reads 100% while one account is missing."""
    overview = Overview(counts)
    assert 0 <= overview.percent <= 100
    whole = overview.checked > 0 and overview.compliant == overview.checked
    assert (overview.percent == 100) == whole


def test_nothing_checked_is_no_share() -> None:
    """Without accounts nothing is compliant."""
    assert Overview({}).percent == 0
    assert Overview({Outcome.SKIPPED: 3}).checked == 0
