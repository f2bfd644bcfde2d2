"""Recent deliveries from Slack, which repeats those that aren't acknowledged in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.store.columns import text, time_text
from bot.store.repository import Repository

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Connections

REMEMBERED: Final = timedelta(days=1)
"""How long a delivery is remembered. Slack repeats one for about an hour."""

DELETION_INTERVAL: Final = timedelta(minutes=1)
"""How long after a deletion of old deliveries the next one is made."""

REMEMBER: Final = "INSERT INTO deliveries (key, at) VALUES (:key, :at) ON CONFLICT DO NOTHING"


class Deliveries(Repository):
    """Deliveries by their keys.

    Nobody waits for a writer such as the record of a scan: a row is added, and never changed.

    Args:
        connections: the database.
        clock: the time.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        super().__init__(connections, clock)
        self._next_deletion = datetime.min.replace(tzinfo=UTC)

    def is_first(self, key: str) -> bool:
        """Whether this is the first delivery; remembers it for a day."""
        now = self._clock.now()
        with self._connections.appending() as db:
            if now >= self._next_deletion and self._clock.is_proven():
                since = time_text(now - REMEMBERED)
                db.run("DELETE FROM deliveries WHERE at < :since", since=since)
                self._next_deletion = now + DELETION_INTERVAL
            return db.run(REMEMBER, key=text(key), at=time_text(now)) == 1
