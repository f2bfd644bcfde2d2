"""The doctor: checks an installation line by line, says how to mend it, and changes nothing.

What is looked at is handed in as checks, each of one section. The checks of a section go in their
order, for later ones build on earlier ones; the sections go side by side, and so do the groups of
a section: one that hangs takes no time from another.
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
"""Seconds that all checks may take together; each call outside has a time limit of its own."""


class Section(StrEnum):
    """What a line is about, in the order in which sections are shown."""

    ALERTS = "Alerts"
    SETTINGS = "Settings"
    SLACK = "Slack"
    AWS = "AWS"
    DATABASE = "Database"
    SCHEDULE = "Schedule"


class State(StrEnum):
    """How a check ended. `NOT_CHECKED`: an earlier failure makes it pointless."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_CHECKED = "not_checked"


MARKS: Final = {State.OK: "✓", State.WARNING: "!", State.FAILURE: "✗", State.NOT_CHECKED: "-"}
"""How each state is shown."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found.

    `remedy` is the next step, and `snippet` what to paste for it: a command, a policy, a setting.
    None of them holds an email address, a phone number or a token.
    """

    section: Section
    name: str
    state: State
    message: str
    remedy: str = ""
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at; it may give several lines, or none where it does not apply.

    `group` tells apart what is looked at several times in one section.
    """

    section: Section
    name: str
    run: Callable[[], Iterable[CheckResult]]
    group: str = ""


class Doctor:
    """Makes checks.

    Args:
        checks: what to look at.
        on_defect: logs an error that nobody foresaw; gives the reference under which it stands.
        within: seconds that all may take together.
        monotonic: seconds that never go back.
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
        """Make all checks; their lines, a section after the other, as soon as each has ended."""
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
    """The checks of one group of a section, on a thread that the program does not wait for."""

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
                message = f"did not end within {within:g} seconds."
                remedy = "Look for what does not answer, such as a proxy or a slow disk; try again."
                found.append(CheckResult(check.section, check.name, State.FAILURE, message, remedy))
                self._given_up = True
                message = f"“{check.name}” did not end."
                found += [
                    CheckResult(left.section, left.name, State.NOT_CHECKED, message)
                    for left in self._checks[self._at + 1 :]
                ]
        return found

    def _run(self) -> None:
        for check in self._checks:
            # A check gives a line after the other: those before a defect stand.
            try:
                for line in check.run():
                    self._add(line)
            except Exception as error:  # noqa: BLE001 - an edge: a defect becomes a line
                reference = self._on_defect(error)
                message = "could not be checked: the doctor met an error of its own."
                remedy = f"Look for the reference {reference} in the log."
                self._add(CheckResult(check.section, check.name, State.FAILURE, message, remedy))
            with self._lock:
                self._at += 1
                if self._given_up:
                    return

    def _add(self, line: CheckResult) -> None:
        with self._lock:
            self._found.append(line)


def count(lines: Iterable[CheckResult]) -> dict[State, int]:
    """How many lines are in each state; every state is a key."""
    counted = Counter(line.state for line in lines)
    return {state: counted[state] for state in State}


def summary(lines: Iterable[CheckResult]) -> str:
    """`All 21 checks passed.`, or `1 failure, 2 warnings; 18 checks passed, 3 not checked.`."""
    counted = count(lines)
    passed, unchecked = counted[State.OK], counted[State.NOT_CHECKED]
    bad = [
        f"{counted[state]} {state}{'' if counted[state] == 1 else 's'}"
        for state in (State.FAILURE, State.WARNING)
        if counted[state]
    ]
    if not bad:
        return f"All {passed} checks passed."
    told = f"{', '.join(bad)}; {passed} check{'' if passed == 1 else 's'} passed"
    return f"{told}, {unchecked} not checked." if unchecked else f"{told}."
