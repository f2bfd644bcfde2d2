"""Builds what serves health and metrics, if a setting asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import __version__
from bot.domain.errors import StoreError
from bot.http.health import health_app
from bot.services.cached_figures import CachedFigures
from bot.services.database_probe import DatabaseProbe
from bot.services.monitoring import CopyState, Monitor, Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import WSGIApplication

    from bot.domain.checkpoints import CheckpointStatus
    from bot.http.metrics import PrometheusMetrics
    from bot.services.ports.clock import Clock
    from bot.services.ports.figures import FigureRepository
    from bot.services.ports.metrics import CallRate

HEALTH, READY, METRICS = "/healthz", "/readyz", "/metrics"


def prometheus(*, wanted: bool) -> PrometheusMetrics | None:
    """The metrics of this process; None if nobody asks for them: the library is loaded only then.

    Args:
        wanted: whether a setting asks for them.
    """
    if not wanted:
        return None
    from bot.http.metrics import PrometheusMetrics  # noqa: PLC0415 - loaded only if it is used

    return PrometheusMetrics(__version__)


def monitor(figures: FigureRepository, sources: Sources, clock: Clock) -> Monitor:
    """What says whether the bot is alive and ready, and how it goes.

    Args:
        figures: the database.
        sources: the rest of what it has to know.
        clock: the time.
    """
    probe = DatabaseProbe(figures)
    return Monitor(sources, probe, CachedFigures(figures.figures), clock)


def routes(monitor: Monitor, metrics: PrometheusMetrics | None) -> Mapping[str, WSGIApplication]:
    """{path: what answers there}."""
    found = {HEALTH: health_app(monitor.alive), READY: health_app(monitor.ready)}
    if metrics is not None:
        from bot.http.state_metrics import StateMetrics  # noqa: PLC0415 - as above

        metrics.add(StateMetrics(monitor.state))
        found[METRICS] = metrics.app()
    return found


def lowest(gateways: Iterable[Callable[[], Mapping[str, CallRate]]]) -> Mapping[str, CallRate]:
    """The rates of several gateways: of each limiter, the one slowed down most."""
    rates: dict[str, CallRate] = {}
    for read in gateways:
        for name, rate in read().items():
            rates[name] = min(rate, rates.get(name, rate), key=lambda each: each.now / each.most)
    return rates


def checkpoint_state(status: Callable[[], CheckpointStatus]) -> Callable[[], CopyState | None]:
    """How checkpoints come along, for `Sources.copies`."""

    def read() -> CopyState | None:
        try:
            found = status()
        except StoreError:
            return None
        return CopyState(found.written_at, found.failure is not None)

    return read
