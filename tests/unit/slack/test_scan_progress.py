"""What one person hears of a check that they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from slack_sdk import WebClient

from bot.domain.errors import StoreError
from bot.slack.background import BackgroundTasks
from bot.slack.direct_messages import DirectMessages
from bot.slack.listeners.scan_progress import PROGRESS_AT, ScanReporter
from tests.unit.fakes import FakeClock
from tests.unit.slack.heard import Heard, ticket
from tests.unit.slack.views import sample_data as data

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tasks() -> Iterator[BackgroundTasks]:
    """Background threads, stopped after the test."""
    made = BackgroundTasks()
    yield made
    made.stop()


def reporter(tasks: BackgroundTasks, clock: FakeClock, heard: Heard) -> ScanReporter:
    """A reporter of a check of alice's that speaks to `heard`; Slack is not asked."""
    messages = DirectMessages(WebClient())
    return ScanReporter(
        heard, tasks, messages, clock, user_id="U0ALICE001", channel_id="C0ALERTS01"
    )


def test_a_check_is_told_from_start_to_result(tasks: BackgroundTasks) -> None:
    """Started, its progress at its moments, its result: five messages at most."""
    clock, heard, running = FakeClock(), Heard(), ticket()
    told = reporter(tasks, clock, heard)
    told.started(running)
    heard.wait(1)
    told.progress(1, None)
    for number, moment in enumerate(PROGRESS_AT):
        clock.tick(moment)
        told.progress(10, 100)
        heard.wait(2 + number)
        told.progress(11, 100)
    running.report.set_result(data.report(1, 0, 1))
    texts = heard.wait(5)
    assert "Checking" in texts[0]
    assert "10 of 100 checked" in texts[1]
    assert "Checked 2 accounts: 1 new finding. 1 compliant, 1 non-compliant." in texts[4]


def test_a_joined_check_and_one_that_fails(tasks: BackgroundTasks) -> None:
    """Who joins learns who started it; a check that cannot be recorded says why."""
    heard, running = Heard(), ticket(joined=True)
    told = reporter(tasks, FakeClock(), heard)
    told.started(running)
    assert "already running" in heard.wait()[0]
    running.report.set_exception(StoreError("The disk is full.", "Make room."))
    assert heard.wait(2)[1] == "The disk is full. Make room."
