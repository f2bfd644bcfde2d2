"""What there is in the database, counted for metrics; and whether it can be written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.contacts import ContactType
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.figures import Figures, FindingKind
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule, Severity
from bot.domain.scans import ScanState
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import (
    SECURITY,
    START,
    SetClock,
    account,
    breaking,
    claimed,
    request,
    result,
    scan_once,
    send,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

BILLING = ContactType.BILLING


@pytest.fixture
def clock() -> SetClock:
    """A clock that is set."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The database."""
    with open_at(tmp_path / "bot.db", clock) as store:
        yield store


def test_an_empty_database(store: DatabaseStore) -> None:
    """There is nothing, and no age of anything."""
    assert store.figures.figures() == Figures()


def test_findings(store: DatabaseStore) -> None:
    """By outcome, type and severity; the exempt ones apart, the resolved ones not at all."""
    scan_once(
        store,
        result(1, Outcome.MISSING, Outcome.MISSING),
        result(2, Outcome.MISSING),
        result(3, breaking(Rule.PLACEHOLDER, Rule.FREE_MAIL)),
        result(4, Outcome.MISSING),
        result(5, Outcome.UNKNOWN),
        result(6, Outcome.COMPLIANT),
    )
    scan_once(
        store,
        result(1, Outcome.MISSING, Outcome.MISSING),
        result(2, Outcome.MISSING),
        result(3, breaking(Rule.PLACEHOLDER, Rule.FREE_MAIL)),
        result(4, Outcome.COMPLIANT),
        result(5, Outcome.UNKNOWN),
        result(6, Outcome.COMPLIANT),
    )
    until = START + timedelta(days=9)
    kind = ExemptionKind.EXEMPTION
    asked = ExemptionRequest(kind, account(2).id, SECURITY, Rule.MISSING, "Soon gone.", "U1", until)
    store.exemptions.grant([asked], "Account 2")
    figures = store.figures.figures()
    assert figures.findings == {
        FindingKind(Outcome.MISSING, SECURITY, Severity.VERY_HIGH): 1,
        FindingKind(Outcome.MISSING, BILLING, Severity.VERY_HIGH): 1,
        FindingKind(Outcome.EXEMPT, SECURITY, Severity.VERY_HIGH): 1,
        FindingKind(Outcome.WEAK, SECURITY, Severity.HIGH): 1,
        FindingKind(Outcome.WEAK, SECURITY, Severity.MEDIUM): 1,
        FindingKind(Outcome.UNKNOWN, SECURITY, None): 1,
    }
    assert figures.unchecked == {FailureCode.DENIED: 1}


def test_scans(store: DatabaseStore, clock: SetClock) -> None:
    """The newest that ended, the newest complete one, and how many ended how."""
    scan_once(store, result(1, Outcome.COMPLIANT))
    clock.tick(3600)
    why = failure(FailureCode.THROTTLED)
    scan_once(store, result(1, Outcome.MISSING), state=ScanState.INCOMPLETE, why=why)
    clock.tick(3600)
    claimed(store)
    figures = store.figures.figures()
    assert figures.scans == {
        ScanState.COMPLETE: 1,
        ScanState.INCOMPLETE: 1,
        ScanState.RUNNING: 1,
    }
    assert figures.last_complete is not None
    assert (figures.last_complete.id, figures.last_complete.accounts) == (1, 1)
    assert figures.last_scan is not None
    assert (figures.last_scan.id, figures.last_scan.failure) == (2, why)


def test_announcements_that_wait(store: DatabaseStore, clock: SetClock) -> None:
    """From the oldest that isn't posted; one that is being posted waits as well."""
    scan_once(store, result(1, Outcome.MISSING))
    clock.tick(60)
    scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.MISSING, Outcome.MISSING))
    first = store.figures.figures()
    due = store.announcements.due()
    assert (first.waiting, first.waiting_since) == (len(due), START)
    send(store, due[0].id)
    assert store.announcements.begin_sending(due[1].id) is not None
    then = store.figures.figures()
    assert then.waiting == len(due) - 1
    assert then.waiting_since == START + timedelta(seconds=60)
    for each in due[1:]:
        store.announcements.sent(each.id, "C1", "1.1", 0)
    after = store.figures.figures()
    assert (after.waiting, after.waiting_since) == (0, None)


def test_fixes(store: DatabaseStore) -> None:
    """By state; those in doubt besides."""
    for number in (1, 2, 3):
        store.fixes.plan(request(f"form-{number}", number), f"Account {number}")
    store.fixes.begin_writing(2, None)
    store.fixes.begin_writing(3, None)
    store.fixes.advance(3, FixState.APPLIED, ended=False)
    store.fixes.advance(3, FixState.CONFIRMED, ended=True)
    figures = store.figures.figures()
    assert figures.fixes == {FixState.PLANNED: 2, FixState.CONFIRMED: 1}
    assert figures.fixes_in_doubt == 1


def test_the_probe_writes_and_leaves_one_row(store: DatabaseStore, clock: SetClock) -> None:
    """However often it is made; what Slack delivers is not affected."""
    for _ in range(3):
        store.figures.probe()
        clock.tick(10)
    assert store.deliveries.is_first("event:1")
    assert not store.deliveries.is_first("event:1")
    with store.connections.reading() as db:
        assert db.number("SELECT count(*) AS number FROM deliveries WHERE key = 'probe'") == 1


def test_the_leader(store: DatabaseStore) -> None:
    """Who leads, and that the lead is over after it was given up."""
    token = store.leadership.claim()
    assert token is not None
    leader = store.figures.figures().leader
    assert leader is not None
    assert (leader.token, leader.is_over) == (token, False)
    store.leadership.release(token)
    leader = store.figures.figures().leader
    assert leader is not None
    assert leader.is_over
