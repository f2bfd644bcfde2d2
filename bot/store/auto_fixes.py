"""What the bot fixed by itself, and after which scans it stopped at the policy's limit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.announcements import AutoFixPause
from bot.domain.audit import BOT, AuditAction, AuditEntry
from bot.domain.contacts import ContactType
from bot.services.ports.auto_fixes import PlannedAutoFix
from bot.store.audit_log import record
from bot.store.columns import text, time_text
from bot.store.outbox import bump_revision
from bot.store.repository import FencedRepository

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.services.ports.auto_fixes import AutoFixDecision
    from bot.store.transaction import Transaction

_UNSTARTED: Final = """
SELECT id FROM runs WHERE kind = 'auto_fix' AND state = 'previewed' ORDER BY id
"""

_PLANNED: Final = """
SELECT run_items.account_id, run_items.type, runs.created_at
FROM runs JOIN run_items ON run_items.run_id = runs.id
WHERE runs.kind = 'auto_fix' AND runs.created_at > :moment AND run_items.state != 'left_out'
ORDER BY runs.id, run_items.number
"""

_IS_DECIDED: Final = "SELECT count(*) AS number FROM auto_fix_decisions WHERE scan_id = :scan_id"

_DECIDE: Final = """
INSERT INTO auto_fix_decisions
    (scan_id, channel, decided_at, chosen, left_over, hourly_limit)
VALUES (:scan_id, :channel, :decided_at, :chosen, :left_over, :hourly_limit)
ON CONFLICT DO NOTHING
"""

_ALERTS: Final = """
SELECT id FROM announcements
WHERE scan_id = :scan_id AND channel = :channel AND kind = 'non_compliant'
"""

_PAUSE: Final = """
SELECT * FROM auto_fix_decisions
WHERE scan_id = :scan_id AND channel = :channel AND left_over > 0
"""


class AutoFixes(FencedRepository):
    """What the bot fixed by itself."""

    def unstarted(self) -> list[int]:
        """The ids of runs that were recorded, but whose start was interrupted."""
        with self._connections.reading() as db:
            self._fence.require(db)
            return [row["id"] for row in db.rows(_UNSTARTED)]

    def planned_since(self, moment: datetime) -> list[PlannedAutoFix]:
        """The contacts that the bot planned to fix by itself since then, in any process."""
        with self._connections.reading() as db:
            return [
                PlannedAutoFix(
                    row["account_id"],
                    ContactType(row["type"]),
                    datetime.fromisoformat(row["created_at"]),
                )
                for row in db.rows(_PLANNED, moment=time_text(moment))
            ]

    def is_decided(self, scan_id: int) -> bool:
        """Whether it was decided what to fix after this scan."""
        with self._connections.reading() as db:
            return db.number(_IS_DECIDED, scan_id=scan_id) > 0

    def decide(self, scan_id: int, decisions: Collection[AutoFixDecision]) -> None:
        """Record what was decided after a scan, and have its alerts show where the bot stopped."""
        now = self._clock.now()
        with self._connections.writing() as db:
            self._fence.require(db)
            for decision in decisions:
                is_new = db.run(
                    _DECIDE,
                    scan_id=scan_id,
                    channel=text(decision.channel),
                    decided_at=time_text(now),
                    chosen=decision.chosen,
                    left_over=decision.left,
                    hourly_limit=decision.limit,
                )
                if not is_new or not decision.left:
                    continue
                alerts = db.rows(_ALERTS, scan_id=scan_id, channel=text(decision.channel))
                bump_revision(db, [row["id"] for row in alerts])
                details = {"left": str(decision.left), "limit": str(decision.limit)}
                record(db, AuditEntry(AuditAction.AUTO_FIX_PAUSED, BOT, details=details), now)


def auto_fix_pause(db: Transaction, scan_id: int | None, channel: str) -> AutoFixPause | None:
    """Where the bot stopped fixing after a scan, for the alert in this channel."""
    row = db.row(_PAUSE, scan_id=scan_id, channel=text(channel))
    return AutoFixPause(row["left_over"], row["hourly_limit"]) if row is not None else None
