"""The bases of all repositories: connections and a clock, and the fence of what the leader does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.services.ports.clock import Clock
    from bot.store.fence import Fence
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


class FencedRepository(Repository):
    """Base of the repositories of what only the leader does.

    Args:
        connections: the database.
        clock: the time.
        fence: refuses what only the leader does.
    """

    def __init__(self, connections: Connections, clock: Clock, fence: Fence) -> None:
        super().__init__(connections, clock)
        self._fence = fence
