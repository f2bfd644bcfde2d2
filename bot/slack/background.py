"""Work that a person waits for, off Bolt's threads, and what that person hears when it fails."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bot.domain.errors import AltcontactError, NotifierError, new_error_id
from bot.slack.views.problem import defect_message, problem_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.slack.views.message import Message

    Reply = Callable[[Message], None]

Result = TypeVar("Result")

_log = structlog.get_logger(__name__)

THREADS: Final = 32
"""Pieces of work side by side; a fix may wait a minute for AWS to show what was written."""


class Stopping(AltcontactError):
    """Work was not begun, since the bot is stopping."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is stopping: this was not begun, and nothing was changed.",
            "Please try again when it has started.",
        )


class BackgroundTasks:
    """Runs pieces of work on threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="background")

    def run(self, task: Callable[[], None], reply: Reply) -> None:
        """Run `task` soon; where it fails, `reply` what happened and the next step.

        Raises:
            Stopping: after `stop`.
        """
        begun = self.submit(lambda: self._run(task, reply))
        begun.add_done_callback(lambda ended: self._tell_if_cancelled(ended, reply))

    def run_unattended(self, task: Callable[[], None]) -> None:
        """Run `task` soon; nobody waits for it, so where it fails only the log is told."""
        self.run(task, lambda _: None)

    def submit(self, task: Callable[[], Result]) -> Future[Result]:
        """Run `task` soon, for a caller that waits for what it returns.

        Raises:
            Stopping: after `stop`.
        """
        try:
            return self._threads.submit(task)
        except RuntimeError:
            raise Stopping from None

    def stop(self) -> None:
        """Finish what runs, and begin nothing that waits; who waits for that is told."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, task: Callable[[], None], reply: Reply) -> None:
        try:
            task()
        except AltcontactError as error:
            _log.warning("work ended", problem=str(error), kind=type(error).__name__)
            self._reply(reply, problem_message(error))
        except Exception as error:  # noqa: BLE001 - a thread's edge: the person gets a reference
            self._reply(reply, report_defect(error))

    def _tell_if_cancelled(self, task: Future[None], reply: Reply) -> None:
        if task.cancelled():
            self._reply(reply, problem_message(Stopping()))

    def _reply(self, reply: Reply, message: Message) -> None:
        try:
            reply(message)
        except NotifierError as error:
            _log.warning("answer not delivered", problem=str(error))
        except Exception as error:  # noqa: BLE001 - a thread's edge: nobody else would hear of it
            report_defect(error)


def report_defect(error: Exception) -> Message:
    """Log an error that nobody foresaw; what a person is told of it: where to find it."""
    reference = new_error_id()
    _log.error("work failed", reference=reference, exc_info=error)
    return defect_message(reference)
