"""SQLite and PostgreSQL beside each other: a scan recorded, a run previewed, a Home read."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from benchmarks import home, run_preview
from benchmarks.measuring import Row
from bot.app.clock import SystemClock
from bot.services.home import ACCOUNTS, EXEMPTIONS
from bot.store import SqliteStore
from bot.store.postgres.store import PostgresStore
from tests.postgres import Server, is_installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

SIZE, QUICK = 10_000, 1_000
TIMES: Final = 10
"""Homes that are read of each."""


def measure(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The same on both, and how many times as long PostgreSQL takes, on this machine."""
    accounts = QUICK if quick else SIZE
    if not is_installed():
        yield Row("SQLite and PostgreSQL beside each other", "PostgreSQL isn't installed")
        return
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.close)
        # As it is shipped: it confirms a change once it is on the disk.
        server.start(fsync="on", synchronous_commit="on", full_page_writes="on")
        clock = SystemClock()
        figures = {}
        for name, opened in (
            ("SQLite", [SqliteStore(folder / f"beside-{use}.db", clock) for use in "ab"]),
            ("PostgreSQL", [PostgresStore(server.with_tables(), clock) for _ in "ab"]),
        ):
            for store in opened:
                stack.callback(store.close)
            figures[name] = _figures(opened[0], opened[1], accounts, clock)
    sizes = f"{accounts:,} accounts"
    for place, what in enumerate(
        (
            f"recording a scan of {sizes}, of three types",
            f"previewing a run of {sizes}",
            f"reading a Home of {sizes}",
        )
    ):
        sqlite, postgres = figures["SQLite"][place], figures["PostgreSQL"][place]
        yield Row(
            what,
            f"SQLite {sqlite:.2f} s, PostgreSQL {postgres:.2f} s",
            f"{postgres / sqlite:.1f} x",
        )


def _figures(
    scanned: DatabaseStore, previewed: DatabaseStore, accounts: int, clock: SystemClock
) -> tuple[float, float, float]:
    """Seconds of a scan's record, of a preview, and of a Home, each a median."""
    began = time.perf_counter()
    home.fill(scanned, accounts)
    recorded = (time.perf_counter() - began) / home.SCANS
    reads = []
    for _ in range(TIMES):
        began = time.perf_counter()
        scanned.overviews.overview(ACCOUNTS, EXEMPTIONS)
        reads.append(time.perf_counter() - began)
    policy = run_preview.policy_of_teams()
    known = run_preview.fill(previewed, policy, accounts)
    previews, _ = run_preview.previews_of(previewed, known, policy, clock)
    return recorded, statistics.median(previews), statistics.median(reads)
