"""The findings of an account, as they stand, and what a look at it does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.known_account import ReadingTime
from bot.store.columns import text
from bot.store.mappers import to_findings
from bot.store.outbox import bump_revision
from bot.store.plan_writer import PlanWriter
from bot.store.repository import Repository

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.findings import AccountResult, Finding
    from bot.services.ports.clock import Clock
    from bot.store.connections import Connections

_UNRESOLVED: Final = """
SELECT findings.*, accounts.name AS account_name
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE resolved_at IS NULL AND account_id = :account_id
ORDER BY findings.id
"""


class Findings(Repository):
    """Findings as such.

    Args:
        connections: the database.
        clock: the time.
        consistency: how long after a write AWS may still give the old value.
    """

    def __init__(self, connections: Connections, clock: Clock, consistency: timedelta) -> None:
        super().__init__(connections, clock)
        self._consistency = consistency

    def observe(self, result: AccountResult) -> None:
        """Resolve the findings that a reading of one account disproves; open none."""
        with self._connections.writing() as db:
            now = self._clock.now()
            writer = PlanWriter(db, ReadingTime(now, result.read_at or now, self._consistency))
            writer.take(result)
            bump_revision(db, writer.outdated)

    def unresolved(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, exempt ones among them."""
        with self._connections.reading() as db:
            return to_findings(db, db.rows(_UNRESOLVED, account_id=text(account_id)))
