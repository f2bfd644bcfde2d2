"""Result files are shared once, whatever fails on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.errors import (
    FileGone,
    HistoryUnreadable,
    NotifierError,
    PostInDoubt,
    PostRefused,
)
from bot.services.ports.files import DueFile
from bot.services.ports.slack import Posted
from bot.services.run_files import TRIES, RunFiles
from tests.unit.fakes import START

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACE = Posted("C1", "1.1")


class FakeFiles:
    """Slack: what was uploaded, and what is in the thread. `say` makes the next calls fail."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.thread: list[str] = []
        self.upload_errors: list[NotifierError] = []
        self.share_errors: list[NotifierError] = []
        self.unreadable = False

    def upload(self, name: str, content: bytes) -> str:
        if self.upload_errors:
            raise self.upload_errors.pop(0)
        assert name.endswith(".csv")
        file_id = f"F{len(self.contents)}"
        self.contents[file_id] = content
        return file_id

    def share(self, file_id: str, title: str, place: Posted, comment: str = "") -> None:
        assert title
        assert place == PLACE
        error = self.share_errors.pop(0) if self.share_errors else None
        if error is not None and not isinstance(error, PostInDoubt):
            raise error
        if file_id in self.thread or file_id not in self.contents:
            raise FileGone("gone")
        self.thread.append(file_id)
        if error is not None:
            raise error

    def is_shared(self, file_id: str, place: Posted) -> bool:
        if self.unreadable:
            raise HistoryUnreadable("no scope")
        return file_id in self.thread


class FakeRecords:
    """The files to share, and what was recorded of them."""

    def __init__(self) -> None:
        self.waiting = [DueFile(7, START, PLACE)]
        self.problems: list[tuple[str, str]] = []

    def due(self) -> Sequence[DueFile]:
        return list(self.waiting)

    def uploaded(self, due: DueFile, file_id: str) -> None:
        self.waiting = [replace(due, file_id=file_id)]

    def shared(self, due: DueFile) -> None:
        self.waiting = []

    def not_shared(self, due: DueFile, problem: str, remedy: str) -> None:
        self.waiting = []
        self.problems.append((problem, remedy))


class World:
    """The service on fakes; `recorded` counts how often a message had to change."""

    def __init__(self) -> None:
        self.files, self.records, self.recorded = FakeFiles(), FakeRecords(), 0
        self.service = self.restarted()

    def restarted(self) -> RunFiles:
        """Another process, on the same database."""
        return RunFiles(
            self.files,
            self.records,
            lambda run_id: f"run,{run_id}".encode(),
            on_recorded=self._count,
        )

    def _count(self) -> None:
        self.recorded += 1


def test_a_file_is_shared_once() -> None:
    """Then it is due no more, and the message says so."""
    world = World()
    world.service.deliver()
    world.service.deliver()
    assert list(world.files.contents.values()) == [b"run,7"]
    assert world.files.thread == ["F0"]
    assert world.recorded == 1


def test_a_lost_answer_shares_no_second_file() -> None:
    """The next try finds the first in the thread."""
    world = World()
    world.files.share_errors = [PostInDoubt("lost")]
    assert world.service.deliver() > 0
    world.service.deliver()
    assert world.files.thread == ["F0"]
    assert world.records.waiting == []


def test_a_kill_between_the_upload_and_the_thread_shares_it_after_the_restart() -> None:
    """The content isn't sent again."""
    world = World()
    world.files.share_errors = [PostRefused("busy")]
    world.service.deliver()
    world.restarted().deliver()
    assert (len(world.files.contents), world.files.thread) == (1, ["F0"])


def test_a_kill_after_the_thread_shares_it_no_second_time() -> None:
    """It is looked for before."""
    world = World()
    world.files.share_errors = [PostInDoubt("lost")]
    world.service.deliver()
    world.restarted().deliver()
    assert world.files.thread == ["F0"]


def test_a_thread_that_cannot_be_read_gets_no_second_file() -> None:
    """An earlier try is taken for done."""
    world = World()
    world.files.share_errors = [PostInDoubt("lost")]
    world.files.unreadable = True
    world.service.deliver()
    world.service.deliver()
    assert world.files.thread == ["F0"]
    assert world.records.waiting == []


def test_a_file_that_slack_has_deleted_is_sent_again() -> None:
    """Slack keeps a file that isn't shared for a short time only."""
    world = World()
    world.records.waiting = [DueFile(7, START, PLACE, "F9")]
    world.service.deliver()
    assert world.files.thread == ["F0"]


def test_a_missing_scope_is_said_at_once() -> None:
    """With what to do about it; it isn't tried again."""
    world = World()
    refused = NotifierError("No scope.", "Add files:write.", code="missing_scope", permanent=True)
    world.files.upload_errors = [refused]
    world.service.deliver()
    assert world.records.problems == [("No scope.", "Add files:write.")]
    assert world.recorded == 1


def test_a_slack_that_stays_down_is_given_up() -> None:
    """After a few tries the message says so."""
    world = World()
    world.files.upload_errors = [NotifierError("Down.") for _ in range(TRIES)]
    waits = [world.service.deliver() for _ in range(TRIES)]
    assert world.records.problems == [("Down.", "")]
    assert min(waits[:-1]) >= 5.0


def test_slacks_own_wish_to_wait_counts() -> None:
    """`Retry-After`, where it is longer."""
    world = World()
    world.files.upload_errors = [NotifierError("Busy.", retry_after=90.0)]
    assert world.service.deliver() == 90.0
