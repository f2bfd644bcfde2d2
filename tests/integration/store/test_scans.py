"""Who may run a scan, and which scan ended."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.domain.failures import FailureCode, failure
from bot.domain.findings import Outcome
from bot.domain.scans import ScanState, Trigger, TriggerKind
from bot.store.owner import Owner, this_host, this_process
from tests.integration.store.databases import open_at, place, query
from tests.integration.store.fixtures import (
    ORGANIZATION,
    SCHEDULE,
    START,
    SetClock,
    claimed,
    ended,
    result,
    scan_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore


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


def test_claim_is_granted_once(store: DatabaseStore) -> None:
    """A second caller hears of the running scan and who started it."""
    trigger = Trigger(TriggerKind.SLACK, "U7")
    first = store.scans.claim(trigger)
    second = store.scans.claim(SCHEDULE)
    assert first.granted
    assert not second.granted
    assert second.scan == first.scan
    assert second.scan.trigger == trigger
    assert first.scan.state is ScanState.RUNNING
    assert first.scan.started_at == START


def test_lapsed_claim_is_cut_off(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """A claim that another host did not renew in time goes to the next caller."""
    scan = claimed(store)
    query(path, "UPDATE scans SET host = 'elsewhere'")
    clock.tick(30)
    assert store.scans.claim(SCHEDULE).scan.id == scan.id
    clock.tick(1)
    claim = store.scans.claim(SCHEDULE)
    assert claim.granted
    cut = store.scans.get(scan.id)
    assert cut is not None
    assert cut.state is ScanState.CUT_OFF
    assert not store.scans.renew(scan.id, 1, 2)


def test_renewed_claim_stands(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """A renewed claim outlives its first lease, and others see how far the scan is."""
    scan = claimed(store)
    assert store.scans.progress(scan.id) == (0, None)
    clock.tick(29)
    assert store.scans.renew(scan.id, 3, 9)
    clock.tick(29)
    with open_at(path, clock, lease=timedelta(seconds=5)) as other:
        query(path, "UPDATE scans SET host = 'elsewhere'")
        assert not other.scans.claim(SCHEDULE).granted
        assert other.scans.progress(scan.id) == (3, 9)
        assert not other.scans.renew(scan.id, 4, 9)
    assert store.scans.progress(999) == (0, None)
    assert store.scans.renew(scan.id, 4, None)
    assert store.scans.progress(scan.id) == (4, None)


def test_dead_process_of_this_host_is_cut_off(path: Path, store: DatabaseStore) -> None:
    """A scan whose process is gone from this host does not wait for its lease."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    claimed(store)
    query(path, "UPDATE scans SET pid = ?, instance = 'other'", gone.pid)
    assert store.scans.cut_off_dead() == 1
    assert store.scans.cut_off_dead() == 0
    assert store.scans.claim(SCHEDULE).granted


def test_same_process_id_after_a_restart_is_cut_off(path: Path, clock: SetClock) -> None:
    """A process that got a dead one's id knows that the claim is not its own."""
    with open_at(path, clock) as before, open_at(path, clock) as after:
        claimed(before)
        assert after.scans.claim(SCHEDULE).granted


@pytest.mark.parametrize("host", ["here", "elsewhere"])
def test_living_process_is_not_dead(host: str) -> None:
    """Neither a live process here nor any process elsewhere is considered dead."""
    me = Owner("one", "here", os.getpid())
    assert not me.is_dead(Owner("two", host, os.getppid()))
    assert not me.is_dead(me)


def test_process_of_another_user_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may not be signalled exists."""

    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not Owner("one", "here", 2).is_dead(Owner("two", "here", 3))


def test_host_without_namespaces_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc, the host's name alone tells hosts apart."""
    with_namespace = this_host()

    def missing(self: Path) -> os.stat_result:
        raise FileNotFoundError

    monkeypatch.setattr("pathlib.Path.stat", missing)
    assert with_namespace.startswith(this_host())
    assert this_process("x").pid == os.getpid()


