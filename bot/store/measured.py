"""Transactions whose duration is reported to the metrics."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from bot.services.ports.metrics import Metrics
    from bot.store.transaction import Connections, Transaction


class MeasuredConnections:
    """Connections that report each transaction.

    Args:
        connections: begin and end the transactions.
        metrics: take how long they took.
    """

    def __init__(self, connections: Connections, metrics: Metrics) -> None:
        self._connections = connections
        self._metrics = metrics

    def reading(self) -> AbstractContextManager[Transaction]:
        """See `Connections.reading`."""
        return self._measured("read", self._connections.reading())

    def writing(self) -> AbstractContextManager[Transaction]:
        """See `Connections.writing`."""
        return self._measured("write", self._connections.writing())

    def appending(self) -> AbstractContextManager[Transaction]:
        """See `Connections.appending`."""
        return self._measured("write", self._connections.appending())

    def wiping(self) -> AbstractContextManager[Transaction]:
        """See `Connections.wiping`."""
        return self._measured("write", self._connections.wiping())

    def close(self) -> None:
        """See `Connections.close`."""
        self._connections.close()

    @contextmanager
    def _measured(
        self, kind: str, transaction: AbstractContextManager[Transaction]
    ) -> Iterator[Transaction]:
        began, failed = time.monotonic(), False
        try:
            with transaction as db:
                yield db
        except StoreError as error:
            # Others of its kind are decisions of a repository, such as that a claim was lost.
            failed = type(error) is StoreError
            raise
        finally:
            self._metrics.database(kind, time.monotonic() - began, failed=failed)
