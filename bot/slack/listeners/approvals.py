"""Requests that a second person approves: reviewed, decided, withdrawn, or gone on without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.errors import AltcontactError, ApprovalClosed, ApprovalRefused, FixError
from bot.domain.runs import ItemState
from bot.slack.actors import actor_of
from bot.slack.modals import SubmissionResult
from bot.slack.payloads import find, is_in_modal, number_at, text_at
from bot.slack.views import approval_forms, approval_review
from bot.slack.views.problem import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack

    from bot.domain.actors import Actor
    from bot.services.approval_decisions import ApprovalDecisions
    from bot.services.approvals import ApprovalService
    from bot.services.ports.store import Store
    from bot.slack.approval_notices import ApprovalNotices
    from bot.slack.modals import Modals
    from bot.slack.views.message import Message

    Body = dict[str, Any]
    View = dict[str, Any]

_SHOWN = tuple(state for state in ItemState if state is not ItemState.LEFT_OUT)


class ApprovalListeners:
    """Answers what people do about requests. What buttons carry are ids alone.

    Args:
        modals: the modals on people's screens.
        approvals: withdraws requests, and goes on without approval.
        decisions: approves and rejects requests.
        store: requests and their contacts.
        notices: inform requesters.
    """

    def __init__(
        self,
        modals: Modals,
        approvals: ApprovalService,
        decisions: ApprovalDecisions,
        *,
        store: Store,
        notices: ApprovalNotices,
    ) -> None:
        self._modals = modals
        self._approvals = approvals
        self._decisions = decisions
        self._store = store
        self._notices = notices

    def review(self, body: Body) -> None:
        """**Review**, in a message or on Home: shows the request to approvers and its requester."""
        approval_id, actor = number_at(body, "actions", 0, "value"), actor_of(body)
        loading, push = approval_review.loading_view(), is_in_modal(body)
        trigger_id = text_at(body, "trigger_id")
        opened = self._modals.open_loading(trigger_id, actor.user_id, loading, push=push)
        message = note("The request couldn't be shown.", "Choose *Review* again.")
        try:
            view = self._page(approval_id, actor, 0)
        except AltcontactError as error:
            self._modals.failed(error, body)
            message = approval_review.problem_of(error)
            view = approval_review.result_view(message)
        self._modals.fill(opened, view, message)

    def turn(self, body: Body) -> None:
        """Another page of a request."""
        approval_id, page = approval_review.parse_turn(text_at(body, "actions", 0, "value"))
        self._modals.reload(body, self._page(approval_id, actor_of(body), page))

    def submit_approve(self, ack: Ack, body: Body) -> None:
        """**Approve** was pressed."""
        approval_id, actor = approval_forms.parse_approval(find(body, "view")), actor_of(body)

        def approve() -> Message:
            decision = self._decisions.approve(approval_id, actor)
            return approval_review.approved_message(started=decision.started)

        self._answer(ack, body, approve, approval_id)

    def open_reject(self, body: Body) -> None:
        """**Reject…** was pressed: asks for the reason."""
        approval_id, actor = number_at(body, "actions", 0, "value"), actor_of(body)
        self._decisions.require_reviewer(approval_id, actor)
        view = approval_forms.reject_view(approval_id)
        self._modals.open(text_at(body, "trigger_id"), view, push=is_in_modal(body))

    def submit_reject(self, ack: Ack, body: Body) -> None:
        """The reason for a rejection was given."""
        view, actor = find(body, "view"), actor_of(body)
        approval_id = approval_forms.parse_approval(view)
        reason = approval_forms.parse_reason(view)

        def reject() -> Message:
            self._decisions.reject(approval_id, actor, reason)
            return note("Rejected. Nothing was changed, and the requester gets your reason.")

        self._answer(ack, body, reject, approval_id)

    def withdraw(self, body: Body) -> None:
        """**Withdraw** was confirmed."""
        approval_id, actor = number_at(body, "actions", 0, "value"), actor_of(body)
        try:
            self._approvals.withdraw(approval_id, actor)
        except AltcontactError as error:
            self._modals.failed(error, body)
            message = approval_review.problem_of(error)
        else:
            message = note("Withdrawn. Nothing was changed.")
        if is_in_modal(body):
            self._modals.reload(body, approval_review.result_view(message))
        else:
            self._modals.refuse(body, message)

    def open_bypass(self, body: Body) -> None:
        """**Go on without approval…** was pressed: asks for the reason."""
        view = approval_forms.bypass_view(number_at(body, "actions", 0, "value"))
        self._modals.open(text_at(body, "trigger_id"), view, push=is_in_modal(body))

    def submit_bypass(self, ack: Ack, body: Body) -> None:
        """The reason for going on without approval was given."""
        view, actor = find(body, "view"), actor_of(body)
        run_id = approval_forms.parse_run(view)
        reason = approval_forms.parse_reason(view)

        def bypass() -> Message:
            self._approvals.bypass(run_id, actor, reason)
            return note("The change is being made without approval. The channel shows the result.")

        self._answer(ack, body, bypass)

    def _answer(
        self, ack: Ack, body: Body, decide: Callable[[], Message], again: int | None = None
    ) -> None:
        """Decide, and show how that went in place of the form.

        `again` is the request that can be reviewed again if it wasn't decided.
        """

        def work() -> SubmissionResult:
            try:
                message = decide()
            except ApprovalRefused as error:
                errors = {approval_forms.REASON: str(error)}
                message = approval_review.problem_of(error)
                return SubmissionResult(approval_review.result_view(message), message, errors)
            except ApprovalClosed as error:
                self._modals.failed(error, body)
                message = approval_review.problem_of(error)
            except FixError as error:
                self._modals.failed(error, body)
                message = approval_review.problem_of(error, again)
            else:
                self._modals.replace_below(body, approval_review.result_view(message))
            self._notices.send_due()
            return SubmissionResult(approval_review.result_view(message), message)

        self._modals.answer(
            ack,
            body,
            work,
            approval_review.result_view,
            lambda: approval_review.result_view(note("Checking with Slack and AWS…")),
        )

    def _page(self, approval_id: int, actor: Actor, page: int) -> View:
        """A page of a request, as it is now.

        Raises:
            NotAllowed: the person is neither an approver nor the requester.
            ApprovalClosed: there is no such request.
        """
        approval = self._decisions.require_reviewer(approval_id, actor)
        size = approval_review.ITEMS
        request = self._store.approvals.request_of(approval_id, size)
        if request is None:
            raise ApprovalClosed("This request is no longer on record.")
        page = min(page, max(-(-request.total // size) - 1, 0))
        items = self._store.runs.items(approval.run_id, _SHOWN, size, page * size)
        return approval_review.review_view(request, items, page, actor.user_id)
