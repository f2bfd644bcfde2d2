"""Builds and runs `altcontact fix`: previews a run, and works on it in this process."""

from __future__ import annotations

import threading
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bot.app.clock import SystemClock
from bot.app.snapshots import require_restored
from bot.app.wiring import Services, aws_gateways, slack_members
from bot.domain.actors import Actor
from bot.domain.runs import ItemState, RunState
from bot.services.approval_needs import ApprovalNeeds
from bot.services.audit_trail import AuditTrail
from bot.services.bulk_fix import RunWorker
from bot.services.bulk_preview import BulkPreview, PreviewRequest
from bot.services.host_authorizer import HostAuthorizer
from bot.services.management_accounts import ManagementAccounts
from bot.services.run_authority import RunAuthority
from bot.services.run_exclusions import RunExclusions
from bot.services.select_accounts import AccountSelector
from bot.store import is_absent, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bot.config.load import Settings
    from bot.domain.accounts import Account
    from bot.domain.contacts import ContactType
    from bot.domain.evaluation.run_plan import Wanted
    from bot.domain.runs import Run, RunItem
    from bot.services.bulk_preview import Preview

NEEDS_APPROVAL: Final = "It needs a second person's approval: fix it in Slack."
NOT_CHECKED: Final = (
    "It may need a second person's approval, because no check has evaluated this contact yet. "
    "Run altcontact check first, or fix it in Slack."
)

_POLL: Final = 0.2
"""Seconds between two looks at a run's progress."""

_STOPPED: Final = "Stopped on the command line."


class BulkCommand:
    """Previews and works on runs for the command line.

    Args:
        services: the services that don't need Slack.
        settings: the settings.
        actor: who gives the command, as `cli:…`.
    """

    def __init__(self, services: Services, settings: Settings, actor: str) -> None:
        self.selector = AccountSelector(
            services.store.accounts, services.organizations, services.clock
        )
        self.store = services.store
        self._services = services
        self._settings = settings
        self._actor = actor
        authorizer = HostAuthorizer(settings.fixers)
        self._needs = ApprovalNeeds(
            services.store,
            services.policies,
            ManagementAccounts(services.organizations, services.store.scans, services.clock),
            authorizer,
            services.accounts.judge,
        )
        self._authority = RunAuthority(
            services.store,
            authorizer,
            self._needs,
            RunExclusions(services.store.findings, services.policies),
            services.clock,
        )
        self._preview = BulkPreview(
            services.store,
            services.policies,
            services.organizations.reader(),
            services.clock,
            settings.phone_region,
            pace=services.organizations.pace,
        )
        self._fixes, self._recovery = services.fixes(authorizer, settings.confirm_timeout)

    def preview(
        self,
        accounts: Sequence[Account],
        types: Collection[ContactType],
        wanted: Wanted,
        on_progress: Callable[[int, int], None],
    ) -> Preview:
        """Read the contacts in AWS, and record what a run would do.

        Contacts that need a second person's approval are left out.

        Args:
            accounts: the accounts.
            types: the types of contacts.
            wanted: what they should be.
            on_progress: called with (contacts read, all to be read).

        Raises:
            StoreError: the database can't be used.
        """
        policy = self._settings.policy
        needs = [
            what
            for what, needed in (("units", policy.needs_units), ("tags", policy.needs_tags))
            if needed
        ]
        placed = self.selector.placed(accounts, needs) if needs else accounts
        request = PreviewRequest(
            f"cli:{uuid.uuid4().hex}", Actor(self._actor), placed, types, wanted, read_all=True
        )
        preview = self._preview.preview(request, on_progress)
        items = self.store.runs.items(preview.run.id, {ItemState.PLANNED})
        if not items:
            return preview
        rights = self._needs.of_run(preview.run.id, items)
        checked = self.store.runs.last_readings(types)
        reasons = {
            item.number: NEEDS_APPROVAL if (item.account_id, item.type) in checked else NOT_CHECKED
            for item in items
            if item.number in rights.needs
        }
        reasons.update(
            (item.number, rights.unknown[item.account_id])
            for item in items
            if item.account_id in rights.unknown
        )
        self.store.runs.leave_out(preview.run.id, reasons)
        run = self.store.runs.get(preview.run.id) or preview.run
        return replace(preview, run=run, summary=self._preview.summary(run.id))

    def apply(self, run: Run, on_progress: Callable[[Run], None]) -> Run:
        """Work on a previewed run to its end. Ctrl-C stops it; what is in flight is finished.

        Args:
            run: the run.
            on_progress: called now and then with the run as it is.

        Returns:
            The run, `ENDED` or `STOPPED`.

        Raises:
            StoreError: the database can't be used.
            KeyboardInterrupt: it was stopped by a signal.
        """
        done = threading.Event()
        worker = RunWorker(
            self.store.runs,
            self._fixes,
            self._recovery,
            self._services.clock,
            still_allowed=self._authority.require,
            on_ended=done.set,
            only=run.id,
        )
        self.store.runs.start(run.id, self._actor, here=True)
        worker.start()
        self._recovery.start()
        try:
            while not done.wait(_POLL) and self.current(run).state is RunState.RUNNING:
                on_progress(self.current(run))
        except KeyboardInterrupt:
            self.store.runs.stop(run.id, self._actor, _STOPPED)
            worker.stop()
            raise
        finally:
            worker.stop()
            self._fixes.stop()
            self._recovery.stop()
        return self.current(run)

    def results(self, run: Run) -> list[RunItem]:
        """What each contact of a run came to."""
        return self.store.runs.items(run.id)

    def current(self, run: Run) -> Run:
        """A run as it is now."""
        return self.store.runs.get(run.id) or run


@contextmanager
def bulk_command(settings: Settings, actor: str, *, applies: bool) -> Iterator[BulkCommand]:
    """The command's services, closed at the end.

    Args:
        settings: the Slack settings are not needed.
        actor: who gives the command.
        applies: whether it writes. A preview alone doesn't create a database.

    Raises:
        StoreError: the database can't be used.
    """
    with ExitStack() as stack:
        if not applies and is_absent(settings.database):
            folder = stack.enter_context(TemporaryDirectory(prefix="altcontact-"))
            settings = settings.model_copy(update={"database": Path(folder) / "altcontact.db"})
        if applies:
            require_restored(settings)
        clock = SystemClock()
        members = slack_members(settings, clock)
        store = stack.enter_context(open_store(settings.database, clock))
        services = Services(
            store,
            aws_gateways(settings, clock.observe, store=store),
            members,
            lambda: settings.policy,
            clock,
        )
        AuditTrail(store.audit).command(actor, "fix --apply" if applies else "fix")
        try:
            yield BulkCommand(services, settings, actor)
        finally:
            members.stop()
            services.organizations.close()
            services.scanner.stop()
