"""Builds what serves health and metrics, if a setting asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot import __version__
from bot.app.web import Web
from bot.domain.errors import StoreError
from bot.http.health import health_app
from bot.services.cached_figures import CachedFigures
from bot.services.database_probe import DatabaseProbe
from bot.services.monitoring import CopyState, Monitor, Sources
from bot.services.slack_probe import SlackProbe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from wsgiref.types import WSGIApplication

    from bot.app.replica import Replica
    from bot.app.scheduler import Schedule
    from bot.app.slack_bot import SlackBot
    from bot.aws.gateway import AwsGateway
    from bot.config.settings import Settings
    from bot.domain.checkpoints import CheckpointStatus
    from bot.domain.snapshots import SnapshotStatus
    from bot.http.metrics import PrometheusMetrics
    from bot.services.checkpoints import CheckpointService
    from bot.services.ports.clock import Clock
    from bot.services.ports.figures import FigureRepository
    from bot.services.pulse import Sign
    from bot.services.snapshots import SnapshotService

HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"


class Monitoring:
    """Health and metrics of a running bot: on a server of their own, on Slack's, or on both.

    Made in two steps: adapters report to `metrics` from the start, and `watch` needs what they are
    part of. Nothing is watched if no setting asks for it.

    Args:
        settings: the settings.
    """

    def __init__(self, settings: Settings) -> None:
        self._by_http = settings.http is not None
        self._address = settings.metrics
        self.metrics: Final = _prometheus() if self._by_http or self._address else None
        self.routes: Mapping[str, WSGIApplication] = {}
        self._monitor: Monitor | None = None
        self._slack: SlackProbe | None = None
        self._web: Web | None = None

    def watch(
        self,
        figures: FigureRepository,
        slack: SlackBot,
        gateways: Sequence[AwsGateway],
        clock: Clock,
        *,
        schedule: Schedule,
        stopping: Callable[[], bool],
        replica: Replica,
        checkpoints: CheckpointService | None = None,
        snapshots: SnapshotService | None = None,
    ) -> None:
        """Look at the bot whenever somebody asks.

        Args:
            figures: the database.
            slack: the bot's part in Slack.
            gateways: the AWS gateways.
            clock: the time.
            schedule: the schedule.
            stopping: whether the bot takes no more requests.
            replica: this process among those on its database.
            checkpoints: writes checkpoints; None if none are written.
            snapshots: saves snapshots; None if none are saved.

        Raises:
            ListenError: nothing can listen on the address of `settings.metrics`.
        """
        if self.metrics is None:
            return
        probe = DatabaseProbe(figures)
        signs: list[Sign] = [*slack.signs(), *replica.signs(), schedule.pulse, probe.pulse]
        copies: dict[str, Callable[[], CopyState | None]] = {}
        if checkpoints is not None:
            signs.append(checkpoints.pulse)
            copies["checkpoint"] = _checkpoint_state(checkpoints.status)
        if snapshots is not None:
            signs.append(snapshots.pulse)
            copies["snapshot"] = _snapshot_state(snapshots.status)

        def silence() -> float | None:
            return slack.connection.status().silence

        if self._by_http:
            self._slack = SlackProbe(silence, slack.client.answers)
            signs.append(self._slack.pulse)
        sources = Sources(
            signs,
            slack_silence=self._slack.silence if self._slack is not None else silence,
            has_schedule=lambda: schedule.is_running,
            stopping=stopping,
            leads=replica.lead.leads,
            rates=lambda: [rate for gateway in gateways for rate in gateway.call_rates()],
            copies=copies,
        )
        self._monitor = Monitor(sources, probe, CachedFigures(figures.figures), clock)
        self.routes = _routes(self._monitor, self.metrics)
        self._web = Web(self._address, self.routes)

    def start(self) -> None:
        """Begin to answer."""
        if self._monitor is not None:
            self._monitor.start()
        if self._slack is not None:
            self._slack.start()
        if self._web is not None:
            self._web.start()

    def stop(self) -> None:
        """End, as the last of the bot: until then, it says that the bot is stopping."""
        if self._web is not None:
            self._web.stop(within=1.0)
        if self._slack is not None:
            self._slack.stop()
        if self._monitor is not None:
            self._monitor.stop()


def _routes(monitor: Monitor, metrics: PrometheusMetrics) -> Mapping[str, WSGIApplication]:
    from bot.http.state_metrics import StateMetrics  # noqa: PLC0415 - its library is loaded if used

    metrics.add(StateMetrics(monitor.state))
    return {
        HEALTH: health_app(monitor.alive),
        READY: health_app(monitor.ready),
        METRICS: metrics.app(),
    }


def _prometheus() -> PrometheusMetrics:
    from bot.http.metrics import PrometheusMetrics  # noqa: PLC0415 - its library is loaded if used

    return PrometheusMetrics(__version__)


def _snapshot_state(status: Callable[[], SnapshotStatus]) -> Callable[[], CopyState | None]:
    def read() -> CopyState:
        found = status()
        return CopyState(found.saved_at, found.failing_since is not None)

    return read


def _checkpoint_state(status: Callable[[], CheckpointStatus]) -> Callable[[], CopyState | None]:
    def read() -> CopyState | None:
        try:
            found = status()
        except StoreError:
            return None
        return CopyState(found.written_at, found.failure is not None)

    return read
