"""What a scan gives reason to say: what is new, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import MOST_MENTIONED, AnnouncementKind, NewAnnouncement, plan
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import FindingKey, Outcome
from bot.domain.policy.destination import DEFAULT_DESTINATION, Destination
from bot.domain.rule_catalog import Rule
from bot.domain.scans import Scan, ScanPart, ScanState
from tests.unit.fakes import SCHEDULE, SECURITY, START, account

FAILING = AnnouncementKind.CHECKS_FAILING
WORKING = AnnouncementKind.CHECKS_WORKING
RULES = {
    Outcome.MISSING: Rule.MISSING,
    Outcome.WRONG: Rule.DIFFERENT,
    Outcome.WEAK: Rule.FREE_MAIL,
    Outcome.UNKNOWN: Rule.UNREADABLE,
    Outcome.UNSUPPORTED: Rule.UNSUPPORTED,
}


def scan(state: ScanState = ScanState.COMPLETE, cause: FailureCode | None = None) -> Scan:
    """A scan that ended."""
    return Scan(1, SCHEDULE, state, START, failure=failure(cause) if cause else None)


def key(number: int, outcome: Outcome) -> FindingKey:
    """A finding of an account's security contact."""
    return FindingKey(account(number).id, SECURITY, outcome, RULES[outcome])


def of(*keys: FindingKey) -> dict[FindingKey, Destination]:
    """Findings of accounts of which the policy says nothing particular."""
    return dict.fromkeys(keys, DEFAULT_DESTINATION)


def test_nothing_new_gives_nothing_to_say() -> None:
    """A scan that opened nothing and worked, as before, is not told of."""
    assert plan(scan(), {}, {}) == ()


def test_what_falls_short_is_not_mixed_with_what_could_not_be_checked() -> None:
    """Each of the two has a message of its own, with its findings in their order."""
    short = (key(1, Outcome.MISSING), key(3, Outcome.WEAK))
    unchecked = (key(2, Outcome.UNKNOWN), key(4, Outcome.UNSUPPORTED))
    opened = (short[0], unchecked[0], short[1], unchecked[1])
    assert plan(scan(), of(*opened), {}) == (
        NewAnnouncement(AnnouncementKind.NON_COMPLIANT, short),
        NewAnnouncement(AnnouncementKind.UNCHECKED, unchecked),
    )


@given(
    st.lists(
        st.sampled_from(
            [item for item in Outcome if item.is_non_compliant or item.unchecked],
        )
    )
)
def test_every_new_finding_is_told_exactly_once(outcomes: list[Outcome]) -> None:
    """Whatever a scan opened is in exactly one announcement, and at most one is of a kind."""
    opened = tuple(key(number, outcome) for number, outcome in enumerate(outcomes))
    news = plan(scan(), of(*opened), {})
    told = [each for item in news for each in item.findings]
    assert sorted(told, key=lambda each: each.account_id) == list(opened)
    assert len({item.kind for item in news}) == len(news)


@pytest.mark.parametrize("state", [ScanState.FAILED, ScanState.INCOMPLETE])
def test_checks_that_begin_to_fail_are_told(state: ScanState) -> None:
    """The first check that something kept from working is told of, with the cause."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    assert plan(scan(state, why.cause), {}, {}) == (NewAnnouncement(FAILING, failure=why),)


def test_the_same_cause_is_not_told_twice() -> None:
    """While checks fail for the cause that was told, nothing more is said."""
    again = scan(ScanState.FAILED, FailureCode.CREDENTIALS_EXPIRED)
    assert plan(again, {}, {"": FailureCode.CREDENTIALS_EXPIRED}) == ()


def test_another_cause_is_told() -> None:
    """Where checks fail for another cause than the one told, that is news."""
    other = scan(ScanState.FAILED, FailureCode.UNREACHABLE)
    assert [item.kind for item in plan(other, {}, {"": FailureCode.CREDENTIALS_EXPIRED})] == [
        FAILING
    ]


def test_checks_that_work_again_are_told() -> None:
    """The first complete check after failing ones is told of, besides what it found."""
    news = plan(scan(), of(key(1, Outcome.MISSING)), {"": FailureCode.UNREACHABLE})
    assert [item.kind for item in news] == [AnnouncementKind.NON_COMPLIANT, WORKING]


@pytest.mark.parametrize("before", [None, FailureCode.UNREACHABLE])
def test_a_check_that_was_stopped_says_nothing_of_checking(before: FailureCode | None) -> None:
    """A scan cut short by a stop proves neither that checks fail nor that they work again."""
    failing = {"": before} if before is not None else {}
    assert plan(scan(ScanState.INCOMPLETE, FailureCode.NOT_REACHED), {}, failing) == ()


def test_what_an_incomplete_check_found_is_told() -> None:
    """Findings of accounts that were read count, whatever ended the scan."""
    news = plan(
        scan(ScanState.INCOMPLETE, FailureCode.CREDENTIALS_EXPIRED), of(key(1, Outcome.MISSING)), {}
    )
    assert [item.kind for item in news] == [AnnouncementKind.NON_COMPLIANT, FAILING]


def test_each_channel_hears_of_its_own_accounts() -> None:
    """Findings go where the policy sends them, and those are mentioned whom it names for any."""
    web, desk = Destination("#web", ("U1", "S1")), Destination("#web", ("U2", "S1"))
    opened = {
        key(1, Outcome.MISSING): web,
        key(2, Outcome.WEAK): DEFAULT_DESTINATION,
        key(3, Outcome.WEAK): desk,
    }
    assert plan(scan(), opened, {}) == (
        NewAnnouncement(
            AnnouncementKind.NON_COMPLIANT,
            (key(1, Outcome.MISSING), key(3, Outcome.WEAK)),
            destination=Destination("#web", ("U1", "S1", "U2")),
        ),
        NewAnnouncement(AnnouncementKind.NON_COMPLIANT, (key(2, Outcome.WEAK),)),
    )


def test_a_message_mentions_no_crowd() -> None:
    """However many accounts' people there are, one message mentions only so many."""
    opened = {
        key(number, Outcome.MISSING): Destination("", (f"U{number}",)) for number in range(50)
    }
    (news,) = plan(scan(), opened, {})
    assert len(news.destination.mention) == MOST_MENTIONED


def test_one_organization_that_fails_is_told_by_its_name() -> None:
    """Of several organizations that which fails is told; one that works again, too."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    parts = (ScanPart("corp"), ScanPart("bought", failure=why), ScanPart("old", failure=why))
    ended = Scan(1, SCHEDULE, ScanState.INCOMPLETE, START, parts=parts)
    before = {"corp": FailureCode.UNREACHABLE, "old": why.cause}
    assert plan(ended, {}, before) == (
        NewAnnouncement(FAILING, failure=why, organization="bought"),
        NewAnnouncement(WORKING, organization="corp"),
    )
