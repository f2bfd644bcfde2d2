"""Fixes: held, followed and ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.errors import FixUnderWay, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.fixes import Fix, FixState
from bot.store import SqliteStore
from tests.integration.store.fixtures import (
    CONTACT,
    OTHER,
    SECURITY,
    START,
    SetClock,
    account,
    findings,
    query,
    request,
    result,
    scan_once,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
def store(path: Path, clock: SetClock) -> Iterator[SqliteStore]:
    """A store in that file."""
    with SqliteStore(path, clock) as opened:
        yield opened


def planned(store: SqliteStore) -> Fix:
    """A fix that was planned."""
    fix, new = store.fixes.plan(request(), "Account 1")
    assert new
    return fix


def test_form_submitted_twice_is_one_fix(store: SqliteStore) -> None:
    """The same form again gets the first fix, as it is now."""
    fix = planned(store)
    assert fix == Fix(1, request(), "Account 1", PLANNED, START)
    done = store.fixes.advance(fix.id, CONFIRMED, ended=True)
    again, new = store.fixes.plan(request(wanted=OTHER), "Account 1")
    assert (again, new) == (done, False)


def test_second_fix_of_a_contact_has_to_wait(store: SqliteStore) -> None:
    """While a fix is under way nobody else fixes that contact; others are free."""
    fix = planned(store)
    with pytest.raises(FixUnderWay, match="U1"):
        store.fixes.plan(request("form-2"), "Account 1")
    store.fixes.plan(request("form-3", kind=ContactType.BILLING), "Account 1")
    store.fixes.plan(request("form-4", number=2), "Account 2")
    store.fixes.advance(fix.id, FAILED, ended=True)
    _, new = store.fixes.plan(request("form-2"), "Account 1")
    assert new


@pytest.mark.parametrize("state", [PLANNED, APPLIED])
def test_fix_left_by_a_dead_process_is_ended(
    store: SqliteStore, clock: SetClock, state: FixState
) -> None:
    """A fix that did not move for five minutes is ended as it is, and holds its contact no more."""
    fix = planned(store)
    store.fixes.advance(fix.id, state, ended=False)
    clock.tick(300)
    with pytest.raises(FixUnderWay):
        store.fixes.plan(request("form-2"), "Account 1")
    clock.tick(1)
    _, new = store.fixes.plan(request("form-2"), "Account 1")
    assert new
    left = store.fixes.get(fix.id)
    assert left is not None
    assert (left.state, left.ended_at) == (state, clock.now())


def test_fix_is_followed(store: SqliteStore, clock: SetClock) -> None:
    """What was before, when it was applied and when it ended are kept."""
    fix = planned(store)
    held = store.fixes.advance(fix.id, PLANNED, ended=False, before=OTHER)
    assert (held.state, held.before, held.applied_at) == (PLANNED, OTHER, None)
    clock.tick(1)
    applied = store.fixes.advance(fix.id, APPLIED, ended=False)
    assert applied == replace(held, state=APPLIED, applied_at=clock.now())
    assert store.fixes.unfinished() == [applied]
    clock.tick(1)
    assert store.fixes.advance(fix.id, APPLIED, ended=True).ended_at == clock.now()
    assert store.fixes.unfinished() == []
    clock.tick(1)
    confirmed = store.fixes.advance(fix.id, CONFIRMED, ended=True)
    assert confirmed.state is CONFIRMED
    assert confirmed.applied_at == applied.applied_at
    assert store.fixes.get(fix.id) == confirmed
    assert store.fixes.get(99) is None


def test_latest_fix_is_one_that_reached_aws(store: SqliteStore) -> None:
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
    ("state", "then"), [(FAILED, APPLIED), (FAILED, CONFIRMED), (APPLIED, PLANNED)]
)
def test_fix_does_not_go_back(store: SqliteStore, state: FixState, then: FixState) -> None:
    """A step that a fix cannot take is refused, and changes nothing."""
    fix = planned(store)
    now = store.fixes.advance(fix.id, state, ended=False)
    with pytest.raises(StoreError, match=f"from {state} to {then}"):
        store.fixes.advance(fix.id, then, ended=True)
    assert store.fixes.get(fix.id) == now


def test_unknown_fix(store: SqliteStore) -> None:
    """A fix that was never planned cannot advance."""
    with pytest.raises(StoreError, match="no fix 7"):
        store.fixes.advance(7, APPLIED, ended=True)


@pytest.mark.parametrize(("there", "words"), [(False, "read back"), (True, "already")])
def test_confirmed_fix_resolves_its_findings(
    path: Path, store: SqliteStore, there: bool, words: str
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
    assert [due.revision - due.shown_revision for due in store.announcements.due()] == [1, 1]
    kept = query(
        path,
        "SELECT fingerprint FROM contacts WHERE type = 'SECURITY' AND account_id = ?",
        account(1).id,
    )
    assert kept == [(CONTACT.fingerprint,)]


def test_confirming_twice_is_harmless(store: SqliteStore) -> None:
    """A confirmed fix stays as it is, whatever is said of it later."""
    scan_once(store, result(1, Outcome.MISSING))
    (due,) = store.announcements.due()
    send(store, due.id)
    fix = store.fixes.advance(planned(store).id, CONFIRMED, ended=True)
    (once,) = store.announcements.due()
    for state in (CONFIRMED, APPLIED, FAILED):
        assert store.fixes.advance(fix.id, state, ended=True) == fix
    assert store.announcements.due() == [once]
