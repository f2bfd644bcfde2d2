"""The message of a run, recorded in the transaction that begins it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AnnouncementKind, NewAnnouncement
from bot.domain.policy.destination import Destination
from bot.store.outbox import record

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.transaction import Transaction

_UNANNOUNCED: Final = """
SELECT channel,
    (SELECT count(*) FROM run_items WHERE run_id = :id AND state != 'left_out') AS contacts,
    (SELECT count(*) FROM approvals WHERE run_id = :id) AS approvals
FROM runs WHERE id = :id AND announcement_id IS NULL
"""


def announce_run(db: Transaction, run_id: int, now: datetime) -> None:
    """Have a run that begins announced, unless it has a message already.

    One contact that needed an approval has none of its own: the message of the approval shows how
    it goes, and that of the fix what it came to.
    """
    run = db.row(_UNANNOUNCED, id=run_id)
    if run is None or (run["contacts"] == 1 and run["approvals"]):
        return
    news = NewAnnouncement(AnnouncementKind.RUN, destination=Destination(run["channel"]))
    announcement_id = record(db, news, None, now)
    sql = "UPDATE runs SET announcement_id = :announcement_id WHERE id = :id"
    db.run(sql, announcement_id=announcement_id, id=run_id)
