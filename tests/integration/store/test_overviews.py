"""All accounts at one moment, as Home shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.contacts import ContactType
from bot.domain.exemptions import NOTICE, ExemptionKind, ExemptionRequest
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanState, count
from bot.domain.slack_health import Refusal
from bot.store.owner import Owner
from bot.store.store import LEASE, DatabaseStore
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
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.overview import Overview

BILLING = ContactType.BILLING
OUTCOMES = [outcome for outcome in Outcome if outcome not in {Outcome.EXEMPT, Outcome.SKIPPED}]
READ = [outcome for outcome in OUTCOMES if not outcome.unchecked]
CONTACTS = st.lists(st.sampled_from(OUTCOMES), max_size=3)
READ_CONTACTS = st.lists(st.sampled_from(READ), max_size=3)
"""Of an account, in the order of the types; none for an account that is skipped."""


@pytest.fixture
def clock() -> SetClock:
    """A clock that is set."""
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The database."""
    with open_at(tmp_path / "bot.db", clock) as store:
        yield store


def seen(store: DatabaseStore) -> Overview:
    """What is known of all accounts."""
    return store.overviews.overview(10, 5)


def counted(store: DatabaseStore) -> dict[Outcome, int]:
    """How many accounts have each outcome, without those that none has."""
    return {outcome: number for outcome, number in seen(store).counts.items() if number}


def exempting(number: int, days: float, rule: Rule = Rule.MISSING) -> ExemptionRequest:
    """A request to exempt a finding for so many days."""
    until = START + timedelta(days=days)
    kind = ExemptionKind.EXEMPTION
    return ExemptionRequest(kind, account(number).id, SECURITY, rule, "Closed soon.", "U1", until)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(CONTACTS, READ_CONTACTS), min_size=1, max_size=8))
def test_counts_are_those_of_the_last_complete_scan(
    tmp_path_factory: pytest.TempPathFactory, accounts: list[tuple[list[Outcome], list[Outcome]]]
) -> None:
    """Whatever two scans in a row find, each account counts with its outcome in the second."""
    path = tmp_path_factory.mktemp("counts") / "bot.db"
    clock = SetClock()
    with open_at(path, clock) as store:
        for round_ in (0, 1):
            results = [
                result(number, *found[round_]) for number, found in enumerate(accounts, start=1)
            ]
            scan_once(store, *results)
            assert seen(store).counts == count(results)
            clock.tick(3600)


def test_what_is_known_of_an_account_that_cannot_be_read(store: DatabaseStore) -> None:
    """One whose contact was missing still needs attention, and the cause is listed as well."""
    scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.COMPLIANT))
    scan_once(store, result(1, Outcome.UNKNOWN), result(2, Outcome.UNKNOWN))
    overview = seen(store)
    assert (overview.non_compliant, overview.unchecked) == (1, 1)
    assert [each.id for each in overview.worst] == [account(1).id]
    assert [each.accounts for each in overview.uncheckable] == [2]


def test_an_empty_database(store: DatabaseStore) -> None:
    """Nothing is known before the first scan, nor of accounts that are merely listed."""
    store.accounts.remember([account(1), account(2, state="SUSPENDED")])
    overview = seen(store)
    assert counted(store) == {}
    assert (overview.checked, overview.last_scan, overview.running) == (0, None, None)
    assert (list(overview.worst), list(overview.uncheckable), list(overview.ending)) == ([], [], [])


def test_accounts_that_a_scan_did_not_reach_keep_their_outcome(store: DatabaseStore) -> None:
    """Scans that end early change nothing of the others, and count none that was never reached."""
    scan_once(store, result(1, Outcome.COMPLIANT), result(2, Outcome.MISSING), result(3))
    before = counted(store)
    assert before == {Outcome.COMPLIANT: 1, Outcome.MISSING: 1, Outcome.SKIPPED: 1}
    why = failure(FailureCode.NOT_REACHED)
    never = replace(result(4), was_scanned=False)
    store.accounts.remember([account(4)])
    for _ in range(2):
        scan_once(store, result(2, Outcome.MISSING), never, state=ScanState.INCOMPLETE, why=why)
    assert counted(store) == before


def test_accounts_that_left_are_not_counted(store: DatabaseStore) -> None:
    """A complete scan without an account takes it out."""
    scan_once(store, result(1, Outcome.COMPLIANT), result(2, Outcome.MISSING))
    scan_once(store, result(1, Outcome.COMPLIANT))
    assert counted(store) == {Outcome.COMPLIANT: 1}
    assert seen(store).worst == []


def test_a_fix_counts_at_once(store: DatabaseStore, clock: SetClock) -> None:
    """What a confirmed fix resolves makes the account compliant before the next scan."""
    scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.COMPLIANT))
    clock.tick(10)
    fix, _ = store.fixes.plan(request(), "Account 1")
    store.fixes.begin_writing(fix.id, None)
    store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
    assert counted(store) == {Outcome.MISSING: 1, Outcome.COMPLIANT: 1}
    store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    assert counted(store) == {Outcome.COMPLIANT: 2}


