"""Shows modals, and answers what people submit in them in time.

Slack expects an answer to a submission within three seconds. If the work is done by then, the
answer is its result. If not, it is a view that says so, which is replaced when the work is done.
"""

from __future__ import annotations

import secrets
import time
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.domain.errors import AltcontactError, NotifierError, PostRefused
from bot.slack import payloads
from bot.slack.background import Stopping, report_defect
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, explain, post_error
from bot.slack.payloads import find_text, text_at
from bot.slack.views.problem import problem_message, problem_view, window_failed_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from slack_bolt import Ack
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.views.message import Message

    Body = dict[str, Any]
    View = dict[str, Any]

_log = structlog.get_logger(__name__)

_HASH_CONFLICT: Final = "hash_conflict"
"""The view changed since, so it isn't the one to be replaced."""

_NOT_FOUND: Final = "not_found"
"""The window was closed."""

_MAYBE_SHOWN: Final = frozenset({_HASH_CONFLICT, "exchanged_trigger_id"})
"""Slack's answers to the second try of a call whose first try worked."""


@dataclass(frozen=True, slots=True)
class OpenView:
    """A modal on a person's screen; `hash` tells whether it has changed since.

    A loading view also has an `external_id`, which no later view has.
    """

    view_id: str
    hash: str
    user_id: str
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """The result of a submission: a view, errors by field, and a message if the view is gone."""

    view: View
    message: Message
    errors: Mapping[str, str] = field(default_factory=dict)


