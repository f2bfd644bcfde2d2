"""Several organizations in one database: which accounts left, and whose checks fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanPart, ScanState
from bot.domain.scope import KnownOrganization, ScopeKind
from bot.domain.timetable import Timetable
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    ORGANIZATION,
    SetClock,
    account,
    claimed,
    ended,
    key,
    policy,
    result,
    scan_once,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult
    from bot.domain.scans import Changes
    from bot.domain.scope import Scope
    from bot.store.store import DatabaseStore

MISSING, COMPLIANT = Outcome.MISSING, Outcome.COMPLIANT
FAILING, WORKING = AnnouncementKind.CHECKS_FAILING, AnnouncementKind.CHECKS_WORKING
ALONE = replace(ORGANIZATION, kind=ScopeKind.ACCOUNT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, SetClock()) as opened:
        yield opened


def of(organization: str, number: int, outcome: Outcome = MISSING) -> AccountResult:
    """The result of an account of this organization."""
    return result(replace(account(number), organization=organization), outcome)


def part(name: str, why: FailureCode | None = None, scope: Scope | None = ORGANIZATION) -> ScanPart:
    """How a scan went in an organization."""
    return ScanPart(name, scope, failure(why) if why is not None else None)


def scan(store: DatabaseStore, *found: ScanPart | AccountResult) -> Changes:
    """A scan of these parts, with these results."""
    parts = tuple(each for each in found if isinstance(each, ScanPart))
    results = [each for each in found if not isinstance(each, ScanPart)]
    why: Failure | None = next((each.failure for each in parts if each.failure), None)
    state = ScanState.COMPLETE if why is None else ScanState.INCOMPLETE
    done = ended(claimed(store), *results, state=state, why=why, scope=parts[0].scope)
    return store.scans.record(replace(done, parts=parts), results)


def kinds(store: DatabaseStore) -> list[tuple[AnnouncementKind, str]]:
    """What is to be posted about checks themselves, by organization; it is posted then."""
    due = [each for each in store.announcements.due() if each.kind in {FAILING, WORKING}]
    new = [each for each in due if each.state is SendState.PENDING]
    for each in new:
        send(store, each.id)
    return [(each.kind, each.organization) for each in new]


def test_parts_are_kept(store: DatabaseStore) -> None:
    """How a scan went in each organization is read back as it was."""
    parts = (part("a"), part("b", FailureCode.DENIED, None))
    scan(store, *parts, of("a", 1))
    kept = store.scans.get(1)
    assert kept is not None
    assert kept.parts == parts
    assert kept.failing == {"b": failure(FailureCode.DENIED)}
    assert store.scans.report(1).results == (of("a", 1),)
    (due, *_) = store.announcements.due()
    assert store.announcements.content(due.id, 9).scan == kept


def test_a_limit_is_kept_and_ends_nothing(store: DatabaseStore) -> None:
    """Not even accounts of an organization that the same scan no longer visited."""
    scan(store, part("a"), of("a", 1), of("a", 2))
    limit = failure(FailureCode.WRONG_CALLER)
    limited = replace(ALONE, limit=limit)
    changes = scan(store, part("b", None, limited), of("b", 1))
    kept = store.scans.get(2)
    assert kept is not None
    assert kept.parts == (part("b", None, limited),)
    assert kept.limits == {"b": limit}
    assert changes.resolved == ()
    assert store.accounts.names() == ["Account 1", "Account 2"]


def test_what_was_listed_before(store: DatabaseStore) -> None:
    """An organization of whose accounts others than the caller's are still there."""
    own, other = account(1).id, account(2).id
    scan(store, part("b", None, ALONE), of("b", 1))
    assert store.scans.listed_before("b", own) is None
    scan(store, part("a"), part("b", None, ALONE), of("a", 1), of("b", 3))
    assert store.scans.listed_before("a", own) is None
    assert store.scans.listed_before("b", other) is None  # never by a listing
    scan(store, part("a"), part("b", FailureCode.DENIED, None), of("a", 1), of("a", 2))
    known = KnownOrganization(ORGANIZATION.organization_id, 1)
    assert store.scans.listed_before("a", own) == known
    scan_once(store, result(4), result(5))  # without sections: the others are gone
    assert store.scans.listed_before("a", own) is None
    assert store.scans.listed_before("", account(4).id) == known


def test_the_first_message_says_what_is_not_checked(store: DatabaseStore) -> None:
    """As long as it isn't: the message is updated in place."""
    store.announcements.introduce(Timetable("0 9 * * *", "UTC"))
    [started] = store.announcements.due()
    limit = failure(FailureCode.WRONG_CALLER)
    send(store, started.id)
    for scope, is_news in ((replace(ALONE, limit=limit), 1), (ORGANIZATION, 1), (ORGANIZATION, 0)):
        scan(store, part("", None, scope), of("", 1, COMPLIANT))
        shown = store.announcements.content(started.id, 9)
        assert shown.scan is not None
        assert shown.scan.limits == ({"": limit} if scope.limit else {})
        assert [each.id for each in store.announcements.due()] == [started.id] * is_news
        store.announcements.sent(started.id, "C1", "1.1", shown.announcement.revision)


