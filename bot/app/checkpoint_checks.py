"""The doctor's lines about checkpoints: whether they are written, and whether the key signs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.errors import GatewayError, StoreError
from bot.domain.failures import FailureCode
from bot.services.doctor import Check, CheckResult, Section, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.checkpoints import CheckpointStatus
    from bot.services.ports.clock import Clock

_PASSING: Final = frozenset(
    {
        FailureCode.AWS_FAULT,
        FailureCode.THROTTLED,
        FailureCode.TIMED_OUT,
        FailureCode.UNREACHABLE,
    }
)
"""Causes that may pass without anyone changing something."""


_OVERDUE: Final = timedelta(hours=2)
"""How long an entry may be without a checkpoint: a running bot writes one every hour."""


class CheckpointChecks:
    """The checks of checkpoints. Whether one can be written shows only when one is written.

    Args:
        destination: where they go, as a URL.
        status: reads how writing them goes; None if there is no database yet.
        check_key: asks KMS about the key, and returns the algorithm; None if no key is named.
        clock: the time.
    """

    def __init__(
        self,
        destination: str,
        status: Callable[[], CheckpointStatus | None],
        check_key: Callable[[], str] | None,
        clock: Clock,
    ) -> None:
        self._destination = destination
        self._status = status
        self._check_key = check_key
        self._clock = clock

    def checks(self) -> tuple[Check, ...]:
        """The checks, in order."""
        checks = [Check(Section.DATABASE, "Checkpoints", self._check_status)]
        if self._check_key is not None:
            checks.append(Check(Section.AWS, "Checkpoint key", self._check_signing))
        return tuple(checks)

    def _check_status(self) -> Iterator[CheckResult]:
        name = "Checkpoints"
        try:
            status = self._status()
        except StoreError:
            yield _line(name, State.NOT_TESTED, "the database can't be read.")
            return
        if status is None or (status.written is None and status.failure is None):
            message = f"none was written to {self._destination} yet. A running bot writes them."
            yield _line(name, State.NOT_TESTED, message)
            return
        last = "None was written yet."
        if status.written is not None and status.written_at is not None:
            last = (
                f"The last one was written to {self._destination} on "
                f"{status.written_at:%Y-%m-%d %H:%M} UTC, up to entry "
                f"{status.written.head.count:,} of {status.entries:,}."
            )
        if status.failure is not None and status.waiting_since is not None:
            state = State.WARNING if status.failure.cause in _PASSING else State.FAILURE
            message = (
                f"one has been waiting since {status.waiting_since:%Y-%m-%d %H:%M} UTC. The last "
                f"try failed: {status.failure.message} A running bot tries again by itself. {last}"
            )
            yield _line(name, state, message, status.failure.remedy)
        elif not status.versioned:
            message = f"their bucket doesn't keep versions, so nothing protects them. {last}"
            remedy = (
                "Use a bucket with Object Lock and a default retention. See docs/checkpoints.md."
            )
            yield _line(name, State.WARNING, message, remedy)
        elif self._is_overdue(status):
            message = (
                f"nothing was sent since {status.uncovered_since:%Y-%m-%d %H:%M} UTC, though the "
                f"log has grown. {last}"
            )
            remedy = "Check that a bot runs with this setting: it sends one every hour."
            yield _line(name, State.WARNING, message, remedy)
        else:
            yield _line(name, State.OK, f"are written. {last}")

    def _is_overdue(self, status: CheckpointStatus) -> bool:
        since = status.uncovered_since
        return since is not None and self._clock.now() - since > _OVERDUE

    def _check_signing(self) -> Iterator[CheckResult]:
        assert self._check_key is not None  # noqa: S101 - otherwise this check isn't listed
        try:
            algorithm = self._check_key()
        except GatewayError as error:
            why = error.failure
            yield CheckResult(Section.AWS, "Checkpoint key", State.FAILURE, why.message, why.remedy)
            return
        message = f"is enabled and signs with {algorithm}."
        yield CheckResult(Section.AWS, "Checkpoint key", State.OK, message)


def _line(name: str, state: State, message: str, remedy: str = "") -> CheckResult:
    return CheckResult(Section.DATABASE, name, state, message, remedy)
