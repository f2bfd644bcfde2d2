"""`Store` in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.postgres.connections import BUSY_TIMEOUT, CLOSE_TIMEOUT, PostgresConnections
from bot.store.postgres.migrate import migrate
from bot.store.store import CONSISTENCY, LEAD_LEASE, LEASE, DatabaseStore

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.config.database_url import PostgresUrl
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.store.owner import Owner


class PostgresStore(DatabaseStore):
    """`Store` in PostgreSQL. Safe for several threads, and for several bots.

    Args:
        url: `postgresql://…`. Tables are created in an empty database.
        clock: the time.
        lease: how long a claim on a scan or a fix lasts if it isn't renewed.
        consistency: how long after a write AWS may still give the old value.
        lead_lease: how long the lead lasts if it isn't renewed.
        owner: who owns this object's claims on scans and fixes; this process by default.
        busy_timeout: seconds to wait for another writer.
        close_timeout: seconds that running transactions have at `close`.
        metrics: take how long transactions take.

    Raises:
        StoreError: the database can't be used. It was not changed.
    """

    def __init__(
        self,
        url: PostgresUrl | str,
        clock: Clock,
        lease: timedelta = LEASE,
        consistency: timedelta = CONSISTENCY,
        *,
        lead_lease: timedelta = LEAD_LEASE,
        owner: Owner | None = None,
        busy_timeout: float = BUSY_TIMEOUT,
        close_timeout: float = CLOSE_TIMEOUT,
        metrics: Metrics | None = None,
    ) -> None:
        connections = PostgresConnections(url, busy_timeout, close_timeout)
        try:
            migrate(connections)
        except BaseException:
            connections.close()
            raise
        super().__init__(
            connections,
            clock,
            lease,
            consistency,
            lead_lease=lead_lease,
            owner=owner,
            metrics=metrics,
        )
