"""Run by a test: undoes a fix as the bot does, or settles what a killed bot left.

Arguments: the database, and the number of the fix; 0 undoes none.
"""

from __future__ import annotations

import os
import signal
import sys

from bot.app.clock import SystemClock
from bot.app.wiring import Services
from bot.aws.gateway import gateways_for
from bot.domain.actors import Actor
from bot.domain.policy.policy import Policy
from bot.services.undo import UndoAttempt
from bot.slack.members import NoMemberDirectory
from bot.store import SqliteStore
from tests.unit.fakes import FakeFixers


def main(path: str, number: str) -> None:
    """Undo the fix and print how that ended; then settle what is open until this is ended."""
    store = SqliteStore(path, SystemClock())
    services = Services(
        store,
        gateways_for((), None, 1000.0, 1000.0),
        NoMemberDirectory(),
        Policy.requiring,
        SystemClock(),
    )
    fixes, recovery = services.fixes(FakeFixers("U1"), confirm_timeout=1.0)
    recovery.start()
    fix = store.fixes.get(int(number))
    if fix is not None:
        undos = services.undos(fixes, recovery)
        result = undos.undo(fix, Actor("U1"), f"undo:{os.getpid()}")
        outcome = result.result.outcome.value if isinstance(result, UndoAttempt) else result
        print(outcome, flush=True)  # noqa: T201 - the test reads it
    print("done", flush=True)  # noqa: T201 - the same
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
