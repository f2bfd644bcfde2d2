"""What a scan gives reason to say: what is new, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements import AnnouncementKind, NewAnnouncement, plan
from bot.causes import failure
from bot.findings import Cause, FindingKey, Outcome
from bot.scans import Scan, ScanState
from tests.unit.fakes import SCHEDULE, SECURITY, START, account

FAILING = AnnouncementKind.CHECKS_FAILING
WORKING = AnnouncementKind.CHECKS_WORKING


def scan(state: ScanState = ScanState.COMPLETE, cause: Cause | None = None) -> Scan:
    """A scan that ended."""
    return Scan(1, SCHEDULE, state, START, failure=failure(cause) if cause else None)


def key(number: int, outcome: Outcome) -> FindingKey:
    """A finding of an account's security contact."""
    return FindingKey(account(number).id, SECURITY, outcome)


def test_nothing_new_gives_nothing_to_say() -> None:
    """A scan that opened nothing and worked, as before, is not told of."""
    assert plan(scan(), (), None) == ()


def test_what_falls_short_is_not_mixed_with_what_could_not_be_checked() -> None:
    """Each of the two has a message of its own, with its findings in their order."""
    short = (key(1, Outcome.MISSING), key(3, Outcome.WEAK))
    unchecked = (key(2, Outcome.UNKNOWN), key(4, Outcome.UNSUPPORTED))
    opened = (short[0], unchecked[0], short[1], unchecked[1])
    assert plan(scan(), opened, None) == (
        NewAnnouncement(AnnouncementKind.FALLS_SHORT, short),
        NewAnnouncement(AnnouncementKind.UNCHECKED, unchecked),
    )


@given(
    st.lists(
        st.sampled_from(
            [item for item in Outcome if item.falls_short or item.unchecked],
        )
    )
)
def test_every_new_finding_is_told_exactly_once(outcomes: list[Outcome]) -> None:
    """Whatever a scan opened is in exactly one announcement, and at most one is of a kind."""
    opened = tuple(key(number, outcome) for number, outcome in enumerate(outcomes))
    news = plan(scan(), opened, None)
    told = [each for item in news for each in item.findings]
    assert sorted(told, key=lambda each: each.account_id) == list(opened)
    assert len({item.kind for item in news}) == len(news)


@pytest.mark.parametrize("state", [ScanState.FAILED, ScanState.INCOMPLETE])
def test_checks_that_begin_to_fail_are_told(state: ScanState) -> None:
    """The first check that something kept from working is told of, with the cause."""
    why = failure(Cause.CREDENTIALS_EXPIRED)
    assert plan(scan(state, why.cause), (), None) == (NewAnnouncement(FAILING, failure=why),)


def test_the_same_cause_is_not_told_twice() -> None:
    """While checks fail for the cause that was told, nothing more is said."""
    again = scan(ScanState.FAILED, Cause.CREDENTIALS_EXPIRED)
    assert plan(again, (), Cause.CREDENTIALS_EXPIRED) == ()


def test_another_cause_is_told() -> None:
    """Where checks fail for another cause than the one told, that is news."""
    other = scan(ScanState.FAILED, Cause.UNREACHABLE)
    assert [item.kind for item in plan(other, (), Cause.CREDENTIALS_EXPIRED)] == [FAILING]


def test_checks_that_work_again_are_told() -> None:
    """The first complete check after failing ones is told of, besides what it found."""
    news = plan(scan(), (key(1, Outcome.MISSING),), Cause.UNREACHABLE)
    assert [item.kind for item in news] == [AnnouncementKind.FALLS_SHORT, WORKING]


@pytest.mark.parametrize("before", [None, Cause.UNREACHABLE])
def test_a_check_that_was_stopped_says_nothing_of_checking(before: Cause | None) -> None:
    """A scan cut short by a stop proves neither that checks fail nor that they work again."""
    assert plan(scan(ScanState.INCOMPLETE, Cause.NOT_REACHED), (), before) == ()


def test_what_an_incomplete_check_found_is_told() -> None:
    """Findings of accounts that were read count, whatever ended the scan."""
    news = plan(
        scan(ScanState.INCOMPLETE, Cause.CREDENTIALS_EXPIRED), (key(1, Outcome.MISSING),), None
    )
    assert [item.kind for item in news] == [AnnouncementKind.FALLS_SHORT, FAILING]
