"""The parts of a scan, an organization each, and what they come to together."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import GatewayError
from bot.domain.failures import FailureCode, failure
from bot.domain.scans import ScanPart, ScanState, count

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from datetime import datetime

    from bot.domain.failures import Failure
    from bot.domain.findings import AccountResult
    from bot.domain.scans import Scan
    from bot.domain.scope import Scope
    from bot.services.ports.aws import ContactGateway
    from bot.services.scan.organization_scan import SideBySide

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
"""Seconds within which it is seen that the scan is to stop."""

STOP_WITHIN: Final = 4.0
"""Seconds that an organization may take to end then: more than its own calls are given."""


class Round:
    """The part of a scan that is of one organization."""

    def __init__(
        self, gateway: ContactGateway, readers: ThreadPoolExecutor, concurrency: int
    ) -> None:
        self.gateway = gateway
        self.scope: Scope | None = None
        self.reading: SideBySide | None = None
        self._readers = readers
        self._concurrency = concurrency

    @property
    def results(self) -> list[AccountResult]:
        """A result for every account listed."""
        return self.reading.results() if self.reading is not None else []

    @property
    def part(self) -> ScanPart:
        """How it went."""
        trouble = self.reading.trouble if self.reading is not None else None
        return ScanPart(self.gateway.name, self.scope, trouble)

    def run(self) -> None:
        """Find the scope out, then read every account in it."""
        reading = self.reading
        if reading is None:
            return
        log = _log.bind(organization=self.gateway.name) if self.gateway.name else _log
        try:
            self.scope = self.gateway.scope()
            log.info("scope found", scope=self.scope.kind.value, caller=self.scope.caller)
            reading.run(self._readers, self._concurrency)
        except GatewayError as error:
            reading.give_up(error.failure)
        except Exception:  # a defect ends as a failed check, which is announced
            log.exception("scan failed")
            reading.give_up(failure(FailureCode.INTERNAL))


def progress(rounds: Sequence[Round]) -> tuple[int, int]:
    """Accounts (done, listed so far) of all organizations."""
    each = [item.reading.progress for item in rounds if item.reading is not None]
    return sum(done for done, _ in each), sum(total for _, total in each)


def await_all(
    rounds: Sequence[Round], running: Sequence[Future[None]], stopping: threading.Event
) -> None:
    """Wait for all organizations; once the scan is to stop, for a short while only.

    One whose calls hang until then keeps nobody from recording what was read of the others.
    """
    while wait(running, timeout=LOOK_EVERY).not_done:
        if stopping.is_set():
            hanging = wait(running, timeout=STOP_WITHIN).not_done
            for each, future in zip(rounds, running, strict=True):
                if future in hanging and each.reading is not None:
                    each.reading.give_up(failure(FailureCode.NOT_REACHED))
            return


def together(rounds: Sequence[Round]) -> list[AccountResult]:
    """The results of all organizations, one of each account.

    An account that moves from one to another may be listed in both for a while: then that result
    counts which tells more, of equals the first.
    """
    best: dict[str, AccountResult] = {}
    twice = 0
    for result in (result for each in rounds for result in each.results):
        account_id = result.account.id
        known = best.setdefault(account_id, result)
        twice += known is not result
        if _tells(result) > _tells(known):
            best[account_id] = result
    if twice:
        _log.warning("accounts are listed in several organizations", accounts=twice)
    return list(best.values())


def _tells(result: AccountResult) -> int:
    """How much a result tells: nothing, that it cannot be read, that it is skipped, or more."""
    if not result.seen:
        return 0
    if not result.results:
        return 2
    return 3 if any(item.was_read for item in result.results) else 1


def ended(
    scan: Scan, rounds: Sequence[Round], results: Sequence[AccountResult], now: datetime
) -> Scan:
    """The scan as it ended."""
    parts = [each.part for each in rounds]
    troubles = [part for part in parts if part.failure is not None]
    state = ScanState.COMPLETE
    # One that was stopped has not failed, however early: the next start makes up for it.
    stopped = [part for part in troubles if _was_stopped(part)]
    if troubles:
        begun = bool(results) or len(troubles) < len(parts)
        state = ScanState.INCOMPLETE if begun or stopped else ScanState.FAILED
    named = any(part.organization for part in parts)
    return replace(
        scan,
        state=state,
        finished_at=now,
        scope=next((part.scope for part in parts if part.scope is not None), None),
        counts=count(results),
        failure=next((_of_organization(part) for part in (*stopped, *troubles)), None),
        parts=tuple(parts) if named else (),
    )


def _was_stopped(part: ScanPart) -> bool:
    return part.failure is not None and part.failure.cause is FailureCode.NOT_REACHED


def _of_organization(part: ScanPart) -> Failure | None:
    """Why a part is not complete, naming its organization where it has a name."""
    why = part.failure
    if why is None or not part.organization:
        return why
    return replace(why, message=f"In the organization “{part.organization}”: {why.message}")
