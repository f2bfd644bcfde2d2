"""The composition root: the only place that constructs. Starts the bot, and stops it in order."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

import structlog

from bot.app.clock import SystemClock
from bot.app.doctor import log_at_start, running
from bot.app.one_shot import gateways_of
from bot.app.scheduler import Schedule
from bot.config.policy_reload import ReloadablePolicy
from bot.domain.errors import NotifierError, SettingsError
from bot.services.account_policy import AccountPolicies
from bot.services.announce import AnnouncementSender
from bot.services.exempt import ExemptionService
from bot.services.find_account import AccountFinder
from bot.services.fix import FixService
from bot.services.organizations import OrganizationRouter
from bot.services.placement import AccountPlacer
from bot.services.read_back import ReadBack
from bot.services.scan.scanner import Scanner
from bot.services.show_account import AccountViewService
from bot.slack import app
from bot.slack.background import BackgroundTasks
from bot.slack.channels import AlertChannel
from bot.slack.client import retrying_client, short_timeout_client, single_try_client
from bot.slack.direct_messages import DirectMessages
from bot.slack.fixers import SlackFixers
from bot.slack.members import SlackMembers
from bot.slack.modals import Modals
from bot.slack.notifier import SlackNotifier
from bot.slack.owners import Owners
from bot.slack.row_links import RowLinkResolver
from bot.slack.socket_mode import SocketModeConnection
from bot.slack.views.announcements import ROWS
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config.load import Settings

_log = structlog.get_logger(__name__)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)

STOP_WITHIN: Final = 9.0
"""Seconds that an orderly stop may take; orchestrators kill after ten."""


def run(settings: Settings, load: Callable[[], Settings]) -> int:
    """Run the bot until it is told to stop (SIGTERM, SIGINT).

    SIGUSR1 runs the scheduled check now, SIGHUP applies the policy file, unless it says that the
    terminal is gone that the bot was started in: then the bot stops.

    Args:
        settings: the settings.
        load: reads them anew, or raises SettingsError.

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
    in_terminal = _terminal_answers()
    bot = Bot(settings, load)
    bot.start()
    while True:
        asked_for = os.read(asked, 1)[0]
        if asked_for == signal.SIGUSR1:
            bot.check_now()
        elif asked_for != signal.SIGHUP or (in_terminal and not _terminal_answers()):
            break
        else:
            bot.reload()
    bot.stop()
    return 0


def _terminal_answers() -> bool:
    """Whether standard error is a terminal that is still there."""
    try:
        os.tcgetpgrp(sys.stderr.fileno())
    except OSError:
        return False
    return True


class Bot:
    """The whole bot, constructed from its settings.

    Raises:
        StoreError: the database cannot be used.
    """

    def __init__(self, settings: Settings, load: Callable[[], Settings]) -> None:
        self._settings = settings
        self._policy = ReloadablePolicy(settings, load)
        policies = self._policy.current
        self._stopping = threading.Event()
        clock = SystemClock()
        token, url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        client = retrying_client(token, url)
        self._store = SqliteStore(settings.database, clock)
        self._aws = gateways_of(settings)
        self._gateways = OrganizationRouter(self._aws, self._store.accounts)
        self._channel = AlertChannel(client, settings.channel)
        row_links = RowLinkResolver(
            settings.rules_url, Owners(short_timeout_client(token, url), clock)
        )
        posting = single_try_client(token, url)
        notifier = SlackNotifier(posting, client, self._channel, row_links)
        self._announcer = AnnouncementSender(self._store.announcements, notifier, clock, rows=ROWS)
        self._members = SlackMembers(posting, clock)
        self._scanner = Scanner(
            self._aws,
            self._store,
            policies,
            self._members,
            clock,
            on_recorded=self._announcer.wake,
        )
        account_policies = AccountPolicies(
            self._store.accounts,
            policies,
            AccountPlacer(self._gateways, self._store.accounts, clock),
        )
        accounts = AccountViewService(
            self._gateways,
            self._store,
            account_policies,
            self._members,
            clock,
        )
        fixers = SlackFixers(short_timeout_client(token, url), settings.fixers, clock)
        self._fixes = FixService(
            self._gateways,
            self._store,
            fixers,
            clock,
            policies=account_policies,
            read_back=ReadBack(self._gateways, clock, within=settings.confirm_timeout),
            judge=accounts.judge,
            on_recorded=self._announcer.wake,
        )
        self._schedule = Schedule(
            self._scanner,
            self._store.scans,
            clock,
            settings.schedule,
            settings.timezone,
            check_on_start=settings.check_on_start,
            upkeep=self._settle,
        )
        self._background = BackgroundTasks()
        messages = DirectMessages(client)
        self._bolt = app.build(
            client,
            accounts=accounts,
            clock=clock,
            exemptions=ExemptionService(
                self._store, fixers, account_policies, clock, on_recorded=self._announcer.wake
            ),
            finder=AccountFinder(self._store.accounts, self._gateways, clock),
            fixers=fixers,
            fixes=self._fixes,
            gateway=self._gateways,
            messages=messages,
            modals=Modals(client, self._background, messages),
            next_check=self._schedule.next_check,
            phone_region=settings.phone_region,
            policies=account_policies,
            reload_policy=self._policy.reload,
            row_links=row_links,
            run_checks=lambda: running(settings, self._aws, self._connection.silence, policies()),
            scanner=self._scanner,
            send_problem=lambda: self._announcer.problem,
            store=self._store,
            tasks=self._background,
        )
        self._connection = SocketModeConnection(
            self._bolt.app,
            settings.slack_app_token.get_secret_value(),
            client,
            on_connected=lambda: _log.info("ready"),
        )

    def start(self) -> None:
        """Start everything. Slack and AWS may be away: what they are needed for waits for them."""
        cut_off = self._store.scans.cut_off_dead()
        if cut_off:
            _log.warning("a check was cut off before", scans=cut_off)
        self._connection.start()
        self._announcer.start()
        self._schedule.start()
        self._background.run_unattended(self._fixes.recover)
        self._background.run_unattended(lambda: _look_at(self._channel))
        # Not one of those: a stop does not wait for it.
        threading.Thread(target=self._examine, name="examine", daemon=True).start()

    def check_now(self) -> None:
        """Run the scheduled check now, beside everything else."""
        self._schedule.check_now()

    def reload(self) -> None:
        """Apply the policy file whole, or say in the log why not and go on as before."""
        try:
            self._policy.reload()
        except SettingsError as error:
            for problem in error.problems:
                _log.error("policy file not applied", problem=problem)

    def _settle(self) -> None:
        """End the exemptions whose day has come, and announce that."""
        if self._store.exemptions.settle():
            self._announcer.wake()

    def _examine(self) -> None:
        """Log what the doctor finds amiss."""
        lines = running(self._settings, self._aws, silence=None, policy=self._policy.current())
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
        self._fixes.stop()
        self._members.stop()
        self._scanner.stop()
        self._background.stop()
        self._bolt.stop()
        self._announcer.stop()
        self._gateways.close()
        self._store.close()
        _log.info("stopped")


def _look_at(channel: AlertChannel) -> None:
    """Say at the start what keeps alerts from being posted."""
    try:
        _log.info("alerts go to", channel=channel.id())
    except NotifierError as error:
        _log.error(
            "alerts cannot be posted", problem=str(error), mend=error.remedy, code=error.code
        )


def _exit_now() -> None:
    _log.warning("stopped with calls under way")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
