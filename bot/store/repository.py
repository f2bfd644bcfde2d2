"""The base of all repositories: connections and a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock
    from bot.store.transaction import Connections


class Repository:
    """Base of the repositories.

    Args:
        connections: the database.
        clock: the time.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
