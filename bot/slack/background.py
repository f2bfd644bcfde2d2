"""Runs work that a person waits for, off Bolt's threads, and tells the person if it fails."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
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
"""How many tasks run at once; a fix may wait a minute until AWS returns what was written."""


class Stopping(AltcontactError):
    """The work wasn't started, because the bot is stopping."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is stopping, so nothing was changed.",
            "Try again when it has restarted.",
        )


class NoThread(AltcontactError):
    """The work wasn't started, because no thread could be started."""

    def __init__(self) -> None:
        super().__init__(
            "The bot's machine can't start another thread, so nothing was changed.",
            "Try again in a minute. If this happens again, ask an administrator of this bot to "
            "raise the limit on its processes and threads.",
        )


def begin(threads: Executor, task: Callable[[], Result]) -> Future[Result]:
    """Run `task` on one of `threads` soon.

    A pool may still run a task that it refused: it queues the task before it starts a thread
    (CPython's `ThreadPoolExecutor.submit`). Here, a refused task never runs.

    Raises:
        RuntimeError: `task` does not run: the pool is shut down, or no thread can be started.
    """
    begun: Future[Result] = Future()
    context = copy_context()

    def run() -> None:
        if not begun.set_running_or_notify_cancel():
            return
        try:
            begun.set_result(context.run(task))
        except BaseException as error:  # noqa: BLE001 - raised from the result
            begun.set_exception(error)

    try:
        queued = threads.submit(run)
    except RuntimeError:
        if begun.cancel():
            raise
        return begun  # a free thread took it in the meantime
    queued.add_done_callback(lambda ended: ended.cancelled() and begun.cancel())
    return begun


class BackgroundTasks:
    """Runs tasks on its own threads.

    Args:
        threads: run the tasks; by default a pool of `THREADS`. `stop` shuts them down.
        on_failed: called with why a task failed, in the context in which it was given.
    """

    def __init__(
        self,
        threads: Executor | None = None,
        *,
        on_failed: Callable[[AltcontactError], None] = lambda _: None,
    ) -> None:
        self._threads = threads or ThreadPoolExecutor(THREADS, thread_name_prefix="background")
        self._on_failed = on_failed
        self._stopping = threading.Event()

    def run(self, task: Callable[[], None], reply: Reply) -> None:
        """Run `task` soon; if it fails, `reply` what happened and the next step.

        Raises:
            Stopping: after `stop`.
            NoThread: no thread could be started; it does not run.
        """
        begun = self.submit(lambda: self._run(task, reply))
        begun.add_done_callback(lambda ended: self._tell_if_cancelled(ended, reply))

    def run_unattended(self, task: Callable[[], None]) -> None:
        """Run `task` soon. Nobody waits for it, so a failure is only logged."""
        self.run(task, lambda _: None)

    def submit(self, task: Callable[[], Result]) -> Future[Result]:
        """Run `task` soon, for a caller that waits for its result.

        Raises:
            Stopping: after `stop`.
            NoThread: no thread could be started; it does not run.
        """
        try:
            return begin(self._threads, task)
        except RuntimeError:
            raise (Stopping if self._stopping.is_set() else NoThread) from None

    def stop(self) -> None:
        """Finish running tasks and start no others; people who wait for those get an answer."""
        self._stopping.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, task: Callable[[], None], reply: Reply) -> None:
        try:
            task()
        except AltcontactError as error:
            _log.warning("work ended", problem=str(error), kind=type(error).__name__)
            self._reply(reply, problem_message(error))
            self._on_failed(error)
        except Exception as error:  # noqa: BLE001 - end of a thread: the person gets a reference
            self._reply(reply, report_defect(error))

    def _tell_if_cancelled(self, task: Future[None], reply: Reply) -> None:
        if task.cancelled():
            self._reply(reply, problem_message(Stopping()))

    def _reply(self, reply: Reply, message: Message) -> None:
        try:
            reply(message)
        except NotifierError as error:
            _log.warning("answer not delivered", problem=str(error))
        except Exception as error:  # noqa: BLE001 - end of a thread: otherwise it would be lost
            report_defect(error)


def report_defect(error: Exception) -> Message:
    """Log an unexpected error. Returns the message with its reference."""
    reference = new_error_id()
    _log.error("work failed", reference=reference, exc_info=error)
    return defect_message(reference)
