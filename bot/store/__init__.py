"""sqlite-utils behind `Store`: rows stay in this package, domain types leave it."""

from bot.store.store import SqliteStore

__all__ = ["SqliteStore"]
