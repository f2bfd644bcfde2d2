"""A PostgreSQL server of the tests' own: on a loopback port, in a temporary folder, without fsync.

`server()` runs one for as long as the process lives, so tests of one worker share it; each test
creates a database of its own in it. `Server` is for a test that stops it or sends it signals.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
import pytest
from psycopg import sql

from bot.store.postgres.connections import PostgresConnections
from bot.store.postgres.migrate import migrate

USER: Final = "altcontact"

LOCKED: Final = "locked"
"""The only user whose password the server asks for. A test that needs it creates it."""

_START_SECONDS: Final = 60.0
_MISSING: Final = (
    "PostgreSQL 14 or newer isn't installed, so nothing was tested on it: "
    "apt-get install postgresql"
)
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
}
_TEMPLATE: Final = "altcontact_tables"
_END_SESSIONS: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""
_EMPTY: Final = """
DO $$
DECLARE
    name TEXT;
BEGIN
    -- Neither the order of the tables nor the triggers of the audit log count here.
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename != 'altcontact'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        PERFORM setval(name::regclass, 1, false);
    END LOOP;
END $$
"""


def programs() -> Path:
    """The folder of PostgreSQL's programs.

    Without it, the test is skipped with a line that says so; in CI it fails.
    """
    found = _folders()
    if not found:
        if os.environ.get("CI"):
            pytest.fail(_MISSING, pytrace=False)
        pytest.skip(_MISSING)
    return max(found, key=lambda path: path.parts)


def is_installed() -> bool:
    """Whether there is a PostgreSQL to run."""
    return bool(_folders())


def _folders() -> list[Path]:
    found = [
        path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if path.is_file()
    ]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    return found


class Server:
    """One server. It is started by `start`, and deleted by `close`."""

    def __init__(self) -> None:
        self._programs = programs()
        # The server refuses to run as root, so its folder belongs to somebody else.
        self._user = "postgres" if os.getuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="altcontact-postgres-"))
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self.port = 0
        self._run(
            "initdb",
            *("-D", str(self._folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--no-sync"),
        )
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(f"host all {LOCKED} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")

    def start(self, **settings: str) -> None:
        """Start it, on the port that it had before if there was one, and wait until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            port = self.port or _free_port()
            command = [str(self._programs / "postgres"), "-D", str(self._folder / "data")]
            for name, value in {**_SETTINGS, "port": str(port), **settings}.items():
                command += ["-c", f"{name}={value}"]
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    cwd=self._folder,
                    user=self._user,
                    group=self._user,
                    extra_groups=[] if self._user else None,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                )
            while self._process.poll() is None:
                try:
                    psycopg.connect(self._url(port), connect_timeout=5).close()
                except psycopg.OperationalError:
                    assert time.monotonic() < deadline, self.log()
                    time.sleep(0.02)
                else:
                    self.port = port
                    return
            assert time.monotonic() < deadline, self.log()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions first; SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_START_SECONDS)
            self._process = None

    def close(self) -> None:
        """Stop it, and delete what it had."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str, user: str = USER) -> str:
        """The address of a database, as `ALTCONTACT_DATABASE` takes it."""
        return self._url(self.port, database, user)

    def create(self, template: str = "template0") -> str:
        """A new database, empty by default; its address."""
        name = f"t{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever uses it."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def with_tables(self) -> str:
        """A new database with the bot's tables, quicker than creating them; its address."""
        return self.create(self._template())

    def borrow(self) -> str:
        """A database with the bot's tables, all empty: a new one, or one that was given back."""
        return self._free.pop() if self._free else self.with_tables()

    def give_back(self, url: str) -> None:
        """Empty a borrowed database for the next test, which is quicker than to create one."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_END_SESSIONS)
            connection.execute(_EMPTY)
        self._free.append(url)

    def log(self) -> str:
        """What it wrote to its log, the end of it."""
        with suppress(OSError):
            return (self._folder / "log").read_text("utf-8", "replace")[-3000:]
        return ""

    @cache  # noqa: B019 - servers are few, and live as long as the process
    def _template(self) -> str:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        connections = PostgresConnections(self.url(_TEMPLATE))
        try:
            migrate(connections)
        finally:
            connections.close()
        return _TEMPLATE

    def _url(self, port: int, database: str = "postgres", user: str = USER) -> str:
        return f"postgresql://{user}@127.0.0.1:{port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            check=True,
            capture_output=True,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )


@cache
def server() -> Server:
    """The server that this process's tests share; started when the first of them needs it."""
    shared = Server()
    atexit.register(shared.close)
    shared.start()
    return shared


def query(url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Rows read, or one statement run, beside the bot; `?` stands for a value, as for SQLite."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement.replace("?", "%s").encode(), values or None)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
