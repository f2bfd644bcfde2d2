"""The scan: what it records of what it read, and how it ends when things go wrong."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.domain.accounts import Unit
from bot.domain.announcements import AnnouncementKind
from bot.domain.contacts import ContactType
from bot.domain.errors import AltcontactError, StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.policy.account_policy import Presence
from bot.domain.policy.match import Match
from bot.domain.policy.policy import Policy, PolicyTable
from bot.domain.readings import Unsupported
from bot.domain.rule_catalog import Severity
from bot.domain.scans import ScanState, Trigger, TriggerKind
from bot.services.ports.aws import Priority
from bot.store import SqliteStore
from bot.store.owner import Owner
from tests.sqlite import with_tables
from tests.unit.fakes import (
    CONTACT,
    PATIENCE,
    SCHEDULE,
    SECURITY,
    START,
    FakeClock,
    FakeGateway,
    account,
    gateway_error,
    unreadable,
)
from tests.unit.fakes import scanner as make_scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.domain.findings import AccountResult
    from bot.domain.scans import Changes, Scan, ScanReport
    from bot.domain.scope import KnownOrganization
    from bot.services.ports.scans import ScanClaim, ScanRepository
    from bot.services.ports.store import Store
    from bot.services.scan.scanner import Scanner, Ticket

BY_HAND = Trigger(TriggerKind.SLACK, "U7")


class FrailScans:
    """Scans of a store that fails to claim, to record or to renew where it is asked to."""

    def __init__(self, scans: ScanRepository) -> None:
        self._scans = scans
        self.claim_faults = 0
        self.record_faults = 0
        self.renew_faults = 0
        self.renewed = threading.Event()
        self.polled: Callable[[], None] | None = None
        self.progress = scans.progress
        self.get = scans.get
        self.last = scans.last
        self.report = scans.report

    def claim(self, trigger: Trigger) -> ScanClaim:
        if self.claim_faults:
            self.claim_faults -= 1
            raise StoreError("The database is read-only.")
        return self._scans.claim(trigger)

    def record(self, scan: Scan, results: Sequence[AccountResult]) -> Changes:
        if self.record_faults:
            self.record_faults -= 1
            raise StoreError("The disk is full.", "Free some space.")
        return self._scans.record(scan, results)

    def renew(self, scan_id: int, done: int, total: int | None) -> bool:
        if self.renew_faults:
            self.renew_faults -= 1
            raise StoreError("The database is busy.")
        renewed = self._scans.renew(scan_id, done, total)
        self.renewed.set()
        return renewed

    def listed_before(self, organization: str, account_id: str) -> KnownOrganization | None:
        """Read it."""
        return self._scans.listed_before(organization, account_id)

    def cut_off_dead(self) -> int:
        if self.polled:
            self.polled()
        return self._scans.cut_off_dead()


class FrailStore:
    """A store with such scans."""

    def __init__(self, store: SqliteStore) -> None:
        self.scans = FrailScans(store.scans)
        self.findings = store.findings
        self.fixes = store.fixes
        self.runs = store.runs
        self.approvals = store.approvals
        self.run_files = store.run_files
        self.exemptions = store.exemptions
        self.announcements = store.announcements
        self.accounts = store.accounts
        self.overviews = store.overviews
        self.deliveries = store.deliveries
        self.requests = store.requests
        self.slack_health = store.slack_health
        self.audit = store.audit
        self.auto_fixes = store.auto_fixes


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def open_store(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[str], FrailStore]]:
    """Opens the one database; the name tells processes apart."""
    opened: list[SqliteStore] = []

    def make(name: str) -> FrailStore:
        # A process on another host cannot be looked at: its claim has to lapse.
        owner = None if name == "mine" else Owner(name, "elsewhere", 1)
        opened.append(SqliteStore(with_tables(tmp_path / "bot.db"), clock, owner=owner))
        return FrailStore(opened[-1])

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[str], FrailStore]) -> FrailStore:
    """The database of the scanner under test."""
    return open_store("mine")


@pytest.fixture
def gateway() -> FakeGateway:
    """Three accounts; the second has no contact."""
    gateway = FakeGateway(account(1), account(2), account(3))
    gateway.hold(1)
    gateway.hold(3)
    return gateway


@pytest.fixture
def scanner(gateway: FakeGateway, store: FrailStore, clock: FakeClock) -> Iterator[Scanner]:
    """The scanner under test, reading two accounts side by side."""
    scanner = make_scanner(gateway, store, clock, concurrency=2)
    yield scanner
    for gate in gateway.read_gates.values():
        gate.open()
    scanner.stop()


def run(scanner: Scanner) -> ScanReport:
    """One scan, to its end."""
    return scanner.start(SCHEDULE).report.result(PATIENCE)


def outcomes(report: ScanReport) -> list[Outcome]:
    """What came of each account, in the order listed."""
    return [result.outcome for result in report.results]


def due(store: Store) -> list[AnnouncementKind]:
    """What is to be announced."""
    return [item.kind for item in store.announcements.due()]


def test_every_account_is_judged_in_the_order_listed(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """A complete scan has a result for each account, counts them, and is recorded with both."""
    gateway.listed.append(account(4, state="SUSPENDED"))
    report = run(scanner)
    assert outcomes(report) == [
        Outcome.COMPLIANT,
        Outcome.MISSING,
        Outcome.COMPLIANT,
        Outcome.SKIPPED,
    ]
    assert report.scan.state is ScanState.COMPLETE
    assert report.scan.scope == gateway.scope_found
    assert report.scan.counts[Outcome.COMPLIANT] == 2
    assert report.scan.accounts == 4
    assert [key.account_id for key in report.changes.opened] == [account(2).id]
    assert store.scans.last() == report.scan
    assert due(store) == [AnnouncementKind.NON_COMPLIANT]


def test_only_required_types_of_active_accounts_are_read_after_fixes(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock
) -> None:
    """Each required type of an active account is read once, behind those who fix."""
    gateway.listed = [account(1), account(2, state="CLOSED")]
    kinds = (ContactType.SECURITY, ContactType.BILLING)
    scanner = make_scanner(gateway, store, clock, Policy.requiring(kinds))
    report = run(scanner)
    scanner.stop()
    assert gateway.reads == [(account(1).id, kind, Priority.SCAN) for kind in kinds]
    assert [item.outcome for item in report.results[0].results] == [
        Outcome.COMPLIANT,
        Outcome.MISSING,
    ]


def test_one_type_that_cannot_be_read_stops_no_other(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock
) -> None:
    """A denied type is unknown with its cause, and the account's next type is read all the same."""
    gateway.listed = [account(1)]
    gateway.say(1, unreadable(FailureCode.DENIED_BY_SCP))
    scanner = make_scanner(gateway, store, clock, Policy.requiring((SECURITY, ContactType.BILLING)))
    report = run(scanner)
    scanner.stop()
    first, second = report.results[0].results
    assert first.outcome is Outcome.UNKNOWN
    assert first.failure is not None
    assert first.failure.cause is FailureCode.DENIED_BY_SCP
    assert second.outcome is Outcome.MISSING
    assert report.scan.state is ScanState.COMPLETE


