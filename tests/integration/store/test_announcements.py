"""Announcements: planned with their cause, sent once, updated while they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.alert_summary import AccountState
from bot.domain.announcements import AnnouncementKind, CheckedAccounts, SendState
from bot.domain.contacts import ContactType
from bot.domain.deliveries import EarlierRequest
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome, ResolutionKind
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import ScanState
from tests.integration.store.databases import open_at, place_of, query
from tests.integration.store.fixtures import (
    START,
    SetClock,
    account,
    breaking,
    result,
    scan_once,
    send,
    type_result,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.announcements import Announcement, AnnouncementContent
    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult
    from bot.store.store import DatabaseStore

MISSING, COMPLIANT = Outcome.MISSING, Outcome.COMPLIANT
FAILING, WORKING = AnnouncementKind.CHECKS_FAILING, AnnouncementKind.CHECKS_WORKING


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def missing(store: DatabaseStore) -> Announcement:
    """The announcement of one missing contact."""
    scan_once(store, result(1, MISSING))
    (due,) = store.announcements.due()
    return due


def fail(store: DatabaseStore, cause: FailureCode) -> None:
    """A scan that failed."""
    scan_once(store, state=ScanState.FAILED, why=failure(cause))


def kinds(store: DatabaseStore) -> list[AnnouncementKind]:
    """What is to be posted, by kind."""
    return [due.kind for due in store.announcements.due() if due.state is not SendState.SENT]


def updated(store: DatabaseStore) -> list[AnnouncementKind]:
    """What is to be edited, by kind."""
    return [due.kind for due in store.announcements.due() if due.state is SendState.SENT]


def shown(store: DatabaseStore, kind: AnnouncementKind) -> AnnouncementContent:
    """What the message of the only announcement of a kind shows."""
    sql = "SELECT id FROM announcements WHERE kind = ? AND state != 'withdrawn'"
    ((found,),) = query(place_of(store), sql, kind.value)
    return store.announcements.message_content(str(found), 20)


def state(store: DatabaseStore, announcement_id: str) -> SendState:
    """How far an announcement got."""
    return store.announcements.content(announcement_id, 9).announcement.state


def test_what_a_scan_found_is_announced(store: DatabaseStore) -> None:
    """Missing and unchecked accounts are messages of their own, in one transaction with them."""
    scan_once(store, result(1, MISSING), result(2, Outcome.UNKNOWN), result(3, COMPLIANT))
    short, unchecked = store.announcements.due()
    assert (short.kind, unchecked.kind) == (
        AnnouncementKind.NON_COMPLIANT,
        AnnouncementKind.UNCHECKED,
    )
    assert len({short.id, unchecked.id}) == 2
    assert (short.state, short.created_at, short.scan_id) == (SendState.PENDING, START, 1)
    content = store.announcements.content(unchecked.id, 9)
    assert content.scan == store.scans.get(1)
    assert (content.total, content.open) == (1, 1)
    assert content.findings[0].failure == failure(FailureCode.DENIED)
    assert content.findings[0].key.account_id == account(2).id


def test_sending(store: DatabaseStore, clock: SetClock) -> None:
    """An announcement that was sent is due no more, and where it stands is known."""
    due = missing(store)
    clock.tick(5)
    begun = store.announcements.begin_sending(due.id)
    assert begun is not None
    assert (begun.state, begun.first_tried_at) == (SendState.SENDING, clock.now())
    store.announcements.sent(due.id, "C1", "17.5", begun.revision)
    assert store.announcements.due() == []
    sent = store.announcements.content(due.id, 9).announcement
    assert (sent.state, sent.channel_id, sent.ts) == (SendState.SENT, "C1", "17.5")
    assert store.announcements.begin_sending(due.id) is None
    assert store.announcements.begin_sending("nonsense") is None


def test_sending_in_doubt_stays_due(store: DatabaseStore, clock: SetClock) -> None:
    """One that was begun is due until it is known to be sent, from its first try on."""
    due = missing(store)
    begun = store.announcements.begin_sending(due.id)
    assert store.announcements.due() == [begun]
    clock.tick(60)
    again = store.announcements.begin_sending(due.id)
    assert again == begun
    store.announcements.may_repeat(due.id)
    assert store.announcements.content(due.id, 9).announcement.maybe_repeat


def test_not_sent(store: DatabaseStore, clock: SetClock) -> None:
    """One that was surely not posted was never tried; one in doubt before keeps its first try."""
    due = missing(store)
    store.announcements.begin_sending(due.id)
    store.announcements.not_sent(due.id)
    assert store.announcements.due() == [due]
    first = store.announcements.begin_sending(due.id)
    clock.tick(1)
    store.announcements.begin_sending(due.id)
    store.announcements.not_sent(due.id)
    (now,) = store.announcements.due()
    assert first is not None
    assert (now.state, now.first_tried_at) == (SendState.PENDING, first.first_tried_at)


def test_change_makes_a_sent_announcement_due(store: DatabaseStore) -> None:
    """A finding that is resolved, or stands for another reason, has its message updated once."""
    scan_once(store, result(1, MISSING), result(2, MISSING), result(3, Outcome.UNKNOWN))
    for due in store.announcements.due():
        send(store, due.id)
    scan_once(store, result(1, MISSING), result(2, MISSING), result(3, Outcome.UNKNOWN))
    assert store.announcements.due() == []
    other = unknown(failure(FailureCode.TIMED_OUT))
    scan_once(store, result(1, COMPLIANT), result(2, COMPLIANT), result(3, other))
    short, unchecked = store.announcements.due()
    for due in (short, unchecked):
        assert (due.state, due.revision, due.shown_revision) == (SendState.SENT, 1, 0)
        store.announcements.sent(due.id, due.channel_id, due.ts, due.revision)
    assert store.announcements.due() == []
    content = store.announcements.content(short.id, 9)
    assert (content.total, content.open) == (2, 0)


def test_change_while_it_is_sent_is_shown_later(store: DatabaseStore) -> None:
    """What changed between reading an announcement and Slack's answer is not lost."""
    due = missing(store)
    begun = store.announcements.begin_sending(due.id)
    assert begun is not None
    scan_once(store, result(1, COMPLIANT))
    store.announcements.sent(due.id, "C1", "1.1", begun.revision)
    (left,) = store.announcements.due()
    assert (left.state, left.revision, left.shown_revision) == (SendState.SENT, 1, 0)
    store.announcements.sent(due.id, "C1", "1.1", 1)
    store.announcements.sent(due.id, "C1", "1.1", 0)
    assert store.announcements.due() == []


