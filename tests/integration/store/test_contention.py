"""Many threads and processes on one file, and very many accounts in it."""

from __future__ import annotations

import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from tests.integration.store.databases import open_at, place, query
from tests.integration.store.fixtures import (
    SECURITY,
    START,
    SetClock,
    account,
    claimed,
    ended,
    result,
    scan_once,
    send,
)
from tests.integration.store.worker import DELIVERIES, work

if TYPE_CHECKING:
    from pathlib import Path

EACH = 8


def test_threads_and_processes_lose_nothing(tmp_path: Path) -> None:
    """Eight threads and two processes at once meet no lock, and undo nobody's work."""
    path = tmp_path / "bot.db"
    spans = [(1 + EACH * n, 1 + EACH * (n + 1)) for n in range(10)]
    pipe = subprocess.PIPE
    with open_at(path, SystemClock()) as store, ThreadPoolExecutor(8) as pool:
        scan_once(store, *(result(n, Outcome.MISSING) for n in range(1, 10 * EACH + 1)))
        (due,) = store.announcements.due()
        send(store, due.id)
        module = "tests.integration.store.worker"
        others = [
            subprocess.Popen(
                [sys.executable, "-m", module, place(path), str(first), str(end)],
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
        assert query(path, "SELECT count(*) FROM fixes WHERE ended_at IS NULL") == [(0,)]
        content = store.announcements.content(due.id, 0)
        assert (content.total, content.open) == (10 * EACH, 0)
        assert content.announcement.revision == 10 * EACH


def test_exemptions_from_many_threads(tmp_path: Path) -> None:
    """Granted, ended and settled at once, each finding is exempt by one, or open, never lost."""
    path = tmp_path / "bot.db"
    clock = SetClock()
    with open_at(path, clock) as store, ThreadPoolExecutor(6) as pool:
        scan_once(store, *(result(n, Outcome.MISSING) for n in range(1, EACH + 1)))
        together = threading.Barrier(6)

        def ask(user_id: str) -> None:
            together.wait()
            for number in range(1, EACH + 1):
                whose = (account(number).id, SECURITY, Rule.MISSING)
                until = START + timedelta(days=1 + number % 2)
                what = ExemptionKind.EXEMPTION
                asked = ExemptionRequest(what, *whose, "A reason.", user_id, until)
                store.exemptions.grant([asked], f"Account {number}")

        def end(user_id: str) -> None:
            together.wait()
            for exemption_id in range(1, 3 * EACH, 3):
                store.exemptions.end(exemption_id, user_id)

        def settle() -> None:
            together.wait()
            for number in range(EACH):
                clock.moment = START + timedelta(hours=3 * number)
                store.exemptions.settle()

        calls = [pool.submit(ask, f"U{n}") for n in range(3)]
        calls += [pool.submit(end, "U8"), pool.submit(settle), pool.submit(settle)]
        for call in calls:
            call.result()
        clock.moment = START + timedelta(days=1, hours=12)
        store.exemptions.settle()
        made = {each: store.exemptions.get(each) for each in range(1, 3 * EACH + 1)}
        for number in range(1, EACH + 1):
            (finding,) = store.findings.unresolved(account(number).id)
            whose = account(number).id
            mine = [each for each in made.values() if each and each.request.account_id == whose]
            assert len(mine) == 3
            holding = [each for each in mine if each.ended_at is None]
            assert ([finding.exemption] if finding.exemption else []) == holding
        # Each end of what a finding stood under opened that anew, announced once.
        unsaid = "resolved_at IS NULL AND exemption_id IS NULL AND announcement_id IS NULL"
        assert query(path, f"SELECT count(*) FROM findings WHERE {unsaid}") == [(0,)]  # noqa: S608 - as above


def test_ten_thousand_accounts(tmp_path: Path, database: str) -> None:
    """A scan of 10,000 accounts is recorded and reported in little memory."""
    # Measuring memory makes Python slow, and the texts of statements are made in Python.
    many = 10_000 if database == "sqlite" else 2_000
    found = [result(n, Outcome.MISSING, Outcome.COMPLIANT) for n in range(1, many + 1)]
    with open_at(tmp_path / "bot.db", SetClock()) as store:
        scan = ended(claimed(store), *found)
        tracemalloc.start()
        try:
            changes = store.scans.record(scan, found)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 30 * 2**20
        assert len(changes.opened) == many
        assert len(scan_once(store, *found).opened) == 0
        (due,) = store.announcements.due()
        page = store.announcements.content(due.id, 20, many - 10)
        assert (len(page.findings), page.total) == (10, many)
        assert store.scans.report(1).results[-1] == found[-1]
