"""The form by which a contact is set: opened at once, filled when AWS has answered, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import AlternateContact, fingerprint
from bot.domain.errors import AltcontactError, FixError, GatewayError, RightsUnknown, StoreError
from bot.domain.fixes import FixRequest
from bot.domain.policy.account_policy import Presence
from bot.domain.readings import Absent, Present, Unreadable, Unsupported
from bot.domain.rules.expected_values import prefilled
from bot.domain.rules.mail_addresses import domain_of
from bot.domain.validation import digests, unchanged, validate, warnings
from bot.services.fix_result import FixOutcome, NotFixed
from bot.services.ports.aws import Priority
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult, open_view
from bot.slack.payloads import find, is_in_modal, number_at, text_at, user_id
from bot.slack.views import fix_form, fix_result, row_actions
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.domain.contacts import ContactType
    from bot.services.account_policy import AccountPolicies
    from bot.services.find_account import AccountFinder
    from bot.services.fix import FixService
    from bot.services.ports.aws import Contacts
    from bot.services.ports.clock import Clock
    from bot.services.ports.fixes import FixRepository
    from bot.services.ports.slack import Actor, Authorizer
    from bot.slack.background import BackgroundTasks
    from bot.slack.modals import Modals, OpenView
    from bot.slack.views.fix_form import FormInput
    from bot.slack.views.message import Message


class FixListeners:
    """Opens the form, for whichever button or command asks for it, and takes what is submitted.

    Args:
        modals: the modals on people's screens.
        tasks: where AWS is asked what the form is filled with.
        fixes: carries out what is submitted.
        clock: the time.
        finder: knows accounts' names.
        fixers: who may change contacts.
        gateway: AWS.
        phone_region: the country in whose national form phone numbers may be typed, if any.
        policies: look up what accounts should have.
        records: the fixes that were made.
    """

    def __init__(
        self,
        modals: Modals,
        tasks: BackgroundTasks,
        fixes: FixService,
        *,
        clock: Clock,
        finder: AccountFinder,
        fixers: Authorizer,
        gateway: Contacts,
        phone_region: str | None,
        policies: AccountPolicies,
        records: FixRepository,
    ) -> None:
        self._modals = modals
        self._tasks = tasks
        self._fixes = fixes
        self._clock = clock
        self._finder = finder
        self._fixers = fixers
        self._gateway = gateway
        self._phone_region = phone_region
        self._policies = policies
        self._records = records

    # Opening

    def from_button(self, body: dict[str, Any]) -> None:
        """A button **Fix** or **Change**, in a message or in a modal."""
        account_id, contact_type = row_actions.parse_fix(text_at(body, "actions", 0, "value"))
        self._open_for(body, account_id, contact_type)

    def try_again(self, body: dict[str, Any]) -> None:
        """A button **Try again**: the form of a fix that failed, as it was typed.

        Raises:
            FixError: the database does not know that fix.
        """
        fix = self._records.get(number_at(body, "actions", 0, "value"))
        if fix is None:
            raise FixError(
                "This fix is no longer on record.",
                "To open the form, type /altcontact fix and the account's id.",
            )
        request = fix.request
        typed = request.wanted if user_id(body) == request.user_id else None
        self._open_for(body, request.account_id, request.type, typed)

    def choose_type(self, body: dict[str, Any]) -> None:
        """Another contact was chosen in the form: it is filled anew for that one."""
        account_id, contact_type = fix_form.parse_type(body)
        self._fixers.require_fixer(actor_of(body))
        name = self._finder.name(account_id)
        # Between the two forms stands a view without inputs, or Slack kept what was typed.
        loading = fix_form.loading_view(name, account_id, contact_type)
        opened = self._modals.reload_loading(body, loading)
        if opened is not None:
            self._fill_soon(opened, account_id, contact_type, name)

    def open(
        self,
        actor: Actor,
        trigger_id: str,
        account_id: str,
        contact_type: ContactType,
        typed: AlternateContact | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form at once, and fill it when AWS has answered.

        Args:
            actor: who opens it.
            trigger_id: good for three seconds, and once.
            account_id: whose contact.
            contact_type: which contact.
            typed: what to fill in instead of what AWS holds.
            push: whether it goes on top of a modal that is open.

        Raises:
            NotAllowed: the person is not a fixer, or Slack could not say.
            NotifierError: Slack did not open it.
        """
        self._fixers.require_fixer(actor)
        name = self._finder.name(account_id)
        loading = fix_form.loading_view(name, account_id, contact_type)
        opened = self._modals.open_loading(trigger_id, actor.user_id, loading, push=push)
        self._fill_soon(opened, account_id, contact_type, name, typed)

    def _open_for(
        self,
        body: dict[str, Any],
        account_id: str,
        contact_type: ContactType,
        typed: AlternateContact | None = None,
    ) -> None:
        actor, trigger = actor_of(body), text_at(body, "trigger_id")
        pushed = is_in_modal(body)
        try:
            self.open(actor, trigger, account_id, contact_type, typed, push=pushed)
        except AltcontactError as error:
            self._modals.refuse(body, problem_message(error))

    def _fill_soon(
        self,
        opened: OpenView,
        account_id: str,
        contact_type: ContactType,
        name: str,
        typed: AlternateContact | None = None,
    ) -> None:
        def show_problem(message: Message) -> None:
            view = fix_form.message_view(message, contact_type)
            self._modals.fill(opened, view, message, even_if_closed=True)

        def fill() -> None:
            form = self._filled(account_id, contact_type, name, typed)
            self._modals.fill(
                opened, form, fix_form.not_shown_message(name, account_id, contact_type)
            )

        self._tasks.run(fill, show_problem)

    def _filled(
        self, account_id: str, contact_type: ContactType, name: str, typed: AlternateContact | None
    ) -> dict[str, Any]:
        """The form for what AWS holds now.

        Raises:
            GatewayError: AWS did not say.
        """
        shown_at = self._clock.now()
        held: AlternateContact | None = None
        match self._gateway.read(account_id, contact_type, Priority.INTERACTIVE):
            case Present(contact):
                held = contact
            case Absent():
                pass
            case Unreadable(why) | Unsupported(why):
                raise GatewayError(why)
        policy = self._policies.known(account_id)
        if policy is not None and policy.presence[contact_type] is Presence.FORBIDDEN:
            return fix_form.forbidden_view(name, account_id, contact_type, held)
        expected = prefilled(policy.expected[contact_type]) if policy is not None else None
        return fix_form.form_view(
            account_name=name,
            account_id=account_id,
            contact_type=contact_type,
            shown=fingerprint(held),
            shown_at=shown_at,
            field_digests=digests(held),
            values=typed or held or expected,
            region=self._phone_region,
            policy=policy,
        )

    # Submitting

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form was submitted."""
        form = fix_form.parse_form(find(body, "view"))
        checked = validate(form.values, self._phone_region, form.held)
        if not isinstance(checked, AlternateContact):
            ack(response_action="errors", errors=checked)
            return
        opened, actor = open_view(body), actor_of(body)
        request = FixRequest(
            key=f"{opened.view_id}:{opened.hash}:{checked.fingerprint}",
            account_id=form.account_id,
            type=form.type,
            wanted=checked,
            user_id=actor.user_id,
            shown=form.shown,
            shown_at=form.shown_at,
        )
        self._modals.answer(
            ack,
            body,
            lambda: self._carry_out(form, request, actor),
            lambda message: fix_form.message_view(message, form.type),
            lambda: fix_form.working_view(form.account_name, form.account_id, form.type),
        )

    def _carry_out(self, form: FormInput, request: FixRequest, actor: Actor) -> SubmissionResult:
        name, same = form.account_name, unchanged(form.values, form.held)
        result = self._fixes.fix(request, name, actor, same, confirmed_domain=form.confirmed_domain)
        if isinstance(result, NotFixed):
            return self._refused(form, request, name, result)
        notes = {**result.notes, **warnings(request.wanted)}
        message = fix_result.result_message(result, notes)
        if result.outcome is FixOutcome.RUNNING:
            view = fix_form.working_view(name, request.account_id, request.type)
            return SubmissionResult(view, message)
        return SubmissionResult(fix_form.message_view(message, request.type), message)

    def _refused(
        self, form: FormInput, request: FixRequest, name: str, result: NotFixed
    ) -> SubmissionResult:
        """The form again, with all that was typed, and why it was not taken."""
        known = not isinstance(result.problem, RightsUnknown)
        if result.outcome is FixOutcome.NOT_ALLOWED and known:
            message = problem_message(result.problem)
            return SubmissionResult(fix_form.message_view(message, request.type), message)
        changed = result.outcome is FixOutcome.CHANGED
        domain = domain_of(request.wanted.email)
        to_confirm = result.outcome is FixOutcome.TO_CONFIRM
        message = fix_result.failed_message(request, name, result)
        try:
            policy = self._policies.known(request.account_id)
        except StoreError:
            policy = None  # the form without its hints is better than none
        view = fix_form.form_view(
            account_name=name,
            account_id=request.account_id,
            contact_type=request.type,
            shown=fingerprint(result.held) if changed else request.shown,
            shown_at=self._clock.now() if changed else request.shown_at,
            field_digests=digests(result.held) if changed else form.held,
            values=request.wanted,
            region=self._phone_region,
            policy=policy,
            notice=fix_result.told_problem(result),
            held=result.held,
            errors=result.fields,
            unusual_domain=domain if to_confirm or domain == form.confirmed_domain else "",
        )
        # What is to be confirmed is in the form itself, which errors alone would not replace.
        return SubmissionResult(view, message, {} if to_confirm else result.fields)
