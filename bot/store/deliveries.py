"""Recent deliveries from Slack, which repeats those that aren't acknowledged in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.store.columns import text, time_text
from bot.store.repository import Repository

REMEMBERED: Final = timedelta(days=1)
"""How long a delivery is remembered. Slack repeats one for about an hour."""

_REMEMBER: Final = "INSERT INTO deliveries (key, at) VALUES (:key, :at) ON CONFLICT DO NOTHING"


class Deliveries(Repository):
    """Deliveries by their keys."""

    def is_first(self, key: str) -> bool:
        """Whether this is the first delivery; remembers it for a day."""
        now = self._clock.now()
        with self._connections.writing() as db:
            if self._clock.is_proven():
                since = time_text(now - REMEMBERED)
                db.run("DELETE FROM deliveries WHERE at < :since", since=since)
            return db.run(_REMEMBER, key=text(key), at=time_text(now)) == 1
