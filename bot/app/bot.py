"""The running bot: constructed from its settings, started, and stopped cleanly."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot import __version__
from bot.app.checkpoints import checkpoint_service
from bot.app.clock import SystemClock
from bot.app.doctor import check_running_bot, log_at_start
from bot.app.monitoring import Monitoring
from bot.app.policy_in_use import PolicyInUse
from bot.app.replica import Replica
from bot.app.scheduler import Schedule
from bot.app.signals import run_until_stopped
from bot.app.slack_bot import SlackBot
from bot.app.slack_connection import slack_routes
from bot.app.snapshots import open_with_snapshots
from bot.app.tokens import renewable_tokens
from bot.app.web import Web
from bot.app.wiring import aws_gateways, slack_members
from bot.config.policy_reload import ReloadablePolicy
from bot.domain.audit import BOT
from bot.domain.audit_entries import bot_started
from bot.domain.errors import NotifierError
from bot.domain.timetable import Timetable
from bot.services.scan.retry import ScanRetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app.settings import StartSettings
    from bot.config.load import Settings
    from bot.domain.snapshots import SnapshotStatus
    from bot.slack.channels import AlertChannel

_log = structlog.get_logger(__name__)

_AFTER_DRAIN: Final = 6.0
"""Seconds of a stop that are left at least once nothing more arrives by HTTP."""

_ANSWERED_WITHIN: Final = 3.0
"""Seconds in which requests that were received are answered: Slack waits no longer."""


class Bot:
    """The whole bot, constructed from its settings.

    Args:
        start: the settings.
        load: reads them again, or raises SettingsError.
        shutdown_timeout: seconds that a clean stop may take; orchestrators kill after ten.

    Raises:
        StoreError: the database can't be used.
    """

    def __init__(
        self,
        start: StartSettings,
        load: Callable[[], Settings],
        *,
        shutdown_timeout: float = 9.0,
    ) -> None:
        self._settings = settings = start.settings
        self._tokens = renewable_tokens(start)
        self._shutdown_timeout = shutdown_timeout
        self._stopping = threading.Event()
        self._clock = clock = SystemClock()
        self._monitoring = Monitoring(settings)
        metrics = self._monitoring.metrics
        self._store, self._snapshots = open_with_snapshots(settings, clock, clock.observe, metrics)
        self._replica = Replica(
            self._store.leadership,
            self._store.replicas,
            clock,
            lease=settings.lease,
            on_gained=self._lead,
            on_news=lambda: self._slack.others_recorded(),  # noqa: PLW0108 - made after this
            reload=lambda digest: self._policy.follow(digest),  # noqa: PLW0108 - made after this
        )
        self._policy = PolicyInUse(
            ReloadablePolicy(settings, load), self._store.audit, self._replica
        )
        self._gateways = aws_gateways(settings, clock.observe, metrics, self._store)
        self._checkpoints = checkpoint_service(
            settings,
            self._store.checkpoints,
            clock,
            on_date=clock.observe,
            metrics=metrics,
            leads=self._replica.lead.leads,
        )
        self._slack = SlackBot(
            settings,
            self._store,
            self._gateways,
            slack_members(settings, clock, metrics, self._tokens.bot),
            self._policy.current,
            tokens=self._tokens,
            clock=clock,
            reload_policy=self._policy.reload,
            next_check=lambda: self._schedule.next_check(),  # noqa: PLW0108 - made after this
            run_checks=lambda: check_running_bot(
                settings,
                self._gateways,
                self._slack.connection.status,
                self._policy.current(),
                home=self._slack.home.status,
                tokens=self._tokens,
                snapshots=self._snapshot_status,
            ),
            checkpoints=self._checkpoints.status if self._checkpoints else lambda: None,
            snapshots=self._snapshot_status,
            holds=self._snapshots.holds if self._snapshots is not None else lambda _: False,
            on_connected=lambda: _log.info("ready"),
            on_date=clock.observe,
            metrics=metrics,
            lead=self._replica.lead,
        )
        self._schedule = Schedule(
            self._slack.services.scanner,
            self._store.scans,
            clock,
            settings.schedule,
            settings.timezone,
            check_on_start=settings.check_on_start,
            upkeep=self._settle,
            may_retry=ScanRetry(self._gateways, self._store.scans).is_worthwhile,
            leads=self._replica.lead.leads,
        )
        self._monitoring.watch(
            self._store.figures,
            self._slack,
            self._gateways,
            clock,
            schedule=self._schedule,
            stopping=self._stopping.is_set,
            replica=self._replica,
            checkpoints=self._checkpoints,
            snapshots=self._snapshots,
        )
        routes = {**slack_routes(self._slack.connection), **self._monitoring.routes}
        self._web = Web(settings.http, routes)

    def start(self) -> None:
        """Start everything. If Slack or AWS is unavailable, work that needs it waits."""
        self._monitoring.start()
        cut_off = self._store.scans.cut_off_dead()
        if cut_off:
            _log.warning("an earlier check was interrupted", scans=cut_off)
        self._store.audit.record(bot_started(__version__))
        self._policy.record(BOT)
        self._schedule.start()
        self._replica.start()
        self._web.start()
        self._slack.connection.start()
        self._slack.announcer.start()
        self._slack.run_files.start()
        self._slack.home.start()
        self._slack.fix_recovery.start()
        self._slack.run_worker.start()
        if self._checkpoints is not None:
            self._checkpoints.start()
        if self._snapshots is not None:
            self._snapshots.start(
                leads=self._replica.lead.leads,
                on_changed=self._slack.home.changed,
                on_saved=self._slack.announcer.wake,
            )
        self._slack.background.run_unattended(lambda: _log_alert_channel(self._slack.channel))
        # In a thread of its own, since a stop must not wait for it.
        threading.Thread(target=self._log_doctor, name="doctor", daemon=True).start()

    def _lead(self) -> None:
        """Begin what only one replica does, with what has come due since somebody last did it.

        Raises:
            StoreError: the database can't be used.
        """
        timetable = Timetable(self._settings.schedule, str(self._settings.timezone))
        self._store.announcements.introduce(timetable)
        self._schedule.lead()
        self._slack.run_started()

    def check_now(self) -> None:
        """Run the scheduled check now, in the background."""
        self._schedule.check_now()

    def reload(self) -> None:
        """Apply the policy file, or log why it can't be applied and keep the current policy."""
        self._policy.reload_and_log()

    def _settle(self) -> None:
        """Fix what another process's check found, and end exemptions and requests that are due."""
        self._slack.auto_fix.settle()
        self._slack.settle_approvals()
        exemptions = self._store.exemptions
        if exemptions.due() and not self._clock.is_proven():
            self._slack.client.ask_time()
            if not self._clock.is_proven():
                _log.warning(
                    "exemptions are not ended because this machine's clock may be wrong",
                    remedy="Set it by NTP. Exemptions end once Slack or AWS confirms the time.",
                )
        if exemptions.settle():
            self._slack.recorded()

    def _snapshot_status(self) -> SnapshotStatus | None:
        """How saving snapshots goes; None if none are saved."""
        return self._snapshots.status() if self._snapshots is not None else None

    def _log_doctor(self) -> None:
        """Log the problems that the doctor finds."""
        lines = check_running_bot(
            self._settings,
            self._gateways,
            connection=None,
            policy=self._policy.current(),
            tokens=self._tokens,
        )
        log_at_start(lines, wanted=lambda: not self._stopping.is_set())

    def stop(self) -> None:
        """Stop cleanly: no new work, running writes finish and are recorded, sockets close."""
        _log.info("stopping")
        self._stopping.set()
        # Work that still hangs in a call after this time is settled by the next start.
        drain = self._settings.http_drain if self._settings.http is not None else 0.0
        within = max(self._shutdown_timeout, drain + _AFTER_DRAIN)
        last_resort = threading.Timer(within, _exit_now)
        last_resort.daemon = True
        last_resort.start()
        self._web.drain(drain)
        self._web.stop(_ANSWERED_WITHIN)
        self._schedule.stop()
        self._tokens.stop()
        self._slack.stop()
        if self._snapshots is not None:
            self._snapshots.begin_stop()
        if self._checkpoints is not None:
            self._checkpoints.stop()
        if self._snapshots is not None:
            self._snapshots.stop()
        self._replica.stop()
        self._monitoring.stop()
        self._store.close()
        _log.info("stopped")


def run(start: StartSettings, load: Callable[[], Settings]) -> int:
    """Run the bot until a signal stops it; see `run_until_stopped`.

    Args:
        start: the settings.
        load: reads them again, or raises SettingsError.

    Returns:
        The exit status: 0.

    Raises:
        StoreError: the database can't be used.
    """
    return run_until_stopped(lambda: Bot(start, load))


def _log_alert_channel(channel: AlertChannel) -> None:
    """Log at the start where alerts go, or why they can't be posted."""
    try:
        _log.info("alert channel found", channel=channel.id())
    except NotifierError as error:
        _log.error(
            "alerts can't be posted", problem=str(error), remedy=error.remedy, code=error.code
        )


def _exit_now() -> None:
    _log.warning("stopped with calls in progress")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
