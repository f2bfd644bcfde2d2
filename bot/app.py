"""The composition root: the only place that constructs. Starts the bot, and stops it in order."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import structlog

from bot.announce import Announcer
from bot.aws.gateway import AwsGateway
from bot.clock import SystemClock
from bot.errors import NotifierError
from bot.examine import log_at_start, running
from bot.policy import Policy
from bot.remediate import Remediator
from bot.scan import Scanner
from bot.scans import Trigger, TriggerKind
from bot.schedule import Schedule
from bot.slack import api, bolt
from bot.slack.channel import AlertChannel
from bot.slack.connection import Connection
from bot.slack.desk import Desk
from bot.slack.directory import Directory
from bot.slack.fixers import SlackFixers
from bot.slack.notifier import SlackNotifier
from bot.slack.parts import Parts
from bot.slack.views.announcements import ROWS
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.scans import Scan, ScanReport
    from bot.settings import Settings

_log = structlog.get_logger(__name__)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)

STOP_WITHIN: Final = 9.0
"""Seconds that an orderly stop may take; orchestrators kill after ten."""


def check_once(
    settings: Settings,
    on_progress: Callable[[int, int], None] | None = None,
    on_joined: Callable[[Scan], None] | None = None,
) -> ScanReport:
    """One scan, without Slack.

    Args:
        settings: the Slack ones are not needed.
        on_progress: called with (accounts done, accounts listed so far).
        on_joined: called with the scan that was already running, where one was.

    Raises:
        StoreError: the database cannot be used.
    """
    with _scanner(settings) as scanner:
        ticket = scanner.start(Trigger(TriggerKind.CLI), on_progress)
        if ticket.joined and on_joined is not None:
            on_joined(ticket.scan)
        return ticket.report.result()


@contextmanager
def _scanner(settings: Settings) -> Iterator[Scanner]:
    clock = SystemClock()
    store = SqliteStore(settings.database, clock)
    gateway = AwsGateway(settings.scope, settings.read_rate, settings.write_rate)
    scanner = Scanner(gateway, store, Policy(settings.types), clock)
    try:
        yield scanner
    finally:
        gateway.close()
        scanner.stop()
        store.close()


def run(settings: Settings) -> int:
    """Run the bot until it is told to stop (SIGTERM, SIGINT).

    SIGUSR1 runs the scheduled check now.

    Returns:
        The exit status: 0.

    Raises:
        StoreError: the database cannot be used.
    """
    asked, asks = os.pipe()
    os.set_blocking(asks, False)
    # Whichever thread a signal reaches, its number is written here and ends the read below. A wait
    # for a lock is not always ended by one: the main thread may have begun it just then.
    signal.set_wakeup_fd(asks, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    bot = Bot(settings)
    bot.start()
    while os.read(asked, 1)[0] == signal.SIGUSR1:
        bot.check_now()
    bot.stop()
    return 0


class Bot:
    """The whole bot, constructed from its settings.

    Raises:
        StoreError: the database cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        clock = SystemClock()
        token, url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        client = api.interactive_client(token, url)
        self._store = SqliteStore(settings.database, clock)
        self._gateway = AwsGateway(settings.scope, settings.read_rate, settings.write_rate)
        self._channel = AlertChannel(client, settings.channel)
        notifier = SlackNotifier(api.posting_client(token, url), client, self._channel)
        self._announcer = Announcer(self._store, notifier, clock, rows=ROWS)
        policy = Policy(settings.types)
        self._scanner = Scanner(
            self._gateway, self._store, policy, clock, on_recorded=self._announcer.wake
        )
        fixers = SlackFixers(api.hasty_client(token, url), settings.fixers, clock)
        self._remediator = Remediator(
            self._gateway,
            self._store,
            fixers,
            clock,
            confirm_within=settings.confirm_timeout,
            on_recorded=self._announcer.wake,
        )
        self._schedule = Schedule(
            self._scanner,
            self._store,
            clock,
            settings.schedule,
            settings.timezone,
            check_on_start=settings.check_on_start,
        )
        self._desk = Desk(client)
        self._bolt = bolt.build(
            Parts(
                client=client,
                clock=clock,
                desk=self._desk,
                directory=Directory(self._store, self._gateway, clock),
                examine=lambda: running(settings, self._gateway, self._connection.silence),
                fixers=fixers,
                gateway=self._gateway,
                phone_region=settings.phone_region,
                policy=policy,
                remediator=self._remediator,
                scanner=self._scanner,
                store=self._store,
                outbox=self._announcer,
                timetable=self._schedule,
            ),
        )
        self._connection = Connection(
            self._bolt.app,
            settings.slack_app_token.get_secret_value(),
            client,
            on_connected=lambda: _log.info("ready"),
        )

    def start(self) -> None:
        """Start everything. Slack and AWS may be away: what they are needed for waits for them."""
        cut_off = self._store.cut_off_dead_scans()
        if cut_off:
            _log.warning("a check was cut off before", scans=cut_off)
        self._connection.start()
        self._announcer.start()
        self._schedule.start()
        self._desk.begin(self._remediator.recover)
        self._desk.begin(lambda: _look_at(self._channel))
        # Not the desk's: a stop does not wait for it.
        threading.Thread(target=self._examine, name="examine", daemon=True).start()

    def check_now(self) -> None:
        """Run the scheduled check now, beside everything else."""
        self._schedule.check_now()

    def _examine(self) -> None:
        """Log what the doctor finds amiss."""
        lines = running(self._settings, self._gateway, silence=None)
        log_at_start(lines, wanted=lambda: not self._stopping.is_set())

    def stop(self) -> None:
        """Stop in order: no new work, running writes finish and are recorded, sockets close."""
        _log.info("stopping")
        self._stopping.set()
        # What still hangs in a call after this time is found and ended by the next start.
        last_resort = threading.Timer(STOP_WITHIN, _exit_now)
        last_resort.daemon = True
        last_resort.start()
        self._schedule.stop()
        self._connection.stop()
        self._remediator.stop()
        self._scanner.stop()
        self._desk.stop()
        self._bolt.stop()
        self._announcer.stop()
        self._gateway.close()
        self._store.close()
        _log.info("stopped")


def _look_at(channel: AlertChannel) -> None:
    """Say at the start what keeps alerts from being posted."""
    try:
        _log.info("alerts go to", channel=channel.id())
    except NotifierError as error:
        _log.error("alerts cannot be posted", problem=str(error), mend=error.mend, code=error.code)


def _exit_now() -> None:
    _log.warning("stopped with calls under way")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
