"""The bot's whole Slack side on real HTTP and WebSocket, with a made-up AWS behind it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from altcontact_sandbox.slack.workspace import SIGNING_SECRET
from pydantic import SecretStr

from bot.app.slack_bot import SlackBot
from bot.app.slack_connection import slack_routes
from bot.app.web import Web
from bot.config.http_parsers import REQUEST_PATH
from bot.config.policy_reload import PolicyReload
from bot.config.settings import Settings
from bot.domain.errors import SettingsError
from bot.domain.policy.policy import Policy
from bot.slack.allow_list import EVERYONE
from bot.slack.listeners.show_all import ShowAllListeners
from bot.store import SqliteStore
from bot.store.connections import BUSY_TIMEOUT
from tests.sqlite import with_tables
from tests.unit.fakes import START, FakeClock, FakeGateway, FakeMembers, Gate, account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from altcontact_sandbox.slack.sandbox import SlackSandbox

    from bot.domain.accounts import Account
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
IN_FORM = {**FORM, "type": "SECURITY"}
"""What stands in a form of the security contact that was filled in so."""


class SlackBench:
    """The bot as `bot.app.slack_bot` puts it together, on a fake gateway and a fake clock.

    `gateway` is what AWS does; a test changes it, the store and the `policy`, while the bot runs.
    `fixers` may change contacts, `readers` see them; `reloading` is what reading the policy file
    again comes to. `hurried`: a submission waits for nothing. `busy_timeout`: seconds to wait for
    the database. `by_http`: Slack's requests arrive by HTTP, at `request_url`.
    """

    def __init__(
        self,
        slack: SlackSandbox,
        folder: Path,
        *accounts: Account,
        fixers: tuple[str, ...] = (GROUP,),
        readers: tuple[str, ...] = (),
        hurried: bool = False,
        busy_timeout: float = BUSY_TIMEOUT,
        by_http: bool = False,
    ) -> None:
        environment = slack.environment()
        settings = Settings(
            slack_bot_token=SecretStr(environment["SLACK_BOT_TOKEN"]),
            slack_app_token=SecretStr(environment["SLACK_APP_TOKEN"]),
            slack_signing_secret=SecretStr(SIGNING_SECRET),
            slack_api_url=environment["SLACK_API_URL"],
            http=("127.0.0.1", 0) if by_http else None,
            channel="#security-alerts",
            fixers=fixers,
            readers=readers,
        )
        self.slack = slack
        self.clock = FakeClock()
        self.gateway = FakeGateway(*accounts)
        self.found: Iterable[CheckResult] = []
        self._folder = folder
        self._lock: sqlite3.Connection | None = None
        self.store = SqliteStore(
            with_tables(folder / "bot.db"), self.clock, busy_timeout=busy_timeout
        )
        self.store.accounts.remember(accounts)
        self.policy = Policy.requiring()
        self.reloading: PolicyReload | SettingsError = PolicyReload(
            self.policy, changed=True, sections=2, sections_before=1
        )
        self._bot = SlackBot(
            settings,
            self.store,
            [self.gateway],
            FakeMembers(),
            lambda: self.policy,
            clock=self.clock,
            reload_policy=self._reload,
            next_check=lambda: START,
            run_checks=lambda: iter(self.found),
            post_interval=0.0,
            edit_interval=0.0,
            answer_within=0.0 if hurried else 1.5,
            ack_settles=0.0 if hurried else 0.5,
        )
        self.web = Web(settings.http, slack_routes(self._bot.connection))
        self.request_url = f"http://127.0.0.1:{self.web.port}{REQUEST_PATH}" if by_http else ""
        self.client = self._bot.client
        self.connection = self._bot.connection
        self.announcer = self._bot.announcer
        self.run_files = self._bot.run_files
        self.run_worker = self._bot.run_worker
        self.home = self._bot.home
        self.accounts = self._bot.services.accounts
        self.fixes = self._bot.fixes
        self.settle_approvals = self._bot.settle_approvals
        self.scanner = self._bot.services.scanner
        self.lists = ShowAllListeners(
            self._bot.modals, self.store.findings, self._bot.row_links, self._bot.readers
        )

    def _reload(self, _: str) -> PolicyReload:
        if isinstance(self.reloading, SettingsError):
            raise self.reloading
        return self.reloading

    def start(self) -> None:
        """Connect."""
        self.web.start()
        self._bot.connection.start()
        self.slack.use_http(*filter(None, [self.request_url]))
        self.home.start()
        self.slack.wait_connected()

    def work_on_runs(self) -> None:
        """Have runs carried out, what they wrote read back, and all of it announced."""
        self.announcer.start()
        self._bot.fix_recovery.start()
        self.run_worker.start()

    def stop_connection(self) -> None:
        """Take no more work from Slack."""
        self.web.stop(60)
        self._bot.connection.stop()

    def settle(self) -> None:
        """Wait until everything that was begun is over."""
        self._bot.stop()

    def stop(self) -> None:
        """Stop as `bot.app.bot` does."""
        self.slack.use_http()
        self.web.stop(60)
        self._bot.stop()
        self.store.close()
        if self._lock is not None:
            self._lock.close()

    def delete_database(self) -> None:
        """Delete the database, as somebody may who tidies up."""
        for file in self._folder.glob("bot.db*"):
            file.unlink()

    def lock_database(self) -> None:
        """Keep the database from being written, as a backup does, until the bot stops."""
        self._lock = sqlite3.connect(self._folder / "bot.db", isolation_level=None)
        self._lock.execute("BEGIN IMMEDIATE")

    def announce(self, heading: str = "no security contact") -> dict[str, Any]:
        """Check all accounts, post what is due, and give the alert with this heading."""
        self.slack.command("/altcontact check")
        self.slack.wait_private("attention")
        self.announcer.deliver()
        return self.slack.wait_message(heading)

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
        unacked = [ack for ack in made.slack.acks() if ack["seconds"] is None]
        assert unacked == [], "a first delivery was not acked"
    finally:
        made.stop()


def shut(bench: SlackBench) -> Gate:
    """Have every write stand still until the gate is opened."""
    bench.gateway.write_gate = Gate()
    return bench.gateway.write_gate
