"""The Bolt app: the only place where listeners are created and bound."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.services.audit_trail import AuditTrail
from bot.services.check_limit import MOST_ACCOUNTS, MOST_SCANS, CheckLimit
from bot.slack.app_approvals import bind_approvals
from bot.slack.app_runs import RunApp
from bot.slack.background import BackgroundTasks
from bot.slack.command_parser import COMMAND
from bot.slack.listeners.account_card import AccountCards
from bot.slack.listeners.account_commands import AccountCommands
from bot.slack.listeners.approval_requests import ApprovalRequests
from bot.slack.listeners.check_again import CheckAgainListener
from bot.slack.listeners.commands import CommandListeners
from bot.slack.listeners.direct_message import DirectMessageListener
from bot.slack.listeners.doctor import DoctorListener
from bot.slack.listeners.exemption_forms import ExemptionForms
from bot.slack.listeners.exemptions import ExemptionListeners
from bot.slack.listeners.fix import FixListeners
from bot.slack.listeners.fix_submission import FixSubmission
from bot.slack.listeners.help import HelpListener
from bot.slack.listeners.history import HistoryListeners
from bot.slack.listeners.home import HomeListeners
from bot.slack.listeners.modal_work import ModalWork
from bot.slack.listeners.outdated import OutdatedListeners
from bot.slack.listeners.policy_reload import PolicyReloadListener
from bot.slack.listeners.private_rows import PrivateRows
from bot.slack.listeners.remove import RemoveListener
from bot.slack.listeners.scan_progress import ScanListener
from bot.slack.listeners.show_all import ShowAllListeners
from bot.slack.listeners.undo import UndoListeners
from bot.slack.middleware import ErrorHandler, RequestGuard, ShapeCheck
from bot.slack.refused_requests import RefusedRequests
from bot.slack.views import (
    account_card,
    account_choice,
    exemption_forms,
    exemption_list,
    fix_form_suggestion,
    fix_modal,
    fix_result,
    history,
    home,
    home_summary,
    remove,
    row_actions,
    show_all,
    show_all_filters,
    unchecked_alerts,
    undo,
    undo_button,
)
from bot.slack.views import doctor as doctor_view
from bot.slack.views import help as help_views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bot.config.policy_reload import PolicyReload
    from bot.services.account_policy import AccountPolicies
    from bot.services.doctor import CheckResult
    from bot.services.exempt import ExemptionService
    from bot.services.find_account import AccountFinder
    from bot.services.fix import FixService
    from bot.services.fix_form import FixForms
    from bot.services.fix_suggestions import FixSuggestions
    from bot.services.home import HomeService
    from bot.services.ports.clock import Clock
    from bot.services.ports.store import Store
    from bot.services.remove import RemoveService
    from bot.services.scan.scanner import Scanner
    from bot.services.show_account import AccountViewService
    from bot.services.undo import UndoService
    from bot.slack.app_approvals import ApprovalServices
    from bot.slack.app_runs import RunServices
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.fixers import SlackFixers
    from bot.slack.listeners.scan_results import ScanResults
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.row_links import RowLinkResolver

LISTENER_THREADS: Final = 32
"""With Bolt's default of 5, a sixth form would get no ack while five are slow."""

_ANY: Final = re.compile("")


@dataclass(frozen=True, slots=True)
class BoltApp:
    """The app, the threads that acknowledge, and those on which listeners continue afterwards."""

    app: App
    acking: ThreadPoolExecutor
    acting: BackgroundTasks

    def stop(self) -> None:
        """Let running listeners finish; people whose requests are still waiting get an answer."""
        self.acking.shutdown(wait=True, cancel_futures=True)
        self.acting.stop()


