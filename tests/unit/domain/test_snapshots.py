"""Snapshots: their names, which is restored, which are kept, and what names the newest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import AuditAction
from bot.domain.checkpoints import LogHead
from bot.domain.snapshots import (
    NO_DECISIONS,
    NewestSnapshot,
    SnapshotName,
    UnreadableNewest,
    next_generation,
    restore_order,
    surplus,
)

AT = datetime(2026, 11, 27, 9, 0, 5, tzinfo=UTC)
ONE = SnapshotName(7, AT, "0123456789abcdef")
NEWEST = NewestSnapshot(ONE, LogHead(12, "a" * 64), "1.2.3")

digests = st.binary(min_size=8, max_size=8).map(bytes.hex)
moments = st.integers(0, 400_000).map(lambda seconds: AT + timedelta(seconds=seconds))
names = st.builds(SnapshotName, st.integers(1, 10**12 - 1), moments, digests)
lines = st.lists(
    st.tuples(st.integers(1, 8000), digests), min_size=1, max_size=60, unique_by=lambda x: x[1]
).map(
    lambda steps: [
        SnapshotName(number, AT + timedelta(seconds=sum(s for s, _ in steps[:number])), digest)
        for number, (_, digest) in enumerate(steps, 1)
    ]
)
"""Snapshots as one bot saves them: each of a higher generation and later than the one before."""


def test_a_name_says_which_and_when() -> None:
    """Its text sorts like it."""
    assert str(ONE) == "snapshot-000000000007-20261127T090005Z-0123456789abcdef.db.gz"


@given(st.lists(names))
def test_names_are_read_as_written_and_sort_as_texts(found: list[SnapshotName]) -> None:
    """By generation, then by time."""
    assert [SnapshotName.parse(str(each)) for each in found] == found
    assert [str(each) for each in sorted(found)] == sorted(map(str, found))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "newest-snapshot.json",
        str(ONE).upper(),
        str(ONE)[:-3],
        f"x/{ONE}",
        f"{ONE}\n",
        "snapshot-000000000007-20269927T090005Z-0123456789abcdef.db.gz",
    ],
)
def test_other_names_are_left_alone(text: str) -> None:
    """They are of nobody's snapshots."""
    assert SnapshotName.parse(text) is None


@given(names, st.integers(0, 10**12), digests, st.text(max_size=20))
def test_a_pointer_is_read_as_written(
    name: SnapshotName, count: int, digest: str, version: str
) -> None:
    """Whatever it names."""
    newest = NewestSnapshot(name, LogHead(count, digest * 4), version)
    assert NewestSnapshot.from_object(newest.to_object()) == newest


@given(st.binary(max_size=200) | st.text().map(lambda text: json.dumps(text).encode()))
def test_what_is_no_pointer_is_refused(body: bytes) -> None:
    """Without any other error."""
    with pytest.raises(UnreadableNewest):
        NewestSnapshot.from_object(body)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("snapshot", "x"),
        ("snapshot", None),
        ("entries", -1),
        ("entries", True),
        ("hash", "A" * 64),
        ("hash", 1),
    ],
)
def test_a_pointer_with_a_wrong_value_is_refused(key: str, value: object) -> None:
    """As one of a later form."""
    content = json.loads(NEWEST.to_object()) | {key: value}
    with pytest.raises(UnreadableNewest):
        NewestSnapshot.from_object(json.dumps(content).encode())


@given(lines, st.data())
def test_the_newest_intact_one_is_restored(line: list[SnapshotName], data: st.DataObject) -> None:
    """Whichever are damaged, in whatever order they are listed, and wherever the pointer is."""
    intact = data.draw(st.sets(st.sampled_from(line)))
    named = data.draw(st.none() | st.sampled_from(line))
    listed = data.draw(st.permutations(line))
    pointer = NewestSnapshot(named, LogHead(1, "a" * 64), "1") if named is not None else None
    restored = next((each for each in restore_order(listed, pointer) if each in intact), None)
    assert restored == max(intact, default=None, key=lambda each: each.generation)


@given(lines, digests)
def test_of_one_generation_the_named_one_counts(line: list[SnapshotName], digest: str) -> None:
    """The other one was being saved by a bot that was superseded."""
    named = line[-1]
    other = SnapshotName(named.generation, named.at + timedelta(seconds=9), digest)
    pointer = NewestSnapshot(named, LogHead(1, "a" * 64), "1")
    assert restore_order([*line, other], pointer)[0] == named


def test_one_that_is_named_but_not_listed_is_tried() -> None:
    """It may be that it can't be listed, or that it is gone: then the bot must not begin empty."""
    assert restore_order([], NEWEST) == [ONE]
    assert restore_order([], None) == []


@given(st.none() | st.just(NEWEST), st.integers(0, 20))
def test_a_generation_is_higher_than_all_before(newest: NewestSnapshot | None, known: int) -> None:
    """Than the one that is named, and than all that are listed."""
    generation = next_generation(newest, known)
    assert generation > known
    assert generation > (newest.name.generation if newest else 0)


@given(lines, st.integers(2, 50))
def test_so_many_are_kept(line: list[SnapshotName], keep: int) -> None:
    """The newest half of them, and the last one of each of the newest hours before."""
    kept = sorted(set(line) - set(surplus(line, keep)))
    assert len(kept) == min(len(line), keep)
    half = (keep + 1) // 2
    assert kept[-half:] == line[-half:]
    rest = line[:-half]
    hours = sorted({f"{each.at:%Y%m%d%H}" for each in rest}, reverse=True)[: keep - half]
    assert {f"{each.at:%Y%m%d%H}" for each in kept[:-half]} >= set(hours)
    assert surplus(kept, keep) == []


def test_a_run_does_not_push_out_the_hours_before() -> None:
    """A snapshot every three seconds for an hour leaves those of the day before."""
    kept: list[SnapshotName] = []
    for number in range(1, 24 + 1200):
        at = AT + timedelta(hours=min(number, 24), seconds=3 * max(number - 24, 0))
        kept.append(SnapshotName(number, at, f"{number:016x}"))
        kept = sorted(set(kept) - set(surplus(kept, 48)))
    assert len({f"{each.at:%Y%m%d%H}" for each in kept}) >= 20


def test_what_changes_something_is_a_decision() -> None:
    """An action is one unless it is known to change nothing."""
    changing = set(AuditAction) - NO_DECISIONS
    assert {
        AuditAction.FIX_PLANNED,
        AuditAction.WRITE_SENT,
        AuditAction.VERIFIED,
        AuditAction.APPROVED,
        AuditAction.REJECTED,
        AuditAction.EXEMPTION_GRANTED,
        AuditAction.EXEMPTION_ENDED,
        AuditAction.VERIFIED_MANUALLY,
        AuditAction.RUN_STOPPED,
        AuditAction.REDACTED,
    } < changing
    assert AuditAction.COMMAND not in changing
