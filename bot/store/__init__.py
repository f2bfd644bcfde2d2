"""The SQLite database. Rows stay in this package; callers get domain types."""

from bot.store.store import SqliteStore

__all__ = ["SqliteStore"]
