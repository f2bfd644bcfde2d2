"""Makes one call to AWS: limits its rate, retries transient failures, and explains the last one.

A call that AWS refuses because of its credentials is made once more with those that can be had by
then: a role's session may have ended early, or a file may hold new keys.
"""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from bot.aws.error_mapping import RAISED_BY_BOTOCORE, explain, refused_fields, request_id_of
from bot.aws.setup_errors import SetupError
from bot.domain.errors import ContactRefused, GatewayError, WriteNotSent
from bot.domain.failures import FailureCode, failure
from bot.services.ports.aws import Priority
from bot.services.ports.metrics import NoMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.aws.access_denied import Request
    from bot.aws.rate_limiter import RateLimiter
    from bot.services.ports.metrics import Metrics

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

TRIES: Final = {
    FailureCode.THROTTLED: 5,
    FailureCode.AWS_FAULT: 3,
    FailureCode.TIMED_OUT: 3,
    FailureCode.UNREACHABLE: 3,
}
"""How often a call is made before this failure counts; others count at once."""

_OF_FIELDS: Final = frozenset({FailureCode.REFUSED, FailureCode.REQUEST_INVALID})
_FIRST_PAUSE_SECONDS: Final = 0.25
_LONGEST_PAUSE_SECONDS: Final = 5.0
_BACKOFF: Final = wait_random_exponential(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)


class Credentials(Protocol):
    """The credentials that calls are made with. Safe to use from several threads."""

    @property
    def generation(self) -> int:
        """How often they were renewed."""

    def renew(self, generation: int) -> None:
        """Load them again before the next call, unless that was done since that generation."""


class ApiCaller:
    """Makes the calls of one gateway.

    Args:
        pause: waits this many seconds before another try, or until closed; tests replace it.
        tries: how often a call is made before a failure with this cause counts.
        metrics: take each try.
        credentials: what the calls are made with, renewed when AWS refuses them; None if they
            can't be.
    """

    def __init__(
        self,
        pause: Callable[[float], object] | None = None,
        tries: Mapping[FailureCode, int] = TRIES,
        metrics: Metrics | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self._credentials = credentials
        self._tries = tries
        self._metrics = metrics or NoMetrics()
        self._closed = threading.Event()
        self._pause = pause

    def close(self) -> None:
        """Stop retrying."""
        self._closed.set()

    def call(
        self,
        request: Request,
        ask: Callable[[], _T],
        limiter: RateLimiter | None = None,
        priority: Priority = Priority.INTERACTIVE,
    ) -> _T:
        """Make a call, and retry it if that may help: all operations used here are idempotent.

        Args:
            request: the request, to explain a denial.
            ask: gets a boto3 client, makes the call with it, and returns the wanted part of the
                answer; may raise `UnusableAnswer`.
            limiter: limits the rate of tries; None for calls that AWS hardly limits.
            priority: the priority there.

        Raises:
            ContactRefused: AWS rejected fields, and named them.
            WriteNotSent: it may not be sent any more, or not again.
            GatewayError: the failure of the last try; `NOT_REACHED` if closing prevented the first
                one.
        """
        tried: list[GatewayError] = []

        def attempt() -> _T:
            generation = self._credentials.generation if self._credentials is not None else 0
            try:
                return self._try(request, ask, limiter, priority)
            except WriteNotSent as error:
                error.maybe_done = any(each.maybe_done for each in tried)
                raise
            except GatewayError as error:
                if error.failure.cause is FailureCode.NOT_REACHED and tried:
                    # The last try's failure says more than that the next one was prevented.
                    raise tried[-1] from None
                error.maybe_done |= any(each.maybe_done for each in tried)
                tried.append(error)
                if self._credentials is not None and error.failure.cause.of_the_settings:
                    self._credentials.renew(generation)
                raise

        def may_pass(error: BaseException) -> bool:
            return isinstance(error, GatewayError) and (
                error.failure.cause in self._tries or self._is_first_refusal(error, tried)
            )

        def wait(state: RetryCallState) -> float:
            # Credentials don't get better by waiting: they are renewed, or they aren't.
            return 0.0 if tried[-1].failure.cause.of_the_settings else _BACKOFF(state)

        retrying = Retrying(
            retry=retry_if_exception(may_pass),
            stop=lambda state: self._enough(tried[-1], state.attempt_number),
            wait=wait,
            sleep=self._wait,
            before_sleep=lambda state: _log_retry(request, tried[-1], state.attempt_number),
            reraise=True,
        )
        return retrying(attempt)

    def _try(
        self,
        request: Request,
        ask: Callable[[], _T],
        limiter: RateLimiter | None,
        priority: Priority,
    ) -> _T:
        with limiter.turn(priority) if limiter else nullcontext():
            if self._closed.is_set():
                raise GatewayError(failure(FailureCode.NOT_REACHED))
            began = time.monotonic()
            try:
                answer = ask()
            except RAISED_BY_BOTOCORE as exc:
                why = explain(exc, request)
                self._report(request, time.monotonic() - began, why.cause.value)
                if why.cause is FailureCode.THROTTLED and limiter and limiter.throttled():
                    _log.warning(
                        "aws.throttled", operation=request.operation, rate=round(limiter.rate, 2)
                    )
                fields = refused_fields(exc) if why.cause in _OF_FIELDS else {}
                # Not `from exc`: botocore's text may contain personal data, and tracebacks show it.
                request_id = request_id_of(exc)
                error = (
                    ContactRefused(why, fields, request_id)
                    if fields
                    else GatewayError(why, request_id)
                )
                if isinstance(exc, SetupError):
                    error.maybe_done = False  # what failed came before the request, as AssumeRole
                raise error from None
            self._report(request, time.monotonic() - began, "ok")
            return answer

    def _report(self, request: Request, seconds: float, outcome: str) -> None:
        self._metrics.aws_call(request.operation, seconds, outcome)
        _log.debug(
            "aws.called",
            operation=request.operation,
            account_id=request.account_id,
            seconds=round(seconds, 3),
            outcome=outcome,
        )

    def _wait(self, seconds: float) -> None:
        if self._pause is None:
            self._closed.wait(seconds)
        else:
            self._pause(seconds)

    def _enough(self, error: GatewayError, tries: int) -> bool:
        if self._closed.is_set():
            return True
        cause = error.failure.cause
        return cause in self._tries and tries >= self._tries[cause]

    def _is_first_refusal(self, error: GatewayError, tried: Sequence[GatewayError]) -> bool:
        """Whether a try failed for its credentials, as none of the call did before."""
        refused = [each for each in tried if each.failure.cause.of_the_settings]
        return self._credentials is not None and refused == [error]


def _log_retry(request: Request, error: GatewayError, tries: int) -> None:
    _log.info(
        "aws.retried",
        operation=request.operation,
        account_id=request.account_id,
        cause=error.failure.cause.value,
        tries=tries,
    )
