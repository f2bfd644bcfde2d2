"""Builds and runs the one-shot commands: a check, a survey, the explanation of a policy."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.app.clock import SystemClock
from bot.app.snapshots import require_restored
from bot.app.terminal_user import terminal_actor
from bot.app.wiring import Services, aws_gateways, slack_members
from bot.domain.as_code.export import collect
from bot.domain.contacts import ContactType
from bot.domain.errors import GatewayError, StoreError
from bot.domain.pasted_ids import parse_account_id
from bot.domain.policy.policy import Policy
from bot.domain.policy.starter import starters
from bot.domain.scans import Scan, ScanReport, ScanState, Trigger, TriggerKind
from bot.services.audit_trail import AuditTrail
from bot.services.explain_policy import explain
from bot.store import is_absent, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.config.load import Settings
    from bot.domain.as_code.export import Export
    from bot.domain.contacts import AlternateContact
    from bot.domain.policy.starter import Starter
    from bot.services.explain_policy import Explanation, NotFound


def check_once(
    settings: Settings,
    on_progress: Callable[[int, int | None], None] | None = None,
    on_joined: Callable[[Scan], None] | None = None,
) -> ScanReport:
    """One scan, without Slack.

    Args:
        settings: the Slack settings are needed only for rules about the workspace's members.
        on_progress: called with (accounts done, all accounts, or None while they are being listed).
        on_joined: called with the scan that was already running, if any.

    Raises:
        StoreError: the database can't be used.
    """
    require_restored(settings)
    if is_absent(settings.database) and (failed := _unreachable(settings)) is not None:
        return failed
    with _services(settings) as services:
        AuditTrail(services.store.audit).command(terminal_actor(), "check")
        ticket = services.scanner.start(Trigger(TriggerKind.CLI), on_progress)
        if ticket.joined and on_joined is not None:
            on_joined(ticket.scan)
        return ticket.report.result()


@dataclass(frozen=True, slots=True)
class Survey:
    """What most accounts have, and the scan that read it, which is not recorded."""

    scan: Scan
    starters: tuple[Starter, ...]


def survey(
    settings: Settings, on_progress: Callable[[int, int | None], None] | None = None
) -> Survey:
    """Read every contact of every account without recording anything.

    Args:
        settings: the Slack settings are not needed, and the policy is ignored.
        on_progress: called with (accounts done, all accounts, or None while they are being listed).
    """
    with TemporaryDirectory(prefix="altcontact-") as folder:
        temporary = {
            "database": Path(folder) / "altcontact.db",
            "policy": Policy.requiring(ContactType),
        }
        report = check_once(settings.model_copy(update=temporary), on_progress)
    read: dict[ContactType, list[AlternateContact | None]] = {}
    for result in report.results:
        for each in result.results:
            if each.contact is not None or not each.outcome.unchecked:
                read.setdefault(each.type, []).append(each.contact)
    return Survey(report.scan, starters(read))


def _unreachable(settings: Settings) -> ScanReport | None:
    """The report of a check that can't start; None if AWS can be reached.

    Tried first if there is no database yet, so that a check without credentials creates none.
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


def explain_policy(settings: Settings, text: str) -> Explanation | NotFound:
    """Find an account by its id or name, and explain its policy.

    Raises:
        GatewayError: the account is in none of the checked organizations.
        StoreError: the database can't be used.
    """
    with ExitStack() as stack:
        if is_absent(settings.database):
            # Usually the database keeps what is read, but a query must not create one.
            folder = stack.enter_context(TemporaryDirectory(prefix="altcontact-"))
            settings = settings.model_copy(update={"database": Path(folder) / "altcontact.db"})
        services = stack.enter_context(_services(settings))
        account_id = parse_account_id(text) or ""
        AuditTrail(services.store.audit).command(terminal_actor(), "policy explain", account_id)
        return explain(
            text,
            settings.policy,
            services.finder,
            gateways=services.organizations,
            accounts=services.store.accounts,
            clock=services.clock,
        )


def export_policy(settings: Settings) -> Export:
    """The contacts that the policy expects of every account in the database.

    AWS isn't asked: accounts, OUs, tags and contacts are those of the last check.

    Raises:
        StoreError: there is no database, it has no accounts, or it can't be used.
    """
    remedy = "Run altcontact check first."
    if is_absent(settings.database):
        raise StoreError(f"There is no database {settings.database}.", remedy)
    with open_store(settings.database, SystemClock()) as store:
        accounts = store.accounts.all()
        if not accounts:
            raise StoreError("No accounts are known yet.", remedy)
        AuditTrail(store.audit).command(terminal_actor(), "policy export")
        scan = store.scans.last()
        own = scan.own_accounts if scan is not None else frozenset()
        return collect(accounts, settings.policy, store.runs.last_readings(tuple(ContactType)), own)


@contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    clock = SystemClock()
    members = slack_members(settings, clock)
    with open_store(settings.database, clock) as store:
        services = Services(
            store,
            aws_gateways(settings, clock.observe, store=store),
            members,
            lambda: settings.policy,
            clock,
        )
        try:
            yield services
        finally:
            members.stop()
            services.organizations.close()
            services.scanner.stop()
