"""Problems with Slack, stored so that another process (`altcontact doctor`) can show them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, NewAnnouncement
from bot.domain.slack_health import OtherBots, Refusal, WaitingAlerts
from bot.store.columns import time_text
from bot.store.outbox import UNTRIED, bump_revision, record
from bot.store.repository import Repository

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_REFUSED: Final = """
UPDATE announcements SET refusal = :refusal, refused_at = coalesce(refused_at, :now)
WHERE id = :id AND state IN ('pending', 'sending')
"""

_WAITING: Final = """
SELECT count(*) AS number, min(refused_at) AS since FROM announcements
WHERE state IN ('pending', 'sending') AND refused_at IS NOT NULL
"""

_LONGEST: Final = """
SELECT refusal FROM announcements
WHERE state IN ('pending', 'sending') AND refused_at IS NOT NULL
ORDER BY refused_at, number LIMIT 1
"""

_COUNTED: Final = """
INSERT INTO other_bots (id, connections, since, lasting)
VALUES (1, :connections, :now, :lasting)
ON CONFLICT (id) DO UPDATE SET connections = excluded.connections,
    lasting = CASE WHEN other_bots.lasting = 1 THEN 1 ELSE excluded.lasting END
"""

_WITHDRAW: Final = f"UPDATE announcements SET state = 'withdrawn' WHERE id = :id AND {UNTRIED}"  # noqa: S608 - a constant is put in


class SlackHealth(Repository):
    """Alerts that wait to be posted, and other bots on the same Slack app."""

    def refused(self, announcement_id: str, refusal: Refusal) -> None:
        """Record why an announcement couldn't be posted."""
        text = json.dumps([refusal.message, refusal.remedy, refusal.code, refusal.permanent])
        with self._connections.writing() as db:
            now = time_text(self._clock.now())
            db.run(_REFUSED, id=announcement_id, refusal=text, now=now)

    def waiting(self) -> WaitingAlerts | None:
        """The announcements that couldn't be posted so far; None if there are none."""
        with self._connections.reading() as db:
            return waiting_alerts(db)

    def count_others(self, connections: int, *, lasting: bool) -> bool:
        """Record how many connections of the app belong to other bots.

        If that lasts, it is announced once, and the message is updated when it is over.

        Args:
            connections: how many.
            lasting: whether they were also counted the time before.

        Returns:
            Whether there is something to announce.
        """
        with self._connections.writing() as db:
            known = db.row("SELECT * FROM other_bots")
            announced = str(known["announcement_id"] or "") if known is not None else ""
            if not connections:
                db.run("DELETE FROM other_bots")
                if announced and not db.run(_WITHDRAW, id=announced):
                    bump_revision(db, [announced])
                return bool(announced)
            now = self._clock.now()
            values = {"connections": connections, "lasting": int(lasting)}
            db.run(_COUNTED, now=time_text(now), **values)
            if not lasting or announced:
                return False
            news = NewAnnouncement(AnnouncementKind.OTHER_BOTS)
            db.run("UPDATE other_bots SET announcement_id = :id", id=record(db, news, None, now))
            return True

    def others(self) -> OtherBots | None:
        """Other bots, by the last count; None if there are none."""
        with self._connections.reading() as db:
            return other_bots(db)


def waiting_alerts(db: Transaction) -> WaitingAlerts | None:
    """See `SlackHealth.waiting`."""
    counted, longest = db.row(_WAITING), db.row(_LONGEST)
    if counted is None or longest is None:
        return None
    message, remedy, code, permanent = json.loads(longest["refusal"])
    since = datetime.fromisoformat(counted["since"])
    return WaitingAlerts(counted["number"], since, Refusal(message, remedy, code, permanent))


def other_bots(db: Transaction) -> OtherBots | None:
    """See `SlackHealth.others`."""
    row = db.row("SELECT * FROM other_bots")
    if row is None:
        return None
    since = datetime.fromisoformat(row["since"])
    return OtherBots(row["connections"], since, bool(row["lasting"]))
