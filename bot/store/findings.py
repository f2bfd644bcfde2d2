"""The findings of an account, and what viewing the account changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.evaluation.known_account import ReadingTime
from bot.store.columns import SEVERITY_RANK, text
from bot.store.finding_pages import find_page, find_units
from bot.store.mappers import to_account, to_findings
from bot.store.outbox import bump_revision
from bot.store.plan_writer import PlanWriter
from bot.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from bot.domain.accounts import Account
    from bot.domain.contacts import ContactType
    from bot.domain.finding_lists import FindingFilter, FindingList, FindingPage
    from bot.domain.findings import AccountResult, Finding
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Connections

_UNRESOLVED: Final = """
SELECT findings.*, accounts.name AS account_name
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE resolved_at IS NULL AND account_id = :account_id
ORDER BY findings.id
"""


_NEXT_TO_FIX: Final = f"""
WITH shown AS (
    SELECT account_id, min({SEVERITY_RANK}) AS worst, max(last_seen) AS last_seen
    FROM findings
    WHERE type = :type AND resolved_at IS NULL AND exemption_id IS NULL
    GROUP BY account_id
    HAVING count(*) FILTER (WHERE outcome IN ('missing', 'wrong', 'weak')) > 0
        AND count(*) FILTER (WHERE rule = 'forbidden') = 0
)
SELECT accounts.* FROM shown JOIN accounts ON accounts.id = shown.account_id
WHERE gone_at IS NULL AND state = 'ACTIVE' AND id != :besides AND (:only = '' OR id = :only)
    AND NOT EXISTS (
        SELECT 1 FROM fixes WHERE fixes.account_id = shown.account_id AND fixes.type = :type
            AND (ended_at IS NULL OR applied_at >= shown.last_seen)
    )
ORDER BY worst, folded, id LIMIT 1
"""  # noqa: S608 - only constants are put in


class Findings(Repository):
    """The findings of accounts.

    Args:
        connections: the database.
        clock: the time.
        consistency: how long after a write AWS may still give the old value.
    """

    def __init__(self, connections: Connections, clock: Clock, consistency: timedelta) -> None:
        super().__init__(connections, clock)
        self._consistency = consistency

    def observe(self, result: AccountResult) -> None:
        """Resolve the findings that a reading of one account disproves; opens none."""
        with self._connections.writing() as db:
            now = self._clock.now()
            writer = PlanWriter(db, ReadingTime(now, result.read_at or now, self._consistency))
            writer.take([result])
            bump_revision(db, writer.outdated)

    def unresolved(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, exempt ones among them."""
        with self._connections.reading() as db:
            return to_findings(db, db.rows(_UNRESOLVED, account_id=text(account_id)))

    def next_to_fix(
        self, contact_type: ContactType, *, only: str = "", besides: str = ""
    ) -> Account | None:
        """The active account whose contact of this type needs a fix most, in the alert's order.

        Contacts that the form can't fix (forbidden or unreadable ones) don't count, nor do those
        that are being fixed, or were saved since the finding was last seen.
        """
        with self._connections.reading() as db:
            row = db.row(_NEXT_TO_FIX, type=contact_type, only=only, besides=besides)
            return to_account(row) if row is not None else None

    def page(
        self,
        listed: FindingList,
        wanted: FindingFilter,
        limit: int,
        offset: int = 0,
        *,
        search_owners: bool = True,
        non_compliant: bool = False,
        open_first: bool = True,
    ) -> FindingPage:
        """One page of a list of findings.

        Args:
            listed: which list.
            wanted: what it is narrowed down to.
            limit: the most contacts on the page.
            offset: how many contacts come before the page.
            search_owners: whether the text is also looked for in owners, which may be email
                addresses that the person may not see.
            non_compliant: whether contacts are left out that couldn't be checked, or that were
                exempt already when the scan of the list ended.
            open_first: whether contacts with an open finding come before all others. Otherwise
                each keeps its place when it is resolved.
        """
        with self._connections.reading() as db:
            return find_page(
                db,
                listed,
                wanted,
                limit=limit,
                offset=offset,
                search_owners=search_owners,
                non_compliant=non_compliant,
                open_first=open_first,
            )

    def units(self, listed: FindingList) -> Mapping[str, str]:
        """{id: path} of the organizational units of a list's accounts, in the order of paths."""
        with self._connections.reading() as db:
            return find_units(db, listed)
