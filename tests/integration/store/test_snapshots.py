"""Snapshots of a SQLite file: consistent, compressed, and prepared for who continues with one."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.domain.announcements import SendState
from bot.domain.audit import GENESIS, AuditAction, AuditEntry
from bot.domain.audit_chain import verify
from bot.domain.checkpoints import LogHead
from bot.domain.errors import StoreError
from bot.domain.findings import Outcome
from bot.domain.snapshots import SnapshotName
from bot.store import SqliteStore
from bot.store.owner import Owner
from bot.store.restore import SqliteSnapshotFile
from bot.store.snapshot import SqliteSnapshots
from tests.integration.store.fixtures import START, SetClock, request, result, scan_once, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = AuditEntry(AuditAction.COMMAND, "U1", details={"command": "help"})
DECISION = AuditEntry(AuditAction.APPROVED, "U1", run_id=1)


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


@pytest.fixture
def source(store: SqliteStore, clock: SetClock) -> SqliteSnapshots:
    """What takes snapshots of it."""
    return SqliteSnapshots(store.connections, clock)


def packed(source: SqliteSnapshots) -> tuple[bytes, SnapshotName]:
    """A snapshot, and a name for it."""
    with source.take() as taken:
        assert taken.size == taken.file.stat().st_size
        return taken.file.read_bytes(), SnapshotName(1, START, taken.digest)


@pytest.fixture
def restored(path: Path) -> Path:
    """Where to restore to: beside the database, with leftovers of one that is gone."""
    file = path.with_name("new.db")
    for suffix in ("-wal", "-shm"):
        path.with_name(f"new.db{suffix}").write_bytes(b"of another database")
    return file


def restore(source: SqliteSnapshots, file: Path, clock: SetClock) -> None:
    """Restore a snapshot."""
    content, name = packed(source)
    assert SqliteSnapshotFile(file, clock).restore(content, name, name) == ""


def test_a_snapshot_names_the_end_of_its_audit_log(
    store: SqliteStore, source: SqliteSnapshots
) -> None:
    """So that it can be said which database it is of."""
    with source.take() as taken:
        assert taken.head == LogHead(0, GENESIS)
        assert source.has(taken.head)
    store.audit.record(COMMAND)
    with source.take() as taken:
        assert taken.head.count == 1
        assert source.has(taken.head)
        assert not source.has(LogHead(1, "f" * 64))
        assert not source.has(LogHead(2, taken.head.hash))


def test_an_unchanged_database_gives_the_same_snapshot(
    store: SqliteStore, source: SqliteSnapshots
) -> None:
    """By which nothing needs to be uploaded; reading changes nothing."""
    first, _ = packed(source)
    store.announcements.due()
    assert packed(source)[0] == first
    store.audit.record(COMMAND)
    assert packed(source)[0] != first


def test_a_decision_is_one_that_commands_are_not(
    store: SqliteStore, source: SqliteSnapshots
) -> None:
    """Whichever process records it."""
    store.audit.record(COMMAND)
    assert not source.has_decision_after(0)
    store.audit.record(DECISION)
    assert source.has_decision_after(1)
    assert not source.has_decision_after(2)


def test_a_snapshot_is_consistent_while_others_write(
    store: SqliteStore, source: SqliteSnapshots, path: Path, clock: SetClock
) -> None:
    """Writers go on meanwhile, and the log in each snapshot is intact."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.audit.record(DECISION)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            file = path.with_name(f"{number}.db")
            restore(source, file, clock)
            with SqliteStore(file, clock) as copy:
                assert verify(copy.audit.entries()).is_intact
    finally:
        stop.set()
        thread.join()


def test_what_may_have_been_posted_since_is_looked_for(
    store: SqliteStore, source: SqliteSnapshots, restored: Path, clock: SetClock
) -> None:
    """An announcement that waits in the snapshot is in doubt; one that was posted is not."""
    scan_once(store, result(1, Outcome.MISSING))
    (posted,) = store.announcements.due()
    send(store, posted.id)
    scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.MISSING))
    (waiting,) = store.announcements.due()
    assert waiting.state is SendState.PENDING
    restore(source, restored, clock)
    with SqliteStore(restored, clock) as copy:
        (due,) = copy.announcements.due()
        assert (due.id, due.state) == (waiting.id, SendState.SENDING)
        assert due.first_tried_at == waiting.created_at
        # Slack refuses it: it still isn't known whether it was posted before.
        copy.announcements.not_sent(due.id)
        (due,) = copy.announcements.due()
        assert due.first_tried_at is not None


