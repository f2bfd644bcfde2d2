"""Run by a test: makes fixes as the bot does, until it is killed at one of its steps.

Arguments: the database; which step to die before, 0 for none; a seed for the order; and the numbers
of the fixes. A step is one that leaves the process: a statement to the database, or bytes sent to
AWS or received from there. What is on record is left as it is; what failed is asked for again.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from bot.app.clock import SystemClock
from bot.app.wiring import Services
from bot.aws.gateway import gateways_for
from bot.domain.actors import Actor
from bot.domain.contacts import AlternateContact, ContactType, fingerprint
from bot.domain.fixes import FixRequest, FixState
from bot.domain.policy.policy import Policy
from bot.domain.readings import Present
from bot.services.ports.aws import Priority
from bot.slack.members import NoMemberDirectory
from bot.store import SqliteStore
from tests.unit.fakes import FakeFixers

if TYPE_CHECKING:
    from types import FrameType

    from bot.services.fix import FixService

THREADS: Final = 4
"""People at once, so that one kill leaves several fixes in several states."""

_STEPS: Final = frozenset({"execute", "executemany", "sendall", "recv_into"})

Contact = tuple[str, ContactType]


def contact_of(number: int, accounts: list[str]) -> Contact:
    """Which contact a fix is of: each has one of its own."""
    types = list(ContactType)
    return accounts[number // len(types)], types[number % len(types)]


def wanted(number: int) -> AlternateContact:
    """What a fix is to write."""
    return AlternateContact(
        f"Team {number}", "On call", f"team-{number}@corp.example", "+44 20 7946 0958"
    )


class Killer:
    """Kills this process right before or after a step.

    Args:
        step: which.
    """

    def __init__(self, step: int) -> None:
        self._step = step
        self._count = itertools.count(1)

    def __call__(self, frame: FrameType, event: str, called: object) -> None:
        is_step = event in {"c_call", "c_return"} and getattr(called, "__name__", "") in _STEPS
        if is_step and next(self._count) == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


class Person:
    """Asks for fixes, looking at what AWS holds first, as the form does."""

    def __init__(self, services: Services, fixes: FixService, accounts: list[str]) -> None:
        self._services = services
        self._fixes = fixes
        self._accounts = accounts

    def fix(self, number: int) -> None:
        """Fix a contact, unless that was done."""
        account_id, contact_type = contact_of(number, self._accounts)
        latest = self._services.store.fixes.latest(account_id, contact_type)
        if latest is not None and latest.state is FixState.CONFIRMED:
            return
        shown_at = self._services.clock.now()
        reading = self._services.organizations.read(account_id, contact_type, Priority.INTERACTIVE)
        held = reading.contact if isinstance(reading, Present) else None
        request = FixRequest(
            f"{number}:{os.getpid()}:{shown_at}",
            account_id,
            contact_type,
            wanted(number),
            "U1",
            fingerprint(held),
            shown_at,
        )
        result = self._fixes.fix(request, account_id, Actor("U1"))
        print(number, result.outcome.value, flush=True)  # noqa: T201 - the test reads it


def main(path: str, step: str, seed: str, accounts: str, *numbers: str) -> None:
    """Make the fixes, then check what was left until somebody ends this."""
    if int(step):
        killer = Killer(int(step))
        threading.setprofile(killer)
        sys.setprofile(killer)
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
    order = [int(number) for number in numbers]
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    person = Person(services, fixes, accounts.split(","))
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(person.fix, order))
    print("done", flush=True)  # noqa: T201 - the same
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
