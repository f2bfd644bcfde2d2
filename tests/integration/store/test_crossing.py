"""Readings and fixes that cross: neither an old reading nor a fix undoes what is newer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from tests.integration.store.databases import open_at, query
from tests.integration.store.fixtures import (
    OTHER,
    SetClock,
    TickingClock,
    claimed,
    ended,
    findings,
    key,
    request,
    result,
    scan_once,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

MISSING, COMPLIANT, UNKNOWN = Outcome.MISSING, Outcome.COMPLIANT, Outcome.UNKNOWN
ONE = key(Rule.MISSING)


@pytest.fixture
def clock() -> SetClock:
    """The time."""
    return TickingClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """A store in that file."""
    with open_at(path, clock) as opened:
        yield opened


def test_later_look_is_not_undone_by_an_earlier_reading(
    store: DatabaseStore, clock: SetClock
) -> None:
    """A long scan that read a contact before a look did does not contradict the look."""
    scan = claimed(store)
    early = clock.now()
    clock.tick(300)
    store.findings.observe(result(1, COMPLIANT))
    found = result(1, MISSING, read_at=early)
    assert store.scans.record(ended(scan, found), [found]).opened == ()


def test_clock_that_was_put_back_hides_nothing(store: DatabaseStore, clock: SetClock) -> None:
    """Readings kept from a time yet to come do not keep out those of now."""
    store.findings.observe(result(1, COMPLIANT))
    clock.tick(-3600)
    assert scan_once(store, result(1, MISSING)).opened == (ONE,)


@pytest.mark.parametrize("state", [FixState.APPLIED, FixState.CONFIRMED])
@pytest.mark.parametrize("seconds", [-5, 59])
def test_reading_from_before_a_fix_does_not_contradict_it(
    path: Path, store: DatabaseStore, clock: SetClock, state: FixState, seconds: int
) -> None:
    """A reading that began before a fix, or shortly after, opens and changes nothing."""
    scan_once(store, result(1, MISSING))
    fix, _ = store.fixes.plan(request(), "Account 1")
    applied = store.fixes.advance(fix.id, state, ended=True).applied_at
    assert applied is not None
    before = standing(store), query(path, "SELECT * FROM contacts")
    clock.tick(120)
    found = result(1, MISSING, read_at=applied + timedelta(seconds=seconds))
    assert scan_once(store, found).opened == ()
    store.findings.observe(result(1, UNKNOWN, read_at=found.read_at))
    assert before == (standing(store), query(path, "SELECT * FROM contacts"))


def test_reading_long_after_a_fix_counts(store: DatabaseStore, clock: SetClock) -> None:
    """A contact that is missing well after a fix was taken away again: a new finding."""
    scan_once(store, result(1, MISSING))
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    clock.tick(61)
    assert scan_once(store, result(1, MISSING, read_at=clock.now())).opened == (ONE,)


def test_scan_confirms_an_applied_fix(store: DatabaseStore, clock: SetClock) -> None:
    """A reading that shows what an ended fix wrote confirms it, and credits its user."""
    scan_once(store, result(1, MISSING))
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.advance(fix.id, FixState.APPLIED, ended=True)
    clock.tick(10)
    scan_once(store, result(1, COMPLIANT, read_at=clock.now()))
    confirmed = store.fixes.get(fix.id)
    assert confirmed is not None
    assert confirmed.state is FixState.CONFIRMED
    (finding,) = findings(store)
    assert finding.resolved_by == "U1"
    assert finding.resolution == "Fixed and verified in AWS."


def test_fix_that_is_worked_on_is_left_to_its_worker(store: DatabaseStore) -> None:
    """A scan that sees a fix before it ended resolves in its user's name, and leaves its state."""
    scan_once(store, result(1, MISSING))
    fix, _ = store.fixes.plan(request(), "Account 1")
    scan_once(store, result(1, COMPLIANT))
    now = store.fixes.get(fix.id)
    assert now is not None
    assert now.state is FixState.PLANNED
    assert [item.resolved_by for item in findings(store)] == ["U1"]


def test_contact_that_somebody_else_set_is_nobodys_fix(
    store: DatabaseStore, clock: SetClock
) -> None:
    """A contact other than the one written resolves the finding, and confirms nothing."""
    scan_once(store, result(1, MISSING))
    fix, _ = store.fixes.plan(request(wanted=OTHER), "Account 1")
    store.fixes.advance(fix.id, FixState.APPLIED, ended=True)
    clock.tick(61)
    scan_once(store, result(1, COMPLIANT, read_at=clock.now()))
    still = store.fixes.get(fix.id)
    assert still is not None
    assert still.state is FixState.APPLIED
    assert [item.resolved_by for item in findings(store)] == [""]


@pytest.mark.parametrize("seconds", [-30, 30])
def test_already_there_fix_holds_early_readings_off(
    store: DatabaseStore, clock: SetClock, seconds: int
) -> None:
    """A fix that found its contact in place is not contradicted by a reading about that time."""
    scan = claimed(store)
    clock.tick(60)
    fix, _ = store.fixes.plan(request(), "Account 1")
    done = store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True, already_there=True)
    assert done.applied_at is None
    found = result(1, MISSING, read_at=clock.now() + timedelta(seconds=seconds))
    clock.tick(60)
    assert store.scans.record(ended(scan, found), [found]).opened == ()
