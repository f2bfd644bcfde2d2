"""Builds and connects the objects that the bot and the one-shot commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.app.replica import Lead
from bot.aws.caller_scope import nothing_listed
from bot.aws.gateway import gateways_for
from bot.services.account_policy import AccountPolicies
from bot.services.auto_fix import AutoFixService
from bot.services.exempt import ExemptionService
from bot.services.find_account import AccountFinder
from bot.services.fix import FixService
from bot.services.fix_recorder import FixRecorder
from bot.services.fix_recovery import FixRecovery
from bot.services.fix_writer import FixWriter
from bot.services.management_accounts import ManagementAccounts
from bot.services.organizations import OrganizationRouter
from bot.services.placement import AccountPlacer
from bot.services.read_back import ReadBack
from bot.services.scan.scanner import Scanner
from bot.services.show_account import AccountViewService
from bot.services.undo import UndoService
from bot.slack.client import single_try_client
from bot.slack.members import NoMemberDirectory, SlackMembers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.aws.gateway import AwsGateway
    from bot.config.settings import Settings
    from bot.domain.policy.policy import Policy
    from bot.services.approval_gate import ApprovalGate
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.services.ports.slack import Authorizer, MemberDirectory
    from bot.services.ports.store import Store
    from bot.slack.token import SlackToken


def aws_gateways(
    settings: Settings,
    on_date: Callable[[str | None], object],
    metrics: Metrics | None = None,
    store: Store | None = None,
) -> tuple[AwsGateway, ...]:
    """One AWS gateway for each caller in the settings.

    Args:
        settings: the settings.
        on_date: called with each `Date` header.
        metrics: take each call.
        store: what earlier checks listed; None if there is no database yet.
    """
    return gateways_for(
        settings.aws,
        settings.scope,
        settings.read_rate,
        settings.write_rate,
        on_date=on_date,
        metrics=metrics,
        listed_before=store.scans.listed_before if store is not None else nothing_listed,
    )


def slack_members(
    settings: Settings,
    clock: Clock,
    metrics: Metrics | None = None,
    shared: SlackToken | None = None,
) -> SlackMembers | NoMemberDirectory:
    """The workspace's members; an empty directory if there is no token.

    Args:
        settings: the settings.
        clock: the time.
        metrics: take each call to Slack.
        shared: the token of a running bot; None for that of the settings.
    """
    token, url = shared or settings.slack_bot_token.get_secret_value(), settings.slack_api_url
    if not token:
        return NoMemberDirectory()
    return SlackMembers(single_try_client(token, url, metrics), clock)


class Services:
    """The services that don't need Slack, for a bot and for the one-shot commands.

    Args:
        store: the database.
        gateways: the AWS gateways, one for each caller.
        members: the workspace's members.
        policy: returns the current policy.
        clock: the time.
        on_recorded: called when something was recorded that may need an announcement.
        on_scanned: called when a scan was recorded, before `on_recorded`.
        lead: whether this process leads.
    """

    def __init__(
        self,
        store: Store,
        gateways: Sequence[ContactGateway],
        members: MemberDirectory,
        policy: Callable[[], Policy],
        clock: Clock,
        *,
        on_recorded: Callable[[], None] = lambda: None,
        on_scanned: Callable[[], None] = lambda: None,
        lead: Lead = Lead(),  # noqa: B008 - frozen, so it may be shared
    ) -> None:
        def scanned() -> None:
            on_scanned()
            on_recorded()

        self.store = store
        self.clock = clock
        self.organizations = OrganizationRouter(gateways, store.accounts)
        self.scanner = Scanner(
            self.organizations.all,
            store,
            policy,
            members,
            clock,
            on_recorded=scanned,
            heartbeat_interval=lead.claim / 6,
        )
        self.policies = AccountPolicies(
            store.accounts, policy, AccountPlacer(self.organizations, store.accounts, clock)
        )
        self.accounts = AccountViewService(
            self.organizations, store, self.policies, members, clock, on_recorded=on_recorded
        )
        self.finder = AccountFinder(store.accounts, self.organizations, clock)
        self._on_recorded = on_recorded
        self._lead = lead

    def undos(self, fixes: FixService, recovery: FixRecovery) -> UndoService:
        """The service that undoes fixes."""
        return UndoService(
            fixes,
            self.store.fixes,
            self.organizations,
            recovery,
            policies=self.policies,
            clock=self.clock,
            judge=self.accounts.judge,
        )

    def fixes(
        self, fixers: Authorizer, confirm_timeout: float, gate: ApprovalGate | None = None
    ) -> tuple[FixService, FixRecovery]:
        """The service that lets fixers change contacts, and the recovery of unfinished fixes."""
        recorder = FixRecorder(
            self.store.fixes, judge=self.accounts.judge, on_recorded=self._on_recorded
        )
        read_back = ReadBack(self.organizations, self.clock, within=confirm_timeout)
        lead = self._lead
        recovery = FixRecovery(self.store.fixes, recorder, read_back, self.clock, leads=lead.leads)
        writer = FixWriter(
            self.organizations,
            self.store.fixes,
            self.clock,
            read_back=read_back,
            recorder=recorder,
            recovery=recovery,
            lease=lead.claim,
            leads=lead.leads,
            elapsed=lead.elapsed,
        )
        fixes = FixService(
            self.store,
            fixers,
            self.clock,
            policies=self.policies,
            recovery=recovery,
            writer=writer,
            gate=gate,
        )
        return fixes, recovery

    def auto_fixes(
        self, phone_region: str | None, on_started: Callable[[], None]
    ) -> AutoFixService:
        """The service that fixes new findings without a person, where the policy lets it."""
        return AutoFixService(
            self.store,
            self.policies,
            ManagementAccounts(self.organizations, self.store.scans, self.clock),
            self.clock,
            phone_region=phone_region,
            on_started=on_started,
            leads=self._lead.leads,
        )

    def exemptions(self, fixers: Authorizer) -> ExemptionService:
        """The service that lets fixers exempt findings."""
        return ExemptionService(
            self.store, fixers, self.policies, self.clock, on_recorded=self._on_recorded
        )
