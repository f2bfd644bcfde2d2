"""Ports to what the database knows of the processes on it: which one leads, and which ones run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.domain.leadership import Leader, ReplicaNews


class LeadershipRepository(Protocol):
    """The lead: a lease, with a token that grows by one at each takeover."""

    def enforce(self) -> None:
        """From now on, refuse this process what only the leader does, unless it leads."""
        ...

    def claim(self) -> int | None:
        """Take the lead if nobody has it, its lease is over, or its process is certainly gone.

        Returns:
            The token; None if another process leads.

        Raises:
            StoreError: the database can't be used.
        """
        ...

    def renew(self, token: int) -> bool:
        """Renew the lease; false if another process has taken the lead.

        Raises:
            StoreError: the database can't be used.
        """
        ...

    def release(self, token: int) -> None:
        """Give up the lead, so that another process can take it at once.

        Raises:
            StoreError: the database can't be used.
        """
        ...

    def leader(self) -> Leader | None:
        """Who leads, or led last; None if nobody ever did.

        Raises:
            StoreError: the database can't be read.
        """
        ...


class ReplicaRepository(Protocol):
    """The bot processes that run on this database, and what they tell each other."""

    def renew(self) -> None:
        """Note that this process runs.

        Raises:
            StoreError: the database can't be used.
        """
        ...

    def leave(self) -> None:
        """Note that this process stops.

        Raises:
            StoreError: the database can't be used.
        """
        ...

    def news(self) -> ReplicaNews:
        """What others did.

        Raises:
            StoreError: the database can't be read.
        """
        ...

    def request_reload(self, digest: str) -> int:
        """Have all replicas reload the policy, until theirs has this digest.

        Returns:
            The number of the reload.

        Raises:
            StoreError: the database can't be used.
        """
        ...
