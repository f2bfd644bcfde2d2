"""How a run goes: what its message in the channel shows, without any contact's details."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.alert_summary import root_cause
from bot.domain.failures import failure
from bot.domain.runs import ItemState, LeftAlone, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.failures import Failure
    from bot.domain.run_summary import WritePace
    from bot.domain.runs import Run

ACCOUNTS_SHOWN: Final = 5
"""Accounts that a problem names; all of them are in the results."""


class ResultFile(StrEnum):
    """Whether the results of a run that ended are in the thread of its message."""

    NONE = "none"
    WAITING = "waiting"
    SHARED = "shared"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a problem is counted from: one contact of a run that wasn't changed."""

    state: ItemState
    account_id: str
    account_name: str
    reason: str
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class RunProblem:
    """Contacts of a run with the same result for the same cause.

    Attributes:
        state: `FAILED` or `HELD_BACK`.
        message: why, in a sentence.
        remedy: the next step; empty if there is none.
        contacts: how many contacts.
        accounts: (name, id) of the first accounts.
        total_accounts: how many accounts there are.
    """

    state: ItemState
    message: str
    remedy: str
    contacts: int
    accounts: Sequence[tuple[str, str]]
    total_accounts: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run as its message shows it.

    Attributes:
        run: the run.
        problems: why contacts weren't changed, the cause of most contacts first.
        left: how many contacts are still to be written, and to be removed.
        seconds_left: how long that takes at the pace of `at`, if the run is going on.
        approved_by: the users who approved it.
        bypassed_by: the user who went on without an approval, and why; empty if nobody did.
        undone_by: the run that undid this one, if there is one.
        file: whether the results are in the thread.
        file_problem: why they can't be, and the next step.
    """

    run: Run
    problems: Sequence[RunProblem] = ()
    left: tuple[int, int] = (0, 0)
    seconds_left: float | None = None
    approved_by: Sequence[str] = ()
    bypassed_by: tuple[str, str] = ("", "")
    undone_by: int | None = None
    file: ResultFile = ResultFile.NONE
    file_problem: str = ""

    @property
    def done(self) -> int:
        """How many contacts have a result."""
        return self.run.counts.total - self.run.counts.planned

    @property
    def changed(self) -> int:
        """How many contacts AWS accepted."""
        return self.run.counts.verified + self.run.counts.saved

    def at(self, pace: WritePace) -> RunProgress:
        """The same with the time that is left at a pace, if the run is going on."""
        left = pace.duration(*self.left).total_seconds()
        return replace(self, seconds_left=left if self.is_going_on else None)

    @property
    def may_be_previewed_again(self) -> int:
        """How many contacts were held back that runs don't leave alone now."""
        left_alone = {each.sentence for each in LeftAlone}
        return self.run.counts.held_back - sum(
            problem.contacts
            for problem in self.problems
            if problem.state is ItemState.HELD_BACK and problem.message in left_alone
        )

    @property
    def is_going_on(self) -> bool:
        """Whether its contacts are being worked on."""
        return self.run.state is RunState.RUNNING


def group_problems(results: Iterable[RunResult]) -> tuple[RunProblem, ...]:
    """Results with the same root cause together, the cause of most contacts first."""
    groups: dict[tuple[ItemState, str], list[RunResult]] = {}
    for result in results:
        cause = root_cause(result.failure) if result.failure is not None else result.reason
        groups.setdefault((result.state, cause), []).append(result)
    problems = [_problem(members) for members in groups.values()]
    # Failures come before what was held back.
    return tuple(
        sorted(problems, key=lambda each: (each.state is not ItemState.FAILED, -each.contacts))
    )


def _problem(members: Sequence[RunResult]) -> RunProblem:
    first = members[0]
    accounts = dict.fromkeys((each.account_name, each.account_id) for each in members)
    why = first.failure
    if why is not None and len({each.failure.message for each in members if each.failure}) > 1:
        # Each of these texts is about one account.
        why = replace(failure(why.cause), remedy=why.remedy)
    return RunProblem(
        first.state,
        why.message if why is not None else first.reason,
        why.remedy if why is not None else "",
        len(members),
        tuple(accounts)[:ACCOUNTS_SHOWN],
        len(accounts),
    )
