"""Run by a test: records a scan or settles exemptions, and is killed at a given statement of it.

Arguments: the file or the address of the database, the number of the statement before which to die
(`commit`: when a writing transaction is about to be committed; `after`: once all is recorded), and
`scan` or `settle`.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.domain.findings import Outcome
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import claimed, ended, proven_clock, result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bot.store.transaction import Transaction


def die() -> None:
    """End without another word."""
    os.kill(os.getpid(), signal.SIGKILL)


class Counted:
    """A transaction that dies before the statement of a given number."""

    count = 0

    def __init__(self, transaction: Transaction, when: str) -> None:
        self._transaction = transaction
        self._when = when

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the transaction has it
        Counted.count += 1
        if self._when == str(Counted.count):
            die()
        return getattr(self._transaction, name)


def main(path: str, when: str, what: str) -> None:
    """Record a scan of three accounts, or settle what is due, as far as it gets."""
    store = open_at(path, proven_clock())
    scan = claimed(store) if what == "scan" else None
    found = (
        result(1, Outcome.COMPLIANT),
        result(2, Outcome.MISSING),
        result(3, Outcome.UNKNOWN),
    )
    reading, writing = store.connections.reading, store.connections.writing

    def counted(
        begin: Callable[[], AbstractContextManager[Transaction]], *, dies: bool
    ) -> Callable[[], AbstractContextManager[Any]]:
        @contextmanager
        def begun() -> Iterator[Counted]:
            with begin() as transaction:
                yield Counted(transaction, when)
                if dies:
                    die()

        return begun

    connections: Any = store.connections
    connections.reading = counted(reading, dies=False)
    connections.writing = counted(writing, dies=when == "commit")
    if scan is not None:
        store.scans.record(ended(scan, *found), found)
    else:
        store.exemptions.settle()
    if when == "after":
        die()


if __name__ == "__main__":
    main(*sys.argv[1:])
