"""Many threads and processes on one file, and very many accounts in it."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bot.clock import SystemClock
from bot.findings import Outcome
from bot.store import SqliteStore
from tests.integration.store_fixtures import SetClock, claimed, ended, result, scan_once, send
from tests.integration.store_worker import DELIVERIES, work

if TYPE_CHECKING:
    from pathlib import Path

EACH = 8


def test_threads_and_processes_lose_nothing(tmp_path: Path) -> None:
    """Eight threads and two processes at once meet no lock, and undo nobody's work."""
    path = tmp_path / "bot.db"
    spans = [(1 + EACH * n, 1 + EACH * (n + 1)) for n in range(10)]
    pipe = subprocess.PIPE
    with SqliteStore(path, SystemClock()) as store, ThreadPoolExecutor(8) as pool:
        scan_once(store, *(result(n, Outcome.MISSING) for n in range(1, 10 * EACH + 1)))
        (due,) = store.due_announcements()
        send(store, due.id)
        module = "tests.integration.store_worker"
        others = [
            subprocess.Popen(
                [sys.executable, "-m", module, str(path), str(first), str(end)],
                stdin=pipe,
                stdout=pipe,
                text=True,
            )
            for first, end in spans[8:]
        ]
        for other in others:
            assert other.stdout is not None
            assert other.stdout.readline() == "ready\n"
        mine = [pool.submit(work, store, *span) for span in spans[:8]]
        answers = [other.communicate("go\n")[0] for other in others]
        met = [each.result() for each in mine] + [int(answer) for answer in answers]
        assert sum(met) == DELIVERIES
        assert store.unfinished_fixes() == []
        content = store.announcement_content(due.id, 0)
        assert (content.total, content.open) == (10 * EACH, 0)
        assert content.announcement.revision == 10 * EACH


def test_ten_thousand_accounts(tmp_path: Path) -> None:
    """A scan of 10,000 accounts is recorded and reported in little memory."""
    found = [result(n, Outcome.MISSING, Outcome.COMPLIANT) for n in range(1, 10_001)]
    with SqliteStore(tmp_path / "bot.db", SetClock()) as store:
        scan = ended(claimed(store), *found)
        tracemalloc.start()
        try:
            changes = store.record_scan(scan, found)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 30 * 2**20
        assert len(changes.opened) == 10_000
        assert len(scan_once(store, *found).opened) == 0
        (due,) = store.due_announcements()
        page = store.announcement_content(due.id, 20, 9_990)
        assert (len(page.findings), page.total) == (10, 10_000)
        assert store.report(1).results[9_999] == found[9_999]
