"""The lead among processes on one database, its fence, and what replicas tell each other."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.errors import NotLeading
from bot.domain.fixes import FixState
from bot.domain.scans import Trigger, TriggerKind
from bot.store.owner import Owner, this_host
from bot.store.postgres.store import PostgresStore
from bot.store.store import LEAD_LEASE
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import SCHEDULE, SetClock, account, request, result, scan_once
from tests.launcher import launcher
from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

    Process = Callable[[str], DatabaseStore]

LEASE = LEAD_LEASE.total_seconds()


@pytest.fixture
def clock() -> SetClock:
    """The time, where the database has none."""
    return SetClock()


@pytest.fixture
def process(tmp_path: Path, clock: SetClock) -> Iterator[Process]:
    """Opens the database as a process on a host of its own."""
    opened: list[DatabaseStore] = []

    def open_as(host: str) -> DatabaseStore:
        store = open_at(tmp_path / "bot.db", clock, owner=Owner(host, host, 1))
        store.leadership.enforce()
        opened.append(store)
        return store

    yield open_as
    for store in opened:
        store.close()


def test_one_leads(process: Process, clock: SetClock) -> None:
    """The first takes the lead; another one only once the lease is over, and with a new token."""
    first, second = process("a"), process("b")
    assert first.leadership.claim() == 1
    assert second.leadership.claim() is None
    clock.tick(LEASE - 1)
    assert first.leadership.renew(1)
    clock.tick(LEASE - 1)
    assert second.leadership.claim() is None
    clock.tick(2)
    assert second.leadership.claim() == 2
    assert not first.leadership.renew(1)
    assert first.leadership.claim() is None


def test_who_leads(process: Process, clock: SetClock) -> None:
    """Everybody can read who leads, since when, and whether that is over."""
    first, second = process("a"), process("b")
    assert second.leadership.leader() is None
    first.leadership.claim()
    leader = second.leadership.leader()
    assert leader is not None
    assert (leader.host, leader.since, leader.token) == ("a", clock.now(), 1)
    assert not leader.is_over
    assert not leader.is_own
    own = first.leadership.leader()
    assert own is not None
    assert own.is_own
    clock.tick(LEASE + 1)
    leader = second.leadership.leader()
    assert leader is not None
    assert leader.is_over


def test_a_lease_that_nobody_took_is_renewed_late(process: Process, clock: SetClock) -> None:
    """A leader that couldn't renew in time goes on if nobody has taken over."""
    first, second = process("a"), process("b")
    first.leadership.claim()
    clock.tick(10 * LEASE)
    assert first.leadership.renew(1)
    assert second.leadership.claim() is None


def test_a_lead_that_is_given_up_is_free_at_once(process: Process) -> None:
    """The next one takes it, and the former one can't give it up again."""
    first, second = process("a"), process("b")
    first.leadership.claim()
    first.leadership.release(1)
    leader = second.leadership.leader()
    assert leader is not None
    assert leader.is_over
    assert second.leadership.claim() == 2
    first.leadership.release(1)
    assert second.leadership.renew(2)


def test_a_dead_process_on_the_same_host_leads_no_more(tmp_path: Path, clock: SetClock) -> None:
    """After SIGKILL the next start takes the lead at once."""
    path = tmp_path / "bot.db"
    with launcher().start("--version", environment=dict(os.environ)) as ended:
        ended.communicate()
    with open_at(path, clock, owner=Owner("dead", this_host(), ended.pid)) as dead:
        assert dead.leadership.claim() == 1
    with open_at(path, clock) as store:
        assert store.leadership.claim() == 2


FENCED: dict[str, Callable[[DatabaseStore], object]] = {
    "announcement": lambda store: store.announcements.begin_sending("a"),
    "answered announcement": lambda store: store.announcements.not_sent("a"),
    "edit": lambda store: store.announcements.message_content("a", 9),
    "alert again": lambda store: store.announcements.post_again("a"),
    "runs": lambda store: store.runs.renew(1),
    "next contacts": lambda store: store.runs.next_items(1, 9),
    "end of a run": lambda store: store.runs.end(1),
    "files": lambda store: store.run_files.due(),
    "auto-fix": lambda store: store.auto_fixes.decide(1, []),
    "started auto-fix": lambda store: store.auto_fixes.unstarted(),
    "checkpoint": lambda store: store.checkpoints.due("s3://b/p", "1"),
    "scheduled check": lambda store: store.scans.claim(SCHEDULE),
}


