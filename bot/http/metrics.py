"""The metrics of the running bot in Prometheus's format, with a registry of their own.

Labels have closed sets of values, from the code: none has an account, a person, or text from
outside. What the code doesn't know counts as `other`.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)

from bot.domain.failures import FailureCode
from bot.http.server import allowing

if TYPE_CHECKING:
    from collections.abc import Collection
    from wsgiref.types import WSGIApplication

    from prometheus_client.registry import Collector

OK: Final = "ok"
OTHER: Final = "other"

AWS_OPERATIONS: Final = frozenset(
    {
        "AssumeRole",
        "DeleteAlternateContact",
        "DeleteObject",
        "DescribeKey",
        "DescribeOrganization",
        "GetAccountInformation",
        "GetAlternateContact",
        "GetCallerIdentity",
        "GetContactInformation",
        "GetObject",
        "GetObjectVersion",
        "GetParameter",
        "GetSecretValue",
        "ListAWSServiceAccessForOrganization",
        "ListAccounts",
        "ListAccountsForParent",
        "ListDelegatedAdministrators",
        "ListObjectVersions",
        "ListObjectsV2",
        "ListOrganizationalUnitsForParent",
        "ListRoots",
        "ListTagsForResource",
        "PutAlternateContact",
        "PutObject",
        "Sign",
        "Verify",
    }
)
"""AWS's operations that the bot uses."""

AWS_OUTCOMES: Final = frozenset({OK, *(code.value for code in FailureCode)})

SLACK_METHODS: Final = frozenset(
    {
        "api.test",
        "apps.connections.open",
        "auth.test",
        "chat.postEphemeral",
        "chat.postMessage",
        "chat.update",
        "conversations.history",
        "conversations.info",
        "conversations.list",
        "conversations.replies",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
        "usergroups.users.list",
        "users.info",
        "users.list",
        "users.lookupByEmail",
        "views.open",
        "views.publish",
        "views.push",
        "views.update",
    }
)
"""Slack's methods that the bot uses."""

SLACK_OUTCOMES: Final = frozenset({OK, "ratelimited", "refused", "unreachable"})

KINDS: Final = frozenset({"read", "write"})
"""Of transactions."""

_CALLS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds of calls to AWS and Slack, which time out after ten."""

_ACKS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Seconds of acks: Slack shows a failure after three."""

_TRANSACTIONS: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds of transactions, which wait for others for at most ten."""


class PrometheusMetrics:
    """Takes what adapters report, as `bot.services.ports.metrics.Metrics` has it.

    Args:
        version: the bot's.
    """

    def __init__(self, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # they double the counters
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Gauge(
            "altcontact_build_info",
            "The version of the bot and of Python; always 1.",
            ["version", "python_version"],
            registry=registry,
        )
        build.labels(version, platform.python_version()).set(1)
        self._aws_calls = Counter(
            "altcontact_aws_calls_total",
            "Requests to AWS by operation and outcome: ok, throttled, or another cause of failure.",
            ["operation", "outcome"],
            registry=registry,
        )
        self._aws_seconds = Histogram(
            "altcontact_aws_call_duration_seconds",
            "Seconds until AWS answered a request, without the wait for the rate limit.",
            ["operation"],
            buckets=_CALLS,
            registry=registry,
        )
        self._slack_calls = Counter(
            "altcontact_slack_calls_total",
            "Calls of Slack's Web API by method and outcome (such as ok, ratelimited, refused).",
            ["method", "outcome"],
            registry=registry,
        )
        self._slack_seconds = Histogram(
            "altcontact_slack_call_duration_seconds",
            "Seconds that a call of Slack's Web API took, with its retries.",
            ["method"],
            buckets=_CALLS,
            registry=registry,
        )
        self._slack_limited = Counter(
            "altcontact_slack_rate_limited_total",
            "Requests that Slack answered with 429, also those that were retried.",
            ["method"],
            registry=registry,
        )
        self._acks = Histogram(
            "altcontact_ack_duration_seconds",
            "Seconds until a request from Slack was acknowledged; Slack waits for 3.",
            buckets=_ACKS,
            registry=registry,
        )
        self._transactions = Histogram(
            "altcontact_database_transaction_duration_seconds",
            "Seconds that transactions took, with their wait for the database.",
            ["kind"],
            buckets=_TRANSACTIONS,
            registry=registry,
        )
        self._database_failures = Counter(
            "altcontact_database_failures_total",
            "Transactions that failed because the database couldn't be used.",
            ["kind"],
            registry=registry,
        )
        for kind in KINDS:
            self._transactions.labels(kind)
            self._database_failures.labels(kind)

    def add(self, collector: Collector) -> None:
        """Add metrics that are read when somebody asks for them."""
        self.registry.register(collector)

    def app(self) -> WSGIApplication:
        """The answer to `GET /metrics`, compressed if the client wants that."""
        return allowing(["GET"], make_wsgi_app(self.registry))

    def aws_call(self, operation: str, seconds: float, outcome: str) -> None:
        """See `Metrics.aws_call`."""
        operation = _known(operation, AWS_OPERATIONS)
        self._aws_calls.labels(operation, _known(outcome, AWS_OUTCOMES)).inc()
        self._aws_seconds.labels(operation).observe(seconds)

    def slack_call(self, method: str, seconds: float, outcome: str) -> None:
        """See `Metrics.slack_call`."""
        method = _known(method, SLACK_METHODS)
        self._slack_calls.labels(method, _known(outcome, SLACK_OUTCOMES)).inc()
        self._slack_seconds.labels(method).observe(seconds)

    def slack_limited(self, method: str) -> None:
        """See `Metrics.slack_limited`."""
        self._slack_limited.labels(_known(method, SLACK_METHODS)).inc()

    def acked(self, seconds: float) -> None:
        """See `Metrics.acked`."""
        self._acks.observe(seconds)

    def database(self, kind: str, seconds: float, *, failed: bool) -> None:
        """See `Metrics.database`."""
        kind = _known(kind, KINDS)
        self._transactions.labels(kind).observe(seconds)
        if failed:
            self._database_failures.labels(kind).inc()


def _known(value: str, among: Collection[str]) -> str:
    return value if value in among else OTHER