def test_a_partition_without_the_api_is_unsupported(scanner: Scanner, gateway: FakeGateway) -> None:
    """Where there is no API the outcome says so, and the scan is complete."""
    gateway.say(2, Unsupported(unreadable(FailureCode.NO_API).failure))
    report = run(scanner)
    assert outcomes(report)[1] is Outcome.UNSUPPORTED
    assert report.scan.state is ScanState.COMPLETE


def test_an_account_listed_twice_counts_once(scanner: Scanner, gateway: FakeGateway) -> None:
    """Where AWS's pages overlap, the account is read and counted once."""
    gateway.listed += [account(2), account(1)]
    report = run(scanner)
    assert report.scan.accounts == 3
    assert len(gateway.reads) == 3
    assert len(report.changes.opened) == 1


def test_more_accounts_than_may_be_under_way_are_all_read(
    scanner: Scanner, gateway: FakeGateway
) -> None:
    """Listing waits for reading, and goes on to the end."""
    gateway.listed = [account(number) for number in range(1, 40)]
    assert run(scanner).scan.accounts == 39


def test_a_defect_in_a_reader_is_unknown_and_stops_no_other(
    scanner: Scanner, gateway: FakeGateway
) -> None:
    """An exception that nobody foresaw makes one account unknown; the others are read."""
    gateway.say(1, KeyError("defect"))
    report = run(scanner)
    assert outcomes(report) == [Outcome.UNKNOWN, Outcome.MISSING, Outcome.COMPLIANT]
    why = report.results[0].results[0].failure
    assert why is not None
    assert why.cause is FailureCode.INTERNAL
    assert report.scan.state is ScanState.COMPLETE