def test_exempt_accounts(store: DatabaseStore, clock: SetClock) -> None:
    """One is exempt once all that is open of it is, until the exemption is ended."""
    scan_once(store, result(1, Outcome.MISSING, Outcome.MISSING), result(2, Outcome.WEAK))
    store.exemptions.grant([exempting(2, 30, Rule.PLACEHOLDER)], "Account 2")
    store.exemptions.grant([exempting(1, 30)], "Account 1")
    assert counted(store) == {Outcome.MISSING: 1, Outcome.EXEMPT: 1}
    assert [each.findings[0].key.type for each in seen(store).worst] == [BILLING]
    clock.tick(timedelta(days=31).total_seconds())
    store.exemptions.settle()
    assert counted(store) == {Outcome.MISSING: 1, Outcome.WEAK: 1}


def test_the_worst_come_first(store: DatabaseStore) -> None:
    """By severity, then by name whatever its case; each with its findings, the worst first."""
    scan_once(
        store,
        result(account(1, "beta"), Outcome.MISSING),
        result(account(2, "Alpha"), Outcome.WEAK, Outcome.MISSING),
        result(account(3, "Gamma"), breaking(Rule.IMPOSSIBLE_PHONE, Rule.PLACEHOLDER)),
        result(account(4, "Delta"), breaking(Rule.SAME_FOR_ALL)),
        result(account(5, "Unread"), Outcome.UNKNOWN),
    )
    overview = store.overviews.overview(3, 0)
    assert [each.name for each in overview.worst] == ["Alpha", "beta", "Gamma"]
    assert [each.key.rule for each in overview.worst[0].findings] == [
        Rule.MISSING,
        Rule.PLACEHOLDER,
    ]
    assert [each.name for each in seen(store).worst][3:] == ["Delta"]
    assert overview.non_compliant == 4


def test_why_accounts_could_not_be_checked(store: DatabaseStore) -> None:
    """By cause, whatever its words say of one account; most accounts first, each counted once."""
    denied = [
        failure(FailureCode.DENIED_BY_SCP, message=f"Denied in {number}.") for number in (1, 2)
    ]
    scan_once(
        store,
        result(1, unknown(denied[0]), unknown(denied[0], BILLING)),
        result(2, unknown(denied[1])),
        result(3, unknown(failure(FailureCode.THROTTLED))),
    )
    causes = [(each.failure.cause, each.accounts, each.id) for each in seen(store).uncheckable]
    assert causes == [
        (FailureCode.DENIED_BY_SCP, 2, account(1).id),
        (FailureCode.THROTTLED, 1, account(3).id),
    ]
    assert seen(store).unchecked == 3


def test_exemptions_that_end_soon(store: DatabaseStore, clock: SetClock) -> None:
    """Those within the notice whose finding is still there, the first to end first."""
    scan_once(store, *(result(number, Outcome.MISSING) for number in (1, 2, 3, 4)))
    for number, days in ((1, 6.5), (2, 2.0), (3, NOTICE.days + 1.0), (4, 3.0)):
        store.exemptions.grant([exempting(number, days)], f"Account {number}")
    clock.tick(60)
    others = [result(number, Outcome.MISSING) for number in (1, 2, 3)]
    scan_once(store, *others, result(4, Outcome.COMPLIANT))
    overview = store.overviews.overview(10, 1)
    assert [each.account_name for each in overview.ending] == ["Account 2"]
    assert overview.ending_total == 2


def test_the_scan_in_progress(store: DatabaseStore, clock: SetClock) -> None:
    """It is there until it ends, or its process is silent for longer than its lease."""
    scan = claimed(store)
    store.scans.renew(scan.id, 3, 7)
    running = seen(store).running
    assert running is not None
    assert (running.scan.id, running.done, running.total) == (scan.id, 3, 7)
    store.scans.renew(scan.id, 3, None)
    listing = seen(store).running
    assert listing is not None
    assert listing.total is None
    clock.tick(LEASE.total_seconds() + 1)
    assert seen(store).running is None


def test_what_keeps_the_bot_from_being_heard(store: DatabaseStore) -> None:
    """The last scan's failure, alerts that wait, and another bot are all in it."""
    why = failure(FailureCode.THROTTLED)
    scan_once(store, result(1, Outcome.MISSING), state=ScanState.INCOMPLETE, why=why)
    due, *_ = store.announcements.due()
    store.slack_health.refused(due.id, Refusal("It is archived.", "Unarchive it.", "x", True))  # noqa: FBT003
    store.slack_health.count_others(1, lasting=True)
    overview = seen(store)
    assert overview.last_scan is not None
    assert overview.last_scan.failing == {"": why}
    assert overview.waiting is not None
    assert overview.others is not None


def test_another_process_sees_the_same(tmp_path: Path, clock: SetClock) -> None:
    """Nothing of it is kept in memory."""
    with open_at(tmp_path / "bot.db", clock) as store:
        scan_once(store, result(1, Outcome.MISSING))
        other = open_at(tmp_path / "bot.db", clock, owner=Owner("other", "elsewhere", 1))
        with other:
            assert other.overviews.overview(10, 5) == store.overviews.overview(10, 5)
