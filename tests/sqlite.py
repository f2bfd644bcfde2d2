"""SQLite files that have the bot's tables already, quicker than creating them for each test."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from bot.app.clock import SystemClock
from bot.store import SqliteStore


def with_tables(path: Path) -> Path:
    """A file for a store to open, which has all tables, unless there is one; the same path.

    For one process at a time: others would see half a file.
    """
    if not path.exists():
        path.write_bytes(_template())
    return path


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.db"
        SqliteStore(path, SystemClock()).close()
        return path.read_bytes()
