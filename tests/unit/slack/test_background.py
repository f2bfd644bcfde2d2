"""Work off Bolt's threads, and what a person hears when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.errors import NotifierError, StoreError
from bot.slack.background import BackgroundTasks, NoThread, Stopping
from bot.slack.views.problem import note
from tests.unit.slack.heard import Heard
from tests.unit.slack.starved_executor import StarvedExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.slack.views.message import Message


@pytest.fixture
def tasks() -> Iterator[BackgroundTasks]:
    """Background threads, stopped after the test."""
    made = BackgroundTasks()
    yield made
    made.stop()


def test_work_that_fails_tells_the_person(tasks: BackgroundTasks) -> None:
    """A known error is reported in words with its remedy, a defect by a reference alone."""

    def full() -> None:
        raise StoreError("The disk is full.", "Make room.")

    def broken() -> None:
        raise ZeroDivisionError

    heard = Heard()
    tasks.run(full, heard)
    assert heard.wait() == ["The disk is full. Make room."]
    tasks.run(broken, heard)
    told = heard.wait(2)[1]
    assert "reference" in told
    assert "ZeroDivision" not in told


def test_an_answer_that_cannot_be_delivered_is_logged(tasks: BackgroundTasks) -> None:
    """Where the person cannot be reached either, the work goes on."""

    def fail() -> None:
        raise StoreError("Full.")

    def deaf(_: Message) -> None:
        raise NotifierError("Slack is away.")

    heard = Heard()
    tasks.run(fail, deaf)
    tasks.run(lambda: heard(note("Next.")), heard)
    assert heard.wait() == ["Next."]
    assert tasks.submit(lambda: 7).result(60) == 7


def test_work_that_finds_no_thread_is_not_done_later() -> None:
    """The person learns that nothing was changed, which must stay true."""
    done: list[int] = []
    tasks = BackgroundTasks(StarvedExecutor())
    with pytest.raises(NoThread, match="nothing was changed"):
        tasks.run(lambda: done.append(1), Heard())
    tasks.stop()
    assert done == []
    with pytest.raises(Stopping):
        tasks.submit(lambda: done.append(1))
