"""Takes a submitted form: validates it, has the contact saved, and shows the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.domain.accounts import Account
from bot.domain.contacts import NO_CONTACT, AlternateContact, fingerprint
from bot.domain.errors import AltcontactError, RightsUnknown, StoreError
from bot.domain.fixes import FixRequest
from bot.domain.rules.mail_addresses import domain_of
from bot.domain.validation import digests, unchanged, validate, warnings
from bot.services.approval_gate import NeedsApproval
from bot.services.fix_form import FormContent
from bot.services.fix_result import FixOutcome, NotFixed
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult, open_view
from bot.slack.payloads import find
from bot.slack.views import fix_form, fix_modal, fix_result
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.domain.actors import Actor
    from bot.domain.as_code.snippets import Snippet
    from bot.domain.contacts import ContactType
    from bot.services.fix import FixService
    from bot.services.fix_form import FixForms
    from bot.services.fix_result import Fixed
    from bot.services.fix_suggestions import FixSuggestions
    from bot.services.ports.clock import Clock
    from bot.slack.listeners.approval_requests import ApprovalRequests
    from bot.slack.modals import Modals
    from bot.slack.readers import SlackReaders
    from bot.slack.views.fix_form import FormInput
    from bot.slack.views.message import Message


class FixSubmission:
    """Takes submitted forms.

    Args:
        modals: the modals on people's screens.
        fixes: carries out what is submitted.
        approvals: requests the approval of what needs one.
        clock: the time.
        forms: gather what a form is shown again with.
        phone_region: the country in whose national format phone numbers may be typed, if any.
        readers: who sees contact details.
        suggestions: know which account to fix next.
    """

    def __init__(
        self,
        modals: Modals,
        fixes: FixService,
        approvals: ApprovalRequests,
        *,
        clock: Clock,
        forms: FixForms,
        phone_region: str | None,
        readers: SlackReaders,
        suggestions: FixSuggestions,
    ) -> None:
        self._modals = modals
        self._fixes = fixes
        self._approvals = approvals
        self._clock = clock
        self._forms = forms
        self._phone_region = phone_region
        self._readers = readers
        self._suggestions = suggestions

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form was submitted."""
        form = fix_form.parse_form(find(body, "view"))
        if form.chosen not in {"", form.type.value}:
            ack(response_action="errors", errors={fix_modal.TYPE: _not_filled_in(form.type)})
            return
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
            confirmed_tool=form.confirmed_tool,
        )
        self._modals.answer(
            ack,
            body,
            lambda: self._carry_out(form, request, checked, actor),
            lambda message: _about(form, message).view,
            lambda: fix_modal.saving_view(form.account_name, form.account_id, form.type),
        )

    def _carry_out(
        self, form: FormInput, request: FixRequest, contact: AlternateContact, actor: Actor
    ) -> SubmissionResult:
        name, same = form.account_name, unchanged(form.values, form.held)
        result = self._fixes.fix(request, name, actor, same, confirmed_domain=form.confirmed_domain)
        if isinstance(result, NeedsApproval):
            message = self._approvals.request(result, name, actor)
            return SubmissionResult(fix_modal.message_view(message, request.type), message)
        if isinstance(result, NotFixed):
            return self._refused(form, request, contact, actor, result)
        is_done = fix_result.is_done(result)
        still_open, next_account = self._after(result) if is_done else ((), None)
        message = fix_result.result_message(
            result,
            {**result.notes, **warnings(contact)},
            still_open=still_open,
            next_account=next_account,
        )
        if result.outcome is FixOutcome.RUNNING:
            view = fix_modal.saving_view(name, request.account_id, request.type)
            return SubmissionResult(view, message)
        close = "Done" if is_done else "Close"
        return SubmissionResult(fix_modal.message_view(message, request.type, close=close), message)

    def _after(self, result: Fixed) -> tuple[tuple[ContactType, ...] | None, Account | None]:
        """What the account still lacks, None if that isn't known; and the account to fix next."""
        request = result.fix.request
        try:
            return (
                self._suggestions.open_types(request.account_id),
                self._suggestions.next_account(request.account_id, request.type),
            )
        except StoreError:
            return None, None  # the contact is saved all the same

    def _refused(
        self,
        form: FormInput,
        request: FixRequest,
        contact: AlternateContact,
        actor: Actor,
        result: NotFixed,
    ) -> SubmissionResult:
        """The form again, with everything that was typed, and why it wasn't saved."""
        known = not isinstance(result.problem, RightsUnknown)
        if result.outcome is FixOutcome.NOT_ALLOWED and known:
            return _about(form, problem_message(result.problem))
        if result.outcome is FixOutcome.CHANGED:
            form = replace(
                form,
                shown=fingerprint(result.held),
                shown_at=self._clock.now(),
                held=digests(result.held),
            )
        domain = domain_of(contact.email)
        to_confirm = result.outcome is FixOutcome.TO_CONFIRM
        if not to_confirm and domain != form.confirmed_domain:
            domain = ""
        content, hidden_note = self._content(request, contact, actor)
        if content.is_forbidden and result.outcome is FixOutcome.REFUSED:
            return self._forbidden(form, result)
        snippets: tuple[Snippet, ...] = ()
        if result.outcome is FixOutcome.MANAGED or form.confirmed_tool:
            snippets = content.as_code(contact, exists=form.shown != NO_CONTACT)
        has_code = result.outcome is FixOutcome.MANAGED and bool(snippets)
        view = fix_form.reloaded_view(
            replace(form, confirmed_domain=domain),
            content,
            region=self._phone_region,
            hidden_note=hidden_note,
            # Code is what the person asked for: nothing has failed.
            notice=None if has_code else fix_result.problem_of(result),
            held=result.held,
            errors=result.fields,
            snippets=snippets,
        )
        message = fix_result.failed_message(request, form.account_name, result)
        # What has to be confirmed is in the form itself; errors alone wouldn't replace the form.
        return SubmissionResult(view, message, {} if to_confirm else result.fields)

    def _forbidden(self, form: FormInput, result: NotFixed) -> SubmissionResult:
        """What AWS has, and the button that removes it, in place of a form that can't be saved."""
        try:
            content = self._forms.load(form.account_id, form.type)
        except AltcontactError as error:
            return _about(form, problem_message(error))
        named = form.account_name, form.account_id
        view = fix_modal.forbidden_view(named, form.type, content.held, content.shown_at)
        return SubmissionResult(view, _about(form, problem_message(result.problem)).message)

    def _content(
        self, request: FixRequest, contact: AlternateContact, actor: Actor
    ) -> tuple[FormContent, str]:
        """What the form is shown with, and why its suggestion is hidden, if it is."""
        try:
            content = self._forms.load_shown(request.account_id, request.type, contact)
        except StoreError:
            # A form without hints is better than none.
            account = Account(request.account_id, request.account_id)
            now = self._clock.now()
            return FormContent(account, request.type, now, values=contact), ""
        if content.suggestion is None:
            return content, ""
        return content, self._readers.access(actor).note


def _about(form: FormInput, problem: Message) -> SubmissionResult:
    """A problem in place of the form, with the account that it is about."""
    message = fix_modal.about_account(problem, form.account_name, form.account_id)
    return SubmissionResult(fix_modal.message_view(message, form.type), message)


def _not_filled_in(contact_type: ContactType) -> str:
    return (
        f"This form is still for the {contact_type.label} contact. Choose the type again, and wait "
        "until the form is filled in."
    )
