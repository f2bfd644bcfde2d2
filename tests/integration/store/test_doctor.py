"""The doctor's look at a database: what it tells of each state, and that it leaves it as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.domain.scans import Trigger, TriggerKind
from bot.services.doctor import CheckResult, State
from bot.store import SqliteStore
from bot.store.doctor.checks import STEPS_BETWEEN, StoreChecks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def database() -> str:
    """These tests are about the file."""
    return "sqlite"


NO_MOUNTS = Path("/nonexistent/mountinfo")


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database as a bot leaves it."""
    path = tmp_path / "bot.db"
    SqliteStore(path, SystemClock()).close()
    return path


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room, whatever that of the machine has."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))


def run_checks(
    path: Path,
    integrity_seconds: float = 20.0,
    steps_between: int = STEPS_BETWEEN,
    mounts: Path = NO_MOUNTS,
) -> dict[str, CheckResult]:
    """The lines by name."""
    checks = StoreChecks(path, 0.1, integrity_seconds, steps_between, mounts=mounts)
    return {line.name: line for check in checks.checks() for line in check.run()}


def states(lines: dict[str, CheckResult]) -> dict[str, State]:
    """The states by name."""
    return {name: line.state for name, line in lines.items()}


def test_all_is_well(file: Path) -> None:
    """A database that the bot made passes every check, and is byte for byte what it was."""
    before, beside = file.read_bytes(), sorted(file.parent.iterdir())
    lines = run_checks(file)
    assert set(states(lines).values()) == {State.OK}
    assert list(lines) == ["File", "Schema", "Writing", "Integrity", "Free space"]
    assert (file.read_bytes(), sorted(file.parent.iterdir())) == (before, beside)


def test_none_yet(tmp_path: Path) -> None:
    """A file that is not there yet is no failure, and is not made."""
    lines = run_checks(tmp_path / "bot.db")
    assert states(lines) == {"File": State.OK, "Free space": State.OK}
    assert StoreChecks(tmp_path / "bot.db").last_scan() is None
    assert not list(tmp_path.iterdir())


def test_no_directory(tmp_path: Path) -> None:
    """A directory that is not there is a failure with the command that makes it."""
    lines = run_checks(tmp_path / "data" / "bot.db")
    assert lines["File"].state is State.FAILURE
    assert lines["File"].snippet == f"mkdir -p {tmp_path / 'data'}"
    assert lines["Schema"].state is State.NOT_TESTED
    assert lines["Free space"].state is State.NOT_TESTED


def test_a_directory(tmp_path: Path) -> None:
    """A directory in the file's place is a failure with a setting that would do."""
    line = run_checks(tmp_path)["File"]
    assert line.state is State.FAILURE
    assert line.snippet.endswith("/altcontact.db")


def test_a_directory_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file that SQLite keeps beside the first needs the directory."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    lines = run_checks(file)
    assert lines["File"].state is State.FAILURE
    assert lines["File"].snippet.startswith("chown ")
    assert lines["Writing"].state is State.NOT_TESTED


