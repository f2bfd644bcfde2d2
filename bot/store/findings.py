"""The findings of an account, as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.store.columns import text
from bot.store.mappers import to_findings
from bot.store.repository import Repository

if TYPE_CHECKING:
    from bot.domain.findings import Finding

_STANDING: Final = """
SELECT findings.*, accounts.name AS account_name
FROM findings JOIN accounts ON accounts.id = findings.account_id
WHERE resolved_at IS NULL AND account_id = ?
ORDER BY findings.id
"""


class Findings(Repository):
    """The part of the store that is about findings as such."""

    def open_findings(self, account_id: str) -> list[Finding]:
        """The findings of an account that are not resolved, those set aside among them."""
        with self._connections.reading() as db:
            return to_findings(db, db.execute(_STANDING, [text(account_id)]))
