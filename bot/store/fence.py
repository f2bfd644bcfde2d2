"""Refuses a process what only the leader does, once another process leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.errors import NotLeading

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

_LEADS: Final = """
SELECT count(*) AS number FROM leader WHERE id = 1 AND token = :token AND instance = :instance
"""


class Fence:
    """This process's lead, as the repositories check it in their own transactions.

    Write transactions come one after the other, so what passes the check can't be overtaken by a
    takeover before it commits. A command has no lead and needs none: the fence is open until
    `enforce`.

    Args:
        instance: this process.
    """

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._enforced = False
        self._token = 0

    def enforce(self) -> None:
        """Refuse from now on, unless this process leads."""
        self._enforced = True

    def hold(self, token: int) -> None:
        """Note that this process took the lead with this token."""
        self._token = token

    def drop(self) -> None:
        """Note that this process doesn't lead any more."""
        self._token = 0

    def require(self, db: Transaction) -> None:
        """Make sure, within a transaction, that this process leads.

        Raises:
            NotLeading: another process has taken the lead, or may have.
        """
        if not self._enforced:
            return
        if not self._token or not db.number(_LEADS, token=self._token, instance=self._instance):
            raise NotLeading