class Modals:
    """Opens, fills in, replaces and answers modals.

    Args:
        client: a client that retries its calls.
        tasks: where work is done that a person waits for.
        messages: reach a person whose modal is gone.
        on_failed: called with why a request failed, and the request, to put refusals on record.
        answer_within: seconds that a submission may wait for its work; Slack allows three.
        ack_settles: seconds after which Slack has certainly processed an ack, so that an update
            can't overtake it.
    """

    def __init__(
        self,
        client: WebClient,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        *,
        on_failed: Callable[[Exception, Body], None] = lambda *_: None,
        answer_within: float = 1.5,
        ack_settles: float = 0.5,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._messages = messages
        self.failed = on_failed
        self._answer_within = answer_within
        self._ack_settles = ack_settles

    def open(self, trigger_id: str, view: View, *, push: bool = False) -> None:
        """Show a view at once.

        Args:
            trigger_id: valid for three seconds, and once.
            view: what to show.
            push: whether it goes on top of an open modal.

        Raises:
            NotifierError: Slack didn't open it.
        """
        show = self._client.views_push if push else self._client.views_open
        try:
            show(trigger_id=trigger_id, view=view)
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error

    def open_loading(
        self, trigger_id: str, user_id: str, view: View, *, push: bool = False
    ) -> OpenView:
        """Show a loading view at once; see `open` and `fill`."""
        show = self._client.views_push if push else self._client.views_open
        return self._loading(lambda named: show(trigger_id=trigger_id, view=named), view, user_id)

    def reload(self, body: Body, view: View) -> bool:
        """Replace the view in which something was pressed.

        Returns:
            False if another press by the same person was faster.

        Raises:
            NotifierError: Slack didn't replace it.
        """
        pressed = open_view(body)
        problem = self._update(view, view_id=pressed.view_id, hash=pressed.hash)
        if problem is None:
            return True
        if problem.code == _HASH_CONFLICT:
            return False
        raise problem

    def reload_loading(self, body: Body, view: View) -> OpenView | None:
        """Replace the view in which something was pressed by a loading view.

        Returns:
            None if another press by the same person was faster.

        Raises:
            NotifierError: Slack didn't replace it.
        """
        pressed = open_view(body)
        which = {"view_id": pressed.view_id, "hash": pressed.hash}
        try:
            return self._loading(
                lambda named: self._client.views_update(view=named, **which), view, pressed.user_id
            )
        except NotifierError as error:
            if error.code == _HASH_CONFLICT:
                return None
            raise

    def _loading(self, show: Callable[[View], SlackResponse], view: View, user_id: str) -> OpenView:
        name = secrets.token_hex(16)
        named = {**view, "external_id": name}
        try:
            shown = show(named)["view"]
        except CALL_ERRORS as error:
            problem = explain(error, TRY_AGAIN)
            # slack_sdk retries if an answer was lost: the first try may have shown it.
            if problem.code not in _MAYBE_SHOWN and isinstance(post_error(error), PostRefused):
                raise problem from error
            try:
                shown = self._client.views_update(external_id=name, view=named)["view"]
            except CALL_ERRORS:
                raise problem from error
        return OpenView(str(shown["id"]), str(shown["hash"]), user_id, name)

    def fill(
        self, opened: OpenView, view: View, message: Message, *, even_if_closed: bool = False
    ) -> None:
        """Replace a loading view, unless the person has moved on.

        Args:
            opened: what `open_loading` or `reload_loading` returned.
            view: what was loaded.
            message: sent to the person if Slack doesn't show `view`.
            even_if_closed: whether it is also sent if the person closed the modal meanwhile.
        """
        problem = self._update(view, view_id=opened.view_id, hash=opened.hash)
        if problem is not None and problem.code == _HASH_CONFLICT:
            # Only the loading view has this name, so that no later view is replaced.
            problem = self._update(view, external_id=opened.external_id)
            if problem is not None and problem.code == _NOT_FOUND:
                return
        self._tell(opened, problem, message, even_if_closed=even_if_closed)

    def replace(
        self, opened: OpenView, view: View, message: Message, *, even_if_closed: bool = True
    ) -> None:
        """Replace a view, whatever it shows by now; see `fill`."""
        problem = self._update(view, view_id=opened.view_id)
        self._tell(opened, problem, message, even_if_closed=even_if_closed)

    def replace_below(self, body: Body, view: View) -> None:
        """Replace the view below the one that was submitted, if any: it offers what is done."""
        below = find_text(body, "view", "previous_view_id")
        problem = self._update(view, view_id=below) if below else None
        if problem is not None:
            _log.info("view not updated", code=problem.code, problem=str(problem))

    def _update(self, view: View, **which: str) -> NotifierError | None:
        """Replace a view. Returns why that failed, if it did."""
        try:
            self._client.views_update(view=view, **which)
        except CALL_ERRORS as error:
            return explain(error, TRY_AGAIN)
        return None

    def _tell(
        self,
        opened: OpenView,
        problem: NotifierError | None,
        message: Message,
        *,
        even_if_closed: bool,
    ) -> None:
        """Send what a modal couldn't show."""
        if problem is None:
            return
        _log.info("view not updated", code=problem.code, problem=str(problem))
        if problem.code == _NOT_FOUND:
            if even_if_closed:
                self._messages.send(opened.user_id, message)
            return
        self._messages.send(opened.user_id, window_failed_message(problem, message))

    def refuse(self, body: Body, message: Message, error: Exception | None = None) -> None:
        """Say why nothing opens: next to what was pressed, on Home in a modal, else directly.

        Args:
            body: what was pressed.
            message: what to say.
            error: why, to put a refusal on record.
        """
        if error is not None:
            self.failed(error, body)
        if payloads.is_on_home(body):
            try:
                self._client.views_open(
                    trigger_id=text_at(body, "trigger_id"), view=problem_view(message)
                )
            except (*CALL_ERRORS, AltcontactError) as problem:
                _log.info("modal not opened", kind=type(problem).__name__)
            else:
                return
        self._messages.send_ephemeral(payloads.user_id(body), payloads.channel_id(body), message)

    def answer(
        self,
        ack: Ack,
        body: Body,
        work: Callable[[], SubmissionResult],
        as_view: Callable[[Message], View],
        working: Callable[[], View],
    ) -> None:
        """Ack a submission with the result of its work.

        Args:
            ack: Bolt's.
            body: the submission's.
            work: the work to do.
            as_view: makes a view of a message if there is nothing else to show.
            working: makes a view that says that the work continues; it must not wait.
        """
        opened = open_view(body)
        done = self._tasks.submit(lambda: self._carry_out(body, work, as_view))
        try:
            answer = done.result(timeout=self._answer_within)
        except StillRunning:
            ack(response_action="update", view=working())
            done.add_done_callback(lambda ended: self._follow_up(opened, ended, as_view))
        else:
            if answer.errors:
                ack(response_action="errors", errors=dict(answer.errors))
            else:
                ack(response_action="update", view=answer.view)

    def _carry_out(
        self, body: Body, work: Callable[[], SubmissionResult], as_view: Callable[[Message], View]
    ) -> SubmissionResult:
        try:
            return work()
        except AltcontactError as error:
            self.failed(error, body)
            message = problem_message(error)
        except Exception as error:  # noqa: BLE001 - the thread ends here, and the person gets a reference
            message = report_defect(error)
        return SubmissionResult(as_view(message), message)

    def _follow_up(
        self, opened: OpenView, work: Future[SubmissionResult], as_view: Callable[[Message], View]
    ) -> None:
        """Replace the view that said that the work continues."""
        time.sleep(self._ack_settles)
        if work.cancelled():
            message = problem_message(Stopping())
            self.replace(opened, as_view(message), message)
        else:
            answer = work.result()
            self.replace(opened, answer.view, answer.message)


def open_view(body: Body) -> OpenView:
    """The modal in which something was pressed or submitted.

    Raises:
        PayloadError: the payload doesn't say which.
    """
    return OpenView(
        text_at(body, "view", "id"), text_at(body, "view", "hash"), text_at(body, "user", "id")
    )
