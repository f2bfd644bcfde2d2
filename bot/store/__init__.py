"""The database: SQLite or PostgreSQL. Rows stay in this package; callers get domain types."""

from bot.store.open_store import is_absent, open_store
from bot.store.store import SqliteStore

__all__ = ["SqliteStore", "is_absent", "open_store"]
