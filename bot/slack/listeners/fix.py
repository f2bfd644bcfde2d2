"""Takes the form by which a contact is set: checked, carried out, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import AlternateContact, fingerprint
from bot.domain.fixes import FixRequest
from bot.domain.validation import validate
from bot.services.fix_result import FixOutcome, NotFixed
from bot.slack.modals import SubmissionResult
from bot.slack.views import fix_form, fix_result
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from slack_bolt import Ack

    from bot.slack.modals import Modals
    from bot.slack.parts import Parts


class FormListeners:
    """Takes what is submitted in the form."""

    def __init__(self, parts: Parts, modals: Modals) -> None:
        self._parts = parts
        self._modals = modals

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form was submitted."""
        form = fix_form.parse_form(body["view"])
        checked = validate(form.values, self._parts.phone_region)
        if not isinstance(checked, AlternateContact):
            ack(response_action="errors", errors=checked)
            return
        view = body["view"]
        request = FixRequest(
            key=f"{view['id']}:{view['hash']}:{checked.fingerprint}",
            account_id=form.account_id,
            type=form.type,
            wanted=checked,
            user_id=body["user"]["id"],
            shown=form.shown,
            shown_at=form.shown_at,
        )
        self._modals.answer(
            ack,
            body,
            lambda: self._carry_out(request),
            lambda message: fix_form.message_view(message, form.type),
            lambda: fix_form.working_view(
                self._parts.directory.name(form.account_id), form.account_id, form.type
            ),
        )

    def _carry_out(self, request: FixRequest) -> SubmissionResult:
        name = self._parts.directory.name(request.account_id)
        result = self._parts.remediator.fix(request, name)
        if isinstance(result, NotFixed):
            return self._refused(request, name, result)
        message = fix_result.result_message(result.fix)
        if result.outcome is FixOutcome.RUNNING:
            view = fix_form.working_view(name, request.account_id, request.type)
            return SubmissionResult(view, message)
        return SubmissionResult(fix_result.result_view(result.fix), message)

    def _refused(self, request: FixRequest, name: str, result: NotFixed) -> SubmissionResult:
        """The form again, with all that was typed, and why it was not taken."""
        if result.outcome is FixOutcome.NOT_ALLOWED:
            message = problem_message(result.problem)
            return SubmissionResult(fix_form.message_view(message, request.type), message)
        changed = result.outcome is FixOutcome.CHANGED
        view = fix_form.form_view(
            account_name=name,
            account_id=request.account_id,
            kind=request.type,
            shown=fingerprint(result.held) if changed else request.shown,
            shown_at=self._parts.clock.now() if changed else request.shown_at,
            values=request.wanted,
            region=self._parts.phone_region,
            policy=self._parts.policies.known(request.account_id),
            notice=result.problem,
            held=result.held,
            errors=result.fields,
        )
        message = fix_result.failed_message(request, name, result.problem, result.fix)
        return SubmissionResult(view, message, result.fields)
