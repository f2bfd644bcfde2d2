"""Handles every request from Slack: acks first, runs once per delivery, and answers failures.

Without an ack within three seconds, Slack shows a failure and delivers again. Bolt takes an ack
back that an exception follows at once: its runner sets `ack.response` to None when the error
handler returns, and the loop that sends the ack may not have looked by then (slack_bolt 1.30,
`listener/thread_runner.py`). So Bolt's listeners must not raise after their ack: the rest runs on
separate threads, and its exceptions are answered here.
"""

from __future__ import annotations

from concurrent.futures import TimeoutError as StillRunning
from typing import TYPE_CHECKING, Any, Final

import structlog
from slack_bolt import BoltResponse
from slack_bolt.middleware import Middleware

from bot.domain.errors import AltcontactError, StoreError
from bot.slack.background import NoThread, Stopping, report_defect
from bot.slack.direct_messages import PrivateReply
from bot.slack.payloads import (
    PayloadError,
    find_text,
    is_well_formed,
    request_name,
    response_url,
    user_id,
)
from bot.slack.refused_requests import handling
from bot.slack.views.problem import problem_message, problem_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from slack_bolt import Ack, BoltRequest

    from bot.services.audit_trail import AuditTrail
    from bot.services.ports.deliveries import DeliveryRepository
    from bot.slack.background import BackgroundTasks
    from bot.slack.direct_messages import DirectMessages
    from bot.slack.refused_requests import RefusedRequests
    from bot.slack.views.message import Message

    Body = dict[str, Any]
    Act = Callable[[Body], None]
    Listener = Callable[[Ack, Body], None]
    Suggest = Callable[[Body], list[Body]]

_log = structlog.get_logger(__name__)

OPTIONS_WITHIN: Final = 2.0
"""Seconds to find a menu's options in; Slack waits 3 s for the ack."""


