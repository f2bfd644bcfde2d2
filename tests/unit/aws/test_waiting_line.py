"""The line of waiting calls: people first, then runs and scans by their shares."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.aws.waiting_line import GROUPS, WaitingLine
from bot.services.ports.aws import Priority

KINDS = list(Priority)


def serve(line: WaitingLine[tuple[Priority, int]], calls: int) -> Counter[Priority]:
    """Who gets this many calls, if everyone who is served waits again at once."""
    served: Counter[Priority] = Counter()
    again = count(1_000)
    for _ in range(calls):
        first = line.first()
        line.leave(first[0], first, served=True)
        served[first[0]] += 1
        line.join(first[0], (first[0], next(again)))
    return served


def line_of(*kinds: Priority) -> WaitingLine[tuple[Priority, int]]:
    """A line in which these wait, in this order."""
    line: WaitingLine[tuple[Priority, int]] = WaitingLine()
    for number, kind in enumerate(kinds):
        line.join(kind, (kind, number))
    return line


@given(st.lists(st.sampled_from(KINDS), max_size=30))
def test_people_go_first_and_everyone_gets_a_turn(kinds: list[Priority]) -> None:
    """Each waiter is served once: people by priority, each kind in the order of its coming."""
    line = line_of(*kinds)
    served = []
    while line:
        first = line.first()
        line.leave(first[0], first, served=True)
        served.append(first)
    assert sorted(served) == sorted((kind, number) for number, kind in enumerate(kinds))
    for kind in KINDS:
        numbers = [number for each, number in served if each is kind]
        assert numbers == sorted(numbers)
    urgent = [kind for kind, _ in served if kind not in GROUPS]
    assert [kind for kind, _ in served][: len(urgent)] == sorted(urgent)


@pytest.mark.parametrize(
    ("kinds", "shares"),
    [
        ([Priority.RUN, Priority.SCAN], {Priority.RUN: 0.5, Priority.SCAN: 0.5}),
        (
            [Priority.READ_BACK, Priority.SCAN, Priority.RUN],
            {Priority.RUN: 20 / 42, Priority.SCAN: 1 / 2, Priority.READ_BACK: 1 / 42},
        ),
        ([Priority.READ_BACK, Priority.SCAN], {Priority.READ_BACK: 1 / 2}),
        ([Priority.READ_BACK, Priority.RUN], {Priority.READ_BACK: 1 / 21}),
        ([Priority.READ_BACK], {Priority.READ_BACK: 1.0}),
        ([Priority.FIX, Priority.SCAN], {Priority.FIX: 1.0}),
    ],
)
def test_background_work_gets_its_share(
    kinds: list[Priority], shares: dict[Priority, float]
) -> None:
    """While others wait too; alone it gets everything, and nothing while a person waits."""
    served = serve(line_of(*kinds), 2_100)
    for kind, share in shares.items():
        assert served[kind] == pytest.approx(2_100 * share, abs=2)


def test_who_did_not_wait_has_saved_nothing_up() -> None:
    """A run that begins after a long scan shares with it, rather than making up for its absence."""
    line = line_of(Priority.SCAN)
    serve(line, 1_000)
    line.join(Priority.RUN, (Priority.RUN, 1))
    served = serve(line, 100)
    assert served[Priority.SCAN] == pytest.approx(50, abs=1)


def test_who_gives_up_has_used_nothing() -> None:
    """A call that was never made doesn't count against its kind."""
    line = line_of(Priority.RUN, Priority.SCAN)
    for number in range(100, 200):
        line.join(Priority.RUN, (Priority.RUN, number))
        line.leave(Priority.RUN, (Priority.RUN, number), served=False)
    assert serve(line, 100)[Priority.RUN] == pytest.approx(50, abs=1)
