"""Builds and connects what decides about approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.services.approval_decisions import ApprovalDecisions
from bot.services.approval_gate import ApprovalGate
from bot.services.approval_needs import ApprovalNeeds
from bot.services.approvals import ApprovalService
from bot.services.management_accounts import ManagementAccounts
from bot.services.run_authority import RunAuthority
from bot.services.run_exclusions import RunExclusions

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app.wiring import Services
    from bot.services.ports.slack import Authorizer


class ApprovalWiring:
    """What decides which changes need approval, and who gives it.

    Args:
        services: the services that don't need Slack.
        authorizer: asks Slack who may do what.
        on_recorded: called after a change that messages have to show.
        on_started: called after a run began.
    """

    def __init__(
        self,
        services: Services,
        authorizer: Authorizer,
        *,
        on_recorded: Callable[[], None],
        on_started: Callable[[], None],
    ) -> None:
        store, contacts = services.store, services.organizations.reader()
        needs = ApprovalNeeds(
            store,
            services.policies,
            ManagementAccounts(services.organizations, store.scans, services.clock),
            authorizer,
            services.accounts.judge,
        )
        self.gate = ApprovalGate(needs, contacts, store.fixes, services.clock)
        exclusions = RunExclusions(store.findings, services.policies)
        self.authority = RunAuthority(store, authorizer, needs, exclusions, services.clock)
        self.service = ApprovalService(
            store, authorizer, needs, exclusions, on_recorded=on_recorded, on_started=on_started
        )
        self.decisions = ApprovalDecisions(
            store,
            authorizer,
            needs,
            exclusions,
            contacts,
            clock=services.clock,
            on_recorded=on_recorded,
            on_started=on_started,
        )
