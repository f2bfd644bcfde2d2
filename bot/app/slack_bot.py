"""Builds the running bot around Slack: its services, its listeners, and its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bot.app.approval_wiring import ApprovalWiring
from bot.app.replica import Lead
from bot.app.run_wiring import RunWiring
from bot.app.slack_connection import slack_connection
from bot.app.tokens import fixed_tokens
from bot.app.wiring import Services
from bot.services.announce import AnnouncementSender
from bot.services.audit_trail import AuditTrail
from bot.services.bulk_fix import RunWorker
from bot.services.fix_form import FixForms
from bot.services.fix_suggestions import FixSuggestions
from bot.services.home import HomeService
from bot.services.other_bots import OtherBotsWatch
from bot.services.ports.slack import MemberDirectory
from bot.services.pulse import PoolPulse
from bot.services.remove import RemoveService
from bot.slack import app
from bot.slack.app_approvals import ApprovalServices
from bot.slack.approval_notices import ApprovalNotices
from bot.slack.background import BackgroundTasks
from bot.slack.channels import AlertChannel
from bot.slack.client import retrying_client, short_timeout_client, single_try_client
from bot.slack.direct_messages import DirectMessages
from bot.slack.fixers import SlackFixers
from bot.slack.home_page import SlackHomePage
from bot.slack.listeners.scan_results import ScanResults
from bot.slack.membership import WorkspaceMembership
from bot.slack.modals import Modals
from bot.slack.notifier import SlackNotifier
from bot.slack.owners import Owners
from bot.slack.readers import SlackReaders
from bot.slack.refused_requests import RefusedRequests
from bot.slack.row_links import RowLinkResolver
from bot.slack.user_groups import UserGroups
from bot.slack.views.announcements import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.app.tokens import SlackTokens
    from bot.config.policy_reload import PolicyReload
    from bot.config.settings import Settings
    from bot.domain.announcements import Announcement
    from bot.domain.checkpoints import CheckpointStatus
    from bot.domain.policy.policy import Policy
    from bot.domain.snapshots import SnapshotStatus
    from bot.services.doctor import CheckResult
    from bot.services.ports.aws import ContactGateway
    from bot.services.ports.clock import Clock
    from bot.services.ports.metrics import Metrics
    from bot.services.ports.store import Store
    from bot.services.pulse import Sign


class StoppableMembers(MemberDirectory, Protocol):
    """The workspace's members, whose lookups can be stopped."""

    def stop(self) -> None:
        """Stop looking up members."""
        ...


