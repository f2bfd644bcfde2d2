"""Which announcements a scan gives rise to: what is new, once, one message a root cause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.announcements import (
    MOST_MENTIONED,
    AnnouncementKind,
    NewAnnouncement,
    NewFinding,
    continues,
    plan,
)
from bot.domain.contacts import ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import FindingKey, Outcome
from bot.domain.policy.destination import Destination
from bot.domain.rule_catalog import Rule
from bot.domain.scans import Scan, ScanPart, ScanState
from tests.unit.fakes import SCHEDULE, SECURITY, START, account

if TYPE_CHECKING:
    from bot.domain.failures import Failure

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


def of(*keys: FindingKey) -> dict[FindingKey, NewFinding]:
    """Findings of accounts for which the policy names no channel."""
    return dict.fromkeys(keys, NewFinding())


def unread(why: Failure, *numbers: int, **where: Any) -> dict[FindingKey, NewFinding]:  # noqa: ANN401 - any field
    """Accounts that couldn't be checked."""
    new = NewFinding(failure=why, **where)
    return {key(number, Outcome.UNKNOWN): new for number in numbers}


def test_nothing_new_is_not_announced() -> None:
    """A scan that opened nothing and worked, as the one before, announces nothing."""
    assert plan(scan(), {}, {}) == ()


def test_non_compliant_and_unchecked_contacts_are_apart() -> None:
    """Each of the two has its own message, with its findings in their order."""
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
def test_every_new_finding_is_announced_once(outcomes: list[Outcome]) -> None:
    """Whatever a scan opened is in exactly one announcement, and at most one is of a kind."""
    opened = tuple(key(number, outcome) for number, outcome in enumerate(outcomes))
    news = plan(scan(), of(*opened), {})
    announced = [each for item in news for each in item.findings]
    assert sorted(announced, key=lambda each: each.account_id) == list(opened)
    assert len({item.kind for item in news}) == len(news)


@pytest.mark.parametrize("state", [ScanState.FAILED, ScanState.INCOMPLETE])
def test_checks_that_begin_to_fail(state: ScanState) -> None:
    """The first failing check is announced with its cause."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    assert plan(scan(state, why.cause), {}, {}) == (NewAnnouncement(FAILING, failure=why),)


def test_the_same_cause_is_not_announced_twice() -> None:
    """While checks fail for the announced cause, nothing more is posted."""
    again = scan(ScanState.FAILED, FailureCode.CREDENTIALS_EXPIRED)
    assert plan(again, {}, {"": FailureCode.CREDENTIALS_EXPIRED}) == ()


def test_another_cause_is_announced() -> None:
    """Checks that fail for another cause are announced again."""
    other = scan(ScanState.FAILED, FailureCode.UNREACHABLE)
    assert [item.kind for item in plan(other, {}, {"": FailureCode.CREDENTIALS_EXPIRED})] == [
        FAILING
    ]


def test_checks_that_work_again() -> None:
    """The first complete check after failing ones is announced, besides what it found."""
    news = plan(scan(), of(key(1, Outcome.MISSING)), {"": FailureCode.UNREACHABLE})
    assert [item.kind for item in news] == [AnnouncementKind.NON_COMPLIANT, WORKING]


@pytest.mark.parametrize("before", [None, FailureCode.UNREACHABLE])
def test_a_check_that_was_stopped_says_nothing_of_checking(before: FailureCode | None) -> None:
    """A stopped scan proves neither that checks fail nor that they work again."""
    failing = {"": before} if before is not None else {}
    assert plan(scan(ScanState.INCOMPLETE, FailureCode.NOT_REACHED), {}, failing) == ()


def test_what_an_incomplete_check_found_is_announced() -> None:
    """Findings of accounts that were read count, whatever ended the scan."""
    news = plan(
        scan(ScanState.INCOMPLETE, FailureCode.CREDENTIALS_EXPIRED), of(key(1, Outcome.MISSING)), {}
    )
    assert [item.kind for item in news] == [AnnouncementKind.NON_COMPLIANT, FAILING]


def test_each_channel_gets_its_own_accounts() -> None:
    """Findings go where the policy sends them, with everybody mentioned whom it names for any."""
    web, desk = Destination("#web", ("U1", "S1")), Destination("#web", ("U2", "S1"))
    opened = {
        key(1, Outcome.MISSING): NewFinding(web),
        key(2, Outcome.WEAK): NewFinding(),
        key(3, Outcome.WEAK): NewFinding(desk),
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
        key(number, Outcome.MISSING): NewFinding(Destination("", (f"U{number}",)))
        for number in range(50)
    }
    (news,) = plan(scan(), opened, {})
    assert len(news.destination.mention) == MOST_MENTIONED


def test_one_failing_organization_is_named() -> None:
    """Of several organizations, the one that fails is named, and one that works again, too."""
    why = failure(FailureCode.CREDENTIALS_EXPIRED)
    parts = (ScanPart("corp"), ScanPart("bought", failure=why), ScanPart("old", failure=why))
    ended = Scan(1, SCHEDULE, ScanState.INCOMPLETE, START, parts=parts)
    before = {"corp": FailureCode.UNREACHABLE, "old": why.cause}
    assert plan(ended, {}, before) == (
        NewAnnouncement(FAILING, failure=why, organization="bought"),
        NewAnnouncement(WORKING, organization="corp"),
    )


def test_one_root_cause_is_one_message() -> None:
    """However many accounts and types, and whatever a text says about a single account."""
    off = failure(FailureCode.TRUSTED_ACCESS_OFF)
    texts = [
        replace(off, message=f"Account {account(number).id} can't be reached.")
        for number in range(9)
    ]
    opened = {
        replace(key(number, Outcome.UNKNOWN), type=kind): NewFinding(failure=why)
        for number, why in enumerate(texts)
        for kind in ContactType
    }
    (news,) = plan(scan(), opened, {})
    assert len(news.findings) == 27


def test_two_root_causes_are_two_messages() -> None:
    """A denial by an SCP and a missing permission need different people."""
    opened = unread(failure(FailureCode.DENIED_BY_SCP), 1, 3) | unread(
        failure(FailureCode.PERMISSION_MISSING), 2
    )
    assert [len(news.findings) for news in plan(scan(), opened, {})] == [2, 1]


def test_each_organization_has_root_causes_of_its_own() -> None:
    """Trusted access that is off in two organizations is switched on in two places."""
    off = failure(FailureCode.TRUSTED_ACCESS_OFF)
    opened = unread(off, 1, organization="corp") | unread(off, 2, organization="bought")
    assert len(plan(scan(), opened, {})) == 2


def test_a_root_cause_is_announced_in_each_channel() -> None:
    """Those who check the accounts are in different channels."""
    off = failure(FailureCode.TRUSTED_ACCESS_OFF)
    opened = unread(off, 1) | unread(off, 2, destination=Destination("#web"))
    channels = [news.destination.channel for news in plan(scan(), opened, {})]
    assert channels == ["", "#web"]


@pytest.mark.parametrize(("new", "known", "joins"), [(1, 9, True), (9, 9, True), (10, 9, False)])
def test_a_cause_that_grows_much_is_announced_again(new: int, known: int, joins: bool) -> None:
    """An edited alert notifies nobody, so only a few accounts join it."""
    assert continues(new, known) is joins