def test_resolved_before_it_was_tried_is_withdrawn(store: DatabaseStore) -> None:
    """Nothing is said of what was resolved before it could be said."""
    due = missing(store)
    scan_once(store, result(1, COMPLIANT))
    assert store.announcements.due() == []
    assert store.announcements.begin_sending(due.id) is None
    assert state(store, due.id) is SendState.WITHDRAWN


def test_resolved_while_it_was_refused_is_withdrawn(store: DatabaseStore) -> None:
    """One resolved while Slack was asked is withdrawn if it was surely not posted."""
    due = missing(store)
    store.announcements.begin_sending(due.id)
    scan_once(store, result(1, COMPLIANT))
    assert state(store, due.id) is SendState.SENDING
    store.announcements.not_sent(due.id)
    assert state(store, due.id) is SendState.WITHDRAWN


def test_partly_resolved_is_sent(store: DatabaseStore) -> None:
    """An announcement stays due while any of its findings stands."""
    scan_once(store, result(1, MISSING), result(2, MISSING))
    scan_once(store, result(1, COMPLIANT), result(2, MISSING))
    assert kinds(store) == [AnnouncementKind.NON_COMPLIANT]


def test_failing_checks_are_told_once_a_cause(store: DatabaseStore) -> None:
    """Checks that fail and work again make one message each; a new cause makes another."""
    for cause in (
        FailureCode.UNREACHABLE,
        FailureCode.UNREACHABLE,
        FailureCode.CREDENTIALS_EXPIRED,
    ):
        fail(store, cause)
        for due in store.announcements.due():
            assert due.failure == failure(cause)
            send(store, due.id)
    scan_once(store, result(1, COMPLIANT))
    scan_once(store, result(1, COMPLIANT))
    assert kinds(store) == [WORKING]
    assert updated(store) == [FAILING, FAILING]
    told = query(place_of(store), "SELECT kind FROM announcements ORDER BY number")
    assert told == [(FAILING,), (FAILING,), (WORKING,)]


