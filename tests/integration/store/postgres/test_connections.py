"""What PostgreSQL does to the bot: stops, restarts, refuses, loses answers, is slow."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

import pytest

from bot.app.clock import SystemClock
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.errors import StoreError
from bot.store.postgres.address import Address
from bot.store.postgres.connections import POOL_SIZE, PostgresConnections
from bot.store.postgres.store import PostgresStore
from tests import postgres
from tests.postgres import Server, query

if TYPE_CHECKING:
    from pathlib import Path

    from bot.store.store import DatabaseStore

PATIENCE: Final = 60.0
"""Seconds for what a busy machine may take long to do."""

SECRET: Final = "hunter2"

PAUSED: Final = """
import sys
from bot.app.clock import SystemClock
from bot.domain.errors import StoreError
from bot.store.postgres.store import PostgresStore
store = PostgresStore(sys.argv[1], SystemClock(), busy_timeout=2)
try:
    with store.connections.writing() as db:
        db.run("INSERT INTO deliveries (key, at) VALUES ('paused', '')")
        print("writing", flush=True)
        sys.stdin.readline()
except StoreError as error:
    print(error, flush=True)
"""


READING = PAUSED.replace(
    "sys.stdin.readline()",
    "db.rows(\"SELECT repeat('x', 1000) AS long FROM generate_series(1, 2000000)\")",
)
"""Two gigabytes: the server is still sending them when the reader is stopped."""

SENDING = """
SELECT pid FROM pg_stat_activity
WHERE pid != pg_backend_pid() AND state = 'active' AND query LIKE '%generate_series%'
"""


def deliver(store: DatabaseStore, key: str) -> None:
    """Write something."""
    with store.connections.writing() as db:
        db.run("INSERT INTO deliveries (key, at) VALUES (:key, '')", key=key)


def delivered(url: str) -> list[object]:
    """What was written."""
    return [key for (key,) in query(url, "SELECT key FROM deliveries ORDER BY key")]


def test_a_writer_that_was_stopped_holds_up_nobody(url: str) -> None:
    """SIGSTOP in the middle of a transaction: another bot writes, and the first learns of it."""
    child = subprocess.Popen(
        [sys.executable, "-c", PAUSED, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "writing\n"
        os.kill(child.pid, signal.SIGSTOP)
        with closing(PostgresStore(url, SystemClock(), busy_timeout=PATIENCE)) as store:
            deliver(store, "other")
        assert delivered(url) == ["other"]
        os.kill(child.pid, signal.SIGCONT)
        told, _ = child.communicate("go\n", timeout=PATIENCE)
    finally:
        child.kill()
        child.wait()
    assert "ended a transaction because the bot had stopped" in told
    assert delivered(url) == ["other"]


def test_a_writer_that_was_stopped_while_it_reads_holds_up_nobody(url: str) -> None:
    """The server waits for it to take what it asked for, which is no idle transaction."""
    child = subprocess.Popen([sys.executable, "-c", READING, url], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"writing\n"
        while not query(url, SENDING):
            assert child.poll() is None
        os.kill(child.pid, signal.SIGSTOP)
        with closing(PostgresStore(url, SystemClock(), busy_timeout=PATIENCE)) as store:
            deliver(store, "other")
        assert delivered(url) == ["other"]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


class Way:
    """A way to the server that breaks at a commit, once: before it gets there, or its answer does.

    It breaks at the first commit after `is_armed` was set.
    """

    def __init__(self, server: Server, *, before: bool) -> None:
        self._server = server
        self._before = before
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answered = threading.Event()
        self.is_armed = threading.Event()
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nobody any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                bot, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._server.port))
                cut = threading.Event()
                for carry in (self._to_server, self._to_bot):
                    threading.Thread(target=carry, args=(bot, there, cut), daemon=True).start()

    def _to_server(self, bot: socket.socket, there: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := bot.recv(65536):
                if self.is_armed.is_set() and b"COMMIT" in data:
                    self.is_armed.clear()
                    cut.set()
                    if not self._before:
                        there.sendall(data)
                        assert self._answered.wait(PATIENCE)
                    break
                there.sendall(data)
        _end(bot, there)

    def _to_bot(self, bot: socket.socket, there: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := there.recv(65536):
                if cut.is_set():
                    self._answered.set()
                    break
                bot.sendall(data)
        _end(bot, there)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("before", [True, False])
def test_a_commit_whose_answer_is_lost_is_looked_up(url: str, *, before: bool) -> None:
    """If it was stored, the bot goes on; if not, it says so. Neither is guessed."""
    with closing(Way(postgres.server(), before=before)) as way:
        through = url.replace(str(postgres.server().port), str(way.port))
        with closing(PostgresStore(through, SystemClock())) as store:
            way.is_armed.set()
            if before:
                with pytest.raises(StoreError, match="cannot be reached"):
                    deliver(store, "one")
            else:
                deliver(store, "one")
            assert not way.is_armed.is_set()
            deliver(store, "two")
    assert delivered(url) == (["two"] if before else ["one", "two"])


def test_the_server_is_restarted(tmp_path: Path) -> None:
    """While it is away each call says so; afterwards the same store goes on."""
    server = Server()
    try:
        server.start()
        url = server.with_tables()
        with closing(PostgresStore(url, SystemClock(), busy_timeout=1)) as store:
            deliver(store, "before")
            server.stop()
            for _ in range(2):
                with pytest.raises(StoreError, match=r"cannot be reached|was shut down"):
                    deliver(store, "lost")
                with pytest.raises(StoreError, match=r"cannot be reached|was shut down"):
                    store.scans.last()
            server.start()
            for _ in range(int(PATIENCE)):
                with suppress(StoreError):
                    deliver(store, "after")
                    break
            assert store.scans.last() is None
        assert delivered(url) == ["after", "before"]
        assert not list(tmp_path.iterdir())
    finally:
        server.close()


def test_many_connections_from_before_a_restart() -> None:
    """None of them is waited for, however many the bot had: a transaction has a new one at once."""
    server = Server()
    with closing(server):
        server.start()
        connections = PostgresConnections(server.create())
        together = threading.Barrier(POOL_SIZE)

        def read() -> None:
            with connections.reading() as db:
                together.wait(PATIENCE)
                db.rows("SELECT 1")

        with closing(connections), ThreadPoolExecutor(POOL_SIZE) as readers:
            for one in [readers.submit(read) for _ in range(POOL_SIZE)]:
                one.result()
            server.stop(signal.SIGQUIT)
            server.start()
            with connections.writing() as db:
                assert db.rows("SELECT 1 AS one") == [{"one": 1}]


def raising(url: str, body: str) -> None:
    """Let each insert of a delivery do this first."""
    query(
        url,
        "CREATE FUNCTION fail() RETURNS TRIGGER LANGUAGE plpgsql AS "
        f"$$ BEGIN {body}; RETURN NEW; END $$",
    )
    query(
        url,
        "CREATE TRIGGER fail BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION fail()",
    )


@pytest.mark.parametrize(
    ("body", "parameters", "message", "remedy"),
    [
        ("RAISE EXCEPTION 'x' USING ERRCODE = '53100'", "", "its disk is full", "Free some space"),
        ("RAISE EXCEPTION 'x' USING ERRCODE = '53200'", "", "out of memory", "more memory"),
        (
            "RAISE EXCEPTION 'x' USING ERRCODE = 'XX001'",
            "",
            r"failed \(XX001\)",
            "PostgreSQL's log",
        ),
        (
            "PERFORM pg_sleep(600)",
            "?options=-cstatement_timeout%3D300",
            "took too long to answer",
            "load of the database server",
        ),
        (
            "",
            "?options=-cdefault_transaction_read_only%3Don",
            "it is read-only",
            "Name the primary server",
        ),
    ],
    ids=["full", "memory", "damaged", "slow", "read-only"],
)
def test_what_fails_is_explained(
    empty: str, body: str, parameters: str, message: str, remedy: str
) -> None:
    """The message says what is wrong and what to do; nothing was stored."""
    PostgresStore(empty, SystemClock()).close()
    if body:
        raising(empty, body)
    with closing(PostgresStore(empty + parameters, SystemClock())) as store:
        with pytest.raises(StoreError, match=message) as failed:
            deliver(store, "one")
        assert remedy in failed.value.remedy
        assert "127.0.0.1" in str(failed.value)
        assert failed.value.__cause__ is None
        assert store.scans.last() is None
    assert delivered(empty) == []


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("{port}", "{closed}"), "cannot be reached"),
        (("127.0.0.1", "nowhere.invalid"), "its host name is unknown"),
        (("altcontact:", "stranger:"), "refused the bot's login"),
        (("/{name}", "/nothing_here"), "does not exist"),
        (("{name}", "{name}?sslmode=require"), "can't be reached over TLS"),
        (("{name}", "{name}?sslrootcert=/none&sslmode=verify-full"), "can't be reached over TLS"),
        (("{name}", "{name}?passfile=/nowhere/pass"), r"can't be read \(No such file"),
        (("{name}", "{name}?options=-cnonsense%3D1"), "failed|cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_used_is_explained(
    url: str, change: tuple[str, str], message: str
) -> None:
    """At once, with the cause, and without the password."""
    server = postgres.server()
    whole = url.replace("altcontact@", f"altcontact:{SECRET}@")
    words = {
        "{port}": str(server.port),
        "{closed}": str(closed_port()),
        "{name}": url.rpartition("/")[2],
    }
    before, after = change
    for word, meant in words.items():
        before, after = before.replace(word, meant), after.replace(word, meant)
    changed = after.join(whole.rsplit(before, 1))
    assert changed != whole
    with pytest.raises(StoreError, match=message) as failed:
        PostgresStore(changed, SystemClock())
    assert failed.value.remedy
    for text in (str(failed.value), repr(failed.value), failed.value.remedy):
        assert SECRET not in text


def test_no_more_connections(url: str) -> None:
    """The server's limit is named."""
    server = postgres.server()
    query(url, "CREATE ROLE crowd LOGIN CONNECTION LIMIT 0")
    try:
        with pytest.raises(StoreError, match="has no free connection") as failed:
            PostgresStore(url.replace("altcontact@", "crowd@"), SystemClock())
        assert "max_connections" in failed.value.remedy
    finally:
        query(server.url("postgres"), "DROP ROLE crowd")


