"""The metrics of what is so now: read from the bot and its database when somebody asks for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.domain.findings import Outcome
from bot.domain.fixes import FixState
from bot.domain.health import Reason
from bot.domain.scans import ScanState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client.metrics_core import Metric

    from bot.domain.figures import Figures
    from bot.domain.scans import Scan
    from bot.services.monitoring import BotState


class StateMetrics(Collector):
    """Gives the state of the bot as metrics.

    Without the database, those that come from it are missing, and `altcontact_database_up` is 0.

    Args:
        state: what is so now.
    """

    def __init__(self, state: Callable[[], BotState]) -> None:
        self._state = state

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering this reads nothing."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric, as things are now."""
        state = self._state()
        yield from _health(state)
        for kind, copy in state.copies.items():
            yield from _copy(kind, copy.written_at, state.now, failing=copy.failing)
        if state.figures is not None:
            yield from _leader(state.figures, state.now)
            yield from _findings(state.figures)
            yield from _scans(state.figures, state.now)
            yield from _work(state.figures, state.now)


def _health(state: BotState) -> Iterator[Metric]:
    reasons = {problem.reason for problem in state.problems}
    yield _gauge("ready", "Whether the bot can answer people.", not reasons)
    problems = GaugeMetricFamily(
        "altcontact_problem", "Whether the bot isn't ready for this reason.", labels=["reason"]
    )
    for reason in Reason:
        problems.add_metric([reason.value], reason in reasons)
    yield problems
    silences = GaugeMetricFamily(
        "altcontact_thread_silence_seconds",
        "Seconds that a thread or a pool has worked without a sign of life.",
        labels=["thread"],
    )
    for name, seconds in state.silences.items():
        silences.add_metric([name], seconds)
    yield silences
    silence = math.inf if state.slack_silence is None else state.slack_silence
    yield _gauge(
        "slack_silence_seconds",
        "Seconds since Slack's last sign of life; infinite while not connected.",
        silence,
    )
    yield _gauge("leader", "Whether this replica leads.", state.leads)
    up = state.figures is not None
    yield _gauge("database_up", "Whether the database could be read for this answer.", up)
    now, most = (
        GaugeMetricFamily(f"altcontact_aws_{name}", text, labels=["limiter"])
        for name, text in (
            ("rate_calls_per_second", "Calls to AWS that are let through a second, at present."),
            ("quota_calls_per_second", "Calls to AWS that are let through without throttling."),
        )
    )
    for limiter, rate in state.rates.items():
        now.add_metric([limiter], rate.now)
        most.add_metric([limiter], rate.most)
    yield now
    yield most


def _copy(
    kind: str, written_at: datetime | None, now: datetime, *, failing: bool
) -> Iterator[Metric]:
    yield _gauge(
        f"{kind}_age_seconds",
        f"Seconds since the last {kind} was written; infinite if none was.",
        _age(written_at, now),
    )
    yield _gauge(f"{kind}_failing", f"Whether the last {kind} couldn't be written.", failing)


def _leader(figures: Figures, now: datetime) -> Iterator[Metric]:
    leader = figures.leader
    if leader is None:
        return
    yield _gauge(
        "leader_token", "Grows by one whenever another replica takes the lead.", leader.token
    )
    if not leader.is_over:
        yield _gauge(
            "leader_age_seconds",
            "Seconds since the replica that leads took the lead; missing while none leads.",
            _age(leader.since, now),
        )


def _findings(figures: Figures) -> Iterator[Metric]:
    findings = GaugeMetricFamily(
        "altcontact_findings",
        "Findings that are not resolved.",
        labels=["outcome", "contact_type", "severity"],
    )
    for kind, number in figures.findings.items():
        severity = "none" if kind.severity is None else kind.severity.value
        findings.add_metric([kind.outcome.value, kind.type.value.lower(), severity], number)
    yield findings
    unchecked = GaugeMetricFamily(
        "altcontact_accounts_unchecked", "Accounts that couldn't be checked.", labels=["cause"]
    )
    for cause, number in figures.unchecked.items():
        unchecked.add_metric([cause.value], number)
    yield unchecked


def _scans(figures: Figures, now: datetime) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "altcontact_scans", "Checks of all accounts, by how they ended.", labels=["state"]
    )
    for state in ScanState:
        if state is not ScanState.RUNNING:
            total.add_metric([state.value], figures.scans.get(state, 0))
    yield total
    running = figures.scans.get(ScanState.RUNNING, 0)
    yield _gauge("scan_running", "Whether a check of all accounts is running.", running)
    failed = GaugeMetricFamily(
        "altcontact_scan_last_failure",
        "1 for the cause of which the last check failed or is incomplete.",
        labels=["cause"],
    )
    if figures.last_scan is not None and figures.last_scan.failure is not None:
        failed.add_metric([figures.last_scan.failure.cause.value], 1)
    yield failed
    limited = figures.last_scan is not None and bool(figures.last_scan.limits)
    yield _gauge(
        "scan_limited",
        "Whether the last check covered one account in place of an organization that AWS doesn't "
        "let the bot list.",
        limited,
    )
    complete = figures.last_complete
    yield _gauge(
        "scan_age_seconds",
        "Seconds since the last complete check ended; infinite if there was none.",
        _age(complete.finished_at if complete is not None else None, now),
    )
    if complete is not None:
        yield from _last_complete(complete)


def _last_complete(scan: Scan) -> Iterator[Metric]:
    if scan.finished_at is not None:
        seconds = (scan.finished_at - scan.started_at).total_seconds()
        yield _gauge("scan_duration_seconds", "Seconds that the last complete check took.", seconds)
    accounts = GaugeMetricFamily(
        "altcontact_scan_accounts",
        "Accounts of the last complete check, by outcome.",
        labels=["outcome"],
    )
    for outcome in Outcome:
        accounts.add_metric([outcome.value], scan.counts.get(outcome, 0))
    yield accounts


def _work(figures: Figures, now: datetime) -> Iterator[Metric]:
    yield _gauge("announcements_waiting", "Messages that wait to be posted.", figures.waiting)
    since = figures.waiting_since
    yield _gauge(
        "announcements_waiting_age_seconds",
        "Seconds that the oldest of them has waited; 0 if none waits.",
        0.0 if since is None else _age(since, now),
    )
    yield _by(
        "fixes",
        "Fixes ever made, by state.",
        {state.value: figures.fixes.get(state, 0) for state in FixState},
    )
    yield _gauge(
        "fixes_in_doubt",
        "Fixes that AWS may or may not have applied.",
        figures.fixes_in_doubt,
    )


def _by(name: str, text: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"altcontact_{name}", text, labels=["state"])
    for state, value in values.items():
        family.add_metric([state], value)
    return family


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"altcontact_{name}", text, value=float(value))


def _age(at: datetime | None, now: datetime) -> float:
    return math.inf if at is None else max(0.0, (now - at).total_seconds())
