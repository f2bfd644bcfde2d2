"""Puts together what the command line does once: a check, the explanation of a policy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.app.wiring import Services, aws_gateways, slack_members
from bot.domain.scans import Trigger, TriggerKind
from bot.services.explain_policy import explain
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    with _services(settings) as services:
        ticket = services.scanner.start(Trigger(TriggerKind.CLI), on_progress)
        if ticket.joined and on_joined is not None:
            on_joined(ticket.scan)
        return ticket.report.result()


def explain_policy(settings: Settings, text: str) -> Explanation | NotFound:
    """Find an account by its id or name, and tell its policy.

    Raises:
        GatewayError: the account is in no organization that is looked after.
        StoreError: the database cannot be used.
    """
    with _services(settings) as services:
        return explain(
            text,
            settings.policy,
            services.finder,
            gateways=services.organizations,
            accounts=services.store.accounts,
            clock=services.clock,
        )


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    clock = SystemClock()
    members = slack_members(settings, clock)
    with SqliteStore(settings.database, clock) as store:
        services = Services(
            store, aws_gateways(settings, clock.observe), members, lambda: settings.policy, clock
        )
        try:
            yield services
        finally:
            members.stop()
            services.organizations.close()
            services.scanner.stop()
