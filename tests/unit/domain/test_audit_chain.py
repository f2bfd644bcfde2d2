"""Verifying the audit log: every tampering is found at its number, and a redaction is none."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import COLUMNS, GENESIS, AuditAction, AuditEntry, seal
from bot.domain.audit_chain import (
    MAX_PROBLEMS,
    NUMBERS,
    Problem,
    Tampering,
    format_numbers,
    parse_numbers,
    verify,
)
from bot.domain.masking import mask
from tests.unit.domain.test_audit import AT, SALT, WIPED, entries, entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.domain.audit import AuditRecord


def chain(*logged: AuditEntry) -> list[AuditRecord]:
    """A log of these entries."""
    log: list[AuditRecord] = []
    for number, each in enumerate(logged, 1):
        log.append(seal(each, number, AT, log[-1].hash if log else GENESIS, SALT))
    return log


def redaction(*ranges: tuple[int, int]) -> AuditEntry:
    """An entry that says which entries were wiped."""
    return AuditEntry(AuditAction.REDACTED, "cli:root", details={NUMBERS: format_numbers(ranges)})


def wiped(log: Sequence[AuditRecord], *numbers: int) -> list[AuditRecord]:
    """The log without the contacts of these entries."""
    return [replace(each, **WIPED) if each.number in numbers else each for each in log]


def found(log: Sequence[AuditRecord]) -> set[tuple[int, Tampering]]:
    """What is wrong with a log."""
    return {(problem.number, problem.kind) for problem in verify(log).problems}


logs = st.lists(entries, min_size=1, max_size=8).map(lambda logged: chain(*logged))


@given(logs)
def test_an_untouched_log_is_intact(log: list[AuditRecord]) -> None:
    """It is counted, and its end is known."""
    result = verify(iter(log))
    assert result.is_intact
    assert (result.entries, result.last_number) == (len(log), len(log))
    assert (result.last_hash, result.redacted) == (log[-1].hash, 0)


def test_an_empty_log_is_intact() -> None:
    """It ends where the first entry will begin."""
    assert verify([]).is_intact
    assert verify([]).last_hash == GENESIS


@given(logs, st.data())
def test_an_edit_is_found_at_its_number(log: list[AuditRecord], data: st.DataObject) -> None:
    """Whichever covered column is changed, that entry is named first, and no other one."""
    place = data.draw(st.integers(0, len(log) - 1))
    columns = [each for each in COLUMNS if each not in {*WIPED, "number"}]
    column = data.draw(st.sampled_from(columns))
    value: Any = f"{getattr(log[place], column)}0"
    log[place] = replace(log[place], **{column: value})
    numbers = {number for number, _ in found(log)}
    assert place + 1 in numbers
    assert numbers <= {place + 1, place + 2}  # the next one continues the hash that was there


@given(logs, st.data())
def test_an_edit_with_a_new_hash_breaks_the_chain(
    log: list[AuditRecord], data: st.DataObject
) -> None:
    """Who edits an entry and gives it a hash that fits is found at the next one."""
    place = data.draw(st.integers(0, len(log) - 1))
    edited = seal(entry(actor="U666"), place + 1, AT, log[place].previous, SALT)
    log[place] = edited
    log.append(seal(entry(), len(log) + 1, AT, log[-1].hash, SALT))
    if place + 2 < len(log):
        assert found(log) == {(place + 2, Tampering.UNCHAINED)}


@given(logs, st.data())
def test_a_removed_entry_is_found(log: list[AuditRecord], data: st.DataObject) -> None:
    """One that isn't the last is missed by the next, even if all numbers are moved up."""
    log.append(seal(entry(), len(log) + 1, AT, log[-1].hash, SALT))
    place = data.draw(st.integers(0, len(log) - 2))
    del log[place]
    assert found(log) == {(place + 2, Tampering.MISSING)}
    renumbered = [replace(each, number=number) for number, each in enumerate(log, 1)]
    assert (place + 1, Tampering.UNCHAINED) in found(renumbered)
    assert (place + 1, Tampering.EDITED) in found(renumbered)


@given(st.lists(entries, min_size=2, max_size=8), st.data())
def test_reordered_entries_are_found(logged: list[AuditEntry], data: st.DataObject) -> None:
    """Two entries that changed places, with their numbers or without."""
    log = chain(*logged)
    one = data.draw(st.integers(0, len(log) - 2))
    two = data.draw(st.integers(one + 1, len(log) - 1))
    log[one], log[two] = log[two], log[one]
    assert Tampering.MOVED in {kind for _, kind in found(log)}
    swapped = [replace(each, number=number) for number, each in enumerate(log, 1)]
    assert {(one + 1, Tampering.EDITED), (two + 1, Tampering.EDITED)} <= found(swapped)


