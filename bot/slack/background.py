"""Work that a person waits for, off Bolt's threads, and what that person hears when it fails."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bot.domain.errors import AltcontactError, NotifierError, new_error_id
from bot.slack.client import CALL_ERRORS, code_of
from bot.slack.views.problem import defect_message, problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient

    from bot.slack.views.message import Message

    Tell = Callable[[Message], None]

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)

THREADS: Final = 32
"""Pieces of work side by side; a fix may wait a minute for AWS to show what was written."""


class Desk:
    """Runs pieces of work on threads of its own.

    Args:
        client: a client whose calls may be tried again, for messages to one person.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="desk")

    def do(self, task: Callable[[], None], tell: Tell) -> None:
        """Run `task` soon; where it fails, `tell` the person what happened and the next step."""
        self._threads.submit(self._run, task, tell)

    def begin(self, task: Callable[[], None]) -> None:
        """Run `task` soon; nobody waits for it, so where it fails only the log is told."""
        self.do(task, lambda _: None)

    def submit(self, task: Callable[[], Result]) -> Future[Result]:
        """Run `task` soon, for a caller that waits for what it returns."""
        return self._threads.submit(task)

    def stop(self) -> None:
        """Finish what runs, and begin nothing that waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def tell_user(self, user_id: str, channel_id: str, message: Message) -> None:
        """Say something to one person: in the channel they are in, else as a direct message."""
        try:
            self._client.chat_postEphemeral(
                channel=channel_id, user=user_id, text=message.text, blocks=message.blocks
            )
        except CALL_ERRORS:
            self.write_to(user_id, message)

    def write_to(self, user_id: str, message: Message) -> None:
        """Send a direct message, which stays; where that fails too, only the log can know."""
        try:
            self._client.chat_postMessage(
                channel=user_id, text=message.text, blocks=message.blocks, mrkdwn=False
            )
        except CALL_ERRORS as error:
            _log.warning("message to a person not delivered", user=user_id, code=code_of(error))

    def _run(self, task: Callable[[], None], tell: Tell) -> None:
        try:
            task()
        except AltcontactError as error:
            _log.warning("work ended", problem=str(error), kind=type(error).__name__)
            self._tell(tell, problem_message(error))
        except Exception as error:  # noqa: BLE001 - a thread's edge: the person gets a reference
            self._tell(tell, report_defect(error))

    def _tell(self, tell: Tell, message: Message) -> None:
        try:
            tell(message)
        except NotifierError as error:
            _log.warning("answer not delivered", problem=str(error))


def report_defect(error: Exception) -> Message:
    """Log an error that nobody foresaw; what a person is told of it: where to find it."""
    reference = new_error_id()
    _log.error("work failed", reference=reference, exc_info=error)
    return defect_message(reference)
