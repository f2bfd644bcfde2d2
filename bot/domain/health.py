"""Whether the bot is alive, and ready to answer people: the rules, and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

HUNG_AFTER: Final = 300.0
"""Seconds without a sign of life after which a thread hangs: the longest waits within one step are
two of Slack's `Retry-After` of a minute each, and the reading back of a fix."""

POOL_HUNG_AFTER: Final = 900.0
"""Seconds that a task may wait in a pool of threads: dozens of fixes may wait there for AWS, each
for as long as `ALTCONTACT_CONFIRM_TIMEOUT` says, and a restart would interrupt them all."""

SLACK_SILENCE: Final = 60.0
"""Seconds since Slack's last sign of life from which on it counts as out of reach."""

DATABASE_SILENCE: Final = 45.0
"""Seconds since the last write from which on the database counts as hanging: it is tried every
ten, and recording ten thousand accounts keeps it busy for five."""


class Reason(StrEnum):
    """What is wrong."""

    THREAD = "thread"
    SLACK = "slack"
    DATABASE = "database"
    SCHEDULE = "schedule"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the bot isn't alive or ready; `detail` is a sentence without personal data."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What readiness depends on.

    Args:
        slack_silence: seconds since Slack's last sign of life; None if it gave none.
        database_silence: seconds since the last write to the database; None if it failed.
        has_schedule: whether the schedule runs, or another replica has it.
        stopping: whether the bot takes no more requests.
    """

    slack_silence: float | None
    database_silence: float | None
    has_schedule: bool
    stopping: bool


class Silence(NamedTuple):
    """For how many seconds something has worked without a sign of life, and how many it may."""

    seconds: float
    limit: float = HUNG_AFTER


def hung_threads(silences: Mapping[str, Silence]) -> tuple[Problem, ...]:
    """Which threads hang, of those whose silences are given by name."""
    return tuple(
        Problem(Reason.THREAD, _hung(name, silence.seconds))
        for name, silence in silences.items()
        if silence.seconds > silence.limit
    )


def not_ready(condition: Condition) -> tuple[Problem, ...]:
    """Why the bot can't answer people."""
    problems = []
    if condition.stopping:
        problems.append(Problem(Reason.STOPPING, "The bot is stopping."))
    silence = condition.slack_silence
    if silence is None:
        problems.append(Problem(Reason.SLACK, "The bot isn't connected to Slack."))
    elif silence > SLACK_SILENCE:
        problems.append(Problem(Reason.SLACK, f"Slack gave no sign for {silence:.0f} seconds."))
    silence = condition.database_silence
    if silence is None:
        problems.append(Problem(Reason.DATABASE, "The database can't be written."))
    elif silence > DATABASE_SILENCE:
        detail = f"The database didn't answer for {silence:.0f} seconds."
        problems.append(Problem(Reason.DATABASE, detail))
    if not condition.has_schedule:
        problems.append(Problem(Reason.SCHEDULE, "The schedule isn't running."))
    return tuple(problems)


def _hung(name: str, seconds: float) -> str:
    if seconds == float("inf"):
        return f"The thread “{name}” ended with an error."
    return f"The thread “{name}” gave no sign for {seconds:.0f} seconds."
