"""A process that is killed leaves all of a call or nothing of it, and a file that opens."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.announcements import AnnouncementKind
from bot.clock import SystemClock
from bot.findings import Outcome
from bot.scans import ScanState
from bot.store import SqliteStore
from tests.integration.store_fixtures import SCHEDULE, account, query, result, scan_once, send

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("when", ["1", "2", "4", "9", "16", "25", "33", "commit", "after"])
def test_killed_while_a_scan_is_recorded(tmp_path: Path, when: str) -> None:
    """Findings, their resolution and what is to be announced are kept together or not at all."""
    path = tmp_path / "bot.db"
    with SqliteStore(path, SystemClock()) as store:
        scan_once(store, result(1, Outcome.MISSING))
        (due,) = store.due_announcements()
        send(store, due.id)
    command = [sys.executable, "-m", "tests.integration.store_killed", str(path), when]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    recorded = when == "after"
    with SqliteStore(path, SystemClock()) as store:
        assert store.cut_off_dead_scans() == (0 if recorded else 1)
        scan = store.scan(2)
        assert scan is not None
        assert scan.state is (ScanState.COMPLETE if recorded else ScanState.CUT_OFF)
        kinds = [each.kind for each in store.due_announcements()]
        both = [AnnouncementKind.FALLS_SHORT, AnnouncementKind.FALLS_SHORT]
        assert kinds == ([*both, AnnouncementKind.UNCHECKED] if recorded else [])
        assert store.announcement_content(due.id, 9).open == (0 if recorded else 1)
        assert (store.account(account(2).id) is not None) is recorded
        assert store.claim_scan(SCHEDULE).granted
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