def build(
    client: WebClient,
    *,
    accounts: AccountViewService,
    approvals: ApprovalServices,
    clock: Clock,
    exemptions: ExemptionService,
    finder: AccountFinder,
    fixers: SlackFixers,
    fixes: FixService,
    fix_forms: FixForms,
    fix_suggestions: FixSuggestions,
    home_service: HomeService,
    messages: DirectMessages,
    modals: Modals,
    next_check: Callable[[], datetime | None],
    phone_region: str | None,
    policies: AccountPolicies,
    readers: SlackReaders,
    removals: RemoveService,
    reload_policy: Callable[[str], PolicyReload],
    results: ScanResults,
    row_links: RowLinkResolver,
    run_checks: Callable[[], Iterator[CheckResult]],
    runs: RunServices,
    scanner: Scanner,
    store: Store,
    tasks: BackgroundTasks,
    undos: UndoService,
) -> BoltApp:
    """The Bolt app with every listener bound.

    Args:
        client: a client that retries.
        accounts: shows accounts as they are in AWS now.
        approvals: what decides about approvals.
        clock: the time.
        exemptions: grants and ends exemptions and manual verifications.
        finder: finds accounts by what people type.
        fixers: decides who may change contacts.
        fixes: makes fixes.
        fix_forms: gather what forms start from.
        fix_suggestions: suggest what to save, and which account to fix next.
        home_service: publishes Homes.
        messages: sends messages to one person.
        modals: the modals on people's screens.
        next_check: returns when the next check is due; None if none is planned.
        phone_region: the country whose national phone numbers may be typed, if any.
        policies: looks up accounts' policies.
        readers: decides who sees contact details.
        removals: removes forbidden contacts.
        reload_policy: applies the policy file for a user.
        results: make the messages with the results of checks.
        row_links: makes the links of rows.
        run_checks: runs the doctor's checks.
        runs: what the listeners of runs work with.
        scanner: checks all accounts.
        store: the database.
        tasks: runs work that a person waits for.
        undos: undoes fixes.
    """
    acking = ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="bolt")
    acting = BackgroundTasks(ThreadPoolExecutor(LISTENER_THREADS, thread_name_prefix="listener"))
    trail = AuditTrail(store.audit)
    errors = ErrorHandler(messages, RefusedRequests(trail))
    guard = RequestGuard(store.deliveries, errors, acting, trail)
    logging.getLogger("slack_bolt.App").addFilter(_is_wanted)
    app = App(
        name="altcontact",  # without one, Bolt reads the sources of all callers for it
        # No token: with one, Bolt asks `auth.test` before its first ack, which waits for that.
        client=WebClient(base_url=client.base_url),
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None, bot_token=client.token),
        before_authorize=ShapeCheck(guard),
        listener_executor=acking,
    )
    fix = FixListeners(
        modals,
        tasks,
        finder=finder,
        fixers=fixers,
        forms=fix_forms,
        phone_region=phone_region,
        readers=readers,
        records=store.fixes,
        suggestions=fix_suggestions,
    )
    requests = ApprovalRequests(approvals.service)
    fix_submission = FixSubmission(
        modals,
        fixes,
        requests,
        clock=clock,
        forms=fix_forms,
        phone_region=phone_region,
        readers=readers,
        suggestions=fix_suggestions,
    )
    work = ModalWork(modals, tasks)
    undoing = UndoListeners(
        modals,
        work,
        undos,
        requests,
        fixers=fixers,
        readers=readers,
        records=store.fixes,
        suggestions=fix_suggestions,
    )
    card = AccountCards(
        modals,
        tasks,
        messages,
        accounts=accounts,
        finder=finder,
        fixers=fixers,
        limit=CheckLimit("single accounts", MOST_ACCOUNTS, clock),
        readers=readers,
        row_links=row_links,
    )
    exemption = ExemptionListeners(
        modals,
        exemptions,
        cards=card,
        fix=fix.from_button,
        fixers=fixers,
        forms=ExemptionForms(store.accounts, store.findings, exemptions, clock),
        readers=readers,
        records=store.exemptions,
        rules_url=row_links.rules_url,
    )
    doctor = DoctorListener(fixers, run_checks, modals, tasks, clock)
    help_ = HelpListener(store.scans, fixers, next_check, store.slack_health.waiting)
    scan = ScanListener(
        scanner,
        tasks,
        messages,
        clock,
        readers=readers,
        results=results,
        limit=CheckLimit("all accounts", MOST_SCANS, clock),
    )
    about_runs = RunApp(
        runs, modals, tasks, fixers=fixers, phone_region=phone_region, readers=readers
    )
    about_account = AccountCommands(
        cards=card,
        exemptions=exemption,
        finder=finder,
        fixes=fix,
        history=HistoryListeners(
            modals, accounts=store.accounts, audit=store.audit, readers=readers
        ),
        policies=policies,
        runs=about_runs.select,
        readers=readers,
    )
    command = CommandListeners(
        tasks,
        messages,
        accounts=about_account,
        doctor=doctor,
        exemptions=exemption,
        help_=help_,
        policy_reload=PolicyReloadListener(fixers, reload_policy),
        readers=readers,
        scan=scan,
        trail=trail,
        undo=undoing,
    )
    home_page = HomeListeners(home_service, exemptions=exemption, scan=scan)
    outdated = OutdatedListeners(messages, trail)
    lists = ShowAllListeners(modals, store.findings, row_links, readers)
    rows = PrivateRows(store.findings, lists, results, trail)
    once, each, submission = guard.once, guard.each, guard.submission

    app.command(COMMAND)(once(command.run))
    app.action(help_views.RUN)(once(command.run_suggested))

    app.action(_numbered(row_actions.FIX))(once(rows.or_refresh(fix.from_button)))
    app.action(fix_result.TRY_AGAIN)(once(fix.try_again))
    app.action(fix_result.NEXT)(once(fix.next_account))
    app.action(fix_form_suggestion.USE)(once(fix.use_common))
    app.action(fix_modal.CHOOSE_TYPE)(each(fix.choose_type))
    app.view(fix_modal.CALLBACK)(submission(fix_submission.submit))
    _bind_undo(
        app,
        guard,
        undoing,
        RemoveListener(
            modals,
            work,
            removals,
            requests,
            finder=finder,
            fixers=fixers,
            suggestions=fix_suggestions,
        ),
    )

    _bind_lists(app, guard, lists)
    app.action(unchecked_alerts.CHECK_AGAIN)(once(CheckAgainListener(scan, messages).press))
    _bind_accounts(app, guard, card, about_account)
    app.action(doctor_view.SHOW_ALL)(once(doctor.show_all))
    _bind_exemptions(app, guard, exemption, rows)

    about_runs.bind(app, guard)
    bind_approvals(app, guard, approvals, modals, store)
    app.event("app_home_opened")(guard.event(home_page.opened))
    app.action(home_summary.CHECK)(once(home_page.check_now))
    app.action(home.EXEMPTIONS)(once(home_page.list_exemptions))
    app.event("message")(guard.event(DirectMessageListener(messages, help_, readers).answer))

    # Last of each kind, for messages and modals from earlier versions of the bot.
    app.action(_ANY)(once(outdated.press))
    app.view(_ANY)(submission(outdated.submit))
    app.options(_ANY)(guard.options(lambda _: []))

    app.error(errors.handle)
    return BoltApp(app, acking, acting)


