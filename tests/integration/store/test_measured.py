"""How long transactions take is reported, and whether the database couldn't be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import StoreError
from bot.services.ports.metrics import NoMetrics
from bot.store import SqliteStore
from tests.integration.store.fixtures import SetClock

if TYPE_CHECKING:
    from pathlib import Path


class Reports(NoMetrics):
    """Keeps what is reported of transactions."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bool]] = []

    def database(self, kind: str, seconds: float, *, failed: bool) -> None:
        """A transaction."""
        assert seconds >= 0
        self.kept.append((kind, failed))


@pytest.fixture
def database() -> None:
    """SQLite alone: its file can be taken away."""


def test_each_transaction_is_reported(tmp_path: Path) -> None:
    """By its kind; one on a file that is gone as a failure."""
    path, reports = tmp_path / "bot.db", Reports()
    with SqliteStore(path, SetClock(), metrics=reports) as store:
        store.scans.last()
        assert store.deliveries.is_first("event:1")
        path.unlink()
        with pytest.raises(StoreError):
            store.scans.last()
        with pytest.raises(StoreError, match="moved or deleted"):
            store.figures.probe()
    assert reports.kept == [("read", False), ("write", False), ("read", True), ("write", True)]
