"""Puts modals on people's screens, and answers what they submit there in time.

Slack wants an answer to a submission within three seconds. Work that ends by then is answered with
its result; slower work with a view that says so, which is replaced when the work ends.
"""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.errors import AltcontactError
from bot.slack.background import report_defect
from bot.slack.client import CALL_ERRORS, TRY_AGAIN, code_of, explain
from bot.slack.views.problem import problem_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from slack_bolt import Ack
    from slack_sdk import WebClient

    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.views.message import Message

    View = dict[str, Any]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OpenView:
    """A modal on a person's screen; `hash` tells whether it was changed since."""

    view_id: str
    hash: str
    user_id: str


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What a submission comes to: a view, errors by field, and a message if the view is gone."""

    view: View
    message: Message
    errors: Mapping[str, str] = field(default_factory=dict)


class Modals:
    """Opens, fills, replaces and answers modals.

    Args:
        client: a client whose calls may be tried again.
        tasks: where work is done that a person waits for.
        messages: reach a person whose window is gone.
        answer_within: seconds that a submission waits for its work to end; Slack closes the window
            after three.
        ack_settles: seconds after which Slack has surely taken in an ack, so that an update does
            not overtake it.
    """

    def __init__(
        self,
        client: WebClient,
        tasks: BackgroundTasks,
        messages: DirectMessages,
        *,
        answer_within: float = 1.5,
        ack_settles: float = 0.5,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._messages = messages
        self._answer_within = answer_within
        self._ack_settles = ack_settles

    def open(self, trigger_id: str, user_id: str, view: View, *, push: bool = False) -> OpenView:
        """Show a view at once.

        Args:
            trigger_id: good for three seconds, and once.
            user_id: whose it is.
            view: what to show.
            push: whether it goes on top of a modal that is open.

        Raises:
            NotifierError: Slack did not open it.
        """
        show = self._client.views_push if push else self._client.views_open
        try:
            shown = show(trigger_id=trigger_id, view=view)["view"]
        except CALL_ERRORS as error:
            raise explain(error, TRY_AGAIN) from error
        return OpenView(str(shown["id"]), str(shown["hash"]), user_id)

    def reload(self, body: dict[str, Any], view: View) -> OpenView | None:
        """Replace the view in which something was pressed.

        Returns:
            None where another press of the person's was quicker.

        Raises:
            NotifierError: Slack did not replace it.
        """
        pressed = body["view"]
        try:
            shown = self._client.views_update(
                view_id=pressed["id"], hash=pressed["hash"], view=view
            )["view"]
        except CALL_ERRORS as error:
            if code_of(error) == "hash_conflict":
                return None
            raise explain(error, TRY_AGAIN) from error
        return OpenView(str(shown["id"]), str(shown["hash"]), body["user"]["id"])

    def fill(self, opened: OpenView, view: View, message: Message | None = None) -> None:
        """Replace a view unless the person went on to another; see `replace`."""
        self._replace(opened, view, message, hash=opened.hash)

    def replace(self, opened: OpenView, view: View, message: Message | None = None) -> None:
        """Replace a view; where it was closed, send the message to the person instead."""
        self._replace(opened, view, message)

    def refuse(self, body: dict[str, Any], message: Message) -> None:
        """Say why nothing opens: beside what was pressed, or as a direct message from a modal."""
        user_id, channel = body["user"]["id"], body.get("channel")
        if channel:
            self._messages.send_ephemeral(user_id, channel["id"], message)
        else:
            self._messages.send(user_id, message)

    def answer(
        self,
        ack: Ack,
        body: dict[str, Any],
        work: Callable[[], SubmissionResult],
        as_view: Callable[[Message], View],
        working: Callable[[], View],
    ) -> None:
        """Ack a submission with what its work comes to, whatever that is.

        Args:
            ack: Bolt's.
            body: the submission's.
            work: what was submitted for.
            as_view: makes a view of a message where there is nothing else to show.
            working: makes a view that says that the work goes on.
        """
        done = self._tasks.submit(lambda: _carry_out(work, as_view))
        try:
            answer = done.result(timeout=self._answer_within)
        except StillRunning:
            opened = open_view(body)
            ack(response_action="update", view=working())
            done.add_done_callback(lambda ended: self._follow_up(opened, ended))
        else:
            if answer.errors:
                ack(response_action="errors", errors=dict(answer.errors))
            else:
                ack(response_action="update", view=answer.view)

    def _follow_up(self, opened: OpenView, work: Future[SubmissionResult]) -> None:
        """Replace the view that said that the work goes on; runs where the work ran."""
        time.sleep(self._ack_settles)
        answer = work.result()
        self.replace(opened, answer.view, answer.message)

    def _replace(self, opened: OpenView, view: View, message: Message | None, **more: str) -> None:
        try:
            self._client.views_update(view_id=opened.view_id, view=view, **more)
        except CALL_ERRORS as error:
            code = code_of(error)
            _log.info("view not updated", code=code)
            if message is not None and code != "hash_conflict":
                self._messages.send(opened.user_id, message)


def open_view(body: dict[str, Any]) -> OpenView:
    """The modal in which something was pressed or submitted."""
    view = body["view"]
    return OpenView(view["id"], view["hash"], body["user"]["id"])


def _carry_out(
    work: Callable[[], SubmissionResult], as_view: Callable[[Message], View]
) -> SubmissionResult:
    try:
        return work()
    except AltcontactError as error:
        message = problem_message(error)
    except Exception as error:  # noqa: BLE001 - a thread's edge: the person gets a reference
        message = report_defect(error)
    return SubmissionResult(as_view(message), message)