def test_one_of_many_processes_wins(path: Path) -> None:
    """Processes that claim at the same moment, on a file none has opened yet, get one scan."""
    script = (
        "import sys\n"
        "from bot.app.clock import SystemClock\n"
        "from bot.domain.scans import Trigger, TriggerKind\n"
        "from tests.integration.store.databases import open_at\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "store = open_at(sys.argv[1], SystemClock())\n"
        "print(store.scans.claim(Trigger(TriggerKind.CLI)).granted, flush=True)\n"
        "sys.stdin.readline()\n"
        "store.close()\n"
    )
    command = [sys.executable, "-c", script, place(path)]
    pipe = subprocess.PIPE
    racers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    granted = []
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        for racer in racers:
            assert racer.stdout is not None
            granted.append(racer.stdout.readline().strip())
    finally:
        for racer in racers:
            racer.communicate("end\n")
    assert sorted(granted) == ["False", "False", "False", "True"]
    with open_at(path, SystemClock()) as store:
        assert store.scans.claim(SCHEDULE).granted


def test_recording_needs_the_claim(path: Path, store: DatabaseStore, clock: SetClock) -> None:
    """A scan that lost its claim, or was recorded already, leaves nothing behind."""
    found = result(1, Outcome.MISSING)
    lost = claimed(store)
    with open_at(path, clock) as other:
        with pytest.raises(StoreError, match="seemed to be dead"):
            other.scans.record(ended(lost, found), [found])
        claimed(other)
    with pytest.raises(StoreError, match="seemed to be dead"):
        store.scans.record(ended(lost, found), [found])
    assert store.accounts.get(found.account.id) is None
    assert store.announcements.due() == []


def test_report_reads_back_what_was_recorded(store: DatabaseStore) -> None:
    """A scan's report holds the scan, its accounts in the order listed, and its changes."""
    results = (
        result(9, Outcome.MISSING, Outcome.COMPLIANT, read_at=START),
        result(3, Outcome.UNKNOWN, Outcome.UNKNOWN),
        result(5),
    )
    scan = ended(claimed(store), *results)
    changes = store.scans.record(scan, results)
    report = store.scans.report(scan.id)
    assert report.scan == scan == store.scans.get(scan.id)
    assert report.scan.scope == ORGANIZATION
    assert report.scan.accounts == 3
    assert report.results == results
    assert report.changes == changes
    assert len(changes.opened) == 3


@pytest.mark.parametrize("end", ["running", "cut_off", "unknown"])
def test_report_of_what_was_not_recorded(
    store: DatabaseStore, clock: SetClock, path: Path, end: str
) -> None:
    """A scan without results has no report."""
    scan_id = claimed(store).id
    if end == "cut_off":
        clock.tick(31)
        store.scans.cut_off_dead()
    if end == "unknown":
        scan_id += 1
    with pytest.raises(StoreError, match="not recorded"):
        store.scans.report(scan_id)


def test_results_of_the_newest_scans_are_kept(path: Path, store: DatabaseStore) -> None:
    """The file does not grow with each scan: three scans' results stay, all scans do."""
    for _ in range(5):
        scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.COMPLIANT))
    kept = query(path, "SELECT scan_id, count(*) FROM scan_results GROUP BY scan_id ORDER BY 1")
    assert kept == [(3, 2), (4, 2), (5, 2)]
    assert store.scans.report(1).results == ()
    assert store.scans.report(5).changes.unchanged == 1


def test_last_scan_is_one_that_ended_by_itself(store: DatabaseStore, clock: SetClock) -> None:
    """A scan that was stopped or cut off, or that runs, is not the last one."""
    assert store.scans.last() is None
    scan_once(store, result(1, Outcome.COMPLIANT))
    stopped = failure(FailureCode.NOT_REACHED)
    scan_once(store, result(1), state=ScanState.INCOMPLETE, why=stopped)
    scan_once(store, result(1), state=ScanState.INCOMPLETE)
    claimed(store)
    last = store.scans.last()
    assert last is not None
    assert last.id == 1
    clock.tick(31)
    expired = failure(FailureCode.CREDENTIALS_EXPIRED)
    scan_once(store, result(1), state=ScanState.INCOMPLETE, why=expired)
    last = store.scans.last()
    assert last is not None
    assert last.failure == expired
    scan_once(store, state=ScanState.FAILED, why=expired, scope=None)
    last = store.scans.last()
    assert last is not None
    assert (last.state, last.scope) == (ScanState.FAILED, None)
    assert store.scans.get(999) is None