def test_a_fix_that_may_have_been_sent_since_is_in_doubt(
    store: SqliteStore, source: SqliteSnapshots, restored: Path, clock: SetClock
) -> None:
    """And free for whoever continues, whatever host that is on."""
    fix, _ = store.fixes.plan(request("key", 1), "Web")
    assert fix.in_doubt_since is None
    restore(source, restored, clock)
    with SqliteStore(restored, clock) as copy:
        (left,) = copy.fixes.take_over()
        assert left.id == fix.id
        assert left.in_doubt_since == clock.now()


def test_nobody_waits_for_a_leader_that_is_gone(
    store: SqliteStore, source: SqliteSnapshots, restored: Path, clock: SetClock
) -> None:
    """Its lease is in the snapshot, and its host may be another one."""
    first = store.leadership.claim()
    restore(source, restored, clock)
    owner = Owner("another", "another host", 1)
    with SqliteStore(restored, clock, owner=owner) as copy:
        second = copy.leadership.claim()
    assert first is not None
    assert second is not None
    assert second > first


def test_a_restore_is_on_record(
    store: SqliteStore, source: SqliteSnapshots, restored: Path, clock: SetClock
) -> None:
    """With the snapshot, and the newest one in whose place it is; the log stays intact."""
    store.audit.record(COMMAND)
    content, name = packed(source)
    newest = SnapshotName(2, START, "f" * 16)
    assert SqliteSnapshotFile(restored, clock).restore(content, name, newest) == ""
    assert restored.stat().st_mode & 0o777 == 0o600
    assert not restored.with_name("new.db-wal").exists()
    with SqliteStore(restored, clock) as copy:
        entries = list(copy.audit.entries())
        assert verify(entries).is_intact
        assert entries[-1].action == AuditAction.DATABASE_RESTORED
        assert entries[-1].details_by_name() == {"snapshot": str(name), "newest": str(newest)}
        again = SqliteSnapshots(copy.connections, clock)
        assert again.replaces(newest)
        assert not again.replaces(name)


def test_a_file_that_is_there_is_no_vacancy(
    store: SqliteStore, source: SqliteSnapshots, path: Path, clock: SetClock
) -> None:
    """It is never restored over; an empty file, as of a start that was killed, is."""
    assert not SqliteSnapshotFile(path, clock).is_vacant()
    content, name = packed(source)
    with pytest.raises(StoreError, match="was made while a snapshot was restored"):
        SqliteSnapshotFile(path, clock).restore(content, name, name)
    store.audit.record(COMMAND)
    empty = path.with_name("empty.db")
    empty.touch()
    assert SqliteSnapshotFile(empty, clock).is_vacant()
    assert SqliteSnapshotFile(empty, clock).restore(content, name, name) == ""
    assert empty.stat().st_size > 0
    assert not SqliteSnapshotFile(path.parent / "no" / "bot.db", clock).is_vacant()


def test_what_was_just_restored_can_be_discarded(
    source: SqliteSnapshots, restored: Path, clock: SetClock
) -> None:
    """Before it is used."""
    restore(source, restored, clock)
    SqliteSnapshotFile(restored, clock).discard()
    assert SqliteSnapshotFile(restored, clock).is_vacant()


def test_a_full_disk_is_explained(
    source: SqliteSnapshots, restored: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left of the copy, and the disk is named."""
    content, name = packed(source)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(StoreError, match="No space left on device"), source.take():
        pass
    with pytest.raises(StoreError, match="No space left on device") as caught:
        SqliteSnapshotFile(restored, clock).restore(content, name, name)
    assert "Free some space" in caught.value.remedy
    assert not restored.exists()
    assert list(restored.parent.glob(".*")) == []


def test_a_database_that_is_gone_is_explained(
    store: SqliteStore, source: SqliteSnapshots, path: Path
) -> None:
    """As everywhere in the bot."""
    store.audit.record(COMMAND)
    path.unlink()
    with pytest.raises(StoreError, match="was moved or deleted"), source.take():
        pass


def test_what_a_killed_process_left_is_removed(source: SqliteSnapshots, path: Path) -> None:
    """Copies contain personal data; those of a process that may still run stay."""
    old, new = (path.with_name(f".bot.db-snapshot-{name}") for name in ("old", "new"))
    for left in (old, new):
        left.mkdir()
        (left / "copy.db").touch()
    os.utime(old, (0, 0))
    packed(source)
    assert (old.exists(), new.exists()) == (False, True)


def test_the_write_ahead_log_is_in_it_too(path: Path, clock: SetClock) -> None:
    """What is in the write-ahead log alone is in the snapshot, too."""
    with SqliteStore(path, clock) as store:
        for _ in range(50):
            store.audit.record(DECISION)
        content, name = packed(SqliteSnapshots(store.connections, clock))
        new = path.with_name("new.db")
        assert SqliteSnapshotFile(new, clock).restore(content, name, name) == ""
    with closing(sqlite3.connect(new)) as db:
        assert db.execute("SELECT count(*) FROM audit").fetchone() == (51,)
