"""Fixes: held, followed and ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import ContactType
from bot.domain.errors import FixUnderWay, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.fixes import Fix, FixState
from bot.store.owner import Owner, this_host
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    findings,
    request,
    result,
    scan_once,
    send,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

PLANNED, APPLIED, CONFIRMED, FAILED = FixState


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


def planned(store: DatabaseStore) -> Fix:
    """A fix that was planned."""
    fix, new = store.fixes.plan(request(), "Account 1")
    assert new
    return fix


def test_form_submitted_twice_is_one_fix(store: DatabaseStore) -> None:
    """The same form again gets the first fix, as it is now."""
    fix = planned(store)
    assert fix == Fix(1, request(), "Account 1", PLANNED, START)
    done = store.fixes.advance(fix.id, CONFIRMED, ended=True)
    again, new = store.fixes.plan(request(wanted=OTHER), "Account 1")
    assert (again, new) == (done, False)


def test_second_fix_of_a_contact_has_to_wait(store: DatabaseStore) -> None:
    """While a fix is under way nobody else fixes that contact; others are free."""
    fix = planned(store)
    with pytest.raises(FixUnderWay, match="is in progress"):
        store.fixes.plan(request("form-2"), "Account 1")
    store.fixes.plan(request("form-3", kind=ContactType.BILLING), "Account 1")
    store.fixes.plan(request("form-4", number=2), "Account 2")
    store.fixes.advance(fix.id, FAILED, ended=True)
    _, new = store.fixes.plan(request("form-2"), "Account 1")
    assert new


def owner(number: int) -> Owner:
    """A process on a host of its own."""
    return Owner(f"bot-{number}", f"host-{number}", 1)


@pytest.fixture
def other(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The store of another process, on the same file."""
    with open_at(path, clock, owner=owner(2)) as opened:
        yield opened


