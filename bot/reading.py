"""The reading of accounts side by side, until all are read or there is a reason to give up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.causes import failure
from bot.findings import Cause, Unreadable, evaluate, unseen
from bot.ports import Priority

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from bot.contacts import Account, ContactType
    from bot.findings import AccountResult, Failure, Reading
    from bot.policy import Policy
    from bot.ports import Clock, ContactGateway

    Progress = Callable[[int, int], None]

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds within which it is seen that the reading is to stop."""

GRACE: Final = 3.0
"""Seconds that calls under way have to end once there is a reason to give up."""


class SideBySide:
    """The reading of every account in scope, side by side, in the order listed."""

    def __init__(
        self,
        gateway: ContactGateway,
        policy: Policy,
        clock: Clock,
        stopping: threading.Event,
        tell: Progress,
    ) -> None:
        self._gateway = gateway
        self._policy = policy
        self._clock = clock
        self._stopping = stopping
        self._tell = tell
        self._changed = threading.Condition()
        self._accounts: dict[str, Account] = {}
        self._results: dict[str, AccountResult] = {}
        self._under_way = 0
        self.trouble: Failure | None = None

    @property
    def progress(self) -> tuple[int, int]:
        """Accounts (done, listed so far)."""
        return len(self._results), len(self._accounts)

    def give_up(self, why: Failure) -> None:
        """Read no further account; the first reason given stands."""
        with self._changed:
            self.trouble = self.trouble or why
            self._changed.notify_all()

    def run(self, readers: ThreadPoolExecutor, concurrency: int) -> None:
        """List and read until all is read, or until there is a reason to give up.

        Raises:
            GatewayError: listing failed; what was listed before has been read.
        """
        try:
            for account in self._gateway.accounts():
                if account.id in self._accounts:
                    continue  # pages may overlap where accounts come and go meanwhile
                if not self._room(2 * concurrency):
                    break
                with self._changed:
                    self._accounts[account.id] = account
                    self._under_way += 1
                readers.submit(self._read, account)
        finally:
            self._settle()

    def results(self) -> list[AccountResult]:
        """A result for every account listed."""
        why = failure(Cause.NOT_REACHED)
        with self._changed:
            return [
                self._results.get(account.id) or unseen(account, self._policy, why)
                for account in self._accounts.values()
            ]

    def _over(self) -> bool:
        if self._stopping.is_set():
            self.give_up(failure(Cause.NOT_REACHED))
        return self.trouble is not None

    def _room(self, most: int) -> bool:
        """Wait until one more may be under way; false where nothing more is to be read."""
        with self._changed:
            while self._under_way >= most and not self._over():
                self._changed.wait(LOOK_EVERY)
            return not self._over()

    def _settle(self) -> None:
        """Wait for the calls under way; for a short while only where the scan is to stop."""
        with self._changed:
            while self._under_way and not self._over():
                self._changed.wait(LOOK_EVERY)
            self._changed.wait_for(lambda: not self._under_way, GRACE)

    def _read(self, account: Account) -> None:
        read_at = self._clock.now()
        try:
            readings = self._read_types(account)
        except Exception:  # noqa: BLE001 - a thread's edge: a defect met here stops no other account
            _log.exception("reading failed", account=account.id)
            broken = Unreadable(failure(Cause.INTERNAL))
            readings = dict.fromkeys(self._policy.required, broken)
        with self._changed:
            if readings is not None:
                self._results[account.id] = evaluate(account, readings, self._policy, read_at)
        # Told while it counts as under way: nobody hears of this reading after its end.
        if self.trouble is None:
            self._tell(*self.progress)
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _read_types(self, account: Account) -> dict[ContactType, Reading] | None:
        """Each required type of an active account; None where the scan ended before that."""
        readings: dict[ContactType, Reading] = {}
        if not account.is_active:
            return readings
        for kind in self._policy.required:
            if self._over():
                return None
            reading = self._gateway.read(account.id, kind, Priority.SCAN)
            if isinstance(reading, Unreadable):
                if reading.failure.cause.of_the_caller:
                    self.give_up(reading.failure)
                    return None
                if reading.failure.cause is Cause.NOT_REACHED:
                    return None
            readings[kind] = reading
        return readings
