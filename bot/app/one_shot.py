"""Puts together what the command line does once: a check, the explanation of a policy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.aws.gateway import gateways_for
from bot.domain.scans import Trigger, TriggerKind
from bot.services.explain_policy import explain
from bot.services.find_account import AccountFinder
from bot.services.organizations import OrganizationRouter
from bot.services.scan.scanner import Scanner
from bot.slack.client import single_try_client
from bot.slack.members import NoMemberDirectory, SlackMembers
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.aws.gateway import AwsGateway
    from bot.config.load import Settings
    from bot.domain.scans import Scan, ScanReport
    from bot.services.explain_policy import Explanation, NotFound


def check_once(
    settings: Settings,
    on_progress: Callable[[int, int], None] | None = None,
    on_joined: Callable[[Scan], None] | None = None,
) -> ScanReport:
    """One scan, without Slack.

    Args:
        settings: the Slack ones are not needed, but for rules about the workspace's members.
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


def explained(settings: Settings, text: str) -> Explanation | NotFound:
    """Find an account by its id or name, and tell its policy.

    Raises:
        GatewayError: the account is in no organization that is looked after.
        StoreError: the database cannot be used.
    """
    clock = SystemClock()
    with SqliteStore(settings.database, clock) as store:
        gateways = OrganizationRouter(gateways_of(settings), store.accounts)
        try:
            return explain(
                text,
                settings.policy,
                AccountFinder(store.accounts, gateways, clock),
                gateways=gateways,
                accounts=store.accounts,
                clock=clock,
            )
        finally:
            gateways.close()


@contextmanager
def _scanner(settings: Settings) -> Iterator[Scanner]:
    clock = SystemClock()
    store = SqliteStore(settings.database, clock)
    gateways = OrganizationRouter(gateways_of(settings), store.accounts)
    token, url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
    members = SlackMembers(single_try_client(token, url), clock) if token else NoMemberDirectory()
    scanner = Scanner(
        gateways.all,
        store,
        lambda: settings.policy,
        members,
        clock,
    )
    try:
        yield scanner
    finally:
        members.stop()
        gateways.close()
        scanner.stop()
        store.close()


def gateways_of(settings: Settings) -> tuple[AwsGateway, ...]:
    """AWS by each of the callers that the settings name."""
    return gateways_for(settings.aws, settings.scope, settings.read_rate, settings.write_rate)
