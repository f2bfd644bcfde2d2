"""When the bot counts as alive and as ready."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bot.domain.health import (
    DATABASE_SILENCE,
    HUNG_AFTER,
    POOL_HUNG_AFTER,
    SLACK_SILENCE,
    Condition,
    Reason,
    Silence,
    hung_threads,
    not_ready,
)

WELL = Condition(slack_silence=0.0, database_silence=0.0, has_schedule=True, stopping=False)


def test_all_well() -> None:
    """At its limits, the bot is still ready."""
    limits = replace(WELL, slack_silence=SLACK_SILENCE, database_silence=DATABASE_SILENCE)
    assert not_ready(WELL) == not_ready(limits) == ()


@pytest.mark.parametrize(
    ("condition", "reason", "detail"),
    [
        (replace(WELL, slack_silence=None), Reason.SLACK, "isn't connected"),
        (replace(WELL, slack_silence=61.2), Reason.SLACK, "no sign for 61 seconds"),
        (replace(WELL, database_silence=None), Reason.DATABASE, "can't be written"),
        (replace(WELL, database_silence=46.0), Reason.DATABASE, "didn't answer for 46 seconds"),
        (replace(WELL, has_schedule=False), Reason.SCHEDULE, "isn't running"),
        (replace(WELL, stopping=True), Reason.STOPPING, "is stopping"),
    ],
)
def test_why_the_bot_is_not_ready(condition: Condition, reason: Reason, detail: str) -> None:
    """Each has its own reason and a sentence."""
    (problem,) = not_ready(condition)
    assert problem.reason is reason
    assert detail in problem.detail


def test_several_reasons() -> None:
    """All of them are named."""
    found = not_ready(Condition(None, None, has_schedule=False, stopping=True))
    assert [problem.reason for problem in found] == [
        Reason.STOPPING,
        Reason.SLACK,
        Reason.DATABASE,
        Reason.SCHEDULE,
    ]


def test_threads_that_hang() -> None:
    """The one that hangs is named, and how long it has been silent."""
    silences = {
        "announcer": Silence(HUNG_AFTER),
        "connect": Silence(HUNG_AFTER + 1),
        "home updates": Silence(math.inf),
        "background": Silence(HUNG_AFTER + 1, POOL_HUNG_AFTER),
        "bolt": Silence(POOL_HUNG_AFTER + 1, POOL_HUNG_AFTER),
    }
    assert [(problem.reason, problem.detail) for problem in hung_threads(silences)] == [
        (Reason.THREAD, "The thread “connect” gave no sign for 301 seconds."),
        (Reason.THREAD, "The thread “home updates” ended with an error."),
        (Reason.THREAD, "The thread “bolt” gave no sign for 901 seconds."),
    ]
