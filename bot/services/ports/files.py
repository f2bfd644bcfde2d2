"""The ports of result files: where they are sent, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.services.ports.slack import Posted


@dataclass(frozen=True, slots=True)
class DueFile:
    """The result file of a run that ended, to be shared in the thread of the run's message.

    `ended_at` tells its ends apart: a run whose failures are retried ends again. `file_id` is the
    file in Slack, empty until its content was sent.
    """

    run_id: int
    ended_at: datetime
    place: Posted
    file_id: str = ""


class Files(Protocol):
    """Files in Slack. Each method makes one attempt; retrying is up to the caller."""

    def upload(self, name: str, content: bytes) -> str:
        """Send a file's content, without sharing it; returns the file's id.

        Raises:
            NotifierError: Slack didn't accept it.
        """
        ...

    def share(self, file_id: str, title: str, place: Posted, comment: str = "") -> None:
        """Share an uploaded file in the thread of a message.

        Raises:
            FileGone: there is no such file any more, or it is shared already.
            PostRefused: it was certainly not shared.
            PostInDoubt: it may have been shared.
        """
        ...

    def is_shared(self, file_id: str, place: Posted) -> bool:
        """Whether the file is in the thread of a message.

        Raises:
            HistoryUnreadable: the thread can't be read until somebody fixes the cause.
            PostRefused: Slack can't be reached now; try again.
        """
        ...


class RunFileRepository(Protocol):
    """What is remembered of the result files of runs."""

    def due(self) -> Sequence[DueFile]:
        """The files to share: of runs that ended and whose message is posted, oldest first."""
        ...

    def uploaded(self, due: DueFile, file_id: str) -> None:
        """Record that a file's content is in Slack, before the file is shared."""
        ...

    def shared(self, due: DueFile) -> None:
        """Record that a file is in the thread; the run's message says so."""
        ...

    def not_shared(self, due: DueFile, problem: str, remedy: str) -> None:
        """Record that a file can't be shared, and why; the run's message says so."""
        ...
