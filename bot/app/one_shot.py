"""Puts together what the command line does once: a check, the explanation of a policy."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.app.wiring import Services, aws_gateways, slack_members
from bot.domain.contacts import ContactType
from bot.domain.errors import GatewayError
from bot.domain.policy.policy import Policy
from bot.domain.policy.starter import starters
from bot.domain.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind
from bot.services.explain_policy import explain
from bot.store import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.config.load import Settings
    from bot.domain.contacts import AlternateContact
    from bot.domain.policy.starter import Starter
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
    if not _may_exist(settings.database) and (failed := _unreachable(settings)) is not None:
        return failed
    with _services(settings) as services:
        ticket = services.scanner.start(Trigger(TriggerKind.CLI), on_progress)
        if ticket.joined and on_joined is not None:
            on_joined(ticket.scan)
        return ticket.report.result()


@dataclass(frozen=True, slots=True)
class Survey:
    """What most accounts have, and the scan that has read it, which is recorded nowhere."""

    scan: Scan
    starters: tuple[Starter, ...]


def survey(settings: Settings, on_progress: Callable[[int, int], None] | None = None) -> Survey:
    """Read every contact of every account, and keep nothing of it.

    Args:
        settings: the Slack ones are not needed, and the policy does not count.
        on_progress: called with (accounts done, accounts listed so far).
    """
    with TemporaryDirectory(prefix="altcontact-") as folder:
        aside = {
            "database": Path(folder) / "altcontact.db",
            "policy": Policy.requiring(ContactType),
        }
        report = check_once(settings.model_copy(update=aside), on_progress)
    read: dict[ContactType, list[AlternateContact | None]] = {}
    for result in report.results:
        for each in result.results:
            if each.contact is not None or not each.outcome.unchecked:
                read.setdefault(each.type, []).append(each.contact)
    return Survey(report.scan, starters(read))


def _unreachable(settings: Settings) -> ScanReport | None:
    """The report of a check that cannot begin, which is then recorded nowhere.

    It is asked ahead where there is no database yet: a check without credentials would make one.
    """
    clock = SystemClock()
    began, failures = clock.now(), []
    for gateway in aws_gateways(settings, clock.observe):
        try:
            gateway.scope()
        except GatewayError as error:
            failures.append(error.failure)
        else:
            return None
        finally:
            gateway.close()
    trigger = Trigger(TriggerKind.CLI)
    scan = Scan(0, trigger, ScanState.FAILED, began, clock.now(), failure=failures[0])
    return ScanReport(scan, ())


def _may_exist(path: Path) -> bool:
    """Whether there is such a file, or it cannot be told: then opening it says why."""
    try:
        return path.exists()
    except OSError:
        return True


def explain_policy(settings: Settings, text: str) -> Explanation | NotFound:
    """Find an account by its id or name, and tell its policy.

    Raises:
        GatewayError: the account is in no organization that is looked after.
        StoreError: the database cannot be used.
    """
    with ExitStack() as stack:
        if not _may_exist(settings.database):
            # What is read is kept for the next time, but a question leaves no file behind.
            folder = stack.enter_context(TemporaryDirectory(prefix="altcontact-"))
            settings = settings.model_copy(update={"database": Path(folder) / "altcontact.db"})
        services = stack.enter_context(_services(settings))
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
