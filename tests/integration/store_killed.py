"""Run by a test: records a scan, and is killed at a given statement of it.

Arguments: the file, and the number of the statement before which to die (`commit`: before the
last; `after`: once all is recorded).
"""

import os
import signal
import sys

from bot.clock import SystemClock
from bot.findings import Outcome
from bot.store import SqliteStore
from tests.integration.store_fixtures import claimed, ended, result


def main(path: str, when: str) -> None:
    """Record a scan of three accounts, as far as it gets."""
    store = SqliteStore(path, SystemClock())
    scan = claimed(store)
    found = (
        result(1, Outcome.COMPLIANT),
        result(2, Outcome.MISSING),
        result(3, Outcome.UNKNOWN),
    )
    count = 0

    def trace(statement: str) -> None:
        nonlocal count
        count += 1
        if when == str(count) or (when == "commit" and statement == "COMMIT"):
            os.kill(os.getpid(), signal.SIGKILL)

    with store._connections.plain() as db:
        db.conn.set_trace_callback(trace)
    store.record_scan(ended(scan, *found), found)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