def test_the_second_who_asks_joins_the_first(scanner: Scanner, gateway: FakeGateway) -> None:
    """Two threads that ask at once get one scan, and both get its report."""
    gate = gateway.gate(1)
    together = threading.Barrier(2)
    tickets: list[Ticket] = []

    def ask(trigger: Trigger) -> None:
        together.wait(PATIENCE)
        tickets.append(scanner.start(trigger))

    threads = [threading.Thread(target=ask, args=[each]) for each in (SCHEDULE, BY_HAND)]
    for thread in threads:
        thread.start()
    with gate.held():
        for thread in threads:
            thread.join(PATIENCE)
    first, second = tickets
    assert {first.joined, second.joined} == {False, True}
    assert first.scan == second.scan
    assert first.report.result(PATIENCE) is second.report.result(PATIENCE)
    assert len(gateway.reads) == 3


def test_a_scan_that_finds_no_thread_does_not_hold_up_the_next(
    scanner: Scanner, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the machine starts no thread, the scan ends; another begins after its lease."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="thread"):
            scanner.start(SCHEDULE).report.result(PATIENCE)
    clock.tick(300)
    assert run(scanner).scan.state is ScanState.COMPLETE


def test_the_next_scan_is_a_new_one(scanner: Scanner) -> None:
    """Once a report is there, asking again scans again, and repeats no finding."""
    first, second = run(scanner), run(scanner)
    assert second.scan.id > first.scan.id
    assert second.changes.opened == ()
    assert second.changes.unchanged == 1


def test_all_who_watch_hear_of_the_progress(scanner: Scanner, gateway: FakeGateway) -> None:
    """Those who joined hear of the progress too, up to the last account."""
    mine: list[tuple[int, int | None]] = []
    theirs: list[tuple[int, int | None]] = []
    gate = gateway.gate(1)
    ticket = scanner.start(SCHEDULE, lambda *far: mine.append(far))
    gate.await_reached()
    joined = scanner.start(BY_HAND, lambda *far: theirs.append(far))
    gate.open()
    ticket.report.result(PATIENCE)
    assert joined.joined
    assert (3, 3) in mine
    assert (3, 3) in theirs


def test_a_watcher_that_fails_harms_nobody(scanner: Scanner, gateway: FakeGateway) -> None:
    """A progress callback that raises neither ends the scan nor keeps others from hearing."""
    heard: list[tuple[int, int | None]] = []

    def fail(done: int, _total: int | None) -> None:
        raise ValueError(done)

    gate = gateway.gate(1)
    ticket = scanner.start(SCHEDULE, fail)
    with gate.held():
        scanner.start(BY_HAND, lambda *far: heard.append(far))
    assert ticket.report.result(PATIENCE).scan.state is ScanState.COMPLETE
    assert (3, 3) in heard


def test_whoever_announces_is_told_after_the_record(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock
) -> None:
    """Once a scan is recorded there may be something to announce, and that is said."""
    seen: list[list[AnnouncementKind]] = []
    scanner = make_scanner(gateway, store, clock, on_recorded=lambda: seen.append(due(store)))
    run(scanner)
    scanner.stop()
    assert seen == [[AnnouncementKind.NON_COMPLIANT]]


@pytest.mark.parametrize(
    "cause", [FailureCode.CREDENTIALS_EXPIRED, FailureCode.CREDENTIALS_MISSING]
)
def test_credentials_lost_midway_conclude_nothing_of_the_unseen(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore, cause: FailureCode
) -> None:
    """A scan that loses its credentials is incomplete; what it did not see stands as it stood."""
    run(scanner)
    gateway.listed = [account(number) for number in range(1, 30)]
    gateway.hold(2)
    gateway.say(1, unreadable(cause))
    for number in range(2, 30):
        gateway.say(number, unreadable(cause))
    report = run(scanner)
    assert report.scan.state is ScanState.INCOMPLETE
    assert report.scan.failure is not None
    assert report.scan.failure.cause is cause
    assert not any(result.was_scanned for result in report.results)
    assert report.changes.opened == ()
    assert report.changes.resolved == ()
    assert due(store) == [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.CHECKS_FAILING]


def test_what_was_read_before_the_credentials_were_lost_counts(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock
) -> None:
    """Accounts seen before the end are concluded from, those after it are not."""
    gateway.say(3, unreadable(FailureCode.CREDENTIALS_EXPIRED))
    scanner = make_scanner(gateway, store, clock, concurrency=1)
    report = run(scanner)
    scanner.stop()
    assert [result.was_scanned for result in report.results] == [True, True, False]
    assert [key.account_id for key in report.changes.opened] == [account(2).id]


def test_listing_that_fails_midway_ends_incomplete(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """What was listed before is read and recorded; what was not is neither gone nor resolved."""
    run(scanner)
    gateway.listed = [account(1), account(4)]
    gateway.listing_fault = gateway_error(FailureCode.THROTTLED)
    report = run(scanner)
    assert report.scan.state is ScanState.INCOMPLETE
    assert outcomes(report) == [Outcome.COMPLIANT, Outcome.MISSING]
    assert all(result.was_scanned for result in report.results)
    assert report.changes.resolved == ()
    assert [key.account_id for key in report.changes.opened] == [account(4).id]
    assert store.accounts.get(account(2).id) is not None


def test_a_caller_that_cannot_be_found_out_fails_the_scan(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """Without a scope nothing is read: the scan failed, which is announced once."""
    gateway.scope_found = gateway_error(FailureCode.CREDENTIALS_MISSING)
    assert run(scanner).scan.state is ScanState.FAILED
    report = run(scanner)
    assert report.scan.state is ScanState.FAILED
    assert report.scan.scope is None
    assert gateway.reads == []
    assert due(store) == [AnnouncementKind.CHECKS_FAILING]


def test_a_defect_outside_of_the_readers_is_a_failed_scan(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """An exception that nobody foresaw ends the scan as failed, which is recorded and announced."""
    gateway.listed = []
    gateway.listing_fault = KeyError("defect")
    report = run(scanner)
    assert report.scan.state is ScanState.FAILED
    assert report.scan.failure is not None
    assert report.scan.failure.cause is FailureCode.INTERNAL
    assert due(store) == [AnnouncementKind.CHECKS_FAILING]


def test_a_scan_is_renewed_while_it_runs(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """A long scan keeps its claim and says how far it is, also after the database was busy."""
    store.scans.renew_faults = 2
    gate = gateway.gate(1)
    ticket = scanner.start(SCHEDULE)
    with gate.held():
        assert store.scans.renewed.wait(PATIENCE)
        assert store.scans.renew_faults == 0
    assert ticket.report.result(PATIENCE).scan.state is ScanState.COMPLETE
    assert store.scans.progress(ticket.scan.id) != (0, None)


def test_a_lost_claim_ends_the_scan_unrecorded(
    scanner: Scanner,
    gateway: FakeGateway,
    open_store: Callable[[str], FrailStore],
    clock: FakeClock,
) -> None:
    """A scan that seemed dead stops reading and records nothing; the next one works."""
    other = open_store("other")
    gateway.listed = [account(number) for number in range(1, 40)]
    gate = gateway.gate(1)
    ticket = scanner.start(SCHEDULE)
    with gate.held():
        clock.tick(3600)
        while not other.scans.cut_off_dead():
            clock.tick(3600)  # its own sign of life came in between
        with pytest.raises(StoreError, match="seemed to be dead"):
            ticket.report.result(PATIENCE)
    assert other.scans.last() is None
    assert run(scanner).scan.state is ScanState.COMPLETE


def test_a_scan_that_cannot_be_recorded_says_so_and_the_next_works(
    scanner: Scanner, store: FrailStore, clock: FakeClock
) -> None:
    """Who asked gets the error; once the dead claim lapses, the scanner works again."""
    store.scans.record_faults = 1
    with pytest.raises(StoreError, match="disk is full"):
        run(scanner)
    store.scans.polled = lambda: clock.tick(3600)
    assert run(scanner).scan.state is ScanState.COMPLETE


def test_a_scan_that_cannot_be_claimed_leaves_nothing_behind(
    scanner: Scanner, store: FrailStore
) -> None:
    """Where the database cannot be used the caller hears that, and later calls work."""
    heard: list[int] = []
    store.scans.claim_faults = 1
    with pytest.raises(StoreError, match="read-only"):
        scanner.start(SCHEDULE, lambda done, _: heard.append(done))
    assert run(scanner).scan.state is ScanState.COMPLETE
    assert heard == []


def test_another_processs_scan_is_waited_for(
    scanner: Scanner,
    gateway: FakeGateway,
    open_store: Callable[[str], FrailStore],
    clock: FakeClock,
    store: FrailStore,
) -> None:
    """A scan that runs in another process is joined and shown, and its report handed over."""
    theirs = FakeGateway(account(1), account(2))
    elsewhere = open_store("elsewhere")
    other = make_scanner(theirs, elsewhere, clock)
    gate = theirs.gate(1)
    heard = threading.Event()
    running = other.start(BY_HAND)
    with gate.held():
        assert elsewhere.scans.renewed.wait(PATIENCE)
        ticket = scanner.start(SCHEDULE, lambda *_: heard.set())
        assert heard.wait(PATIENCE)
    report = ticket.report.result(PATIENCE)
    other.stop()
    assert ticket.joined
    assert ticket.scan.trigger == BY_HAND
    assert report.scan == running.report.result(PATIENCE).scan
    assert outcomes(report) == [Outcome.MISSING, Outcome.MISSING]
    assert gateway.reads == []


def test_a_dead_processs_scan_is_made_up_for(
    scanner: Scanner,
    open_store: Callable[[str], FrailStore],
    clock: FakeClock,
    store: FrailStore,
) -> None:
    """Where the process that scans dies, whoever waits for it scans in its place."""
    dead = open_store("dead")
    claim = dead.scans.claim(BY_HAND)
    ticket = scanner.start(SCHEDULE)
    assert ticket.joined
    clock.tick(3600)
    report = ticket.report.result(PATIENCE)
    assert report.scan.id != claim.scan.id
    assert report.scan.trigger == SCHEDULE
    assert report.scan.state is ScanState.COMPLETE
    cut_off = store.scans.get(claim.scan.id)
    assert cut_off is not None
    assert cut_off.state is ScanState.CUT_OFF


def test_of_two_who_waited_one_scans(
    scanner: Scanner,
    open_store: Callable[[str], FrailStore],
    clock: FakeClock,
    store: FrailStore,
) -> None:
    """Where another process was quicker to take a dead scan's place, that one is waited for."""
    dead, quick = open_store("dead"), open_store("quick")
    dead.scans.claim(BY_HAND)
    theirs = FakeGateway(account(9))
    gate = theirs.gate(9)
    other = make_scanner(theirs, quick, clock)
    running: list[Ticket] = []

    def be_quicker() -> None:
        if not running:
            clock.tick(3600)
            running.append(other.start(BY_HAND))
        else:
            gate.open()

    store.scans.polled = be_quicker
    report = run(scanner)
    other.stop()
    assert not running[0].joined
    assert [result.account for result in report.results] == [account(9)]


def test_stopping_records_what_was_read(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """A stop ends a scan within moments though a call blocks; what was not seen stands."""
    gateway.listed = [account(number) for number in range(1, 40)]
    gates = [gateway.gate(3), gateway.gate(4)]
    ticket = scanner.start(SCHEDULE)
    for gate in gates:
        gate.await_reached()
    scanner.stop()
    report = ticket.report.result(timeout=0)
    assert report.scan.state is ScanState.INCOMPLETE
    assert report.scan.failure is not None
    assert report.scan.failure.cause is FailureCode.NOT_REACHED
    assert [result.was_scanned for result in report.results[:4]] == [True, True, False, False]
    assert [key.account_id for key in report.changes.opened] == [account(2).id]
    assert store.scans.last() is None
    assert due(store) == [AnnouncementKind.NON_COMPLIANT]


def test_a_scan_stopped_before_it_began_has_not_failed(
    scanner: Scanner, gateway: FakeGateway, store: FrailStore
) -> None:
    """However early a scan is stopped, the next start finds that a check is still to be made."""
    gateway.scope_found = gateway_error(FailureCode.NOT_REACHED)
    assert run(scanner).scan.state is ScanState.INCOMPLETE
    assert store.scans.last() is None
    assert due(store) == []


def test_a_reading_that_the_stop_prevented_is_not_seen(
    scanner: Scanner, gateway: FakeGateway
) -> None:
    """An account that the gateway gave up on because it is closed was not seen, not unknown."""
    gateway.say(2, unreadable(FailureCode.NOT_REACHED))
    report = run(scanner)
    assert [result.was_scanned for result in report.results] == [True, False, True]
    assert report.changes.opened == ()


@pytest.mark.parametrize("cause", [FailureCode.NOT_REACHED, FailureCode.CREDENTIALS_EXPIRED])
def test_what_a_scan_was_kept_from_asking_is_not_unknown(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock, cause: FailureCode
) -> None:
    """A stop, or credentials lost, while a place or a primary contact is read: not seen."""
    low = PolicyTable("here", {"rules.primary_contact": Severity.LOW})
    gateway.primary = {account(number).id: failure(cause) for number in (1, 2, 3)}
    scanner = make_scanner(gateway, store, clock, Policy.requiring(tables=[low]))
    report = run(scanner)
    scanner.stop()
    assert not any(result.was_scanned for result in report.results)

    gateway.walk_fault = gateway_error(cause)
    somewhere = PolicyTable("here", {}, Match(units=("/Prod",)))
    scanner = make_scanner(gateway, store, clock, Policy.requiring(tables=[somewhere]))
    report = run(scanner)
    scanner.stop()
    assert not any(result.was_scanned for result in report.results)
    assert (report.scan.failure is not None) is cause.of_the_caller


def test_a_defect_says_nothing_of_where_an_account_stands(
    gateway: FakeGateway, store: FrailStore, clock: FakeClock
) -> None:
    """What an account should have is not taken from OUs of which only the ids are known."""
    billing = PolicyTable("here", {"billing.presence": Presence.REQUIRED}, Match(units=("/Prod",)))
    gateway.listed = [replace(account(1), units=(Unit("ou-ab12-11111111", ""),))]
    gateway.tree = {"ou-ab12-11111111": (Unit("ou-ab12-11111111", "Prod"),)}
    scanner = make_scanner(gateway, store, clock, Policy.requiring(tables=[billing]))
    run(scanner)
    gateway.say(1, KeyError("defect"))
    report = run(scanner)
    scanner.stop()
    (result,) = report.results
    assert [item.type for item in result.results] == [SECURITY, ContactType.BILLING]
    assert {item.failure.cause for item in result.results if item.failure} == {FailureCode.INTERNAL}
    assert (result.account.units, report.changes.resolved) == (None, ())


def test_stopping_ends_waiting_for_another_process(
    scanner: Scanner,
    open_store: Callable[[str], FrailStore],
    store: FrailStore,
) -> None:
    """Whoever waits for another process's scan is let go at a stop, and told that it was one."""
    elsewhere = open_store("elsewhere")
    elsewhere.scans.claim(BY_HAND)
    ticket = scanner.start(SCHEDULE)
    scanner.stop()
    report = ticket.report.result(timeout=0)
    assert report.scan.state is ScanState.INCOMPLETE
    assert report.results == ()


def test_nothing_starts_after_a_stop(scanner: Scanner, store: FrailStore) -> None:
    """Whoever asks while the bot stops hears that, and no claim is left behind."""
    scanner.stop()
    with pytest.raises(AltcontactError, match="is stopping"):
        scanner.start(SCHEDULE)
    assert store.scans.claim(SCHEDULE).granted


def test_a_late_answer_changes_nothing_of_the_next_scan(
    scanner: Scanner, gateway: FakeGateway
) -> None:
    """A call that outlives its scan is neither in the next scan nor told to its watchers."""
    gate = gateway.gate(1)
    gateway.say(2, unreadable(FailureCode.CREDENTIALS_EXPIRED))
    assert run(scanner).scan.state is ScanState.INCOMPLETE
    del gateway.read_gates[account(1).id]
    gateway.listed = [account(3)]
    heard: list[tuple[int, int | None]] = []
    second = gateway.gate(3)
    ticket = scanner.start(SCHEDULE, lambda *far: heard.append(far))
    with second.held():
        gate.open()
    report = ticket.report.result(PATIENCE)
    assert [result.account for result in report.results] == [account(3)]
    assert {total for _, total in heard} == {1}


def test_each_result_says_when_its_reading_began(
    scanner: Scanner, gateway: FakeGateway, clock: FakeClock
) -> None:
    """The moment before the first call is kept, so that a fix made meanwhile stands."""
    gateway.listed = [account(1)]
    gateway.on_read = lambda: clock.tick(30)
    report = run(scanner)
    assert report.results[0].read_at == START
    assert report.results[0].results[0].contact == CONTACT