def _bind_exemptions(
    app: App, guard: RequestGuard, exemption: ExemptionListeners, rows: PrivateRows
) -> None:
    """Bind the menus of rows, the forms behind them, and the list of exemptions."""
    for prefix in (row_actions.MENU, row_actions.EXEMPT, row_actions.VERIFY, row_actions.SHOW):
        app.action(_numbered(prefix))(guard.once(rows.or_refresh(exemption.choose)))
    app.action(_numbered(exemption_list.END))(guard.once(exemption.end))
    app.action(_numbered(exemption_list.TURN))(guard.each(exemption.turn_page))
    app.view(exemption_forms.EXEMPT)(guard.submission(exemption.submit_exemption))
    app.view(exemption_forms.VERIFY)(guard.submission(exemption.submit_verify))


def _bind_accounts(
    app: App, guard: RequestGuard, card: AccountCards, commands: AccountCommands
) -> None:
    """Bind the account that is shown, its history, and the menu to choose one."""
    app.action(account_card.CHECK)(guard.once(card.check_again))
    app.action(account_choice.CHOOSE)(guard.once(commands.choose))
    app.action(history.SHOW)(guard.once(commands.history.show))
    app.action(_numbered(history.TURN))(guard.each(commands.history.turn_page))
    app.options(account_choice.CHOOSE)(guard.options(commands.suggest))


def _bind_undo(
    app: App, guard: RequestGuard, undoing: UndoListeners, removal: RemoveListener
) -> None:
    """Bind what undoes fixes and removes contacts."""
    app.action(re.compile(f"^{undo_button.UNDO}(:|$)"))(guard.once(undoing.press))
    app.action(undo.UNDO_ANYWAY)(guard.once(undoing.press_anyway))
    app.action(_numbered(remove.REMOVE))(guard.once(removal.press))


def _bind_lists(app: App, guard: RequestGuard, lists: ShowAllListeners) -> None:
    """Bind the lists of findings: opened, filtered, and paged."""
    app.action(show_all.SHOW)(guard.once(lists.show))
    app.action(_numbered(show_all.TURN))(guard.each(lists.change))
    app.action(_numbered(show_all_filters.FILTER))(guard.each(lists.change))
    app.options(show_all_filters.UNIT)(guard.options(lists.suggest_units))
    app.view(show_all.TURN)(guard.submission(lists.submit))


def _is_wanted(record: logging.LogRecord) -> bool:
    """Whether one of Bolt's log lines has new information.

    Bolt also reads SLACK_BOT_TOKEN, and warns at every start that the client's token takes
    precedence. For a payload without a listener it suggests code, and quotes the payload.
    """
    message = record.getMessage()
    return "unused" not in message and not message.startswith("Unhandled request")


def _numbered(action_id: str) -> re.Pattern[str]:
    """Matches all buttons with this prefix; a message may have only one of them."""
    return re.compile(f"^{re.escape(action_id)}:")