def test_a_user_without_rights(url: str) -> None:
    """The error for those that may not read the tables names whose rights are missing."""
    server = postgres.server()
    query(url, "CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(StoreError, match="doesn't allow the bot's user") as failed:
            PostgresStore(url.replace("altcontact@", "guest@"), SystemClock())
        assert "make it the owner" in failed.value.remedy
    finally:
        query(server.url("postgres"), "DROP ROLE guest")


def test_a_writer_that_is_too_busy_is_named(url: str) -> None:
    """Waiting for another bot ends."""
    with (
        closing(PostgresStore(url, SystemClock(), busy_timeout=PATIENCE)) as one,
        closing(PostgresStore(url, SystemClock(), busy_timeout=0.2)) as other,
        one.connections.writing() as db,
    ):
        db.run("INSERT INTO deliveries (key, at) VALUES ('one', '')")
        with pytest.raises(StoreError, match="kept busy by another bot"):
            deliver(other, "other")
    assert delivered(url) == ["one"]


def test_a_closed_store_says_so(url: str) -> None:
    """As with SQLite."""
    store = PostgresStore(url, SystemClock())
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        deliver(store, "one")


def test_wiped_contacts_are_gone_from_the_table(url: str) -> None:
    """Their old versions are removed from the table's pages, too."""
    with closing(PostgresStore(url, SystemClock())) as store:
        store.audit.record(AuditEntry(AuditAction.COMMAND, "U1", details={"command": "audit"}))
        with store.connections.wiping() as db:
            db.run("DELETE FROM deliveries")
        assert store.audit.head().number == 1


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("db.example", False),
        ("10.0.0.7", False),
        ("localhost,db.example", False),
    ],
)
def test_where_a_connection_stays_on_this_machine(host: str, *, is_local: bool) -> None:
    """Several hosts are as far away as the farthest."""
    assert Address(f"postgresql://bot@{host}/bots", 1).is_local is is_local


def test_a_socket_is_on_this_machine() -> None:
    """A folder in place of the host."""
    assert Address("postgresql:///bots?host=/run/postgresql", 1).is_local


def test_several_hosts_are_searched_for_the_one_that_writes() -> None:
    """After a failover the bot finds the new primary."""
    several, one = "postgresql://a,b/bots", "postgresql://a/bots"
    assert "target_session_attrs=read-write" in Address(several, 1).conninfo(several)
    assert "target_session_attrs" not in Address(one, 1).conninfo(one)
