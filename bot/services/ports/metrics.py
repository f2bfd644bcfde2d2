"""The port to the metrics: what adapters report about each call that they make.

Names and outcomes come from the code, so that each is one of a few. A report never fails, and takes
microseconds. Without metrics, `NoMetrics` takes them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class CallRate(NamedTuple):
    """How many calls a second a limiter lets through: at present, and if AWS throttles nothing."""

    now: float
    most: float


class Metrics(Protocol):
    """Takes what happened; durations are in seconds."""

    def aws_call(self, operation: str, seconds: float, outcome: str) -> None:
        """A request to AWS was answered, or wasn't.

        Args:
            operation: AWS's name of the operation.
            seconds: from the request to the answer, without the wait for the rate limit.
            outcome: `ok`, or the cause of the failure (`FailureCode`).
        """
        ...

    def slack_call(self, method: str, seconds: float, outcome: str) -> None:
        """A method of Slack's Web API was called, with all its retries.

        Args:
            method: Slack's name of the method.
            seconds: from the first request to the last answer.
            outcome: `ok`, `ratelimited`, `refused` or `unreachable`.
        """
        ...

    def slack_limited(self, method: str) -> None:
        """Slack answered a request with 429."""
        ...

    def acked(self, seconds: float) -> None:
        """Slack got the ack of a request, this long after the request arrived."""
        ...

    def database(self, kind: str, seconds: float, *, failed: bool) -> None:
        """A transaction ended.

        Args:
            kind: `read` or `write`.
            seconds: with its wait for the database.
            failed: whether the database couldn't be used.
        """
        ...


class NoMetrics:
    """Takes everything, and keeps nothing."""

    def aws_call(self, operation: str, seconds: float, outcome: str) -> None:
        """See `Metrics.aws_call`."""

    def slack_call(self, method: str, seconds: float, outcome: str) -> None:
        """See `Metrics.slack_call`."""

    def slack_limited(self, method: str) -> None:
        """See `Metrics.slack_limited`."""

    def acked(self, seconds: float) -> None:
        """See `Metrics.acked`."""

    def database(self, kind: str, seconds: float, *, failed: bool) -> None:
        """See `Metrics.database`."""