def test_failure_that_passed_unsaid_is_not_said(store: DatabaseStore) -> None:
    """Failing and working again before either could be sent makes no message at all."""
    fail(store, FailureCode.UNREACHABLE)
    fail(store, FailureCode.TIMED_OUT)
    assert [due.failure for due in store.announcements.due()] == [failure(FailureCode.TIMED_OUT)]
    scan_once(store, result(1, COMPLIANT))
    assert kinds(store) == []
    fail(store, FailureCode.TIMED_OUT)
    assert kinds(store) == [FAILING]


@pytest.mark.parametrize("answered", [True, False])
def test_failure_that_may_have_been_said_is_followed_up(
    store: DatabaseStore, answered: bool
) -> None:
    """Where the channel has, or may have, heard of the failure, it hears that it is over."""
    fail(store, FailureCode.UNREACHABLE)
    (due,) = store.announcements.due()
    if answered:
        send(store, due.id)
    else:
        store.announcements.begin_sending(due.id)
    fail(store, FailureCode.TIMED_OUT)
    scan_once(store, result(1, COMPLIANT))
    assert kinds(store) == ([WORKING] if answered else [FAILING, WORKING])


def test_refused_failure_message_stays_due(store: DatabaseStore) -> None:
    """A message without findings is not taken for one whose findings are all resolved."""
    fail(store, FailureCode.UNREACHABLE)
    (due,) = store.announcements.due()
    store.announcements.begin_sending(due.id)
    store.announcements.not_sent(due.id)
    assert store.announcements.due() == [due]
    assert store.announcements.content(due.id, 9).total == 0


def test_content_is_in_the_order_of_names(store: DatabaseStore) -> None:
    """Where all fit, findings come by account name whatever its case, resolved or not."""
    names = {1: "beta", 2: "Alpha", 3: "Ärger", 4: "alpha"}
    found = [result(account(n, name), MISSING) for n, name in names.items()]
    scan_once(store, *found)
    scan_once(store, result(account(2, "Alpha"), COMPLIANT), *found[:1], *found[2:])
    (due,) = store.announcements.due()
    content = store.announcements.content(due.id, 4)
    assert [item.account_name for item in content.findings] == ["Alpha", "alpha", "beta", "Ärger"]
    assert (content.total, content.open) == (4, 3)


def test_content_is_in_the_order_of_severity(store: DatabaseStore) -> None:
    """Contacts with the worst finding come first, each with all of its findings together."""
    billing = breaking(Rule.FREE_MAIL, kind=ContactType.BILLING)
    free, both = breaking(Rule.FREE_MAIL), breaking(Rule.FREE_MAIL, Rule.DISPOSABLE_MAIL)
    names = ((1, "alpha", free), (2, "beta", both), (3, "gamma", type_result(MISSING)))
    found = [result(account(n, name), item, billing) for n, name, item in names]
    scan_once(store, *found)
    (due,) = store.announcements.due()
    content = store.announcements.content(due.id, 9)
    assert [(item.account_name, item.key.rule) for item in content.findings] == [
        ("gamma", Rule.MISSING),
        ("beta", Rule.DISPOSABLE_MAIL),
        ("beta", Rule.FREE_MAIL),
        ("alpha", Rule.FREE_MAIL),
        ("alpha", Rule.FREE_MAIL),
        ("beta", Rule.FREE_MAIL),
        ("gamma", Rule.FREE_MAIL),
    ]
    assert (content.total, content.open, content.contacts, content.missing) == (7, 7, 6, 1)
    severities = {Severity.VERY_HIGH: 1, Severity.HIGH: 1, Severity.MEDIUM: 5}
    assert list(content.severities.items()) == list(severities.items())
    kept = breaking(Rule.DISPOSABLE_MAIL)
    scan_once(store, found[0], result(account(2, "beta"), kept, billing), found[2])
    content = store.announcements.content(due.id, 9)
    assert content.severities == severities | {Severity.MEDIUM: 4}
    assert (content.open, content.exempt, content.contacts) == (6, 0, 6)


def test_content_pages_leave_none_out(store: DatabaseStore) -> None:
    """Where not all fit, open findings come first, and pages go through all of them once."""
    found = {n: result(n, MISSING) for n in range(1, 8)}
    scan_once(store, *found.values())
    (due,) = store.announcements.due()
    scan_once(store, *(result(n, COMPLIANT if n < 4 else MISSING) for n in found))
    pages = [store.announcements.content(due.id, 3, offset) for offset in (0, 3, 6, 9)]
    shown = [int(item.key.account_id) for page in pages for item in page.findings]
    assert shown == [4, 5, 6, 7, 1, 2, 3]
    assert {(page.total, page.open) for page in pages} == {(7, 4)}


