"""Metrics that keep each report, for tests of who reports."""

from __future__ import annotations

from bot.services.ports.metrics import NoMetrics


class ReportedMetrics(NoMetrics):
    """Keeps reports; durations are only checked for being some."""

    def __init__(self) -> None:
        self.aws: list[tuple[str, str]] = []
        self.slack: list[tuple[str, str]] = []
        self.limited: list[str] = []
        self.acks = 0

    def aws_call(self, operation: str, seconds: float, outcome: str) -> None:
        """A call to AWS."""
        assert seconds >= 0
        self.aws.append((operation, outcome))

    def slack_call(self, method: str, seconds: float, outcome: str) -> None:
        """A call to Slack."""
        assert seconds >= 0
        self.slack.append((method, outcome))

    def slack_limited(self, method: str) -> None:
        """A 429 from Slack."""
        self.limited.append(method)

    def acked(self, seconds: float) -> None:
        """An ack."""
        assert seconds >= 0
        self.acks += 1
