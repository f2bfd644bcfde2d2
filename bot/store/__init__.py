"""sqlite-utils behind `bot.store_port.Store`: rows stay in this package, domain types leave it."""

from bot.store.store import SqliteStore

__all__ = ["SqliteStore"]