def test_content_of_nothing(store: DatabaseStore) -> None:
    """An announcement that does not exist has no content."""
    with pytest.raises(StoreError, match="no longer in the database"):
        store.announcements.content("nonsense", 9)


def test_delivery_is_first_once_a_day(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """What Slack delivers again within a day is known, and forgotten after it."""
    assert store.deliveries.is_first("trigger-1")
    assert store.deliveries.is_first("trigger-2")
    clock.tick(86_400)
    assert not store.deliveries.is_first("trigger-1")
    clock.tick(61)
    assert store.deliveries.is_first("trigger-1")
    assert query(path, "SELECT count(*) FROM deliveries") == [(1,)]


def test_a_request_is_known_to_every_replica(
    path: Path, store: DatabaseStore, clock: SetClock
) -> None:
    """How long ago it came, and whether it was answered; many at once, and again after a day."""
    with open_at(path, clock) as other:
        assert store.requests.note(["b", "a"], []) == {}
        clock.tick(2)
        assert other.requests.note(["a", "c"], ["b"]) == {
            "a": EarlierRequest(2.0, is_answered=False)
        }
        assert store.requests.note(["b"], ["b", "c"]) == {
            "b": EarlierRequest(2.0, is_answered=True)
        }
        assert store.deliveries.is_first("a")
        clock.tick(86_401)
        assert store.deliveries.is_first("later")
        assert other.requests.note(["a", "b"], []) == {}


NON_COMPLIANT, UNCHECKED = AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED
OFF, SCP = failure(FailureCode.TRUSTED_ACCESS_OFF), failure(FailureCode.DENIED_BY_SCP)


def unread(numbers: range, why: Failure = OFF) -> list[AccountResult]:
    """Accounts of which nothing could be read, for one cause."""
    return [result(number, *(unknown(why, kind) for kind in ContactType)) for number in numbers]


def test_a_message_shows_the_first_accounts_and_counts_all(store: DatabaseStore) -> None:
    """Accounts are counted, not findings: all open findings of the worst accounts are shown."""
    free = breaking(Rule.FREE_MAIL)
    both = [type_result(MISSING), breaking(Rule.FREE_MAIL, kind=ContactType.BILLING)]
    scan_once(store, result(1, free), result(2, *both), result(3, free), result(4, MISSING))
    (due,) = store.announcements.due()
    content = store.announcements.message_content(due.id, 2)
    assert [(item.key.account_id, item.key.type.value) for item in content.findings] == [
        (account(2).id, "SECURITY"),
        (account(2).id, "BILLING"),
        (account(4).id, "SECURITY"),
    ]
    summary = content.summary
    assert (summary.accounts, summary.open_accounts, summary.contacts) == (4, 4, 5)
    assert content.total == 5
    with pytest.raises(StoreError, match="no longer in the database"):
        store.announcements.message_content("nonsense", 9)


def test_a_message_says_what_became_of_each_account(store: DatabaseStore) -> None:
    """Fixed, still non-compliant in another alert, closed, excluded, gone."""
    scan_once(store, *(result(number, MISSING) for number in range(1, 7)))
    for due in store.announcements.due():
        send(store, due.id)
    closed = replace(account(3), state="SUSPENDED")
    scan_once(
        store,
        result(1, COMPLIANT),
        result(2, breaking(Rule.FREE_MAIL)),
        result(closed),
        replace(result(4), excluded="a test"),
        result(6, MISSING),
    )
    content = store.announcements.message_content(due.id, 20)
    assert content.summary.states == {
        AccountState.FIXED: 1,
        AccountState.ELSEWHERE: 1,
        AccountState.LEFT: 3,
        AccountState.OPEN: 1,
    }
    ended = {each.id: each.resolution for each in content.summary.ended}
    assert ended == {
        account(1).id: ResolutionKind.FIXED_IN_AWS,
        account(2).id: None,
        account(3).id: ResolutionKind.INACTIVE,
        account(4).id: ResolutionKind.EXCLUDED,
        account(5).id: ResolutionKind.DEPARTED,
    }


def test_an_alert_is_edited_when_a_fixed_account_needs_attention_again(
    store: DatabaseStore,
) -> None:
    """Nothing calls an account fixed that isn't, although its new finding is in a new alert."""
    scan_once(store, result(1, MISSING))
    first = shown(store, NON_COMPLIANT).announcement.id
    send(store, first)
    scan_once(store, result(1, COMPLIANT))
    content = store.announcements.message_content(first, 9)
    assert content.summary.states == {AccountState.FIXED: 1}
    store.announcements.sent(first, "C1", "1.1", content.announcement.revision)
    scan_once(store, result(1, breaking(Rule.FREE_MAIL)))
    due = {each.id: each.state for each in store.announcements.due()}
    assert due.pop(first) is SendState.SENT
    assert list(due.values()) == [SendState.PENDING]
    content = store.announcements.message_content(first, 9)
    assert content.summary.states == {AccountState.ELSEWHERE: 1}


def test_one_root_cause_is_one_alert(store: DatabaseStore) -> None:
    """However many accounts and types; another cause has an alert of its own."""
    scan_once(store, *unread(range(1, 10)), *unread(range(10, 12), SCP))
    contents = [
        store.announcements.message_content(due.id, 20) for due in store.announcements.due()
    ]
    assert [content.summary.accounts for content in contents] == [9, 2]
    assert [content.summary.causes[0].failure for content in contents] == [OFF, SCP]
    assert [content.total for content in contents] == [27, 6]


def test_accounts_with_a_known_root_cause_join_its_alert(store: DatabaseStore) -> None:
    """The alert that is there is edited rather than followed by another."""
    scan_once(store, *unread(range(1, 4)))
    send(store, shown(store, UNCHECKED).announcement.id)
    scan_once(store, *unread(range(1, 7)))
    assert (kinds(store), updated(store)) == ([], [UNCHECKED])
    assert shown(store, UNCHECKED).summary.open_accounts == 6


def test_a_root_cause_that_spreads_is_announced_again(store: DatabaseStore) -> None:
    """More accounts than before are news, since an edit notifies nobody."""
    scan_once(store, *unread(range(1, 3)))
    send(store, shown(store, UNCHECKED).announcement.id)
    scan_once(store, *unread(range(1, 9)))
    assert kinds(store) == [UNCHECKED]


def test_a_root_cause_that_was_over_is_announced_again(store: DatabaseStore) -> None:
    """An alert of which nothing is open takes no new accounts."""
    scan_once(store, *unread(range(1, 4)))
    send(store, shown(store, UNCHECKED).announcement.id)
    scan_once(store, *(result(number, COMPLIANT) for number in range(1, 4)))
    scan_once(store, *unread(range(1, 4)))
    assert kinds(store) == [UNCHECKED]


def test_recovery_counts_what_is_still_missing(store: DatabaseStore) -> None:
    """The accounts can be read, and six of them turn out to have no security contact."""
    scan_once(store, *unread(range(1, 10)))
    send(store, shown(store, UNCHECKED).announcement.id)
    scan_once(store, *(result(n, MISSING if n < 7 else COMPLIANT) for n in range(1, 10)))
    summary = shown(store, UNCHECKED).summary
    assert summary.states == {AccountState.ELSEWHERE: 6, AccountState.FIXED: 3}
    assert summary.without_security == 6


def test_checks_that_work_again_say_how_accounts_are_now(store: DatabaseStore) -> None:
    """The numbers are the store's when the message is made; the old message ends, too."""
    fail(store, FailureCode.UNREACHABLE)
    send(store, shown(store, FAILING).announcement.id)
    assert shown(store, FAILING).recovered_at is None
    scan_once(
        store,
        result(1, MISSING),
        result(2, breaking(Rule.FREE_MAIL)),
        result(3, COMPLIANT),
        result(4, Outcome.UNKNOWN),
        result(account(5, state="SUSPENDED")),
        result(6),  # excluded by the policy
    )
    checked = shown(store, WORKING).checked
    assert checked == CheckedAccounts(4, non_compliant=2, without_security=1, unchecked=1)
    assert shown(store, FAILING).recovered_at == START
    scan_once(store, *(result(number, COMPLIANT) for number in (1, 2, 3, 4)))
    assert shown(store, WORKING).checked == CheckedAccounts(4)
