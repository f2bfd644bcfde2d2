"""Run by a test, in threads and processes: carries out fixes and meets deliveries.

Arguments: the file, then the number of the first account and of the one after the last.
"""

import sys

from bot.app.clock import SystemClock
from bot.domain.fixes import FixState
from bot.store.store import DatabaseStore
from tests.integration.store.databases import open_at
from tests.integration.store.fixtures import request

DELIVERIES = 25


def work(store: DatabaseStore, first: int, end: int) -> int:
    """Confirm a fix of each account; how many of the shared deliveries came here first."""
    for number in range(first, end):
        fix, new = store.fixes.plan(request(f"form-{number}", number), f"Account {number}")
        assert new
        store.fixes.advance(fix.id, FixState.APPLIED, ended=False)
        assert store.fixes.latest(fix.request.account_id, fix.request.type) is not None
        store.fixes.advance(fix.id, FixState.CONFIRMED, ended=True)
    return sum(store.deliveries.is_first(f"delivery-{number}") for number in range(DELIVERIES))


if __name__ == "__main__":
    with open_at(sys.argv[1], SystemClock()) as opened:
        print("ready", flush=True)  # noqa: T201 - the test reads it
        sys.stdin.readline()
        print(work(opened, int(sys.argv[2]), int(sys.argv[3])), flush=True)  # noqa: T201 - the same
