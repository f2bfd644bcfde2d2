"""The modal's journey: opened at once, filled, checked, submitted, answered.

Slack wants an answer to a submission within three seconds. A fix that ends by then is answered with
its result; a slower one with a view that says so, which is replaced when the fix ends.
"""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.causes import failure
from bot.contacts import AlternateContact, fingerprint
from bot.errors import (
    AltcontactError,
    ContactChanged,
    ContactRefused,
    GatewayError,
    NotAllowed,
    StoreError,
)
from bot.findings import Absent, Cause, Held, Unreadable, Unsupported
from bot.fixes import FixRequest, FixState
from bot.ports import Priority
from bot.slack.api import CALL_ERRORS, TRY_AGAIN, code_of, explain
from bot.slack.desk import report_defect
from bot.slack.views import forms, rows
from bot.slack.views.notes import problem_message
from bot.validation import validate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from slack_bolt import Ack

    from bot.contacts import ContactType
    from bot.fixes import Fix
    from bot.slack.message import Message
    from bot.slack.parts import Parts

_log = structlog.get_logger(__name__)

ANSWER_WITHIN: Final = 1.5
"""Seconds that a submission waits for its fix to end; Slack closes the window after three."""

ACK_SETTLES: Final = 0.5
"""Seconds after which Slack has surely taken in an ack, so that an update does not overtake it."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The contact that a form is for, as it was shown, and the view that holds the form."""

    account_id: str
    type: ContactType
    view_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a submission comes to: a view, errors by field, and a message if the view is gone."""

    view: dict[str, Any]
    message: Message
    errors: Mapping[str, str] = field(default_factory=dict)


class FormListeners:
    """Opens, fills and takes the form by which a contact is set."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    # Opening

    def open_from_button(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Fix** or **Change**, in a message or in a modal."""
        ack()
        if not self._parts.store.first_delivery(f"action:{body['trigger_id']}"):
            return
        account_id, kind = rows.parse_fix(body["actions"][0]["value"])
        self._open_for(body, account_id, kind)

    def open_again(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button **Try again**: the form of a fix that failed, as it was typed."""
        ack()
        if not self._parts.store.first_delivery(f"action:{body['trigger_id']}"):
            return
        fix = self._parts.store.fix(int(body["actions"][0]["value"]))
        if fix is None:
            return
        request = fix.request
        typed = request.wanted if body["user"]["id"] == request.user_id else None
        self._open_for(body, request.account_id, request.type, typed)

    def open(
        self,
        user_id: str,
        trigger_id: str,
        account_id: str,
        kind: ContactType,
        typed: AlternateContact | None = None,
        *,
        push: bool = False,
    ) -> None:
        """Open the form at once, and fill it when AWS has answered.

        Args:
            user_id: who opens it.
            trigger_id: good for three seconds, and once.
            account_id: whose contact.
            kind: which contact.
            typed: what to fill in instead of what AWS holds.
            push: whether it goes on top of a modal that is open.

        Raises:
            NotAllowed: the person is no fixer.
            NotifierError: Slack did not open it.
        """
        self._parts.fixers.require(user_id)
        name = self._parts.directory.name(account_id)
        loading = forms.loading_view(name, account_id, kind)
        client = self._parts.client
        try:
            show = client.views_push if push else client.views_open
            view_id = str(show(trigger_id=trigger_id, view=loading)["view"]["id"])
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error
        target = _Target(account_id, kind, view_id, user_id)
        self._parts.desk.do(
            lambda: self._fill(target, name, typed),
            lambda message: self._update(target, forms.message_view(message, kind), message),
        )

    def _open_for(
        self,
        body: dict[str, Any],
        account_id: str,
        kind: ContactType,
        typed: AlternateContact | None = None,
    ) -> None:
        user_id = body["user"]["id"]
        try:
            self.open(
                user_id, body["trigger_id"], account_id, kind, typed, push=bool(body.get("view"))
            )
        except AltcontactError as error:
            self._refuse(body, user_id, problem_message(error))

    def _refuse(self, body: dict[str, Any], user_id: str, message: Message) -> None:
        """Say why nothing opens: beside the button, or as a direct message from a modal."""
        channel = body.get("channel")
        if channel:
            self._parts.desk.tell_user(user_id, channel["id"], message)
        else:
            self._parts.desk.write_to(user_id, message)

    def _fill(self, target: _Target, name: str, typed: AlternateContact | None) -> None:
        shown_at = self._parts.clock.now()
        reading = self._parts.gateway.read(target.account_id, target.type, Priority.LOOK)
        match reading:
            case Held(contact):
                held: AlternateContact | None = contact
            case Absent():
                held = None
            case Unreadable(why) | Unsupported(why):
                message = problem_message(GatewayError(why))
                self._update(target, forms.message_view(message, target.type), message)
                return
        view = forms.form_view(
            account_name=name,
            account_id=target.account_id,
            kind=target.type,
            shown=fingerprint(held),
            shown_at=shown_at,
            values=typed or held,
            region=self._parts.phone_region,
        )
        self._update(target, view, None)

    # Submitting

    def submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form was submitted."""
        form = forms.parse_form(body["view"])
        checked = validate(form.values, self._parts.phone_region)
        if not isinstance(checked, AlternateContact):
            ack(response_action="errors", errors=checked)
            return
        view, user_id = body["view"], body["user"]["id"]
        request = FixRequest(
            key=f"{view['id']}:{view['hash']}:{checked.fingerprint}",
            account_id=form.account_id,
            type=form.type,
            wanted=checked,
            user_id=user_id,
            shown=form.shown,
            shown_at=form.shown_at,
        )
        target = _Target(form.account_id, form.type, view["id"], user_id)
        work = self._parts.desk.submit(lambda: self._answer(request))
        try:
            answer = work.result(timeout=ANSWER_WITHIN)
        except StillRunning:
            name = self._parts.directory.name(form.account_id)
            ack(response_action="update", view=forms.working_view(name, form.account_id, form.type))
            work.add_done_callback(lambda done: self._follow_up(target, done))
        else:
            if answer.errors:
                ack(response_action="errors", errors=dict(answer.errors))
            else:
                ack(response_action="update", view=answer.view)

    def _answer(self, request: FixRequest) -> _Answer:
        """Carry the fix out, and say what came of it, whatever that is."""
        try:
            return self._carry_out(request)
        except AltcontactError as error:
            message = problem_message(error)
        except Exception as error:  # noqa: BLE001 - a thread's edge: the person gets a reference
            message = report_defect(error)
        return _Answer(forms.message_view(message, request.type), message)

    def _carry_out(self, request: FixRequest) -> _Answer:
        name = self._parts.directory.name(request.account_id)
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

    def _outcome(self, fix: Fix, name: str) -> _Answer:
        if fix.state is FixState.FAILED:
            why = fix.failure or failure(Cause.INTERNAL)
            return self._again(fix.request, name, GatewayError(why))
        if fix.ended_at is None:
            view = forms.working_view(name, fix.request.account_id, fix.request.type)
            return _Answer(view, forms.result_message(fix))
        return _Answer(forms.result_view(fix), forms.result_message(fix))

    def _again(
        self,
        request: FixRequest,
        name: str,
        error: AltcontactError,
        *,
        errors: Mapping[str, str] | None = None,
        held: AlternateContact | None = None,
        changed: bool = False,
    ) -> _Answer:
        """The form again, with all that was typed, and why it was not taken."""
        view = forms.form_view(
            account_name=name,
            account_id=request.account_id,
            kind=request.type,
            shown=fingerprint(held) if changed else request.shown,
            shown_at=self._parts.clock.now() if changed else request.shown_at,
            values=request.wanted,
            region=self._parts.phone_region,
            notice=error,
            held=held,
            errors=errors or {},
        )
        fix = self._parts.store.fix_by_key(request.key)
        return _Answer(view, forms.failed_message(request, name, error, fix), errors or {})

    def _follow_up(self, target: _Target, work: Future[_Answer]) -> None:
        """Replace the view that said that the fix is under way; runs where the work ran."""
        time.sleep(ACK_SETTLES)
        answer = work.result()
        self._update(target, answer.view, answer.message)

    def _update(self, target: _Target, view: dict[str, Any], message: Message | None) -> None:
        """Replace the view; where it was closed, send the message to the person instead."""
        try:
            self._parts.client.views_update(view_id=target.view_id, view=view)
        except CALL_ERRORS as error:
            _log.info("view not updated", code=code_of(error))
            if message is not None:
                self._parts.desk.write_to(target.user_id, message)
