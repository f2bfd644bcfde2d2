"""Run by a test: records a scan or settles exemptions, and is killed at a given statement of it.

Arguments: the file, the number of the statement before which to die (`commit`: before the last
one of a writing transaction; `after`: once all is recorded), and `scan` or `settle`.
"""

import os
import signal
import sys

from bot.domain.findings import Outcome
from bot.store import SqliteStore
from tests.integration.store.fixtures import claimed, ended, proven_clock, result


def main(path: str, when: str, what: str) -> None:
    """Record a scan of three accounts, or settle what is due, as far as it gets."""
    store = SqliteStore(path, proven_clock())
    scan = claimed(store) if what == "scan" else None
    found = (
        result(1, Outcome.COMPLIANT),
        result(2, Outcome.MISSING),
        result(3, Outcome.UNKNOWN),
    )
    count = 0
    writing = False

    def trace(statement: str) -> None:
        nonlocal count, writing
        count += 1
        writing = writing or statement == "BEGIN IMMEDIATE"
        if when == str(count) or (when == "commit" and writing and statement == "COMMIT"):
            os.kill(os.getpid(), signal.SIGKILL)

    with store.connections.plain() as db:
        db.conn.set_trace_callback(trace)
    if scan is not None:
        store.scans.record(ended(scan, *found), found)
    else:
        store.exemptions.settle()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
