"""The reading of accounts side by side, until all are read or there is a reason to give up."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import GatewayError
from bot.domain.evaluation.evaluate import evaluate, unseen
from bot.domain.failures import Failure, FailureCode, failure
from bot.domain.policy.policy import PolicyUnknown
from bot.domain.readings import Unreadable
from bot.domain.rule_catalog import Rule
from bot.services.ports.aws import Priority

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from bot.domain.contacts import Account, ContactType
    from bot.domain.findings import AccountResult
    from bot.domain.policy.policy import AccountPolicy
    from bot.domain.readings import ContactReading
    from bot.domain.rules.facts import PrimaryContact
    from bot.services.evaluation_context import EvaluationContext
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock

    Progress = Callable[[int, int], None]

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds within which it is seen that the reading is to stop."""

GRACE: Final = 3.0
"""Seconds that calls under way have to end once there is a reason to give up."""


class SideBySide:
    """The reading of every account that one gateway has in scope, side by side, in order listed.

    Args:
        gateway: AWS, as one caller sees it.
        grounds: what is judged by.
        clock: the time.
        stopping: set once nothing more is to be read.
        tell: told of the progress.
        place: gives an account its OUs and tags, where the policy needs them; raises GatewayError
            where the scan cannot go on.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        grounds: EvaluationContext,
        clock: Clock,
        stopping: threading.Event,
        tell: Progress,
        *,
        place: Callable[[Account], Account],
    ) -> None:
        self._gateway = gateway
        self._grounds = grounds
        self._place = place
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
        why = failure(FailureCode.NOT_REACHED)
        with self._changed:
            return [
                self._results.get(account.id) or self._unseen(account, why)
                for account in self._accounts.values()
            ]

    def _over(self) -> bool:
        if self._stopping.is_set():
            self.give_up(failure(FailureCode.NOT_REACHED))
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
            result = self._judged(account, read_at)
        except Exception:  # noqa: BLE001 - a thread's edge: a defect met here stops no other account
            _log.exception("reading failed", account=account.id)
            unseen_one = self._unseen(account, failure(FailureCode.INTERNAL))
            result = replace(unseen_one, seen=True, read_at=read_at)
        with self._changed:
            if result is not None:
                self._results[account.id] = result
        # Told while it counts as under way: nobody hears of this reading after its end.
        if self.trouble is None:
            self._tell(*self.progress)
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _judged(self, account: Account, read_at: datetime) -> AccountResult | None:
        """Read an account and judge it; None where the scan ended before that."""
        if self._over():
            return None
        try:
            account = self._place(account) if account.is_active else _as_listed(account)
        except GatewayError as error:
            self._is_prevented(error.failure)
            return None
        mine = self._grounds.policy.resolve(account)
        if not account.is_active or isinstance(mine, PolicyUnknown) or mine.excluded:
            return evaluate(account, {}, mine, read_at)
        readings = self._read_types(account, mine)
        if readings is None:
            return None
        primary: PrimaryContact | Failure | None = None
        if Rule.PRIMARY_CONTACT in mine.severities:
            primary = self._gateway.primary_contact(account.id, Priority.SCAN)
            if isinstance(primary, Failure) and self._is_prevented(primary):
                return None
        evidence = self._grounds.evidence(account.id, mine.read, primary)
        return evaluate(account, readings, mine, read_at, evidence)

    def _read_types(
        self, account: Account, policy: AccountPolicy
    ) -> dict[ContactType, ContactReading] | None:
        """Each type that is to be read; None where the scan ended before that."""
        readings: dict[ContactType, ContactReading] = {}
        for kind in policy.read:
            if self._over():
                return None
            reading = self._gateway.read(account.id, kind, Priority.SCAN)
            if isinstance(reading, Unreadable) and self._is_prevented(reading.failure):
                return None
            readings[kind] = reading
        return readings

    def _is_prevented(self, why: Failure) -> bool:
        """Whether nothing can be concluded of an account from this, nor maybe of any other."""
        if why.cause.of_the_caller:
            self.give_up(why)
            return True
        return why.cause is FailureCode.NOT_REACHED

    def _unseen(self, account: Account, why: Failure) -> AccountResult:
        account = _as_listed(account)
        return unseen(account, self._grounds.policy.resolve(account), why)


def _as_listed(account: Account) -> Account:
    """An account that is not placed: of its OUs AWS may have told the ids alone."""
    return replace(account, units=None)
