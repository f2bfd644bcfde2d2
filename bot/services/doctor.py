"""The doctor: runs checks of an installation, says how to fix what fails, and changes nothing.

Callers pass in the checks, each of one section. Within a section, checks run in order, because
later ones build on earlier ones. Sections run in parallel, and so do the groups of a section, so
that one that hangs takes no time from another.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

WITHIN: Final = 60.0
"""Seconds that all checks may take together; each outside call has a time limit of its own."""


class Section(StrEnum):
    """What a line is about, in the order in which sections are shown."""

    ALERTS = "Alerts"
    SETTINGS = "Settings"
    SLACK = "Slack"
    AWS = "AWS"
    DATABASE = "Database"
    SCHEDULE = "Schedule"


class State(StrEnum):
    """How a check ended, the worst first. The values are those of `doctor --json`.

    `NOT_TESTED`: it wasn't tried, because it would change something, or because an earlier failure
    makes it pointless.
    """

    FAILURE = "failure"
    WARNING = "warning"
    NOT_TESTED = "not_checked"
    OK = "ok"


PROBLEMS: Final = (State.FAILURE, State.WARNING)
"""The states that need attention."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found.

    `remedy` is the next step, and `snippet` what to paste for it: a command, a policy, a setting.
    None of them contains an email address, a phone number or a token.
    """

    section: Section
    name: str
    state: State
    message: str
    remedy: str = ""
    snippet: str = ""

    @property
    def text(self) -> str:
        """The message; it says so first if the check wasn't tried."""
        return f"not tested: {self.message}" if self.state is State.NOT_TESTED else self.message


@dataclass(frozen=True, slots=True)
class Check:
    """One check; it may return several lines, or none if it doesn't apply.

    `group` separates what is checked several times in one section.
    """

    section: Section
    name: str
    run: Callable[[], Iterable[CheckResult]]
    group: str = ""


class Doctor:
    """Runs checks.

    Args:
        checks: the checks.
        on_defect: logs an unexpected error, and returns the reference to find it in the log.
        within: seconds that all checks may take together.
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        on_defect: Callable[[Exception], str],
        within: float = WITHIN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._on_defect = on_defect
        self._within = within
        self._monotonic = monotonic

    def lines(self) -> Iterator[CheckResult]:
        """Run all checks; yields their lines section by section, as soon as each has ended."""
        deadline = self._monotonic() + self._within
        running = [
            _Running(
                [each for each in self._checks if (each.section, each.group) == (section, group)],
                self._on_defect,
            )
            for section in Section
            for group in dict.fromkeys(each.group for each in self._checks)
        ]
        for each in running:
            each.start()
        for each in running:
            yield from each.ended(max(0.0, deadline - self._monotonic()), self._within)


class _Running:
    """The checks of one group of a section, on a thread that the program doesn't wait for."""

    def __init__(self, checks: Sequence[Check], on_defect: Callable[[Exception], str]) -> None:
        self._checks = checks
        self._on_defect = on_defect
        self._lock = threading.Lock()
        self._found: list[CheckResult] = []
        self._at = 0
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="doctor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ended(self, seconds: float, within: float) -> list[CheckResult]:
        """The lines, at most so many seconds later; one of them says so if that was too soon."""
        self._thread.join(seconds)
        with self._lock:
            found = list(self._found)
            if self._thread.is_alive() and self._at < len(self._checks):
                check = self._checks[self._at]
                message = f"didn't finish within {within:g} seconds."
                remedy = (
                    "Look for something that doesn't respond, such as a proxy or a slow disk, "
                    "then try again."
                )
                found.append(CheckResult(check.section, check.name, State.FAILURE, message, remedy))
                self._given_up = True
                message = f"“{check.name}” didn't finish."
                found += [
                    CheckResult(left.section, left.name, State.NOT_TESTED, message)
                    for left in self._checks[self._at + 1 :]
                ]
        return found

    def _run(self) -> None:
        for check in self._checks:
            # A check yields line by line: those before an unexpected error are kept.
            try:
                for line in check.run():
                    self._add(line)
            except Exception as error:  # noqa: BLE001 - an edge: a defect becomes a line
                reference = self._on_defect(error)
                message = "couldn't be checked because of an error in the doctor itself."
                remedy = f"The log has details under reference {reference}."
                self._add(CheckResult(check.section, check.name, State.FAILURE, message, remedy))
            with self._lock:
                self._at += 1
                if self._given_up:
                    return

    def _add(self, line: CheckResult) -> None:
        with self._lock:
            self._found.append(line)


def worst_first(lines: Iterable[CheckResult]) -> list[CheckResult]:
    """Failures, then warnings, what wasn't tested, and what passed; each in its order."""
    states = list(State)
    return sorted(lines, key=lambda line: states.index(line.state))


def count(lines: Iterable[CheckResult]) -> dict[State, int]:
    """How many lines are in each state; every state is a key."""
    counted = Counter(line.state for line in lines)
    return {state: counted[state] for state in State}


def problem_count(lines: Iterable[CheckResult]) -> str:
    """`1 failure, 2 warnings`; empty if there are none."""
    counted = count(lines)
    return ", ".join(
        f"{counted[state]} {state}{'' if counted[state] == 1 else 's'}"
        for state in PROBLEMS
        if counted[state]
    )


def summary(lines: Iterable[CheckResult]) -> str:
    """`All 21 checks passed.`, or `1 failure, 2 warnings; 18 checks passed, 3 not tested.`."""
    listed = list(lines)
    counted, bad = count(listed), problem_count(listed)
    passed = f"{counted[State.OK]} check{'' if counted[State.OK] == 1 else 's'} passed"
    untested = f"{counted[State.NOT_TESTED]} not tested"
    if bad:
        left = f"{passed}, {untested}" if counted[State.NOT_TESTED] else passed
        return f"{bad}; {left}."
    if not counted[State.OK]:
        return "Nothing was tested."
    every = f"All {passed}." if counted[State.OK] > 1 else f"{passed}."
    return f"{every} {untested}." if counted[State.NOT_TESTED] else every
