"""What contacts were: changes by others that are announced, and values that flip to and fro."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import AlternateContact, ContactChange, ContactType
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome, TypeResult, Verdict
from bot.domain.fixes import FixState
from bot.domain.policy.account_policy import Presence
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.rules.facts import PastContact
from bot.store.contact_history import KEPT_FOR, MOST_KEPT
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    breaking,
    policy,
    request,
    result,
    scan_once,
    send,
    type_result,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.announcements import AnnouncementContent
    from bot.domain.findings import AccountResult
    from bot.store.store import DatabaseStore

CHANGED = AnnouncementKind.CHANGED
ONE = account(1).id
THIRD = AlternateContact("Cy Dee", "Duty", "duty@corp.internal", "+44 20 7946 0958")
TOLD = policy(rules__changed=Severity.LOW, security__presence=Presence.OPTIONAL)
MOVED = policy(rules__changed=Severity.LOW, channel="#changes", mention=("S1",))


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


def held(contact: AlternateContact | None, number: int = 1) -> AccountResult:
    """A compliant reading of an account whose policy has changes told."""
    return result(number, TypeResult.from_verdicts(SECURITY, [], contact), policy=TOLD)


def scan(store: DatabaseStore, clock: SetClock, *results: AccountResult) -> None:
    """A check, two hours after all before."""
    clock.tick(7200)
    scan_once(store, *results)


def told(store: DatabaseStore) -> list[AnnouncementContent]:
    """What was announced since this was last asked; all is posted then."""
    due = store.announcements.due()
    for each in due:
        send(store, each.id)
    return [store.announcements.content(each.id, 9) for each in due]


def test_change_by_others_is_announced_once(store: DatabaseStore, clock: SetClock) -> None:
    """A contact that is another than at the last check is reported with before and after."""
    scan(store, clock, held(CONTACT))
    assert told(store) == []
    scan(store, clock, held(OTHER))
    (content,) = told(store)
    assert content.announcement.kind is CHANGED
    change = ContactChange(ONE, "Account 1", SECURITY, CONTACT, OTHER, clock.now())
    assert (content.changes, content.total, content.findings) == ((change,), 1, ())
    assert "ops" not in repr(change)
    scan(store, clock, held(OTHER))
    assert told(store) == []
    for contact in (None, CONTACT):
        scan(store, clock, held(contact))
    deleted, made = told(store)
    assert (deleted.changes[0].before, deleted.changes[0].after) == (OTHER, None)
    assert (made.changes[0].before, made.changes[0].after) == (None, CONTACT)


def test_changes_go_where_news_of_the_account_go(store: DatabaseStore, clock: SetClock) -> None:
    """There is a message a channel, with as many changes as are asked for."""
    usual = range(1, 4)
    elsewhere = result(4, TypeResult.from_verdicts(SECURITY, [], CONTACT), policy=MOVED)
    scan(store, clock, *(held(CONTACT, n) for n in usual), elsewhere)
    elsewhere = result(4, TypeResult.from_verdicts(SECURITY, [], OTHER), policy=MOVED)
    scan(store, clock, *(held(OTHER, n) for n in usual), elsewhere)
    first, second = told(store)
    assert (first.announcement.channel, first.total) == ("", 3)
    assert (second.announcement.channel, second.announcement.mention) == ("#changes", ("S1",))
    page = store.announcements.content(first.announcement.id, 2, 2)
    assert ([each.account_name for each in page.changes], page.total) == (["Account 3"], 3)


@pytest.mark.parametrize(
    ("item", "told_of"),
    [
        (breaking(Rule.PLACEHOLDER, contact=OTHER), {AnnouncementKind.NON_COMPLIANT}),
        (type_result(Outcome.UNKNOWN), {AnnouncementKind.UNCHECKED}),
        (
            TypeResult.from_verdicts(
                SECURITY,
                [],
                AlternateContact("Ana  Lima ", "Lead", "SEC@example.com", "+351210000000"),
            ),
            set(),
        ),
    ],
)
def test_what_is_no_change_to_tell(
    store: DatabaseStore, clock: SetClock, item: TypeResult, told_of: set[AnnouncementKind]
) -> None:
    """What is non-compliant is a finding; what was not read, or is the same, is no change."""
    scan(store, clock, held(CONTACT))
    scan(store, clock, result(1, item, policy=TOLD))
    assert {each.announcement.kind for each in told(store)} == told_of


def test_change_is_told_once_it_is_known_to_be_compliant(
    store: DatabaseStore, clock: SetClock
) -> None:
    """A check that cannot decide a rule of it leaves the change to the next one that can."""
    scan(store, clock, held(CONTACT))
    unclear = Verdict.unknown(Rule.PERSON_LEFT, failure(FailureCode.NOT_ASKED))
    scan(store, clock, result(1, TypeResult.from_verdicts(SECURITY, [unclear], OTHER), policy=TOLD))
    assert told(store) == []
    scan(store, clock, held(OTHER))
    (content,) = told(store)
    assert [(each.before, each.after) for each in content.changes] == [(CONTACT, OTHER)]


def test_policy_may_have_changes_told_or_not(store: DatabaseStore, clock: SetClock) -> None:
    """Where the rule is off, or the policy is not known, no change is reported."""
    scan(store, clock, held(CONTACT))
    scan(store, clock, result(1, TypeResult.from_verdicts(SECURITY, [], OTHER), policy=policy()))
    scan(store, clock, result(1, TypeResult.from_verdicts(SECURITY, [], CONTACT)))
    assert told(store) == []


def test_own_fix_is_no_change_by_others(store: DatabaseStore, clock: SetClock) -> None:
    """What a fix wrote is not told, however late a check sees it; what follows it is."""
    scan(store, clock, held(CONTACT))
    fix, _ = store.fixes.plan(request(wanted=OTHER), "Account 1")
    store.fixes.advance(fix.id, FixState.APPLIED, ended=True)
    clock.tick(3600)
    store.findings.observe(held(OTHER))
    scan(store, clock, held(OTHER))
    fix, _ = store.fixes.plan(request("form-2", wanted=THIRD), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    scan(store, clock, held(THIRD))
    # AWS did not say that it took this one, and took it.
    fix, _ = store.fixes.plan(request("form-3", wanted=CONTACT), "Account 1")
    store.fixes.advance(fix.id, FixState.FAILED, ended=True)
    scan(store, clock, held(CONTACT))
    assert {each.announcement.kind for each in told(store)} == {AnnouncementKind.FIXED}
    # Somebody else leads it away from what a fix wrote, and back.
    for contact in (OTHER, CONTACT):
        scan(store, clock, held(contact))
    assert [each.announcement.kind for each in told(store)] == [CHANGED, CHANGED]


def test_look_takes_no_change_away(store: DatabaseStore, clock: SetClock) -> None:
    """A change that somebody looked at before the next check did is reported all the same."""
    scan(store, clock, held(CONTACT))
    clock.tick(60)
    store.findings.observe(held(OTHER))
    scan(store, clock, held(OTHER))
    (content,) = told(store)
    assert [each.before for each in content.changes] == [CONTACT]


def test_history_has_what_changed_often(store: DatabaseStore, clock: SetClock) -> None:
    """Each value is kept from when it was first read; what was before the time asked for leads."""
    scan(store, clock, held(CONTACT), held(CONTACT, 2))
    times = [clock.now()]
    for contact in (OTHER, OTHER, CONTACT, None):
        scan(store, clock, held(contact), held(CONTACT, 2))
        times.append(clock.now())
    fix, _ = store.fixes.plan(request(wanted=THIRD), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    values = [CONTACT, OTHER, CONTACT, None, THIRD]
    since = [times[0], times[1], times[3], times[4], clock.now()]
    seen = tuple(
        PastContact(contact, moment) for contact, moment in zip(values, since, strict=True)
    )
    assert store.accounts.contact_history(START, 4) == {(ONE, SECURITY): seen}
    assert store.accounts.contact_history(START, 5) == {}
    assert store.accounts.contact_history(times[1], 4) == {(ONE, SECURITY): seen}
    assert store.accounts.contact_history(times[3], 3) == {(ONE, SECURITY): seen[1:]}
    assert store.accounts.contact_history(times[3], 4) == {}
    assert len(store.accounts.contact_history(START, 0)) == 2


def test_history_is_forgotten(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """A contact keeps its newest fifty values; what it is no longer goes after 400 days."""
    for number in range(MOST_KEPT + 10):
        contact = AlternateContact(f"N{number}", "T", "a@corp.internal", "+442079460958")
        store.findings.observe(result(1, TypeResult.from_verdicts(SECURITY, [], contact)))
    ((kept,),) = query(path, "SELECT count(*) FROM contact_history")
    assert kept == MOST_KEPT
    assert len(store.accounts.contact_history(START, 1)[ONE, SECURITY]) == MOST_KEPT
    scan(store, clock, held(CONTACT))
    scan(store, clock, held(OTHER))
    clock.moment += KEPT_FOR + timedelta(hours=1)
    clock.proven = False
    scan(store, clock, held(OTHER))
    assert len(query(path, "SELECT * FROM contact_history")) > 1
    clock.proven = True
    scan(store, clock, held(OTHER))
    assert query(path, "SELECT replaced_at FROM contact_history") == [(None,)]
    assert query(path, "SELECT * FROM contact_changes") == []
    # What it was last until now still comes first.
    scan(store, clock, held(THIRD))
    (seen,) = store.accounts.contact_history(clock.now(), 1).values()
    assert [each.contact for each in seen] == [OTHER, THIRD]


def test_account_that_left_is_forgotten(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """What contacts of an account were is personal data, and goes with the account."""
    scan(store, clock, held(CONTACT), held(CONTACT, 2))
    scan(store, clock, held(CONTACT, 2))
    assert query(path, "SELECT account_id FROM contact_history") == [(account(2).id,)]


def test_types_have_histories_of_their_own(store: DatabaseStore) -> None:
    """A value of one type is none of another's."""
    both = result(
        1, type_result(Outcome.COMPLIANT), breaking(Rule.FREE_MAIL, kind=ContactType.BILLING)
    )
    scan_once(store, both)
    assert set(store.accounts.contact_history(START, 0)) == {
        (ONE, SECURITY),
        (ONE, ContactType.BILLING),
    }