@pytest.mark.parametrize("column", ["before", "after", "salt"])
@pytest.mark.parametrize("value", [None, "", '["a","b","c","d"]', "[]", "{", b"\xff", 7])
def test_a_contact_that_was_changed_is_found(column: str, value: Any) -> None:  # noqa: ANN401 - the columns differ
    """The hash doesn't cover the contacts, but their digests do."""
    log = chain(entry(), entry(), entry())
    log[1] = replace(log[1], **{column: value})
    assert found(log) == {(2, Tampering.CONTACT_EDITED)}


def test_a_contact_that_was_added_is_found() -> None:
    """An entry without contacts gets none later."""
    log = chain(entry(before=None, after=None))
    assert found([replace(log[0], before='["a","b","c","d"]')]) == {(1, Tampering.CONTACT_EDITED)}
    assert found([replace(log[0], salt=SALT)]) == {(1, Tampering.CONTACT_EDITED)}


def test_a_wiped_entry_needs_a_redaction() -> None:
    """Only one that follows it and names it; others than those named are tampering."""
    log = chain(entry(), entry(), entry(), redaction((1, 1), (3, 3)))
    assert found(wiped(log, 1, 2, 3)) == {(2, Tampering.WIPED)}
    result = verify(wiped(log, 1, 3))
    assert result.is_intact
    assert result.redacted == 2
    late = chain(redaction((1, 9)), entry())
    assert found(wiped(late, 2)) == {(2, Tampering.WIPED)}


def test_a_redaction_that_was_edited_covers_nothing() -> None:
    """Who wipes an entry can't add its number to an old redaction."""
    log = wiped(chain(entry(), entry(), redaction((1, 1))), 1, 2)
    log[2] = replace(log[2], details='{"numbers":"1..2"}')
    assert {(1, Tampering.WIPED), (2, Tampering.WIPED), (3, Tampering.EDITED)} == found(log)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=20),
)
def test_redactions_of_some_and_then_of_others_are_intact(
    kinds: list[tuple[bool, int]],
) -> None:
    """Entries with and without contacts, wiped by one of two redactions, or by none."""
    logged = [entry() if has else entry(before=None, after=None) for has, _ in kinds]
    by: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for number, (has, redacted_by) in enumerate(kinds, 1):
        if has:
            by[redacted_by].append(number)
    log = chain(*logged, *(redaction(*((each, each) for each in by[part])) for part in (1, 2)))
    result = verify(wiped(log, *by[1], *by[2]))
    assert result.is_intact
    assert result.redacted == len(by[1]) + len(by[2])


def test_many_problems_are_counted() -> None:
    """The first ones are listed, and the others counted."""
    log = [replace(each, actor="U2") for each in chain(*[entry()] * (MAX_PROBLEMS + 7))]
    result = verify(log)
    assert len(result.problems) == MAX_PROBLEMS
    assert result.more == 7
    assert result.problems[0] == Problem(1, Tampering.EDITED)


def test_a_long_log_needs_little_memory() -> None:
    """Entries are read one by one; only the numbers of wiped ones are kept."""

    def stream() -> Iterator[AuditRecord]:
        previous, length = GENESIS, 1000
        for number in range(1, length + 1):
            logged = redaction((1, length)) if number == length else entry()
            sealed = seal(logged, number, AT, previous, SALT)
            previous = sealed.hash
            yield replace(sealed, **WIPED)

    tracemalloc.start()
    try:
        result = verify(stream())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.is_intact
    assert result.redacted == 999
    assert peak < 150_000  # bytes; the entries together have many times as many


@pytest.mark.parametrize("kind", Tampering)
def test_each_kind_has_a_message(kind: Tampering) -> None:
    """A sentence that follows the entry's number."""
    assert kind.message.endswith(".")


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), max_size=50))
def test_ranges_are_written_and_read(spans: list[tuple[int, int]]) -> None:
    """The text of ranges isn't masked as a phone number, and gives the same ranges again."""
    ranges = sorted((first, first + more) for first, more in spans)
    text = format_numbers(ranges)
    assert mask(text) == text
    assert parse_numbers(text) == ranges


def test_text_that_is_no_range_is_skipped() -> None:
    """A tampered detail names nothing."""
    assert parse_numbers("x,3..y,..,-1,4..6") == [(4, 6)]
