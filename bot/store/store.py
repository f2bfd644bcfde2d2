"""Opens, checks and migrates the SQLite file, and gives access to the repositories."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.errors import StoreError
from bot.store.accounts import Accounts
from bot.store.announcements import Announcements
from bot.store.approvals import Approvals
from bot.store.audit import Audit
from bot.store.auto_fixes import AutoFixes
from bot.store.checkpoints import Checkpoints
from bot.store.connections import BUSY_TIMEOUT, CLOSE_TIMEOUT, SqliteConnections
from bot.store.deliveries import Deliveries
from bot.store.exemptions import Exemptions
from bot.store.fence import Fence
from bot.store.figures import FigureCounts
from bot.store.findings import Findings
from bot.store.fixes import Fixes
from bot.store.leadership import Leadership
from bot.store.measured import MeasuredConnections
from bot.store.migrations.migrate import migrate, refuse_foreign
from bot.store.overviews import Overviews
from bot.store.owner import Lease, this_process
from bot.store.replicas import Replicas
from bot.store.requests import Requests
from bot.store.run_files import RunFileRecords
from bot.store.runs import Runs
from bot.store.scans import Scans
from bot.store.slack_health import SlackHealth

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.store.owner import Owner
    from bot.store.transaction import Connections

LEAD_LEASE: Final = timedelta(seconds=15)
"""How long the lead lasts if it isn't renewed."""

CLAIMS: Final = 2
"""How much longer a claim on a scan, a fix or a run lasts than the lead.

The leader changes often enough; a claim that ends too early costs a repeated check.
"""

LEASE: Final = CLAIMS * LEAD_LEASE
"""How long a claim on a scan, a fix or a run lasts if it isn't renewed."""

CONSISTENCY: Final = timedelta(seconds=60)
"""How long after a write AWS may still give the old value."""

_RETRY: Final = 0.02
"""Seconds between attempts to turn on write-ahead logging, which SQLite doesn't wait for."""


class DatabaseStore:
    """`Store` over connections of any kind. Safe for several threads, and for several processes.

    Args:
        connections: the database, with its tables as this version needs them.
        clock: the time.
        lease: how long a claim on a scan or a fix lasts if it isn't renewed.
        consistency: how long after a write AWS may still give the old value.
        lead_lease: how long the lead lasts if it isn't renewed.
        owner: who owns this object's claims on scans and fixes; this process by default.
        metrics: take how long transactions take.
    """

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        lease: timedelta,
        consistency: timedelta,
        *,
        lead_lease: timedelta,
        owner: Owner | None,
        metrics: Metrics | None = None,
    ) -> None:
        self.connections = connections
        if metrics is not None:
            connections = MeasuredConnections(connections, metrics)
        owner = owner or this_process(uuid.uuid4().hex)
        claims, fence = Lease(owner, lease), Fence(owner.instance)
        self.leadership = Leadership(connections, clock, Lease(owner, lead_lease), fence)
        self.replicas = Replicas(connections, clock, claims)
        self.scans = Scans(connections, clock, claims, consistency, fence)
        self.findings = Findings(connections, clock, consistency)
        self.fixes = Fixes(connections, clock, claims, consistency, fence)
        self.runs = Runs(connections, clock, claims, fence)
        self.approvals = Approvals(connections, clock)
        self.run_files = RunFileRecords(connections, clock, fence)
        self.exemptions = Exemptions(connections, clock)
        self.announcements = Announcements(connections, clock, fence)
        self.accounts = Accounts(connections, clock)
        self.audit = Audit(connections, clock)
        self.auto_fixes = AutoFixes(connections, clock, fence)
        self.checkpoints = Checkpoints(connections, clock, fence)
        self.overviews = Overviews(connections, clock)
        self.figures = FigureCounts(connections, clock)
        self.deliveries = Deliveries(connections, clock)
        self.requests = Requests(connections, clock)
        self.slack_health = SlackHealth(connections, clock)

    def close(self) -> None:
        """Wait for running transactions, then close. Every later call raises `StoreError`."""
        self.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class SqliteStore(DatabaseStore):
    """`Store` in a SQLite file. Safe for several threads, and for several processes.

    Args:
        path: the file. If it doesn't exist, it is created, readable only by its owner.
        clock: the time.
        owner: who owns this object's claims on scans and fixes; this process by default.
        lease: how long a claim on a scan or a fix lasts if it isn't renewed.
        consistency: how long after a write AWS may still give the old value.
        busy_timeout: seconds to wait for another writer.
        close_timeout: seconds that running transactions have at `close`.
        metrics: take how long transactions take.
        sleep: waits between attempts to turn on write-ahead logging.

    Raises:
        StoreError: the file can't be used. It was not changed.
    """

    connections: SqliteConnections

    def __init__(
        self,
        path: Path | str,
        clock: Clock,
        lease: timedelta = LEASE,
        consistency: timedelta = CONSISTENCY,
        *,
        lead_lease: timedelta = LEAD_LEASE,
        owner: Owner | None = None,
        busy_timeout: float = BUSY_TIMEOUT,
        close_timeout: float = CLOSE_TIMEOUT,
        metrics: Metrics | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        file = Path(path).absolute()
        _create_file(file)
        connections = SqliteConnections(file, busy_timeout, close_timeout)
        try:
            with connections.plain() as db:
                refuse_foreign(db, file)
            _enable_write_ahead_log(connections, busy_timeout, sleep)
            with connections.migrating() as db:
                # Checked again: another process may have migrated it in the meantime.
                refuse_foreign(db, file)
                migrate(db)
        except BaseException:
            connections.close()
            raise
        super().__init__(
            connections,
            clock,
            lease,
            consistency,
            lead_lease=lead_lease,
            owner=owner,
            metrics=metrics,
        )


def _create_file(file: Path) -> None:
    """Create an empty file that only its owner can read: it will contain personal data."""
    try:
        if file.is_dir():
            raise StoreError(
                f"The database {file} is a directory.", "Set ALTCONTACT_DATABASE to a file in it."
            )
        if not file.parent.is_dir():
            raise StoreError(
                f"The database {file} cannot be made: its directory does not exist.",
                "Make the directory, or set ALTCONTACT_DATABASE to a file in another one.",
            )
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as exc:
        raise StoreError(
            f"The database {file} cannot be made: {exc.strerror}.",
            "Let the bot's user write the directory that it is in.",
        ) from exc


def _enable_write_ahead_log(
    connections: SqliteConnections, busy_timeout: float, sleep: Callable[[float], None]
) -> None:
    """Turn on write-ahead logging, so that readers and the writer don't wait for each other."""
    # SQLite may wait in the first attempt, and that can take all of the time.
    deadline = time.monotonic() + 2 * busy_timeout
    while True:
        try:
            with connections.plain() as db:
                db.enable_wal()
        except StoreError as error:
            cause = error.__cause__
            busy = isinstance(cause, sqlite3.OperationalError) and (
                cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            )
            if not busy or time.monotonic() > deadline:
                raise
            sleep(_RETRY)
        else:
            return
