"""Accounts as last listed, and how they are found by what people type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.store.base import Part
from bot.store.ledger import keep_accounts
from bot.store.rows import folded, text, to_account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.contacts import Account

_FIND: Final = """
SELECT * FROM accounts
WHERE gone_at IS NULL AND (id = :id OR instr(folded, :name))
ORDER BY id != :id, folded != :name, folded, id
LIMIT :limit
"""


class Accounts(Part):
    """The part of the store that is about accounts."""

    def remember_accounts(self, accounts: Sequence[Account]) -> None:
        """Keep accounts as listed outside of a scan."""
        with self._connections.writing() as db:
            keep_accounts(db, accounts)

    def account(self, account_id: str) -> Account | None:
        """One account, as last listed, also where it has left the organization since."""
        with self._connections.reading() as db:
            row = db.execute("SELECT * FROM accounts WHERE id = ?", [text(account_id)]).fetchone()
            return to_account(row) if row is not None else None

    def find_accounts(self, text: str, limit: int) -> list[Account]:
        """Accounts whose id is `text`, or whose name contains it whatever its case.

        The one of that id or very name comes first, the others in the order of their names.
        """
        sought = text.strip()
        if not sought:
            return []
        name = folded(sought)
        with self._connections.reading() as db:
            # Folding also brings digits of other scripts and widths to plain ones.
            found = db.execute(_FIND, {"id": name, "name": name, "limit": limit})
            return [to_account(row) for row in found]

    def account_names(self) -> list[str]:
        """Every account's name, to look for the nearest of a typo in."""
        with self._connections.reading() as db:
            sql = "SELECT DISTINCT name FROM accounts WHERE gone_at IS NULL ORDER BY folded, name"
            return [row["name"] for row in db.execute(sql)]
