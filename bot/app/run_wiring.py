"""Builds and connects what runs need in Slack, from the selection to the files of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.run_csv import preview_csv, results_csv
from bot.services.bulk_preview import BulkPreview
from bot.services.run_again import HeldBackPreview
from bot.services.run_begin import RunBeginning
from bot.services.run_control import RunControl
from bot.services.run_files import RunFiles
from bot.services.run_selection import RunSelection
from bot.services.select_accounts import AccountSelector
from bot.services.undo_run import RunUndoService
from bot.slack.app_runs import RunServices
from bot.slack.files import SlackFiles
from bot.slack.run_downloads import RunDownloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app.wiring import Services
    from bot.domain.policy.policy import Policy
    from bot.services.approvals import ApprovalService
    from bot.services.ports.slack import Authorizer
    from bot.services.ports.store import Store
    from bot.slack.background import BackgroundTasks
    from bot.slack.client import SlackWebClient
    from bot.slack.direct_messages import DirectMessages


class RunWiring:
    """The files of runs in Slack, and what its listeners need.

    Args:
        client: a client that retries.
        posting: a client that makes each call once.
        store: the database.
        leading: the same, and none once another process leads.
        leads: whether this process leads.
        on_recorded: called when the message of a run has to change.
    """

    def __init__(
        self,
        client: SlackWebClient,
        posting: SlackWebClient,
        store: Store,
        *,
        leading: SlackWebClient,
        leads: Callable[[], bool],
        on_recorded: Callable[[], None],
    ) -> None:
        self._posting = posting
        self._store = store
        self._on_recorded = on_recorded
        self._files = SlackFiles(client, posting)
        self.files = RunFiles(
            SlackFiles(client, leading),
            store.run_files,
            self._results_csv,
            on_recorded=on_recorded,
            leads=leads,
        )

    def services(
        self,
        services: Services,
        approvals: ApprovalService,
        fixers: Authorizer,
        *,
        messages: DirectMessages,
        tasks: BackgroundTasks,
        policy: Callable[[], Policy],
        phone_region: str | None,
    ) -> RunServices:
        """What the listeners of runs work with.

        Args:
            services: the services that don't need Slack.
            approvals: begins runs, once those agree who have to.
            fixers: who may change contacts.
            messages: sends messages to one person.
            tasks: runs work that a person waits for.
            policy: returns the current policy.
            phone_region: the country whose national phone numbers may be typed, if any.
        """
        store, clock = services.store, services.clock
        selector = AccountSelector(store.accounts, services.organizations, clock)
        reader = services.organizations.reader()
        previews = BulkPreview(
            store,
            services.policies,
            reader,
            clock,
            phone_region,
            pace=services.organizations.pace,
        )
        return RunServices(
            RunSelection(store.accounts, selector, store.findings, clock, policy),
            previews,
            RunBeginning(store.runs, approvals, clock),
            RunControl(store.runs, fixers, on_changed=self._on_recorded),
            RunUndoService(store),
            HeldBackPreview(store, previews),
            RunDownloads(
                self._posting,
                self._files,
                messages,
                tasks,
                preview=self._preview_csv,
                results=self._results_csv,
            ),
            store.runs,
        )

    def _preview_csv(self, run_id: int) -> bytes:
        """The preview of a run as a file, with contacts' details."""
        return preview_csv(self._store.runs.items(run_id))

    def _results_csv(self, run_id: int) -> bytes:
        """The results of a run as a file, without contacts' details."""
        return results_csv(self._store.runs.items(run_id))
