"""The use case *result files*: when a run ended, its results go into the thread of its message.

Sharing a file isn't idempotent in Slack. So its id is recorded before it is shared, and a file that
may have been shared (the answer was lost, or the bot was killed) is looked for in the thread first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bot.domain.errors import FileGone, HistoryUnreadable, NotifierError, NotLeading, StoreError
from bot.services.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.services.ports.files import DueFile, Files, RunFileRepository
    from bot.services.pulse import Pulse

_log = structlog.get_logger(__name__)

TRIES: Final = 5
"""How often a file is tried while Slack may recover; then the message says that it failed."""

RETRY: Final = 10.0
"""Seconds between two tries of one file; Slack's own wish is longer at times, and counts then."""

_TITLE: Final = "Results of run #{}"


class RunFiles:
    """Shares result files, on a thread of its own.

    Args:
        files: Slack.
        records: what is remembered of them.
        write: makes the content of a run's file.
        on_recorded: called when a run's message has to say something else.
        leads: whether this process leads: only the leader shares files.
        poll_interval: seconds between two looks for what is due.
        retry: see `RETRY`.
    """

    def __init__(
        self,
        files: Files,
        records: RunFileRepository,
        write: Callable[[int], bytes],
        *,
        on_recorded: Callable[[], None] = lambda: None,
        leads: Callable[[], bool] = lambda: True,
        poll_interval: float = 2.0,
        retry: float = RETRY,
    ) -> None:
        self._files = files
        self._records = records
        self._write = write
        self._on_recorded = on_recorded
        self._leads = leads
        self._poll_interval = poll_interval
        self._retry = retry
        self._tries: dict[tuple[int, datetime], int] = {}
        self._thread = WorkerThread("run files", self._work)

    @property
    def pulse(self) -> Pulse:
        """The thread's signs of life."""
        return self._thread.pulse

    def start(self) -> None:
        """Begin to share files."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once for what is due."""
        self._thread.wake()

    def stop(self) -> None:
        """Finish the call under way; what is left is shared after the next start."""
        self._thread.stop()

    def _work(self) -> float:
        if not self._leads():
            self._tries.clear()
            return self._poll_interval
        try:
            return self.deliver()
        except NotLeading:
            _log.info("result files left to another process")
        except StoreError as error:
            _log.error("result files not read", problem=str(error), remedy=error.remedy)
        except Exception:  # noqa: BLE001 - end of a thread: a defect must not end it for good
            _log.exception("result files failed")
        return self._poll_interval

    def deliver(self) -> float:
        """Try once to share each file that is due.

        Returns:
            Seconds until there may be something to do again.
        """
        wait = self._poll_interval
        for due in self._records.due():
            if self._thread.stopping.is_set():
                break
            self._thread.pulse.beat()
            key = (due.run_id, due.ended_at)
            try:
                self._share(due)
            except NotifierError as error:
                self._tries[key] = self._tries.get(key, 0) + 1
                if error.permanent or self._tries[key] >= TRIES:
                    self._give_up(due, error)
                else:
                    _log.info("result file waits", run=due.run_id, problem=str(error))
                    wait = max(self._retry, error.retry_after or 0.0)
            else:
                self._tries.pop(key, None)
                self._records.shared(due)
                self._on_recorded()
                _log.info("result file shared", run=due.run_id)
        return wait

    def _share(self, due: DueFile) -> None:
        """Share a file once, whatever became of earlier tries.

        Raises:
            NotifierError: it isn't in the thread, as far as known.
        """
        file_id = due.file_id
        if file_id and self._is_shared(due):
            return
        if not file_id:
            file_id = self._upload(due)
        else:
            self._records.uploaded(due, file_id)  # only the leader shares it
        try:
            self._files.share(file_id, _TITLE.format(due.run_id), due.place)
        except FileGone:
            # Slack deleted it before it was shared, or an earlier try did share it.
            if self._files.is_shared(file_id, due.place):
                return
            self._files.share(self._upload(due), _TITLE.format(due.run_id), due.place)

    def _upload(self, due: DueFile) -> str:
        file_id = self._files.upload(f"altcontact-run-{due.run_id}.csv", self._write(due.run_id))
        self._records.uploaded(due, file_id)
        return file_id

    def _is_shared(self, due: DueFile) -> bool:
        """Whether an earlier try shared it; taken for shared if that can't be found out.

        A second file in the thread is worse than none: the message always offers the results.
        """
        try:
            return self._files.is_shared(due.file_id, due.place)
        except HistoryUnreadable as error:
            _log.warning("thread not readable", run=due.run_id, problem=str(error))
            return True

    def _give_up(self, due: DueFile, error: NotifierError) -> None:
        _log.warning(
            "result file not shared",
            run=due.run_id,
            problem=str(error),
            remedy=error.remedy,
            code=error.code,
        )
        self._tries.pop((due.run_id, due.ended_at), None)
        self._records.not_shared(due, str(error), error.remedy)
        self._on_recorded()