def test_a_file_system_mounted_read_only(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only mount is reported as one: no owner of the directory could write."""
    real = os.statvfs(file.parent)
    fields = [*real[:8], real.f_flag | os.ST_RDONLY, real.f_namemax]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(fields))
    lines = run_checks(file)
    assert lines["File"].state is State.FAILURE
    assert "mounted read-only" in lines["File"].message
    assert lines["File"].snippet == f"findmnt --target {file.parent}"
    assert lines["Schema"].state is State.NOT_TESTED


def test_a_path_that_cannot_be_looked_at(tmp_path: Path) -> None:
    """What the system refuses to look at is a failure in its words, not an unforeseen error."""
    file = tmp_path / ("long" * 100) / "bot.db"
    lines = run_checks(file)
    assert lines["File"].state is State.FAILURE
    assert "File name too long" in lines["File"].message
    assert lines["File"].snippet.startswith("namei -l ")
    assert lines["Free space"].state is State.NOT_TESTED
    with pytest.raises(StoreError, match="cannot be opened"):
        StoreChecks(file).last_scan()


def test_locked(file: Path) -> None:
    """A writer that does not end is a failure; what can be read is still looked at."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        lines = run_checks(file)
    assert lines["Writing"].state is State.FAILURE
    assert "locked" in lines["Writing"].message
    assert lines["Writing"].remedy
    assert lines["Schema"].state is State.OK


@pytest.fixture
def other(file: Path) -> Iterator[int]:
    """A process that has the database open."""
    code = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute('SELECT * FROM scans')\n"
        "print(flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="Linux alone tells who holds a lock")
def test_in_use(file: Path, other: int) -> None:
    """A bot that runs on it is said, and fine."""
    line = run_checks(file)["File"]
    assert line.state is State.OK
    assert f"Process {other} uses it" in line.message


def test_a_newer_version(file: Path) -> None:
    """A database of a newer version is a failure, and nothing further is looked at."""
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("INSERT INTO _sqlite_migrations VALUES (99, 'altcontact', 'm999_new', '')")
    lines = run_checks(file)
    assert lines["Schema"].state is State.FAILURE
    assert "newer version" in lines["Schema"].message
    assert lines["Integrity"].state is State.NOT_TESTED


def test_an_older_version(tmp_path: Path) -> None:
    """A database that the next start brings up to date is fine, and so is an empty file."""
    (tmp_path / "bot.db").touch()
    line = run_checks(tmp_path / "bot.db")["Schema"]
    assert line.state is State.OK
    assert "next start" in line.message
    assert (tmp_path / "bot.db").read_bytes() == b""
    assert StoreChecks(tmp_path / "bot.db").last_scan() is None


def test_no_database(tmp_path: Path) -> None:
    """A file that isn't a database is a failure with the next step."""
    (tmp_path / "bot.db").write_text("hello, this is no database at all" * 50)
    line = run_checks(tmp_path / "bot.db")["Schema"]
    assert line.state is State.FAILURE
    assert "is not a database" in line.message


def test_damage(file: Path) -> None:
    """Damage is found, and the command is shown that recovers what is left."""
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("PRAGMA journal_mode = DELETE")
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name='fixes_open'").fetchone()
        size = db.execute("PRAGMA page_size").fetchone()
    content = bytearray(file.read_bytes())
    start = (root[0] - 1) * size[0]
    content[start : start + 20] = b"\xff" * 20
    file.write_bytes(content)
    line = run_checks(file)["Integrity"]
    assert line.state is State.FAILURE
    assert "damaged" in line.message
    assert ".recover" in line.snippet or line.snippet.startswith("ls ")


def test_a_large_database(file: Path) -> None:
    """Looking for damage ends after a while; that is no failure."""
    line = run_checks(file, integrity_seconds=-1.0, steps_between=1)["Integrity"]
    assert line.state is State.OK
    assert "the rest wasn't read" in line.message


@pytest.mark.parametrize(
    ("free", "state"),
    [(2**30, State.OK), (2**30 - 1, State.WARNING), (100 * 2**20 - 1, State.FAILURE)],
)
def test_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    """Little free space is a warning, hardly any a failure."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    line = run_checks(tmp_path / "bot.db")["Free space"]
    assert line.state is state
    assert line.snippet.startswith("df -h") is (state is not State.OK)


def test_the_last_scan(file: Path) -> None:
    """The last scan is read without a store; one that runs has not ended."""
    with SqliteStore(file, SystemClock()) as store:
        store.scans.claim(Trigger(TriggerKind.CLI))
        assert StoreChecks(file).last_scan() is None


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
23 22 0:5 / /proc rw shared:2 - proc proc rw
24 22 0:61 / {place} rw,noatime shared:3 - {kind} {source} rw,vers=4.1
"""


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("nfs", "filer:/export", "(NFS)"),
        ("nfs4", "127.0.0.1:/", "(NFS, such as Amazon EFS)"),
        ("cifs", "//filer/share", "(SMB)"),
        ("smb3", "//filer/share", "(SMB)"),
        ("9p", "drivers", "(9P, "),
        ("lustre", "10.0.0.1@tcp:/fsx", "(Lustre)"),
        ("fuse.s3fs", "s3fs", "(FUSE, such as an object store"),
        ("fuse.gcsfuse", "bucket", "(FUSE, such as an object store"),
        ("fuse", "mountpoint-s3", "(FUSE, such as an object store"),
        ("fuse.sshfs", "host:/", "(FUSE, "),
        ("fuse.glusterfs", "host:/vol", "(GlusterFS)"),
        ("ceph", "mon:/", "(CephFS)"),
    ],
)
def test_a_network_file_system_is_named(
    file: Path, tmp_path: Path, kind: str, source: str, words: str
) -> None:
    """With what to use instead."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(place=file.parent, kind=kind, source=source))
    line = run_checks(file, mounts=mounts)["File system"]
    assert line.state is State.WARNING
    assert words in line.message
    assert f"mounted at {file.parent}." in line.message
    assert "Use PostgreSQL" in line.remedy
    assert "snapshots in S3" in line.remedy
    assert source not in line.message


@pytest.mark.parametrize(
    "content",
    [
        MOUNTS.format(place="/elsewhere", kind="nfs4", source="x:/"),
        MOUNTS.format(place="{parent}/b", kind="nfs4", source="x:/"),
        MOUNTS.format(place="{parent}", kind="xfs", source="/dev/sdb"),
        MOUNTS.format(place="{parent}", kind="fuse.fuse-overlayfs", source="fuse-overlayfs"),
        MOUNTS.format(place="{parent}", kind="overlay", source="overlay"),
        MOUNTS.format(place="{parent}", kind="nfs4", source="x:/")
        + "25 24 8:2 / {parent} rw - ext4 /dev/sdb rw\n",
        "",
        "not a list of mounts\n\n - \n24 22 0:61 /\n",
    ],
)
def test_other_file_systems_are_no_line(file: Path, tmp_path: Path, content: str) -> None:
    """Local disks, mounts beside it or covered by another one, and lists that can't be read."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(content.replace("{parent}", str(file.parent)))
    assert "File system" not in run_checks(file, mounts=mounts)
    assert "File system" not in run_checks(file, mounts=tmp_path / "none")


def test_the_innermost_mount_counts(file: Path, tmp_path: Path) -> None:
    """Wherever it is in the list, with blanks in its path, and through a link."""
    shared = tmp_path / "a b"
    shared.mkdir()
    mounts = tmp_path / "mountinfo"
    place = str(shared).replace(" ", "\\040")
    mounts.write_text(
        f"25 24 0:9 / {place} rw - nfs4 x:/ rw\n24 22 8:2 / {tmp_path} rw - ext4 /dev/sdb rw\n"
    )
    link = tmp_path / "link"
    link.symlink_to(shared)
    for path in (shared / "bot.db", link / "bot.db"):
        assert str(shared) in run_checks(path, mounts=mounts)["File system"].message
    assert "File system" not in run_checks(file, mounts=mounts)
