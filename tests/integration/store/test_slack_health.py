"""Alerts that wait, as the store keeps them for a doctor in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.findings import Outcome
from bot.domain.slack_health import OtherBots, Refusal
from tests.integration.store.databases import checks_at, open_at
from tests.integration.store.fixtures import SetClock, result, scan_once, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.store.store import DatabaseStore

REFUSAL = Refusal("It is archived.", "Unarchive it.", "is_archived", permanent=True)
LATER = Refusal("It is read-only.", "Allow it.", "", permanent=False)


@pytest.fixture
def clock() -> SetClock:
    """A clock that is set."""
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file."""
    return tmp_path / "bot.db"


@pytest.fixture
def store(path: Path, clock: SetClock) -> Iterator[DatabaseStore]:
    """The database."""
    with open_at(path, clock) as store:
        yield store


def test_what_waits(store: DatabaseStore, path: Path, clock: SetClock) -> None:
    """How many, since the first refusal, and why the oldest waits by its last try."""
    scan_once(store, result(1, Outcome.MISSING))
    (due,) = store.announcements.due()
    assert store.slack_health.waiting() is None
    began = clock.now()
    store.slack_health.refused(due.id, REFUSAL)
    clock.tick(60)
    store.slack_health.refused(due.id, LATER)
    for waiting in (store.slack_health.waiting(), checks_at(path).waiting()):
        assert waiting is not None
        assert (waiting.number, waiting.since, waiting.refusal) == (1, began, LATER)
    send(store, due.id)
    assert store.slack_health.waiting() is None
    store.slack_health.refused(due.id, REFUSAL)  # an update that fails is no alert that waits
    assert store.slack_health.waiting() is None


def test_other_bots(store: DatabaseStore, path: Path, clock: SetClock) -> None:
    """They are read by another process, without the bot."""
    assert checks_at(path).others() is None
    store.slack_health.count_others(2, lasting=False)
    assert checks_at(path).others() == OtherBots(2, clock.now(), lasting=False)


def test_no_database(tmp_path: Path) -> None:
    """Before the first start nothing waits."""
    checks = checks_at(tmp_path / "none.db")
    assert (checks.waiting(), checks.others()) == (None, None)