class RequestGuard:
    """Wraps every listener of the app.

    Args:
        deliveries: know what was delivered before.
        errors: tells people what failed.
        threads: where listeners continue after their ack.
        trail: puts repeated requests on record.
    """

    def __init__(
        self,
        deliveries: DeliveryRepository,
        errors: ErrorHandler,
        threads: BackgroundTasks,
        trail: AuditTrail,
    ) -> None:
        self._deliveries = deliveries
        self._errors = errors
        self._threads = threads
        self._trail = trail

    def once(self, act: Act) -> Listener:
        """A listener that acks at once, and acts on the first delivery alone; Slack may repeat."""

        def listen(ack: Ack, body: Body) -> None:
            ack()
            self._go_on(body, lambda: self._act_once(act, body))

        return listen

    def each(self, act: Act) -> Listener:
        """A listener that acks at once, and may act on every delivery: to show another page."""

        def listen(ack: Ack, body: Body) -> None:
            ack()
            self._go_on(body, lambda: act(body))

        return listen

    def event(self, act: Act) -> Listener:
        """A listener of an event, which acts on its first delivery only, by the event's id.

        If the database can't tell whether it was delivered before, it acts: all that events lead to
        is an answer.
        """

        def act_once(body: Body) -> None:
            event_id = find_text(body, "event_id")
            try:
                is_first = not event_id or self._deliveries.is_first(f"event:{event_id}")
            except StoreError as error:
                _log.warning("event perhaps delivered before", problem=str(error))
                is_first = True
            if is_first:
                act(body)

        return self.each(act_once)

    def submission(self, submit: Listener) -> Listener:
        """A listener of a form, whose ack carries what its window shows next.

        Where it raises before its ack, the window shows what failed.
        """

        def listen(ack: Ack, body: Body) -> None:
            try:
                with handling(body):
                    submit(ack, body)
            except Exception as error:  # noqa: BLE001 - nothing may reach Bolt's runner after an ack
                message = message_of(error)
                if ack.response is None:
                    ack(response_action="update", view=problem_view(message))
                else:
                    self._go_on(body, lambda: self._errors.tell(message, body))
                self._errors.note(error, body)

        return listen

    def options(self, suggest: Suggest) -> Listener:
        """A listener of a menu that searches as one types, whose ack carries options, or groups.

        Slack waits 3 s for them. If they fail or take too long, the ack carries none: Slack has
        no way to show why.
        """

        def listen(ack: Ack, body: Body) -> None:
            found: list[Body] = []
            try:
                found = self._threads.submit(lambda: suggest(body)).result(OPTIONS_WITHIN)
            except StillRunning:
                _log.warning("options not found in time")
            except Exception as error:  # noqa: BLE001 - nothing may reach Bolt's runner
                message_of(error)
            if found and "options" in found[0]:
                ack(option_groups=found)
            else:
                ack(options=found)

        return listen

    def ignore(self, body: Body) -> None:
        """Say that a payload couldn't be read, and do nothing else."""
        _log.warning("payload not understood", type=find_text(body, "type")[:50])

        def answer() -> None:
            self._errors.tell(problem_message(PayloadError()), body)
            self._errors.note(PayloadError(), body)

        self._go_on(body, answer)

    def _act_once(self, act: Act, body: Body) -> None:
        trigger = find_text(body, "trigger_id")
        prefix = "command" if "command" in body else "action"
        try:
            is_first = not trigger or self._deliveries.is_first(f"{prefix}:{trigger}")
        except StoreError as error:
            remedy = f"{error.remedy} Then try again.".lstrip()
            raise StoreError(f"Nothing was done. {error}", remedy) from error
        if is_first:
            act(body)
        else:
            self._trail.payload_refused(user_id(body), "repeated", request_name(body))

    def _go_on(self, body: Body, act: Callable[[], None]) -> None:
        """Do the work after the ack."""

        def attempt() -> None:
            try:
                with handling(body):
                    act()
            except Exception as error:  # noqa: BLE001 - end of a thread: the person gets an answer
                self._errors.handle(error, body)

        try:
            begun = self._threads.submit(attempt)
        except NoThread:
            _log.warning("no thread for what follows an ack", user=user_id(body))
            attempt()  # here, on Bolt's own thread, which has acked
        except Stopping as error:
            self._errors.handle(error, body)
        else:
            begun.add_done_callback(lambda ended: self._tell_if_cancelled(ended, body))

    def _tell_if_cancelled(self, begun: Future[None], body: Body) -> None:
        if begun.cancelled():
            self._errors.handle(Stopping(), body)


class ShapeCheck(Middleware):
    """Acks a payload on which Bolt would fail before it finds a listener, and stops there.

    Args:
        guard: says so to the person.
    """

    def __init__(self, guard: RequestGuard) -> None:
        self._guard = guard

    def process(
        self,
        *,
        req: BoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - Bolt's signature
        next: Callable[[], BoltResponse],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Let a payload pass whose listener Bolt can look for."""
        if is_well_formed(req.body):
            return next()
        self._guard.ignore(req.body)
        return BoltResponse(status=200, body="")


class ErrorHandler:
    """Tells a person that the request failed; for a bug, with a reference that is in the log.

    Args:
        messages: reach a person, beside what they typed or pressed where that can be.
        refused: puts refused requests on record.
    """

    def __init__(self, messages: DirectMessages, refused: RefusedRequests) -> None:
        self._messages = messages
        self._refused = refused

    def handle(self, error: Exception, body: Body) -> None:
        """Say what failed to the person whose request it was. Never raises."""
        self.tell(message_of(error), body)
        self.note(error, body)

    def note(self, error: Exception, body: Body) -> None:
        """Put on record a request that was refused."""
        self._refused.note(error, body)

    def tell(self, message: Message, body: Body) -> None:
        """Send a message next to the person's action, or else directly. Never raises."""
        try:
            answer = PrivateReply(
                self._messages, response_url(body), user_id(body), channel_id="", replace=False
            )
            answer(message)
        except Exception as error:  # noqa: BLE001 - the last resort: only log it
            report_defect(error)


def message_of(error: Exception) -> Message:
    """Log an error. Returns the message; for a bug it only has the reference."""
    if isinstance(error, AltcontactError):
        _log.warning("request failed", problem=str(error), kind=type(error).__name__)
        return problem_message(error)
    return report_defect(error)
