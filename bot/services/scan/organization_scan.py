"""One organization's part of a scan: list its accounts, then place, read and evaluate each."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import GatewayError
from bot.domain.evaluation.evaluate import evaluate, not_scanned
from bot.domain.failures import Failure, FailureCode, failure
from bot.domain.policy.policy import PolicyUnknown
from bot.domain.rule_catalog import Rule
from bot.domain.scans import ScanPart
from bot.services.scan.contact_reader import REREAD_INTERVAL, ContactReader
from bot.services.tag_reader import MAX_CONSECUTIVE_FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from bot.domain.accounts import Account
    from bot.domain.findings import AccountResult
    from bot.domain.scope import Scope
    from bot.services.evaluation_context import EvaluationContext
    from bot.services.placement import PlacementResolver
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock

_log = structlog.get_logger(__name__)


class OrganizationScan:
    """The scan of one organization. It reads several accounts at once.

    Args:
        gateway: the organization.
        placement: reads the accounts' OUs and tags, if the policy needs them.
        context: what the evaluation needs besides readings.
        clock: the time.
        readers: the threads that read accounts.
        concurrency: how many accounts are read at once.
        stopping: set when nothing more may be read.
        on_progress: called when an account was read, and when all were listed; must be quick.
        poll_interval: seconds within which a stop is noticed.
        shutdown_timeout: seconds that running calls have once the scan gives up.
        reread_interval: seconds between two readings of a contact that contradicts a recent fix.
    """

    def __init__(
        self,
        gateway: ContactGateway,
        placement: PlacementResolver,
        context: EvaluationContext,
        clock: Clock,
        *,
        readers: ThreadPoolExecutor,
        concurrency: int,
        stopping: threading.Event,
        on_progress: Callable[[], None],
        poll_interval: float,
        shutdown_timeout: float,
        reread_interval: float = REREAD_INTERVAL,
    ) -> None:
        self._gateway = gateway
        self._placement = placement
        self._context = context
        self._reader = ContactReader(
            gateway, context.recent_fixes, self._ensure_running, stopping, reread_interval
        )
        self._clock = clock
        self._readers = readers
        self._most_under_way = 2 * concurrency
        self._stopping = stopping
        self._on_progress = on_progress
        self._poll_interval = poll_interval
        self._shutdown_timeout = shutdown_timeout
        self._changed = threading.Condition()
        self._accounts: dict[str, Account] = {}
        self._results: dict[str, AccountResult] = {}
        self._under_way = 0
        self._scope: Scope | None = None
        self._is_listed = False
        self._failure: Failure | None = None

    @property
    def progress(self) -> tuple[int, int | None]:
        """Accounts (done, in total); the total is None while accounts are still being listed."""
        return len(self._results), len(self._accounts) if self._is_listed else None

    @property
    def part(self) -> ScanPart:
        """The scan's end."""
        return ScanPart(self._gateway.name, self._scope, self._failure)

    def results(self) -> list[AccountResult]:
        """A result for every listed account, in the order listed."""
        why = failure(FailureCode.NOT_REACHED)
        with self._changed:
            return [
                self._results.get(account.id) or self._unseen(account, why)
                for account in self._accounts.values()
            ]

    def give_up(self, why: Failure) -> None:
        """Read no further account; the first reason counts."""
        with self._changed:
            self._failure = self._failure or why
            self._changed.notify_all()

    def run(self) -> None:
        """Scan every account in scope, or give up and say why."""
        log = _log.bind(organization=self._gateway.name) if self._gateway.name else _log
        try:
            self._scope = scope = self._gateway.scope()
            log.info("scope found", scope=scope.kind.value, caller=scope.caller)
            self._scan_accounts()
        except GatewayError as error:
            self.give_up(error.failure)
        except Exception:  # a bug becomes a failed check, which is announced
            log.exception("scan failed")
            self.give_up(failure(FailureCode.INTERNAL))

    def _scan_accounts(self) -> None:
        """Scan the accounts as they are listed.

        As long as no account's tags could be read, accounts wait until all are listed. Then a few
        from all over the list decide whether the others' tags are requested.
        """
        waiting: list[Account] = []
        try:
            try:
                for account in self._list():
                    if self._placement.tags_are_refused and self._placement.needs_tags_of(account):
                        waiting.append(account)
                    else:
                        self._start(account)
                self._say_listed()
            finally:
                if waiting:
                    self._placement.retry_tags()
                for account in _spread(waiting, MAX_CONSECUTIVE_FAILURES):
                    self._start(account)
        finally:
            self._settle()

    def _say_listed(self) -> None:
        if self._failure is None:
            self._is_listed = True
            self._on_progress()

    def _list(self) -> Iterator[Account]:
        """The accounts in scope, each once and no faster than they are read.

        Raises:
            GatewayError: listing failed; accounts that were listed before are still read.
        """
        for account in self._gateway.accounts():
            if account.id in self._accounts:
                continue  # pages may overlap if accounts come and go in the meantime
            with self._changed:
                self._wait_until_under_way(self._most_under_way - 1)
                if self._is_over():
                    return
                self._accounts[account.id] = account
            yield account

    def _start(self, account: Account) -> None:
        """Scan an account in a thread of `readers`, once one is free."""
        tries_tags = self._placement.tries_tags(account)
        with self._changed:
            self._wait_until_under_way(self._most_under_way - 1)
            if self._is_over():
                return
            self._under_way += 1
        self._readers.submit(self._scan_account, account)
        if tries_tags:
            with self._changed:
                self._wait_until_under_way(0)

    def _settle(self) -> None:
        """Wait for running calls; only for a short while once the scan gives up."""
        with self._changed:
            self._wait_until_under_way(0)
            self._changed.wait_for(lambda: not self._under_way, self._shutdown_timeout)

    def _wait_until_under_way(self, most: int) -> None:
        """Wait until at most this many accounts are being read, or the scan is over."""
        while self._under_way > most and not self._is_over():
            self._changed.wait(self._poll_interval)

    def _is_over(self) -> bool:
        if self._stopping.is_set():
            self.give_up(failure(FailureCode.NOT_REACHED))
        return self._failure is not None

    def _scan_account(self, account: Account) -> None:
        """Scan one account in a thread of `readers`, and keep its result."""
        read_at = self._clock.now()
        result: AccountResult | None
        try:
            result = self._place_read_evaluate(account, read_at)
        except GatewayError as error:
            # Nothing is concluded about this account, or about the others if the caller is the
            # cause.
            if error.failure.cause.of_the_caller:
                self.give_up(error.failure)
            result = None
        except Exception:  # noqa: BLE001 - a bug here must not stop other accounts
            _log.exception("reading failed", account=account.id)
            defect = self._unseen(account, failure(FailureCode.INTERNAL))
            result = replace(defect, was_scanned=True, read_at=read_at)
        with self._changed:
            if result is not None:
                self._results[account.id] = result
        # Called while it counts as running: nothing is reported after the scan's end.
        if self._failure is None:
            self._on_progress()
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _place_read_evaluate(self, account: Account, read_at: datetime) -> AccountResult:
        """The result of one account.

        Raises:
            GatewayError: the scan is over, or nothing can be concluded about the account.
        """
        self._ensure_running()
        account = self._placement.place(account) if account.is_active else _as_listed(account)
        policy = self._context.policy.resolve(account)
        if not account.is_active or isinstance(policy, PolicyUnknown) or policy.excluded:
            failures = self._placement.failures_of(account.id)
            return evaluate(account, {}, policy, read_at, placement_failures=failures)
        readings, reread = self._reader.read(account.id, policy.types_to_read)
        has_rule = Rule.PRIMARY_CONTACT in policy.severities
        primary = self._reader.primary(account.id) if has_rule else None
        facts = self._context.facts(account.id, policy.types_to_read, primary)
        return replace(evaluate(account, readings, policy, read_at, facts), reread=reread)

    def _ensure_running(self) -> None:
        """Raise GatewayError once the scan is over."""
        if self._is_over():
            raise GatewayError(self._failure or failure(FailureCode.NOT_REACHED))

    def _unseen(self, account: Account, why: Failure) -> AccountResult:
        account = _as_listed(account)
        return not_scanned(account, self._context.policy.resolve(account), why)


def _spread(accounts: Sequence[Account], number: int) -> list[Account]:
    """The same accounts, beginning with some that are evenly spread over the list."""
    step = max(1, len(accounts) // number)
    first = accounts[step - 1 :: step][:number]
    chosen = {account.id for account in first}
    return [*first, *(account for account in accounts if account.id not in chosen)]


def _as_listed(account: Account) -> Account:
    """An account without placement: AWS may have listed it with the ids of its OUs."""
    return replace(account, units=None)