def test_accounts_left_where_the_listing_was_complete(store: DatabaseStore) -> None:
    """What another organization's failed listing does not have is still looked after."""
    scan(store, part("a"), part("b"), of("a", 1), of("a", 2), of("b", 3), of("b", 4))
    changes = scan(store, part("a"), part("b", FailureCode.DENIED), of("a", 1), of("b", 3))
    assert changes.resolved == (key(Rule.MISSING, 2),)
    assert store.accounts.names() == ["Account 1", "Account 3", "Account 4"]


@pytest.mark.parametrize("found", [[part("b", None, ALONE), of("b", 3)], [part("b")]])
def test_listing_of_an_organization_that_proves_nothing(
    store: DatabaseStore, found: list[ScanPart | AccountResult]
) -> None:
    """A listing of one account, or an empty one, says nothing of the others."""
    scan(store, part("a"), part("b"), of("a", 1), of("b", 3), of("b", 4))
    changes = scan(store, part("a"), *found, of("a", 1))
    assert changes.resolved == ()


def test_organization_that_is_looked_after_no_longer(path: Path, store: DatabaseStore) -> None:
    """A complete scan without an organization ends what concerns it; an incomplete one does not."""
    scan(store, part("a"), part("b"), of("a", 1), of("b", 3))
    assert scan(store, part("a", FailureCode.DENIED), of("a", 1)).resolved == ()
    assert scan(store, part("a"), of("a", 1)).resolved == (key(Rule.MISSING, 3),)
    assert query(path, "SELECT account_id FROM contacts") == [(account(1).id,)]


def test_account_that_moved(store: DatabaseStore) -> None:
    """An account that another organization lists now did not leave."""
    scan_once(store, result(1, MISSING))
    changes = scan(store, part("a"), part("b"), of("a", 1), of("b", 2))
    assert (changes.opened, changes.resolved) == ((key(Rule.MISSING, 2),), ())
    changes = scan(store, part("a"), part("b"), of("a", 2), of("b", 1))
    assert (changes.opened, changes.resolved) == ((), ())
    kept = store.accounts.get(account(1).id)
    assert kept is not None
    assert kept.organization == "b"


def test_each_organization_has_its_health(store: DatabaseStore) -> None:
    """Checks that fail and work again are reported by organization, once a cause."""
    scan(store, part("a"), part("b", FailureCode.DENIED), of("a", 1))
    assert kinds(store) == [(FAILING, "b")]
    scan(store, part("a", FailureCode.TIMED_OUT), part("b", FailureCode.DENIED))
    assert kinds(store) == [(FAILING, "a")]
    scan(store, part("a", FailureCode.TIMED_OUT), part("b"), of("b", 2))
    assert kinds(store) == [(WORKING, "b")]
    scan(store, part("a"), part("b"), of("a", 1), of("b", 2))
    assert kinds(store) == [(WORKING, "a")]
    scan(store, part("a"), part("b"), of("a", 1), of("b", 2))
    assert kinds(store) == []


def test_failure_of_one_organization_unsaid(store: DatabaseStore) -> None:
    """What passed before it was said is not said, whatever is said of the others."""
    scan(store, part("a", FailureCode.DENIED), part("b", FailureCode.DENIED))
    scan(store, part("a"), part("b", FailureCode.DENIED), of("a", 1))
    assert kinds(store) == [(FAILING, "b")]


def test_health_of_an_organization_that_is_gone(store: DatabaseStore) -> None:
    """An organization that is no longer checked is not waited for; back, it is reported again."""
    scan_once(store, state=ScanState.FAILED, why=failure(FailureCode.DENIED))
    scan(store, part("a"), of("a", 1))
    assert kinds(store) == []
    scan_once(store, state=ScanState.FAILED, why=failure(FailureCode.DENIED))
    assert kinds(store) == [(FAILING, "")]


def test_news_go_where_the_policy_says(store: DatabaseStore) -> None:
    """Findings are announced a channel at a time, each naming whom its accounts' policies name."""
    one = policy(channel="#one", mention=("U1", "S1"))
    two = policy(channel="#two")
    also = policy(channel="#one", mention=("S1", "U2"))
    scan_once(
        store,
        result(1, MISSING, policy=one),
        result(2, MISSING, policy=two),
        result(3, MISSING, policy=also),
        result(4, Outcome.UNKNOWN, policy=one),
        result(5, MISSING),
    )
    sent = {
        (each.kind, each.channel): (each.mention, store.announcements.content(each.id, 9).total)
        for each in store.announcements.due()
    }
    short, unchecked = AnnouncementKind.NON_COMPLIANT, AnnouncementKind.UNCHECKED
    assert sent == {
        (short, "#one"): (("U1", "S1", "U2"), 2),
        (short, "#two"): ((), 1),
        (short, ""): ((), 1),
        (unchecked, "#one"): (("U1", "S1"), 1),
    }
