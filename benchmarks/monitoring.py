"""What monitoring costs: a report, a measured transaction, and a scrape of a large organization."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import generate_latest

from benchmarks.home import QUICK, SIZES, fill
from benchmarks.measuring import Row
from bot.app.clock import SystemClock
from bot.http.metrics import PrometheusMetrics
from bot.http.state_metrics import StateMetrics
from bot.services.home import ACCOUNTS, EXEMPTIONS
from bot.services.monitoring import BotState
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPORTS = 20_000
TIMES = 20
TRANSACTIONS = 2_000


def measure(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Reports and transactions on their own, then scrapes."""
    metrics = PrometheusMetrics("0")
    took = _seconds(lambda: metrics.aws_call("GetAlternateContact", 0.05, "ok"), REPORTS)
    yield Row("reporting a call to AWS", f"{took * 1e6:.1f} µs")
    place = folder / "transactions.db"
    with (
        SqliteStore(place, SystemClock()) as plain,
        SqliteStore(place, SystemClock(), metrics=metrics) as measured,
    ):
        # In turn, so that the machine is as busy for one as for the other.
        rounds = [
            (
                _seconds(plain.scans.last, TRANSACTIONS // 10),
                _seconds(measured.scans.last, TRANSACTIONS // 10),
            )
            for _ in range(10)
        ]
    without, with_ = (statistics.median(each) for each in zip(*rounds, strict=True))
    yield Row(
        "a small transaction whose duration is reported",
        f"{with_ * 1e6:.0f} µs",
        f"{with_ / without:.2f} x one that isn't",
    )
    for accounts in QUICK if quick else SIZES:
        place = folder / f"monitoring-{accounts}.db"
        with SqliteStore(place, SystemClock()) as store:
            fill(store, accounts)
            home = _median(partial(store.overviews.overview, ACCOUNTS, EXEMPTIONS))
            figures = _median(store.figures.figures)
            state = BotState(
                datetime.now(UTC),
                store.figures.figures(),
                {},
                (),
                0.1,
                leads=True,
                rates={},
                copies={},
            )
        scraped = PrometheusMetrics("0")
        scraped.add(StateMetrics(partial(_same, state)))
        answer = _median(partial(generate_latest, scraped.registry))
        size = f"{accounts:,} accounts"
        yield Row(
            f"counting for a scrape, {size}",
            f"median {figures * 1000:.1f} ms",
            f"{figures / home:.2f} x reading a Home",
        )
        yield Row(f"the answer from that, {size}", f"median {answer * 1000:.1f} ms")


def _same(state: BotState) -> BotState:
    return state


def _seconds(run: Callable[[], object], times: int) -> float:
    """Seconds of one run, the mean of many."""
    began = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - began) / times


def _median(run: Callable[[], object]) -> float:
    """Seconds of one run, the median of several."""
    return statistics.median(_seconds(run, 1) for _ in range(TIMES))
