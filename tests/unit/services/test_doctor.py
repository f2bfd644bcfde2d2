"""The doctor: how checks are made, and what becomes of those that fail in unforeseen ways."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.services.doctor import (
    Check,
    CheckResult,
    Doctor,
    Section,
    State,
    count,
    summary,
    worst_first,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REFERENCE = "12345678"


def line(section: Section, name: str, state: State = State.OK) -> CheckResult:
    """A line."""
    return CheckResult(section, name, state, "is so.")


def check(section: Section, *names: str) -> Check:
    """A check that gives a line for each name."""
    return Check(section, names[0], lambda: [line(section, name) for name in names])


def doctor(*checks: Check, within: float = 20.0) -> Doctor:
    """A doctor whose log gives one reference."""
    return Doctor(checks, lambda _: REFERENCE, within)


def test_lines_come_section_after_section() -> None:
    """Sections are in their order, whatever the order of the checks; lines in that of theirs."""
    made = doctor(
        check(Section.SCHEDULE, "times"), check(Section.SLACK, "a", "b"), check(Section.SLACK, "c")
    )
    assert [each.name for each in made.lines()] == ["a", "b", "c", "times"]


def test_sections_go_side_by_side() -> None:
    """A section does not wait for another one."""
    met = threading.Barrier(2, timeout=60)

    def meet(section: Section) -> Check:
        def look() -> Iterable[CheckResult]:
            met.wait()
            return [line(section, "met")]

        return Check(section, "met", look)

    found = list(doctor(meet(Section.SLACK), meet(Section.AWS)).lines())
    assert [each.state for each in found] == [State.OK, State.OK]


def test_a_defect_becomes_a_line() -> None:
    """An unforeseen error is a failure with its reference; lines before and checks after stand."""

    def broken() -> Iterator[CheckResult]:
        yield line(Section.AWS, "before")
        raise RuntimeError("jo@example.com")

    found = list(doctor(Check(Section.AWS, "caller", broken), check(Section.AWS, "after")).lines())
    assert [each.name for each in found] == ["before", "caller", "after"]
    assert found[1].state is State.FAILURE
    assert REFERENCE in found[1].remedy
    assert "jo@" not in str(found)


def test_what_takes_too_long_is_said() -> None:
    """A check that hangs is a failure by its name; those after it are not made, which is said."""
    release = threading.Event()
    looking: list[threading.Thread] = []
    made_late: list[str] = []

    def hang() -> Iterator[CheckResult]:
        looking.append(threading.current_thread())
        yield line(Section.AWS, "before")
        release.wait(60)

    def late() -> Iterable[CheckResult]:
        made_late.append("contacts")
        return []

    made = doctor(
        Check(Section.AWS, "accounts", hang),
        Check(Section.AWS, "contacts", late),
        check(Section.SCHEDULE, "times"),
        within=0.3,
    )
    found = list(made.lines())
    release.set()
    looking[0].join(60)
    assert made_late == []
    assert [each.name for each in found] == ["before", "accounts", "contacts", "times"]
    assert "within 0.3 seconds" in found[1].message
    assert found[1].state is State.FAILURE
    assert found[2].state is State.NOT_TESTED
    assert "“accounts” didn't finish" in found[2].message


def test_counts_and_summary() -> None:
    """The summary names what is bad first, and says so where all is well."""
    good = [line(Section.AWS, "a"), line(Section.AWS, "b")]
    assert summary(good) == "All 2 checks passed."
    bad = [
        line(Section.AWS, "c", State.WARNING),
        line(Section.AWS, "d", State.WARNING),
        line(Section.AWS, "e", State.FAILURE),
    ]
    assert summary([*good, *bad]) == "1 failure, 2 warnings; 2 checks passed."
    unchecked = line(Section.AWS, "f", State.NOT_TESTED)
    assert summary([bad[2], good[0], unchecked]) == "1 failure; 1 check passed, 1 not tested."
    assert summary([*good, unchecked]) == "All 2 checks passed. 1 not tested."
    assert summary([good[0], unchecked]) == "1 check passed. 1 not tested."
    assert summary([unchecked]) == summary([]) == "Nothing was tested."
    assert count(good)[State.FAILURE] == 0


def test_the_worst_come_first() -> None:
    """Failures, warnings, what wasn't tested, what passed; each in the order of the checks."""
    states = [State.OK, State.WARNING, State.FAILURE, State.NOT_TESTED, State.WARNING, State.OK]
    lines = [line(Section.AWS, str(number), state) for number, state in enumerate(states)]
    assert [each.name for each in worst_first(lines)] == ["2", "1", "4", "3", "0", "5"]
