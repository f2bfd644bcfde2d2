"""The bot's whole Slack side on real HTTP and WebSocket, with a made-up AWS behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.config.policy_reload import PolicyReload
from bot.domain.errors import SettingsError
from bot.domain.policy.policy import Policy
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
from bot.slack.fixers import EVERYONE, SlackFixers
from bot.slack.listeners.alerts import AlertListeners
from bot.slack.modals import Modals
from bot.slack.notifier import SlackNotifier
from bot.slack.row_links import RowLinkResolver
from bot.slack.socket_mode import SocketModeConnection
from bot.slack.views.announcements import ROWS
from bot.store import SqliteStore
from tests.unit.fakes import START, FakeClock, FakeGateway, FakeMembers, Gate, account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.contacts import Account
    from bot.services.doctor import CheckResult

WEB, LAKE = account(1, "Web production"), account(2, "Data lake")
ALICE, BOB, GROUP = "U0ALICE001", "U0BOB00002", "S0SECOPS01"
FIX, SHOWN = "altcontact_fix:", "'block_id': 'phone'"
FORM = {
    "name": "Security team",
    "title": "On call",
    "email": "aws-security@corp.internal",
    "phone": "+44 20 7946 0958",
}
IN_FORM = {**FORM, "type/altcontact_type": "SECURITY"}
"""What stands in a form of the security contact that was filled in so."""


class SlackBench:
    """Everything that `bot.app.bot` puts together for Slack, on a fake gateway and a fake clock.

    `gateway` is what AWS does; a test changes it, the store and the `policy`, while the bot runs.
    `fixers` may change contacts; `reloading` is what reading the policy file anew comes to.
    `hurried`: a submission waits for nothing.
    """

    def __init__(
        self,
        slack: SlackSandbox,
        folder: Path,
        *accounts: Account,
        fixers: tuple[str, ...] = (GROUP,),
        hurried: bool = False,
    ) -> None:
        settings = slack.environment()
        token, url = settings["SLACK_BOT_TOKEN"], settings["SLACK_API_URL"]
        self.slack = slack
        self.clock = FakeClock()
        self.gateway = FakeGateway(*accounts)
        self.found: list[CheckResult] = []
        self.store = SqliteStore(folder / "bot.db", self.clock)
        self.store.accounts.remember(accounts)
        client = self.client = retrying_client(token, url)
        self._background = BackgroundTasks()
        messages = DirectMessages(client)
        slack_fixers = SlackFixers(short_timeout_client(token, url), fixers, self.clock)
        notifier = SlackNotifier(
            single_try_client(token, url), client, AlertChannel(client, "#security-alerts")
        )
        self.announcer = AnnouncementSender(
            self.store.announcements, notifier, self.clock, rows=ROWS, post_interval=0.0
        )
        self.policy = Policy.requiring()
        self.reloading: PolicyReload | SettingsError = PolicyReload(
            self.policy, changed=True, tables=2, tables_before=1
        )
        members = FakeMembers()
        self.scanner = Scanner(
            [self.gateway],
            self.store,
            lambda: self.policy,
            members,
            self.clock,
        )
        organizations = OrganizationRouter([self.gateway], self.store.accounts)
        policies = AccountPolicies(
            self.store.accounts,
            lambda: self.policy,
            AccountPlacer(organizations, self.store.accounts, self.clock),
        )
        self.accounts = AccountViewService(self.gateway, self.store, policies, members, self.clock)
        self.fixes = FixService(
            self.gateway,
            self.store,
            slack_fixers,
            self.clock,
            policies=policies,
            read_back=ReadBack(self.gateway, self.clock),
            judge=self.accounts.judge,
        )
        waits = {"answer_within": 0.0, "ack_settles": 0.0} if hurried else {}
        modals = Modals(client, self._background, messages, **waits)
        row_links = RowLinkResolver()
        self.alerts = AlertListeners(client, self.store.announcements, row_links)
        self._bolt = app.build(
            client,
            accounts=self.accounts,
            clock=self.clock,
            exemptions=ExemptionService(self.store, slack_fixers, policies, self.clock),
            finder=AccountFinder(self.store.accounts, organizations, self.clock),
            fixers=slack_fixers,
            fixes=self.fixes,
            gateway=self.gateway,
            messages=messages,
            modals=modals,
            next_check=lambda: START,
            phone_region=None,
            policies=policies,
            reload_policy=self._reload,
            row_links=row_links,
            run_checks=lambda: iter(self.found),
            scanner=self.scanner,
            send_problem=lambda: self.announcer.problem,
            store=self.store,
            tasks=self._background,
        )
        self._connection = SocketModeConnection(
            self._bolt.app, settings["SLACK_APP_TOKEN"], client, on_connected=lambda: None
        )

    def _reload(self) -> PolicyReload:
        if isinstance(self.reloading, SettingsError):
            raise self.reloading
        return self.reloading

    def start(self) -> None:
        """Connect."""
        self._connection.start()
        self.slack.wait_connected()

    def stop_connection(self) -> None:
        """Take no more work from Slack."""
        self._connection.stop()

    def stop(self) -> None:
        """Stop as `bot.app.bot` does."""
        self.stop_connection()
        self.fixes.stop()
        self.scanner.stop()
        self._background.stop()
        self._bolt.stop()
        self.announcer.stop()
        self.store.close()

    def announce(self) -> dict[str, Any]:
        """Check all accounts, post what is due, and give the alert."""
        self.slack.command("/altcontact check")
        self.slack.wait_private("fall short")
        self.announcer.deliver()
        return self.slack.wait_message("missing")

    def open_form(self, account: Account) -> dict[str, Any]:
        """Have alice open the form of an account."""
        self.slack.command(f"/altcontact fix {account.name}")
        return self.slack.wait_view(SHOWN)


@pytest.fixture
def bench(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The bot on two accounts."""
    yield from started(SlackBench(slack, tmp_path, WEB, LAKE))


@pytest.fixture
def hurried(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The same bot, but that a submission waits for nothing."""
    yield from started(SlackBench(slack, tmp_path, WEB, LAKE, hurried=True))


@pytest.fixture
def everyone(slack: SlackSandbox, tmp_path: Path) -> Iterator[SlackBench]:
    """The same bot, but that everyone may change contacts."""
    yield from started(SlackBench(slack, tmp_path, WEB, LAKE, fixers=(EVERYONE,)))


def started(made: SlackBench) -> Iterator[SlackBench]:
    """The bot, connected, and stopped after the test; nothing is lost of what it was refused."""
    made.slack.settings(post_rate=1000.0, post_burst=1000.0)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def shut(bench: SlackBench) -> Gate:
    """Have every write stand still until the gate is opened."""
    bench.gateway.write_gate = Gate()
    return bench.gateway.write_gate
