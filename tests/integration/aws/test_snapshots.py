"""Snapshots against moto's server, with a proxy before it that breaks off what is uploaded."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from structlog.testing import capture_logs

from bot.app.snapshots import open_with_snapshots
from bot.aws.snapshots import POINTER, S3SnapshotStorage
from bot.config.settings import Settings
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.errors import GatewayError, StoreError
from bot.domain.s3_destination import S3Destination
from bot.domain.snapshots import SnapshotName
from bot.services.restore import restore
from bot.services.snapshots import SnapshotService
from bot.store import SqliteStore
from bot.store.restore import SqliteSnapshotFile
from bot.store.snapshot import SqliteSnapshots
from tests.integration.aws.breaking_proxy import BreakingProxy
from tests.unit.fakes import START, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from bot.services.ports.clock import Clock
    from bot.store.store import DatabaseStore

    Restored = Callable[[str], SnapshotName | None]
BUCKET = "corp-backup"
PLACE = S3Destination(BUCKET, "altcontact/prod")
ACCOUNTS = count(100_000_000_000)


def decision() -> AuditEntry:
    """A decision, unlike any other."""
    account_id = str(next(ACCOUNTS))
    return AuditEntry(AuditAction.EXEMPTION_GRANTED, "U1", account_id=account_id)


@pytest.fixture
def s3(moto: str) -> Iterator[S3Client]:
    """boto3's own client of S3, with an empty bucket."""
    client = boto3.client("s3", endpoint_url=moto)
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.close()


@pytest.fixture
def proxy(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakingProxy]:
    """A proxy before moto's server, which passes everything on until a test wants it otherwise."""
    with BreakingProxy(moto) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


@pytest.fixture
def storage(s3: S3Client) -> Iterator[S3SnapshotStorage]:
    """The bucket, whose calls never wait long."""
    made = S3SnapshotStorage(PLACE, pause=lambda _: None)
    yield made
    made.close()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until it is moved."""
    return FakeClock()


Bot = tuple[SqliteStore, SnapshotService]
"""A bot's database, and what keeps snapshots of it."""


@pytest.fixture
def bot(
    storage: S3SnapshotStorage, clock: FakeClock, tmp_path: Path
) -> Iterator[Callable[..., Bot]]:
    """Make a bot's database by this name, and what keeps snapshots of it."""
    stores: list[SqliteStore] = []

    def make(name: str = "one", keep: int = 48) -> Bot:
        store = SqliteStore(tmp_path / f"{name}.db", clock)
        stores.append(store)
        source = SqliteSnapshots(store.connections, clock)
        service = SnapshotService(
            source, storage, clock, destination=PLACE.url, keep=keep, version="1.2.3"
        )
        return store, service

    yield make
    for store in stores:
        store.close()


def decide(bot: Bot) -> int:
    """Record a decision and save a snapshot; how many entries the log has."""
    store, service = bot
    store.audit.record(decision())
    service.save()
    return store.audit.head().number


def entries(file: Path) -> int:
    """How many entries the audit log of a database has."""
    with closing(sqlite3.connect(file)) as db:
        (number,) = db.execute("SELECT count(*) FROM audit").fetchone()
    return int(number)


