"""Recent requests that arrived by HTTP; they are kept among the deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.deliveries import EarlierRequest
from bot.store.columns import text, time_text
from bot.store.deliveries import REMEMBER
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.store.transaction import Transaction

_AT: Final = "SELECT at FROM deliveries WHERE key = :key"
_RECEIVED, _ANSWERED = "request:", "answered:"


class Requests(Repository):
    """Requests by what identifies them."""

    def note(
        self, received: Collection[str], answered: Collection[str]
    ) -> dict[str, EarlierRequest]:
        """Remember for a day that requests were received, and that others were answered."""
        earlier = {}
        with self._connections.appending() as db:
            now = db.now(self._clock)
            for each in sorted(answered):
                db.run(REMEMBER, key=text(f"{_ANSWERED}{each}"), at=time_text(now))
            for each in sorted(received):
                key = text(f"{_RECEIVED}{each}")
                if not db.run(REMEMBER, key=key, at=time_text(now)):
                    earlier[each] = _earlier(db, each, now)
        return earlier


def _earlier(db: Transaction, request: str, now: datetime) -> EarlierRequest:
    row = db.row(_AT, key=text(f"{_RECEIVED}{request}"))
    since = datetime.fromisoformat(row["at"]) if row is not None else now
    is_answered = db.row(_AT, key=text(f"{_ANSWERED}{request}")) is not None
    return EarlierRequest((now - since).total_seconds(), is_answered)
