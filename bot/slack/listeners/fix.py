"""Takes the form by which a contact is set: checked, carried out, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.contacts import AlternateContact, fingerprint
from bot.domain.errors import (
    AltcontactError,
    ContactChanged,
    ContactRefused,
    FixError,
    GatewayError,
    NotAllowed,
    StoreError,
)
from bot.domain.evaluation.precheck import objections
from bot.domain.failures import FailureCode, failure
from bot.domain.fixes import FixRequest, FixState
from bot.domain.validation import validate
from bot.slack.modals import SubmissionResult
from bot.slack.views import fix_form, fix_result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_bolt import Ack

    from bot.domain.fixes import Fix
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
        against = self._objections(request)
        if against:
            refusal = FixError(
                "Not written: the policy asks for something else.",
                "Change the fields that say so, or ask for the policy to be changed.",
            )
            return self._again(request, name, refusal, errors=against)
        try:
            fix = self._parts.remediator.fix(request, name)
        except ContactRefused as error:
            return self._again(request, name, error, errors=error.fields)
        except ContactChanged as error:
            return self._again(request, name, error, held=error.held, changed=True)
        except (NotAllowed, StoreError):
            raise
        except AltcontactError as error:
            return self._again(request, name, error)
        return self._outcome(fix, name)

    def _objections(self, request: FixRequest) -> dict[str, str]:
        """What the next check would alert on of what was typed: {field: why}."""
        found = self._parts.policies.find(request.account_id)
        if found is None or found.known is None:
            return {}
        exempt = self._parts.store.holding().get(found.account.id, {})
        return objections(found.account, request.type, request.wanted, found.known, exempt)

    def _outcome(self, fix: Fix, name: str) -> SubmissionResult:
        if fix.state is FixState.FAILED:
            why = fix.failure or failure(FailureCode.INTERNAL)
            return self._again(fix.request, name, GatewayError(why))
        message = fix_result.result_message(fix)
        if fix.ended_at is None:
            view = fix_form.working_view(name, fix.request.account_id, fix.request.type)
            return SubmissionResult(view, message)
        return SubmissionResult(fix_result.result_view(fix), message)

    def _again(
        self,
        request: FixRequest,
        name: str,
        error: AltcontactError,
        *,
        errors: Mapping[str, str] | None = None,
        held: AlternateContact | None = None,
        changed: bool = False,
    ) -> SubmissionResult:
        """The form again, with all that was typed, and why it was not taken."""
        view = fix_form.form_view(
            account_name=name,
            account_id=request.account_id,
            kind=request.type,
            shown=fingerprint(held) if changed else request.shown,
            shown_at=self._parts.clock.now() if changed else request.shown_at,
            values=request.wanted,
            region=self._parts.phone_region,
            policy=self._parts.policies.known(request.account_id),
            notice=error,
            held=held,
            errors=errors or {},
        )
        fix = self._parts.store.fix_by_key(request.key)
        message = fix_result.failed_message(request, name, error, fix)
        return SubmissionResult(view, message, errors or {})
