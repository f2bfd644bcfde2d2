"""A process that is killed leaves all of a call or nothing of it, and a file that opens."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.app.clock import SystemClock
from bot.domain.announcements import AnnouncementKind
from bot.domain.exemptions import ExemptionKind, ExemptionRequest
from bot.domain.findings import Outcome
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanState
from bot.store.columns import time_text
from tests.integration.store.databases import is_intact, open_at, place, query
from tests.integration.store.fixtures import (
    SCHEDULE,
    SECURITY,
    account,
    proven_clock,
    result,
    scan_once,
    send,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("when", ["1", "2", "4", "9", "16", "22", "28", "commit", "after"])
def test_killed_while_a_scan_is_recorded(tmp_path: Path, when: str) -> None:
    """Findings, their resolution and what is to be announced are kept together or not at all."""
    path = tmp_path / "bot.db"
    with open_at(path, SystemClock()) as store:
        scan_once(store, result(1, Outcome.MISSING))
        (due,) = store.announcements.due()
        send(store, due.id)
    command = [sys.executable, "-m", "tests.integration.store.killed", place(path), when, "scan"]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    recorded = when == "after"
    with open_at(path, SystemClock()) as store:
        assert store.scans.cut_off_dead() == (0 if recorded else 1)
        scan = store.scans.get(2)
        assert scan is not None
        assert scan.state is (ScanState.COMPLETE if recorded else ScanState.CUT_OFF)
        kinds = [each.kind for each in store.announcements.due()]
        both = [AnnouncementKind.NON_COMPLIANT, AnnouncementKind.NON_COMPLIANT]
        assert kinds == ([*both, AnnouncementKind.UNCHECKED] if recorded else [])
        assert store.announcements.content(due.id, 9).open == (0 if recorded else 1)
        assert (store.accounts.get(account(2).id) is not None) is recorded
        assert store.scans.claim(SCHEDULE).granted
    assert is_intact(path)


@pytest.mark.parametrize(
    "when", ["1", "4", "5", "7", "9", "11", "13", "15", "17", "commit", "after"]
)
def test_killed_while_exemptions_are_settled(tmp_path: Path, when: str) -> None:
    """An end, its finding opened again and the notice of another end are kept together or not."""
    path = tmp_path / "bot.db"
    now = proven_clock().now()
    with open_at(path, proven_clock()) as store:
        scan_once(store, result(1, Outcome.MISSING), result(2, Outcome.MISSING))
        (due,) = store.announcements.due()
        send(store, due.id)
        for number in (1, 2):
            whose = (account(number).id, SECURITY, Rule.MISSING)
            asked = ExemptionRequest(
                ExemptionKind.EXEMPTION, *whose, "A reason.", "U1", now + timedelta(days=30)
            )
            store.exemptions.grant([asked], f"Account {number}")
        shown = store.announcements.due()[0]
        store.announcements.sent(shown.id, "C1", "1.1", shown.revision)
    # The day of one has come, and that of the other is near.
    query(path, "UPDATE exemptions SET until = ?, notice_at = ?", time_text(now), time_text(now))
    query(path, "UPDATE exemptions SET until = ? WHERE id = 2", time_text(now + timedelta(days=3)))
    command = [sys.executable, "-m", "tests.integration.store.killed", place(path), when, "settle"]
    killed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with open_at(path, proven_clock()) as store:
        assert store.exemptions.settle() is (when != "after")
        assert not store.exemptions.settle()
        kinds = sorted(each.kind for each in store.announcements.due())
        assert kinds == [AnnouncementKind.ENDING, *2 * [AnnouncementKind.NON_COMPLIANT]]
        assert [each.is_open for each in store.findings.unresolved(account(1).id)] == [True]
        assert [each.is_open for each in store.findings.unresolved(account(2).id)] == [False]
        content = store.announcements.content(due.id, 9)
        assert (content.total, content.open, content.exempt) == (2, 0, 1)
    assert query(path, "SELECT count(*) FROM findings") == [(3,)]
    assert query(path, "SELECT count(*) FROM exemptions WHERE noticed_at IS NOT NULL") == [(1,)]
    assert is_intact(path)