def test_a_fix_belongs_to_its_process(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """For as long as it is renewed nobody takes a fix over; then one process does, once."""
    fix = planned(store)
    clock.tick(30)
    assert other.fixes.take_over() == []
    assert store.fixes.renew(fix.id)
    assert not other.fixes.renew(fix.id)
    clock.tick(31)
    assert [each.id for each in other.fixes.take_over()] == [fix.id]
    assert store.fixes.take_over() == []
    assert not store.fixes.renew(fix.id)
    assert other.fixes.renew(fix.id)
    left = store.fixes.get(fix.id)
    assert left is not None
    assert left.ended_at is None


def test_a_fix_that_was_left_is_free_at_once(store: DatabaseStore, other: DatabaseStore) -> None:
    """Who leaves a fix need not be waited for; nobody leaves another's."""
    fix = planned(store)
    other.fixes.release(fix.id)
    assert other.fixes.take_over() == []
    store.fixes.release(fix.id)
    assert other.fixes.take_over((account(2).id, SECURITY)) == []
    assert [each.id for each in other.fixes.take_over((account(1).id, SECURITY))] == [fix.id]


def test_the_fix_of_a_process_that_is_gone_is_free_at_once(path: Path, clock: SetClock) -> None:
    """On the same host a process that is not there any more is not waited for."""
    with open_at(path, clock, owner=Owner("gone", this_host(), 2**22 + 1)) as gone:
        planned(gone)
    with open_at(path, clock) as store:
        assert len(store.fixes.take_over()) == 1


def test_nobody_ends_a_fix_by_planning_another(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """However old it is, a fix is ended by who knows what became of it, and holds its contact."""
    fix = planned(store)
    clock.tick(3600)
    with pytest.raises(FixUnderWay):
        other.fixes.plan(request("form-2"), "Account 1")
    left = store.fixes.get(fix.id)
    assert left is not None
    assert left.ended_at is None


def test_only_the_owner_begins_to_write(
    store: DatabaseStore, other: DatabaseStore, clock: SetClock
) -> None:
    """What AWS held and when it was asked is on record first; a fix taken over is not begun."""
    fix = planned(store)
    begun = store.fixes.begin_writing(fix.id, OTHER)
    assert begun == replace(fix, before=OTHER, in_doubt_since=clock.now())
    clock.tick(31)
    other.fixes.take_over()
    with pytest.raises(FixUnderWay, match="Nothing was changed in AWS"):
        store.fixes.begin_writing(fix.id, None)
    assert store.fixes.get(fix.id) == begun


def test_what_aws_took_wins(store: DatabaseStore, other: DatabaseStore, clock: SetClock) -> None:
    """A fix that another process ended as failed goes on, and resolves its findings."""
    scan_once(store, result(1, Outcome.MISSING))
    fix = planned(store)
    store.fixes.begin_writing(fix.id, None)
    clock.tick(31)
    other.fixes.take_over()
    why = failure(FailureCode.NOT_REACHED)
    failed = other.fixes.advance(fix.id, FAILED, ended=True, failure=why, in_doubt=True)
    assert failed.in_doubt_since is not None
    assert store.fixes.in_doubt() == [failed]
    applied = store.fixes.advance(fix.id, APPLIED, ended=False)
    assert (applied.state, applied.ended_at, applied.failure) == (APPLIED, None, None)
    assert applied.in_doubt_since is None
    assert store.fixes.renew(fix.id)
    assert other.fixes.advance(fix.id, FAILED, ended=True, failure=why) == applied
    assert store.fixes.advance(fix.id, CONFIRMED, ended=True).ended_at == clock.now()
    assert standing(store) == set()


def test_a_doubt_is_of_the_newest_fix_alone(store: DatabaseStore) -> None:
    """What AWS holds tells nothing of a fix after which another was begun or made."""
    fix = planned(store)
    store.fixes.begin_writing(fix.id, None)
    failed = store.fixes.advance(fix.id, FAILED, ended=True, in_doubt=True)
    assert store.fixes.in_doubt() == [failed]
    again, _ = store.fixes.plan(request("form-2"), "Account 1")
    assert store.fixes.in_doubt() == []
    store.fixes.advance(again.id, FAILED, ended=True)
    assert store.fixes.in_doubt() == [failed]
    assert store.fixes.advance(fix.id, FAILED, ended=True).in_doubt_since is None
    assert store.fixes.in_doubt() == []


def test_a_scan_finds_what_aws_took_late(store: DatabaseStore, clock: SetClock) -> None:
    """A fix that failed in doubt is confirmed by a scan that reads what it wanted."""
    scan_once(store, result(1, Outcome.MISSING))
    fix = planned(store)
    store.fixes.begin_writing(fix.id, None)
    why = failure(FailureCode.TIMED_OUT)
    store.fixes.advance(fix.id, FAILED, ended=True, failure=why, in_doubt=True)
    clock.tick(3600)
    scan_once(store, result(1, Outcome.COMPLIANT))
    found = store.fixes.get(fix.id)
    assert found is not None
    assert (found.state, found.failure, found.in_doubt_since) == (CONFIRMED, None, None)
    assert found.applied_at is not None
    (over,) = findings(store)
    assert over.resolved_by == "U1"


def test_fix_is_followed(store: DatabaseStore, clock: SetClock) -> None:
    """What was before, when it was applied and when it ended are kept."""
    fix = planned(store)
    held = store.fixes.begin_writing(fix.id, OTHER)
    assert (held.state, held.before, held.applied_at) == (PLANNED, OTHER, None)
    clock.tick(1)
    applied = store.fixes.advance(fix.id, APPLIED, ended=False)
    assert applied == replace(held, state=APPLIED, applied_at=clock.now(), in_doubt_since=None)
    clock.tick(1)
    assert store.fixes.advance(fix.id, APPLIED, ended=True).ended_at == clock.now()
    clock.tick(1)
    confirmed = store.fixes.advance(fix.id, CONFIRMED, ended=True)
    assert confirmed.state is CONFIRMED
    assert confirmed.applied_at == applied.applied_at
    assert store.fixes.get(fix.id) == confirmed
    assert store.fixes.get(99) is None


def test_latest_fix_is_one_that_reached_aws(store: DatabaseStore) -> None:
    """A fix that was only planned, or failed, is not the latest one."""
    assert store.fixes.latest(account(1).id, SECURITY) is None
    done = store.fixes.advance(planned(store).id, APPLIED, ended=True)
    failed, _ = store.fixes.plan(request("form-2"), "Account 1")
    why = failure(FailureCode.DENIED_BY_SCP)
    assert store.fixes.advance(failed.id, FAILED, ended=True, failure=why).failure == why
    store.fixes.plan(request("form-3"), "Account 1")
    assert store.fixes.latest(account(1).id, SECURITY) == done
    assert store.fixes.latest(account(1).id, ContactType.BILLING) is None


@pytest.mark.parametrize(
    ("state", "then"), [(FAILED, PLANNED), (APPLIED, FAILED), (APPLIED, PLANNED)]
)
def test_fix_does_not_go_back(store: DatabaseStore, state: FixState, then: FixState) -> None:
    """A step that says less of a fix than is known already changes nothing."""
    fix = planned(store)
    now = store.fixes.advance(fix.id, state, ended=False)
    assert store.fixes.advance(fix.id, then, ended=True) == now
    assert store.fixes.get(fix.id) == now


def test_unknown_fix(store: DatabaseStore) -> None:
    """A fix that was never planned cannot advance."""
    with pytest.raises(StoreError, match="no fix 7"):
        store.fixes.advance(7, APPLIED, ended=True)


@pytest.mark.parametrize(("there", "words"), [(False, "verified in AWS"), (True, "already")])
def test_confirmed_fix_resolves_its_findings(
    path: Path, store: DatabaseStore, there: bool, words: str
) -> None:
    """Confirming resolves what stands of that contact alone, and has the message updated."""
    scan_once(store, result(1, Outcome.MISSING, Outcome.MISSING), result(2, Outcome.MISSING))
    scan_once(store, result(1, Outcome.UNKNOWN, Outcome.MISSING), result(2, Outcome.MISSING))
    for due in store.announcements.due():
        send(store, due.id)
    assert store.announcements.due() == []
    fix = store.fixes.advance(planned(store).id, CONFIRMED, ended=True, already_there=there)
    assert fix.already_there is there
    over = [item for item in findings(store) if item.resolved_at is not None]
    assert {(item.key.account_id, item.key.type) for item in over} == {(account(1).id, SECURITY)}
    assert {item.key.outcome for item in over} == {Outcome.MISSING, Outcome.UNKNOWN}
    assert {item.resolved_by for item in over} == {"U1"}
    assert all(words in item.resolution for item in over)
    old = [due for due in store.announcements.due() if due.kind is not AnnouncementKind.FIXED]
    assert [due.revision - due.shown_revision for due in old] == [1, 1]
    kept = query(
        path,
        "SELECT fingerprint FROM contacts WHERE type = 'SECURITY' AND account_id = ?",
        account(1).id,
    )
    assert kept == [(CONTACT.fingerprint,)]


def test_confirming_twice_is_harmless(store: DatabaseStore) -> None:
    """A confirmed fix stays as it is, whatever is said of it later."""
    scan_once(store, result(1, Outcome.MISSING))
    (due,) = store.announcements.due()
    send(store, due.id)
    fix = store.fixes.advance(planned(store).id, CONFIRMED, ended=True)
    once = store.announcements.due()
    for state in (CONFIRMED, APPLIED, FAILED):
        assert store.fixes.advance(fix.id, state, ended=True) == fix
    assert store.announcements.due() == once


def test_a_recent_fix_is_known_until_aws_must_show_it(
    store: DatabaseStore, clock: SetClock
) -> None:
    """What was verified is compared with what AWS returns for a minute, and no longer."""
    fix = planned(store)
    contact = (account(1).id, SECURITY)
    store.fixes.begin_writing(fix.id, None)
    assert store.fixes.recent() == {}
    store.fixes.advance(fix.id, APPLIED, ended=False)
    assert store.fixes.recent() == {}
    store.fixes.advance(fix.id, CONFIRMED, ended=True)
    assert store.fixes.recent() == {contact: CONTACT.fingerprint}
    again, _ = store.fixes.plan(request("form-2"), "Account 1")
    assert store.fixes.recent() == {}
    store.fixes.advance(again.id, FAILED, ended=True)
    assert store.fixes.recent() == {contact: CONTACT.fingerprint}
    clock.tick(61)
    assert store.fixes.recent() == {}