class SlackBot:
    """A running bot without its schedule: the services, and Slack around them.

    Args:
        settings: the settings.
        store: the database.
        gateways: the AWS gateways, one for each caller.
        members: the workspace's members.
        policy: returns the current policy.
        tokens: Slack's tokens; None for those of the settings, which then don't change.
        clock: the time.
        reload_policy: applies the policy file for a user, or raises SettingsError.
        next_check: returns when the next check is due.
        run_checks: runs the doctor's checks.
        checkpoints: how writing checkpoints goes; None if none are written.
        snapshots: how saving snapshots goes; None if none are saved.
        holds: whether an announcement waits, besides those about what the bot fixes by itself.
        on_connected: called once, when Slack is connected.
        on_date: called with each `Date` header from Slack.
        metrics: take the calls to Slack.
        lead: whether this process leads: every replica answers Slack, one does the rest.
        post_interval: seconds between two announcements.
        edit_interval: seconds between two edits of a run's message.
        answer_within: seconds that a submission may wait for its result.
        ack_settles: seconds until Slack shows the response to a submission.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        gateways: Sequence[ContactGateway],
        members: StoppableMembers,
        policy: Callable[[], Policy],
        *,
        tokens: SlackTokens | None = None,
        clock: Clock,
        reload_policy: Callable[[str], PolicyReload],
        next_check: Callable[[], datetime | None],
        run_checks: Callable[[], Iterator[CheckResult]],
        checkpoints: Callable[[], CheckpointStatus | None] = lambda: None,
        snapshots: Callable[[], SnapshotStatus | None] = lambda: None,
        holds: Callable[[Announcement], bool] = lambda _: False,
        on_connected: Callable[[], None] = lambda: None,
        on_date: Callable[[str | None], object] = lambda _: None,
        metrics: Metrics | None = None,
        lead: Lead = Lead(),  # noqa: B008 - frozen, so it may be shared
        post_interval: float = 1.1,
        edit_interval: float = 3.0,
        answer_within: float = 1.5,
        ack_settles: float = 0.5,
    ) -> None:
        tokens = tokens or fixed_tokens(settings)
        token, url = tokens.bot, settings.slack_api_url
        self._members = members
        self.client = retrying_client(token, url, on_date, metrics)
        self.channel = AlertChannel(self.client, settings.channel)
        quick = short_timeout_client(token, url, metrics)
        self.row_links = RowLinkResolver(settings.rules_url, Owners(quick, clock))
        membership = WorkspaceMembership(quick, self.client, clock)
        groups = UserGroups(quick, self.client, clock)
        self.services = Services(
            store,
            gateways,
            members,
            policy,
            clock,
            on_recorded=self.recorded,
            on_scanned=lambda: self.auto_fix.settle(),  # noqa: PLW0108 - made after this
            lead=lead,
        )
        self.auto_fix = self.services.auto_fixes(settings.phone_region, self.run_started)
        trail = AuditTrail(store.audit)
        fixers = SlackFixers(
            settings.fixers, membership, groups, self.services.policies, trail.right_refused
        )
        self.readers = SlackReaders(
            settings.readers, membership, groups, fixers, trail.right_refused
        )
        posting = single_try_client(token, url, metrics, lead.leads)
        notifier = SlackNotifier(
            posting,
            self.client,
            self.channel,
            self.row_links,
            pace=self.services.organizations.pace,
        )
        self.announcer = AnnouncementSender(
            store.announcements,
            store.slack_health,
            notifier,
            clock=clock,
            rows=ROWS,
            post_interval=post_interval,
            edit_interval=edit_interval,
            holds=lambda each: holds(each) or self.auto_fix.holds(each),
            leads=lead.leads,
        )
        runs = RunWiring(
            self.client,
            single_try_client(token, url, metrics),
            store,
            leading=posting,
            leads=lead.leads,
            on_recorded=self.run_started,
        )
        self.run_files = runs.files
        self.approvals = ApprovalWiring(
            self.services, fixers, on_recorded=self.recorded, on_started=self.run_started
        )
        self.home = HomeService(
            store.overviews,
            SlackHomePage(self.client, self.readers, fixers),
            clock,
            next_check=next_check,
            checkpoints=checkpoints,
            snapshots=snapshots,
            requests=self.approvals.decisions.requests_for,
        )
        self.fixes, self.fix_recovery = self.services.fixes(
            fixers, settings.confirm_timeout, self.approvals.gate
        )
        self.run_worker = RunWorker(
            store.runs,
            self.fixes,
            self.fix_recovery,
            clock,
            still_allowed=self.approvals.authority.require,
            on_changed=self.announcer.wake,
            on_ended=self.recorded,
            leads=lead.leads,
            heartbeat_interval=lead.claim / 3,
        )
        self.background = BackgroundTasks(on_failed=RefusedRequests(trail).note_current)
        messages = DirectMessages(self.client)
        self._notices = ApprovalNotices(store.approvals, messages)
        self.modals = Modals(
            self.client,
            self.background,
            messages,
            on_failed=RefusedRequests(trail).note,
            answer_within=answer_within,
            ack_settles=ack_settles,
        )
        self.results = ScanResults(
            messages,
            store.scans,
            store.findings,
            self.row_links,
            self.readers,
            tasks=self.background,
            clock=clock,
        )
        fix_suggestions = FixSuggestions(store, self.services.policies, settings.phone_region)
        self._bolt = app.build(
            self.client,
            accounts=self.services.accounts,
            approvals=ApprovalServices(
                self.approvals.service, self.approvals.decisions, self._notices
            ),
            clock=clock,
            exemptions=self.services.exemptions(fixers),
            finder=self.services.finder,
            fixers=fixers,
            fixes=self.fixes,
            fix_forms=FixForms(
                self.services.organizations,
                store,
                self.services.policies,
                fix_suggestions,
                clock,
            ),
            fix_suggestions=fix_suggestions,
            home_service=self.home,
            messages=messages,
            modals=self.modals,
            next_check=next_check,
            phone_region=settings.phone_region,
            policies=self.services.policies,
            readers=self.readers,
            removals=RemoveService(self.fixes, self.services.policies, store.exemptions),
            reload_policy=reload_policy,
            results=self.results,
            row_links=self.row_links,
            run_checks=run_checks,
            runs=runs.services(
                self.services,
                self.approvals.service,
                fixers,
                messages=messages,
                tasks=self.background,
                policy=policy,
                phone_region=settings.phone_region,
            ),
            scanner=self.services.scanner,
            store=store,
            tasks=self.background,
            undos=self.services.undos(self.fixes, self.fix_recovery),
        )
        self.connection = slack_connection(
            settings,
            self._bolt,
            tokens,
            store.requests,
            on_connected=on_connected,
            metrics=metrics,
            count_others=OtherBotsWatch(
                store.slack_health, self.announcer.wake, clock, replicas=lead.others
            ).count,
        )

        tokens.when_replaced(self._token_replaced)

    def signs(self) -> Sequence[Sign]:
        """The threads and pools that have to answer."""
        return (
            self.announcer.pulse,
            self.run_files.pulse,
            self.home.pulse,
            self.run_worker.pulse,
            *self.fix_recovery.pulses,
            self.connection.pulse,
            PoolPulse("bolt", self._bolt.acking.submit),
            PoolPulse("listener", self._bolt.acting.submit),
            PoolPulse("background", self.background.submit),
        )

    def _token_replaced(self) -> None:
        """Send at once what Slack refused because of the former token."""
        self.announcer.retry()
        self.recorded()

    def recorded(self) -> None:
        """Announce what was recorded, and update the Homes and results that show it."""
        self.announcer.wake()
        self.home.changed()
        self.results.changed()

    def run_started(self) -> None:
        """Work on a run that began or continues, and show how it goes."""
        self.run_worker.wake()
        self.recorded()

    def others_recorded(self) -> None:
        """Take up, and show, what another replica recorded."""
        self.auto_fix.settle()
        self.run_started()

    def settle_approvals(self) -> None:
        """Let requests expire, remind of those that wait long, and inform requesters."""
        if self.approvals.service.settle():
            self.recorded()
        self._notices.send_due()

    def stop(self) -> None:
        """Stop cleanly: no new work, running writes finish and are recorded, sockets close."""
        self.connection.stop()
        self.fixes.stop()
        self.run_worker.stop()
        self._members.stop()
        self.services.scanner.stop()
        self.background.stop()
        self._bolt.stop()
        self.fix_recovery.stop()
        self.run_files.stop()
        self.announcer.stop()
        self.home.stop()
        self.services.organizations.close()
