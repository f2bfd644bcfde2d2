"""A new bot introduces itself once, in the life of its database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bot.domain.announcements import AnnouncementKind, SendState
from bot.domain.findings import Outcome
from bot.domain.timetable import Timetable
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import SetClock, claimed, result, scan_once, send

if TYPE_CHECKING:
    from pathlib import Path

DAILY = Timetable("0 9 * * *", "Europe/Lisbon")


def test_it_is_announced_once(tmp_path: Path) -> None:
    """It is due until it is sent, also after the process died, and never again."""
    with open_at(tmp_path / "bot.db", SetClock()) as store:
        assert store.announcements.introduce(DAILY)
    with open_at(tmp_path / "bot.db", SetClock()) as store:
        assert not store.announcements.introduce(Timetable("0 5 * * *", "UTC"))
        (due,) = store.announcements.due()
        assert (due.kind, due.state) == (AnnouncementKind.STARTED, SendState.PENDING)
        assert store.announcements.content(due.id, 20).planned_by == DAILY
        send(store, due.id)
        scan_once(store, result(1, Outcome.COMPLIANT))
        assert not store.announcements.introduce(DAILY)
        assert store.announcements.due() == []


def test_none_of_a_database_that_was_used_before(tmp_path: Path) -> None:
    """Not after an upgrade, whatever became of its scans."""
    with open_at(tmp_path / "bot.db", SetClock()) as store:
        claimed(store)
        assert not store.announcements.introduce(DAILY)
        assert store.announcements.due() == []


def test_two_bots_that_start_together(tmp_path: Path) -> None:
    """One of them does it."""
    stores = [open_at(tmp_path / "bot.db", SetClock()) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as bots:
        done = list(bots.map(lambda store: store.announcements.introduce(DAILY), stores))
    assert sorted(done) == [False, False, False, True]
    assert len(stores[0].announcements.due()) == 1
    for store in stores:
        store.close()