def events(logs: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was logged for people."""
    return [each["event"] for each in logs if each["log_level"] != "debug"]


def keys(s3: S3Client) -> list[str]:
    """The names of all objects below the prefix."""
    found = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [each["Key"].removeprefix(PLACE.folder) for each in found]


def pointer(s3: S3Client) -> dict[str, Any]:
    """What the pointer says."""
    body = s3.get_object(Bucket=BUCKET, Key=PLACE.folder + POINTER)["Body"].read()
    return dict(json.loads(body))


def snapshots(s3: S3Client) -> list[SnapshotName]:
    """The snapshots, in order."""
    return sorted(filter(None, map(SnapshotName.parse, keys(s3))))


@pytest.fixture
def restored(storage: S3SnapshotStorage, clock: FakeClock, tmp_path: Path) -> Restored:
    """Restore into a file of this name."""

    def into(name: str) -> SnapshotName | None:
        return restore(storage, SqliteSnapshotFile(tmp_path / f"{name}.db", clock), PLACE.url)

    return into


def test_what_is_saved_is_restored(
    s3: S3Client, bot: Callable[..., Bot], clock: FakeClock, tmp_path: Path, restored: Restored
) -> None:
    """With all decisions, and one entry more that says so; the file is its owner's alone."""
    one = bot()
    for _ in range(3):
        decide(one)
    assert [each.generation for each in snapshots(s3)] == [1, 2, 3]
    assert pointer(s3)["snapshot"] == str(snapshots(s3)[-1])
    assert pointer(s3)["entries"] == 3
    file = tmp_path / "new.db"
    assert restored("new") == snapshots(s3)[-1]
    assert file.stat().st_mode & 0o777 == 0o600
    with SqliteStore(file, clock) as store:
        *decisions, last = store.audit.entries()
        assert [each.action for each in decisions] == [AuditAction.EXEMPTION_GRANTED] * 3
        assert last.action == AuditAction.DATABASE_RESTORED
    assert list(tmp_path.glob(".*")) == []


def test_an_unchanged_database_is_saved_once(s3: S3Client, bot: Callable[..., Bot]) -> None:
    """But again if somebody deleted the snapshot."""
    _, service = one = bot()
    decide(one)
    service.save()
    [name] = snapshots(s3)
    s3.delete_object(Bucket=BUCKET, Key=PLACE.folder + str(name))
    service.save()
    assert [each.generation for each in snapshots(s3)] == [2]


def test_only_so_many_are_kept(s3: S3Client, bot: Callable[..., Bot], clock: FakeClock) -> None:
    """And nothing else is deleted."""
    others = ["notes.txt", "snapshot-1.db.gz", "old/snapshot-000000000001-x.db.gz"]
    for name in others:
        s3.put_object(Bucket=BUCKET, Key=PLACE.folder + name, Body=b"?")
    one = bot(keep=3)
    for _ in range(6):
        clock.tick(5)
        decide(one)
    assert [each.generation for each in snapshots(s3)] == [4, 5, 6]
    assert set(others) < set(keys(s3))


def test_two_bots_never_overwrite_each_others(
    s3: S3Client,
    storage: S3SnapshotStorage,
    bot: Callable[..., Bot],
    tmp_path: Path,
    restored: Restored,
) -> None:
    """Whoever continues the newest snapshot goes on; the other one stops, says so, and why."""
    old = bot("old")
    decide(old)
    restored("new")
    new = bot("new")
    decide(new)
    before = keys(s3)
    with capture_logs() as logs:
        decide(old)
        decide(old)
    status = old[1].status()
    assert status.is_superseded
    assert "is not of this database" in status.problem
    assert "stop one of them" in status.remedy
    assert events(logs) == ["snapshot not saved"]
    assert keys(s3) == before
    decide(new)
    assert new[1].status().failing_since is None
    assert storage.pointer().newest is not None
    restored("third")
    assert entries(tmp_path / "third.db") == entries(tmp_path / "new.db") + 1


def test_two_new_bots_at_once(s3: S3Client, bot: Callable[..., Bot]) -> None:
    """The first one claims the place."""
    first, second = bot("first"), bot("second")
    decide(first)
    decide(second)
    assert not first[1].status().is_superseded
    assert second[1].status().is_superseded
    assert len(snapshots(s3)) == 1


def test_a_bot_goes_on_after_a_restart(s3: S3Client, bot: Callable[..., Bot]) -> None:
    """What names the newest snapshot ends in its own log, whichever process wrote it."""
    one = bot()
    decide(one)
    one[0].close()
    again = bot()
    decide(again)
    assert [each.generation for each in snapshots(s3)] == [1, 2]
    assert not again[1].status().is_superseded


def test_an_older_copy_of_the_file_overwrites_nothing(
    s3: S3Client, bot: Callable[..., Bot], tmp_path: Path
) -> None:
    """As of a disk that was put back."""
    one = bot()
    decide(one)
    with closing(sqlite3.connect(tmp_path / "one.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (tmp_path / "copy.db").write_bytes((tmp_path / "one.db").read_bytes())
    decide(one)
    copy = bot("copy")
    decide(copy)
    assert copy[1].status().is_superseded
    assert len(snapshots(s3)) == 2


def damage(s3: S3Client, name: SnapshotName, how: str) -> None:
    """Damage a snapshot in the bucket."""
    key = PLACE.folder + str(name)
    body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    match how:
        case "truncated":
            body = body[: len(body) // 2]
        case "flipped":
            body = body[:200] + bytes([body[200] ^ 1]) + body[201:]
        case "gone":
            s3.delete_object(Bucket=BUCKET, Key=key)
            return
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


@pytest.mark.parametrize("how", ["truncated", "flipped", "gone"])
def test_one_that_is_not_intact_is_skipped(
    s3: S3Client,
    bot: Callable[..., Bot],
    tmp_path: Path,
    how: str,
    restored: Restored,
) -> None:
    """The next older one is restored, and the bot goes on from there, also after a restart."""
    one = bot()
    decide(one)
    decide(one)
    older, newest = snapshots(s3)
    damage(s3, newest, how)
    with capture_logs() as logs:
        assert restored("new") == older
    assert events(logs) == ["snapshot skipped", "database restored"]
    [skipped] = [each for each in logs if each["event"] == "snapshot skipped"]
    assert skipped["snapshot"] == str(newest)
    for _ in range(2):
        new = bot("new")
        decide(new)
        assert not new[1].status().is_superseded
        new[0].close()
    assert pointer(s3)["entries"] == entries(tmp_path / "new.db")


CONTENTS = {
    "damaged": b"SQLite format 3\x00" + b"\xff" * 8000,
    "no database": b"hello",
    "empty": b"",
}


@pytest.mark.parametrize("content", [*CONTENTS, "another program's"])
def test_content_that_is_no_database_is_skipped(
    s3: S3Client, tmp_path: Path, content: str, restored: Restored
) -> None:
    """And if none is left, the bot refuses to begin with an empty database."""
    if content in CONTENTS:
        body = CONTENTS[content]
    else:
        with closing(sqlite3.connect(tmp_path / "other.db")) as db, db:
            db.execute("CREATE TABLE things (id)")
        body = (tmp_path / "other.db").read_bytes()
    put(s3, body)
    file = tmp_path / "new.db"
    with capture_logs() as logs, pytest.raises(StoreError) as caught:
        restored("new")
    assert "none of the snapshots" in str(caught.value)
    assert "remove ALTCONTACT_BACKUP" in caught.value.remedy
    assert events(logs) == ["snapshot skipped"]
    assert not file.exists()


def put(s3: S3Client, body: bytes, generation: int = 7) -> SnapshotName:
    """Put a snapshot of this content into the bucket."""
    packed = gzip.compress(body)
    name = SnapshotName(generation, START, sha256(packed).hexdigest()[:16])
    s3.put_object(Bucket=BUCKET, Key=PLACE.folder + str(name), Body=packed)
    return name


def test_one_of_a_newer_version_is_not_passed_over(
    s3: S3Client, bot: Callable[..., Bot], tmp_path: Path, restored: Restored
) -> None:
    """An older one would lose decisions, so the bot names the version's problem and stops."""
    store, _ = one = bot()
    decide(one)
    with store.connections.plain() as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('altcontact', 'm999_future', '2027')"
        )
    decide(one)
    with pytest.raises(StoreError, match="made by a newer version"):
        restored("new")
    assert not (tmp_path / "new.db").exists()


def test_an_interrupted_naming_is_no_loss(
    s3: S3Client, bot: Callable[..., Bot], restored: Restored
) -> None:
    """A snapshot that was saved, but not named yet when the bot was killed, is restored."""
    one = bot()
    decide(one)
    named = s3.get_object(Bucket=BUCKET, Key=PLACE.folder + POINTER)["Body"].read()
    decide(one)
    s3.put_object(Bucket=BUCKET, Key=PLACE.folder + POINTER, Body=named)
    assert restored("new") == snapshots(s3)[-1]
    new = bot("new")
    decide(new)
    assert not new[1].status().is_superseded
    assert snapshots(s3)[-1].generation == 3


@pytest.mark.parametrize("said", [None, b"?", b'{"format": 2}'])
def test_a_pointer_that_is_gone_or_not_understood_is_replaced(
    s3: S3Client,
    storage: S3SnapshotStorage,
    bot: Callable[..., Bot],
    said: bytes | None,
    restored: Restored,
) -> None:
    """The names' order says which is the newest."""
    one = bot()
    decide(one)
    if said is None:
        s3.delete_object(Bucket=BUCKET, Key=PLACE.folder + POINTER)
    else:
        s3.put_object(Bucket=BUCKET, Key=PLACE.folder + POINTER, Body=said)
    assert restored("new") == snapshots(s3)[-1]
    decide(one)
    assert storage.pointer().newest is not None
    assert len(snapshots(s3)) == 2


def test_a_broken_upload_leaves_the_last_one(
    s3: S3Client,
    proxy: BreakingProxy,
    bot: Callable[..., Bot],
    tmp_path: Path,
    restored: Restored,
) -> None:
    """The connection breaks in the middle of each try; then it works, and nothing is lost."""
    one = bot()
    decide(one)
    proxy.break_uploads(after=1000, times=100)
    decide(one)
    assert proxy.broken >= 3
    assert one[1].status().failing_since == START
    assert len(snapshots(s3)) == 1
    restored("meanwhile")
    assert entries(tmp_path / "meanwhile.db") == 2
    proxy.break_uploads(after=1000, times=1)
    assert one[1].save() == 3600
    assert one[1].status().failing_since is None
    restored("afterwards")
    assert entries(tmp_path / "afterwards.db") == 3


@pytest.mark.parametrize("what", [POINTER, "snapshot-"])
def test_a_lost_answer_is_no_conflict(
    s3: S3Client, proxy: BreakingProxy, bot: Callable[..., Bot], what: str
) -> None:
    """What was written before is found by the next try, and is the bot's own."""
    one = bot()
    decide(one)
    proxy.lose_answers(what, times=1)
    decide(one)
    assert proxy.lost == 1
    assert one[1].status().failing_since is None
    assert [each.generation for each in snapshots(s3)] == [1, 2]
    decide(one)
    assert one[1].status().failing_since is None


def test_a_bucket_that_is_gone_is_explained(
    s3: S3Client, bot: Callable[..., Bot], storage: S3SnapshotStorage, restored: Restored
) -> None:
    """Saving goes on by itself once it is there again; an empty disk doesn't begin without it."""
    one = bot()
    s3.delete_bucket(Bucket=BUCKET)
    decide(one)
    assert one[1].status().problem == f"The bucket {BUCKET} doesn't exist."
    with pytest.raises(StoreError) as caught:
        restored("new")
    assert "There is no database" in str(caught.value)
    assert "begin with an empty database" in caught.value.remedy
    with pytest.raises(GatewayError):
        storage.names()
    s3.create_bucket(Bucket=BUCKET)
    one[1].save()
    assert one[1].status().failing_since is None


# A bot's start


def settings(file: Path) -> Settings:
    """Settings that name the bucket."""
    return Settings(database=file, backup=PLACE.url)


def opened(file: Path, clock: FakeClock) -> tuple[DatabaseStore, SnapshotService]:
    """Open a database as a bot does."""
    store, service = open_with_snapshots(settings(file), clock)
    assert service is not None
    return store, service


def test_a_restored_database_claims_the_place(
    s3: S3Client, bot: Callable[..., Bot], clock: FakeClock, tmp_path: Path
) -> None:
    """From the start on, the bot whose snapshot it was can't save one any more."""
    old = bot("old")
    decide(old)
    store, service = opened(tmp_path / "new.db", clock)
    with store:
        assert service.status().saved == snapshots(s3)[-1]
    decide(old)
    assert old[1].status().is_superseded


def test_a_decision_made_while_another_bot_restores_is_not_lost(
    s3: S3Client, bot: Callable[..., Bot], clock: FakeClock, tmp_path: Path
) -> None:
    """The database that was just restored is put away, and the newer snapshot is restored."""
    old = bot("old")
    decide(old)
    file = tmp_path / "new.db"
    opens: list[int] = []

    def open_late(path: Path, clock: Clock, *_: object, **__: object) -> SqliteStore:
        opens.append(entries(path))
        if len(opens) == 1:
            decide(old)
        return SqliteStore(path, clock)

    store, service = open_with_snapshots(settings(file), clock, open_file=open_late)
    assert service is not None
    with store:
        assert opens == [2, 3]
        assert not service.status().is_superseded
    decide(old)
    assert old[1].status().is_superseded


def test_a_database_that_is_there_is_never_replaced(
    bot: Callable[..., Bot], clock: FakeClock, tmp_path: Path
) -> None:
    """Though the bucket has a newer snapshot of another one: the bot says that."""
    decide(bot("other"))
    mine = tmp_path / "mine.db"
    SqliteStore(mine, clock).close()
    store, service = opened(mine, clock)
    with store:
        assert store.audit.head().number == 0
        store.audit.record(decision())
        service.save()
        assert service.status().is_superseded
