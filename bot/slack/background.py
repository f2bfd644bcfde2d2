"""Work that a person waits for, off Bolt's threads, and what that person hears when it fails."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bot.domain.errors import AltcontactError, NotifierError, new_error_id
from bot.slack.views.problem import defect_message, problem_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

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


class NoThread(AltcontactError):
    """Work was not begun, since no thread could be started for it."""

    def __init__(self) -> None:
        super().__init__(
            "The bot's machine cannot start another thread: this was not begun, and nothing was "
            "changed.",
            "Please try again in a minute. If this goes on, ask an administrator of this bot to "
            "raise the limit on its processes and threads.",
        )


def begin(threads: Executor, task: Callable[[], Result]) -> Future[Result]:
    """Run `task` on one of `threads` soon.

    A pool may run a task after all that it refused: it queues the task before it starts a thread
    for it (CPython's `ThreadPoolExecutor.submit`). Here what is refused never runs.

    Raises:
        RuntimeError: `task` does not run: the pool is shut down, or no thread can be started.
    """
    begun: Future[Result] = Future()

    def run() -> None:
        if not begun.set_running_or_notify_cancel():
            return
        try:
            begun.set_result(task())
        except BaseException as error:  # noqa: BLE001 - for whoever asks for the result
            begun.set_exception(error)

    try:
        queued = threads.submit(run)
    except RuntimeError:
        if begun.cancel():
            raise
        return begun  # a thread that was free took it meanwhile
    queued.add_done_callback(lambda ended: ended.cancelled() and begun.cancel())
    return begun


class BackgroundTasks:
    """Runs pieces of work on threads of its own.

    Args:
        threads: run it; by default a pool of `THREADS`. `stop` shuts them down.
    """

    def __init__(self, threads: Executor | None = None) -> None:
        self._threads = threads or ThreadPoolExecutor(THREADS, thread_name_prefix="background")
        self._stopping = threading.Event()

    def run(self, task: Callable[[], None], reply: Reply) -> None:
        """Run `task` soon; where it fails, `reply` what happened and the next step.

        Raises:
            Stopping: after `stop`.
            NoThread: no thread could be started; it does not run.
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
            NoThread: no thread could be started; it does not run.
        """
        try:
            return begin(self._threads, task)
        except RuntimeError:
            raise (Stopping if self._stopping.is_set() else NoThread) from None

    def stop(self) -> None:
        """Finish what runs, and begin nothing that waits; who waits for that is told."""
        self._stopping.set()
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