@pytest.mark.parametrize("what", FENCED)
def test_a_former_leader_is_refused(process: Process, clock: SetClock, what: str) -> None:
    """What only the leader does is refused in its own transaction, however late it wakes."""
    first, second = process("a"), process("b")
    first.leadership.claim()
    clock.tick(LEASE + 1)
    second.leadership.claim()
    for store in (first, process("c")):
        with pytest.raises(NotLeading):
            FENCED[what](store)


def test_a_command_needs_no_lead(process: Process, tmp_path: Path, clock: SetClock) -> None:
    """A process that isn't a bot checks and works on its own run beside the leader."""
    process("a").leadership.claim()
    with open_at(tmp_path / "bot.db", clock, owner=Owner("cli", "cli", 1)) as command:
        assert command.runs.next_items(1, 9) == []
        assert command.scans.claim(SCHEDULE).granted


def test_what_people_request_needs_no_lead(process: Process) -> None:
    """A follower runs the check that it was asked for, and makes a person's fix."""
    leader, follower = process("a"), process("b")
    leader.leadership.claim()
    scan_once(leader, result(account(1)))
    assert follower.scans.claim(Trigger(TriggerKind.SLACK, "U1")).granted
    fix, _ = follower.fixes.plan(request("form", 1), "Account 1")
    follower.fixes.begin_writing(fix.id, None)
    assert follower.fixes.advance(fix.id, FixState.CONFIRMED, ended=True).ended_at is not None


def test_replicas_know_of_each_other(process: Process, clock: SetClock) -> None:
    """How many others run: those that signed off or were silent for long don't count."""
    first, second, third = process("a"), process("b"), process("c")
    for store in (first, second, third):
        store.replicas.renew()
    assert first.replicas.news().others == 2
    third.replicas.leave()
    assert first.replicas.news().others == 1
    clock.tick(2 * LEASE + 1)
    first.replicas.renew()
    assert first.replicas.news().others == 0
    second.replicas.renew()
    assert first.replicas.news().others == 1


def test_replicas_hear_of_what_was_recorded(process: Process) -> None:
    """Whatever is in the audit log or is a check changes the mark."""
    first, second = process("a"), process("b")
    second.leadership.claim()
    marks = [first.replicas.news().changed]
    second.audit.record(AuditEntry(AuditAction.BOT_STARTED, "bot"))
    marks.append(first.replicas.news().changed)
    scan_once(second, result(account(1)))
    marks.append(first.replicas.news().changed)
    assert len(set(marks)) == 3


def test_a_requested_reload_reaches_the_others(process: Process) -> None:
    """It has a number that grows, and the digest of the file that was applied."""
    first, second = process("a"), process("b")
    assert first.replicas.news().reload == 0
    assert second.replicas.request_reload("one") == 1
    assert second.replicas.request_reload("two") == 2
    assert (first.replicas.news().reload, first.replicas.news().digest) == (2, "two")


def test_the_lease_goes_by_the_clock_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hosts whose clocks are a day apart don't take the lead from each other."""
    monkeypatch.undo()
    url = server().create()
    ahead = SetClock(SystemClock().now() + timedelta(days=1))
    with (
        PostgresStore(url, SystemClock(), owner=Owner("a", "a", 1)) as first,
        PostgresStore(url, ahead, owner=Owner("b", "b", 1)) as second,
    ):
        assert first.leadership.claim() == 1
        assert second.leadership.claim() is None
        first.replicas.renew()
        second.replicas.renew()
        assert first.replicas.news().others == 1
        first.leadership.release(1)
        assert second.leadership.claim() == 2
        assert not first.leadership.renew(1)
